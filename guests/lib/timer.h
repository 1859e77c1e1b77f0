/*
 * Time in TSC ticks, and the local APIC's TSC-deadline timer. Conversions truncate; they are exact
 * to one unit for any 64-bit tick count (the product is 128 bits wide).
 */
#ifndef GUESTS_LIB_TIMER_H
#define GUESTS_LIB_TIMER_H

#include <stdint.h>

#define TIMER_VECTOR 0x40

uint64_t ticks_to_ns(uint64_t ticks);
uint64_t ns_to_ticks(uint64_t ns);

/* Once per vCPU, after apic_init. */
void timer_init(void);

/* Halts until the timer interrupt of this deadline; interrupts must be off and are off afterwards
 * (others that arrive meanwhile are handled). Returns the TSC in the handler's first instructions.
 */
uint64_t sleep_until_tsc(uint64_t deadline);

/* Busy, without interrupts. */
void delay_ns(uint64_t ns);

#endif
