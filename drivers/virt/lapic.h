/*
 * A guest's local APIC (SDM vol 3, chapter "Advanced Programmable Interrupt Controller"), in xAPIC
 * (MMIO) and x2APIC (MSR) mode. A pure state machine.
 *
 * Ownership. Every function is for the core that runs the vCPU, except those under "From any
 * core", which are lock-free. What other cores post becomes visible to the owner by lapic_sync().
 *
 * Time. `now` and the values of the timer are ticks of the *guest's* TSC (host TSC + offset), since
 * IA32_TSC_DEADLINE is in that clock. The timer counts bus clocks; the ratio is a parameter.
 *
 * Life at VM entry (the usual case, nothing pending, is two loads and two compares):
 *
 *	if (lapic_has_posted(l))
 *		lapic_sync(l);
 *	if (l->events) ...			NMI, INIT, SIPI, SMI, ExtINT: lapic_take_event()
 *	vector = lapic_pending_vector(l);
 *	if (vector >= 0 && guest can take it) { lapic_accept(l, vector); inject vector; }
 */
#ifndef DRIVERS_VIRT_LAPIC_H
#define DRIVERS_VIRT_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/virt/apic_message.h"
#include "hv/error.h"

#define LAPIC_DEFAULT_BASE 0xFEE00000u
#define LAPIC_NEVER	   UINT64_MAX

/* MSRs that lapic_msr_read() and lapic_msr_write() serve. */
#define LAPIC_MSR_BASE	       0x1Bu
#define LAPIC_MSR_TSC_DEADLINE 0x6E0u
#define LAPIC_MSR_X2APIC_FIRST 0x800u
#define LAPIC_MSR_X2APIC_LAST  0x8FFu

/* Bits of IA32_APIC_BASE. */
#define LAPIC_BASE_BSP	  (1u << 8)
#define LAPIC_BASE_X2APIC (1u << 10)
#define LAPIC_BASE_ENABLE (1u << 11)

/* Bits of `posted` and `events`. LAPIC_POSTED_VECTORS and _LINT never appear in `events`. */
enum lapic_event {
	LAPIC_EVENT_NMI = 1 << 0,
	LAPIC_EVENT_SMI = 1 << 1,
	LAPIC_EVENT_INIT = 1 << 2, /* handle before a SIPI that is pending beside it */
	LAPIC_EVENT_SIPI = 1 << 3,
	LAPIC_EVENT_EXTINT = 1 << 4, /* ask the PIC for the vector (pic_acknowledge) */
	LAPIC_POSTED_LINT = 1 << 8,
	LAPIC_POSTED_VECTORS = 0xFF << 16, /* bit 16 + n: something in pir[n] */
};

/* The callbacks run on the owner's core, inside the lapic_ call that caused them. */
struct lapic_ops {
	/* An IPI leaves for other vCPUs (and, for APIC_TO_ALL, for this one too). Fixed IPIs with
	 * the self shorthand never come here. */
	void (*send)(void *context, const struct apic_message *message);
	/* The guest ended a level-triggered interrupt: tell the I/O APIC (ioapic_eoi). */
	void (*eoi)(void *context, uint8_t vector);
};

struct lapic_config {
	const struct lapic_ops *ops;
	void *context;
	uint32_t id;	      /* x2APIC ID; its low eight bits are the xAPIC ID */
	uint32_t numerator;   /* guest TSC ticks per bus clock = numerator / denominator, that is */
	uint32_t denominator; /* CPUID.15H EBX / EAX: the bus clock is the crystal. Both non-zero,
			       * their quotient below 2^20. */
	uint8_t phys_bits;    /* guest MAXPHYADDR, 32..52 */
	bool bsp;
	bool x2apic; /* CPUID offers x2APIC */
};

/* 256 bits with the highest one quickly found: bit n of `words` is set if word[n] is not zero. */
struct lapic_bitmap {
	uint32_t word[8];
	uint32_t words;
};

enum lapic_lvt {
	LAPIC_LVT_TIMER,
	LAPIC_LVT_THERMAL,
	LAPIC_LVT_PERF,
	LAPIC_LVT_LINT0,
	LAPIC_LVT_LINT1,
	LAPIC_LVT_ERROR,
	LAPIC_LVT_COUNT
};

struct lapic_timer {
	uint64_t expiry;     /* next, in guest TSC ticks; LAPIC_NEVER when stopped */
	uint64_t start;	     /* when the count was loaded */
	uint32_t start_rest; /* ... plus start_rest / denominator */
	uint32_t initial;    /* register */
	uint32_t divide;     /* register */
};

