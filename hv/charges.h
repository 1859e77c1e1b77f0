/*
 * What real hardware charges on top of the emulator's ticks, in which exits, interrupts and cache
 * misses are nearly free. For figures only: nothing is decided by these. Every figure is given raw
 * and charged (tests/bench/charges.h says how); scripts/augur/sched_bench.py reads this as text.
 */
#ifndef HV_CHARGES_H
#define HV_CHARGES_H

#define CHARGE_EXIT   1200 /* ticks for each VM exit */
#define CHARGE_IPI    2000 /* for each IPI sent */
#define CHARGE_INVEPT 500  /* for each invalidation of EPT entries */

#endif
