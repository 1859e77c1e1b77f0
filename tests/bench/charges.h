/*
 * What real hardware charges on top of the emulator's ticks, in which exits and cache misses are
 * nearly free: every result is given raw and charged. Read by the simulator, by tests/bench and,
 * as text, by scripts/augur/sched_bench.py.
 */
#ifndef TESTS_BENCH_CHARGES_H
#define TESTS_BENCH_CHARGES_H

#define CHARGE_EXIT   1200 /* ticks for each VM exit */
#define CHARGE_IPI    2000 /* for each IPI sent */
#define CHARGE_INVEPT 500  /* for each invalidation of EPT entries */

/* The policy that the project recommends: the figures sN.best are its. */
#define RECOMMENDED_POLICY "compensated"

#endif
