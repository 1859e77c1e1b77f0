/*
 * What the files of the local APIC model share with each other: registers' bits and the steps from
 * one part to another. Not for users of the model.
 */
#ifndef DRIVERS_VIRT_LAPIC_INTERNAL_H
#define DRIVERS_VIRT_LAPIC_INTERNAL_H

#include "drivers/virt/lapic.h"

enum {
	/* Local vector table entries. */
	LVT_VECTOR = 0xFF,
	LVT_MODE = 7 << 8,
	LVT_POLARITY = 1 << 13,
	LVT_REMOTE_IRR = 1 << 14,
	LVT_LEVEL = 1 << 15,
	LVT_MASKED = 1 << 16,
	LVT_TIMER_MODE = 3 << 17,
	LVT_TIMER_PERIODIC = 1 << 17,
	LVT_TIMER_DEADLINE = 2 << 17,

	SPIV_VECTOR = 0xFF,
	SPIV_ENABLE = 1 << 8,
	SPIV_NO_FOCUS_CHECK = 1 << 9, /* settable, without effect since the Pentium 4 */
	SPIV_NO_EOI_BROADCAST = 1 << 12,

	/* Error status register. */
	ESR_SEND_ILLEGAL = 1 << 5,
	ESR_RECEIVE_ILLEGAL = 1 << 6,
	ESR_ILLEGAL_REGISTER = 1 << 7,

	FIRST_LEGAL_VECTOR = 16,
};

#define DFR_FLAT 0xFFFFFFFFu

/* Stores a field that other cores read while they look for the targets of a message. */
static inline void lapic_publish(uint32_t *field, uint32_t value)
{
	__atomic_store_n(field, value, __ATOMIC_RELAXED);
}

static inline uint32_t lvt_mode(uint32_t lvt)
{
	return (lvt & LVT_MODE) >> 8;
}

static inline bool lapic_software_enabled(const struct lapic *l)
{
	return l->spiv & SPIV_ENABLE;
}

/* Recomputes what is deliverable after a change of TPR, IRR or ISR. */
void lapic_refresh(struct lapic *l);

/* Records an error and fires its LVT entry if it is the first since ESR was written. */
void lapic_error(struct lapic *l, uint32_t esr_bit);

/* Brings LINT `pin` in line with its LVT entry after either changed. */
void lapic_update_lint(struct lapic *l, unsigned pin, bool rose);

/* WRMSR to IA32_APIC_BASE: OK or ERR_INVALID. */
enum error lapic_write_base(struct lapic *l, uint64_t value);

/* The ICR was written: sends what it says. `dest` as in x2APIC mode. */
void lapic_send_icr(struct lapic *l, uint32_t low, uint32_t dest);

/* The timer's registers: counts as in them, `now` and the deadline (0: none) in guest TSC ticks. */
void lapic_timer_stop(struct lapic *l);
void lapic_timer_load(struct lapic *l, uint32_t initial, uint64_t now);
uint32_t lapic_timer_current(const struct lapic *l, uint64_t now);
void lapic_timer_set_divide(struct lapic *l, uint32_t divide, uint64_t now);
/* The LVT timer entry's mode changes from `old` to that of `lvt`, both already masked. */
void lapic_timer_mode_changed(struct lapic *l, uint32_t old_lvt, uint32_t new_lvt);
uint64_t lapic_timer_deadline(const struct lapic *l);

#endif
