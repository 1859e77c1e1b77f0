/*
 * Starting the other vCPUs by INIT and STARTUP, from vCPU 0 after apic_init. A started one has its
 * own stack, percpu record and an APIC set up by apic_init, interrupts off; it runs `work` and then
 * halts for good. Uses the page at SMP_TRAMPOLINE (and whatever was there is lost).
 */
#ifndef GUESTS_LIB_SMP_H
#define GUESTS_LIB_SMP_H

#include <stdbool.h>

#define SMP_TRAMPOLINE 0x10000u

/* One vCPU. False if it does not report within a second. */
bool smp_start(unsigned apic_id, void (*work)(unsigned index));

/* All others that guest_boot names, at most GUEST_MAX_CPUS; returns how many run, vCPU 0 included.
 */
unsigned smp_start_all(void (*work)(unsigned index));

#endif
