/*
 * The local APIC of the host cores: x2APIC when the processor has it, else xAPIC through MMIO
 * (Intel SDM vol. 3, chapter 11). Destinations are APIC ids; with xAPIC only ids below 255.
 */
#ifndef DRIVERS_APIC_H
#define DRIVERS_APIC_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"

/*
 * Chooses the mode and prepares this (the boot) core. After paging_init(); before time_init() the
 * timer must not be armed.
 */
enum error apic_init(void);

/* Prepares the APIC of this core as apic_init() chose: enabled, LINT masked, timer masked. */
void apic_init_core(void);

/* Without a TSC-deadline timer: measures the APIC timer against the TSC. After time_init(). */
void apic_timer_init(void);

bool apic_is_x2(void);
bool apic_has_tsc_deadline(void);
uint32_t apic_id(void);
void apic_eoi(void);

/* IPIs; delivery is not waited for. Who receives one sees what this core stored before. */
void apic_send_fixed(uint32_t apic_id, uint8_t vector);
void apic_send_nmi(uint32_t apic_id);
void apic_send_init(uint32_t apic_id);
void apic_send_startup(uint32_t apic_id, uint8_t page); /* starts at page * 4096, real mode */
void apic_send_nmi_others(void);
void apic_send_init_others(void);
void apic_send_startup_others(uint8_t page);

/*
 * VECTOR_TIMER on this core when the TSC reaches `tsc_deadline`; at once if that has passed.
 * Replaces an earlier deadline. Without TSC-deadline hardware it may fire early after very long
 * waits (the 32-bit counter): the receiver looks at the time.
 */
void apic_timer_arm(uint64_t tsc_deadline);
void apic_timer_disarm(void);

#endif