/* Fields are private to lapic*.c except where a function below is inline. */
struct lapic {
	int32_t deliverable; /* vector that beats the PPR, or -1: kept true by every change */
	uint32_t irr_top;    /* highest bit of irr, 0: none (vectors below 16 do not exist) */
	uint32_t isr_top;    /* highest bit of isr, 0: none */
	uint32_t events;     /* enum lapic_event, seen by lapic_sync() and not yet taken */
	uint32_t tpr;
	struct lapic_bitmap irr;
	struct lapic_bitmap isr;
	uint32_t tmr[8];

	struct lapic_config config;
	uint64_t apic_base; /* IA32_APIC_BASE */
	uint32_t xapic_id;  /* bits 31:24, as the register shows it */
	uint32_t ldr;	    /* register, in either mode */
	uint32_t dfr;
	uint32_t spiv;
	uint32_t icr_low;
	uint32_t icr_high;
	uint32_t esr;	      /* as the guest reads it */
	uint32_t esr_pending; /* errors since the last write to ESR */
	uint32_t lvt[LAPIC_LVT_COUNT];
	uint8_t lint_level[2];
	uint8_t sipi_vector;
	struct lapic_timer timer;

	/* Written by other cores, with atomic operations only. */
	_Alignas(64) uint32_t posted; /* enum lapic_event */
	uint32_t posted_lint; /* bit n: level of LINTn, bit 8 + n: it rose since the last sync */
	uint32_t posted_sipi;
	uint32_t pir[8];       /* posted interrupt requests */
	uint32_t pir_level[8]; /* bit n: vector n was last posted as level-triggered */
};

/* Power-up state: xAPIC mode, software-disabled, all LVTs masked. */
void lapic_init(struct lapic *l, const struct lapic_config *config);

/* What an INIT does: as power-up, but IDs and IA32_APIC_BASE stay. Drops whatever was pending or
 * posted, but not an INIT or SIPI event. */
void lapic_reset(struct lapic *l);

/* As firmware leaves the boot core for systems that know only the PIC ("virtual wire"): enabled,
 * LINT0 = ExtINT, LINT1 = NMI. */
void lapic_virtual_wire(struct lapic *l);

/* Recomputes everything cached from IRR, ISR and TPR and compares: for tests and assertions. */
bool lapic_consistent(const struct lapic *l);

/* --- VM entry ------------------------------------------------------------------------------- */

/* True if another core posted something since the last lapic_sync(). */
static inline bool lapic_has_posted(const struct lapic *l)
{
	return __atomic_load_n(&l->posted, __ATOMIC_RELAXED) != 0;
}

/* Merges what other cores posted into IRR, LINT and events. */
void lapic_sync(struct lapic *l);

/* The vector that the APIC would deliver now (above the PPR), or -1. */
static inline int lapic_pending_vector(const struct lapic *l)
{
	return l->deliverable;
}

/* INTA for a vector that lapic_pending_vector() returned: IRR to ISR. Call when it is injected. */
void lapic_accept(struct lapic *l, uint8_t vector);

/* Clears the event and says whether it was there. `event` is one LAPIC_EVENT_ bit. */
bool lapic_take_event(struct lapic *l, uint32_t event);

/* The page number of the last SIPI; valid once LAPIC_EVENT_SIPI is seen. */
static inline uint8_t lapic_sipi_vector(const struct lapic *l)
{
	return l->sipi_vector;
}

/*
 * Value for the VMCS field "TPR threshold": the class of the interrupt that only the TPR holds
 * back, so that the guest exits when it lowers the TPR below it; 0 when nothing waits for the TPR.
 */
uint8_t lapic_tpr_threshold(const struct lapic *l);

/* --- What the guest does -------------------------------------------------------------------- */

/* RDMSR and WRMSR of the MSRs above. OK, or ERR_INVALID: inject #GP(0). */
enum error lapic_msr_read(struct lapic *l, uint32_t msr, uint64_t now, uint64_t *value);
enum error lapic_msr_write(struct lapic *l, uint32_t msr, uint64_t now, uint64_t value);

/*
 * Access to the APIC page (4 KiB at lapic_mmio_base()), offset 0..0xFFF, size 1, 2, 4 or 8 bytes.
 * Only aligned four-byte accesses to the first four bytes of each 16 are defined by the SDM; of
 * the others, reads that stay inside these bytes work, everything else reads zero and writes
 * nothing. Call only while lapic_mmio_enabled(); else the page answers like empty space.
 */
uint32_t lapic_mmio_read(struct lapic *l, uint32_t offset, unsigned size, uint64_t now);
void lapic_mmio_write(struct lapic *l, uint32_t offset, unsigned size, uint32_t value,
		      uint64_t now);

/* Shortcuts for hot exits; the general functions above end here too. */
void lapic_eoi(struct lapic *l);
void lapic_self_ipi(struct lapic *l, uint8_t vector);
void lapic_set_tsc_deadline(struct lapic *l, uint64_t deadline); /* ignored in other modes */

/* What an EOI leads to beside the ISR, for a processor that keeps the ISR (lapic_page.h). */
void lapic_vector_ended(struct lapic *l, uint8_t vector);

/* MOV to and from CR8: the TPR's class, 0..15. */
void lapic_set_cr8(struct lapic *l, uint8_t cr8);
static inline uint8_t lapic_cr8(const struct lapic *l)
{
	return (uint8_t)(l->tpr >> 4);
}

/* The whole TPR, for a VMCS with a TPR shadow. */
void lapic_set_tpr(struct lapic *l, uint8_t tpr);
uint8_t lapic_ppr(const struct lapic *l);

static inline uint64_t lapic_mmio_base(const struct lapic *l)
{
	return l->apic_base & ~0xFFFull;
}

static inline bool lapic_enabled(const struct lapic *l)
{
	return l->apic_base & LAPIC_BASE_ENABLE;
}

static inline bool lapic_in_x2apic(const struct lapic *l)
{
	return l->apic_base & LAPIC_BASE_X2APIC;
}

static inline bool lapic_mmio_enabled(const struct lapic *l)
{
	return lapic_enabled(l) && !lapic_in_x2apic(l);
}

/* --- Timer ---------------------------------------------------------------------------------- */

/* When the timer fires next, in guest TSC ticks, or LAPIC_NEVER. May lie in the past until
 * lapic_timer_advance() has run. */
static inline uint64_t lapic_timer_expiry(const struct lapic *l)
{
	return l->timer.expiry;
}

/* Fires the timer if it is due at `now`. Missed periods merge into one interrupt. Afterwards
 * lapic_timer_expiry() > now. Returns true if it fired. */
bool lapic_timer_advance(struct lapic *l, uint64_t now);

/* The guest's TSC jumped by `delta` (IA32_TSC or IA32_TSC_ADJUST written): keeps one-shot and
 * periodic counts running undisturbed. */
void lapic_tsc_jumped(struct lapic *l, int64_t delta);

/* --- Local sources of the owner's core ------------------------------------------------------ */

/* Puts a fixed interrupt into the IRR now. */
void lapic_inject(struct lapic *l, uint8_t vector, bool level_triggered);

/* Level of pin LINT0 (the PIC's output) or LINT1 (NMI), in force at once. */
void lapic_set_lint(struct lapic *l, unsigned pin, bool level);

/* Fires a local vector table entry: LAPIC_LVT_THERMAL, _PERF. */
void lapic_fire_lvt(struct lapic *l, enum lapic_lvt entry);

/* --- From any core -------------------------------------------------------------------------- */

/* Posts a fixed interrupt. Returns true if it was the first thing posted since the last sync, that
 * is, if the owner has to be told (kick or wake). */
bool lapic_post(struct lapic *l, uint8_t vector, bool level_triggered);

/* Posts one LAPIC_EVENT_ bit other than SIPI; returns as lapic_post(). */
bool lapic_post_event(struct lapic *l, uint32_t event);
bool lapic_post_sipi(struct lapic *l, uint8_t vector);
bool lapic_post_lint(struct lapic *l, unsigned pin, bool level);

/* Posts a message to this APIC whatever its destination says; returns as lapic_post(). */
bool lapic_post_message(struct lapic *l, const struct apic_message *message);

/* Does a message with this destination reach this APIC? (xAPIC flat and cluster, x2APIC.) */
bool lapic_matches(const struct lapic *l, uint32_t dest, bool logical);

/* For lowest-priority arbitration: the smaller, the better a target. */
static inline uint32_t lapic_priority(const struct lapic *l)
{
	return __atomic_load_n(&l->tpr, __ATOMIC_RELAXED);
}

#endif
