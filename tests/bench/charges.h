/*
 * How charges (hv/charges.h) are booked. Read by the simulator, by tests/bench and, as text, by
 * scripts/augur/sched_bench.py.
 *
 * Hogs' throughput, in percent of what is left to them, over the time in which all VMs are there:
 *
 *	left    = cores * time - instructions of the latency-sensitive VMs' bursts
 *	raw     = instructions of the hogs' loops / left
 *	charged = (instructions of the hogs' loops - charges) / left
 *
 * The charges are those of all VMs: what a latency-sensitive VM's own exits would cost is taken
 * from the hogs, too, and so is the time of its interrupt handlers. So nothing can be hidden, but
 * 100 % is out of reach for any hypervisor: n wake-ups cost the hogs at least 3 * n exits (the
 * timer's, the WRMSR of the next deadline, HLT). What a policy takes from the hogs is therefore
 * told against credit without BOOST in the same run, where no wake-up preempts:
 *
 *	lost    = 100 * (1 - raw / raw of credit-plain), and the same charged
 */
#ifndef TESTS_BENCH_CHARGES_H
#define TESTS_BENCH_CHARGES_H

#include "hv/charges.h"

/* The simulator only: what the hypervisor really spends on a forecast, with AVX2 kernels. */
#define CHARGE_FORECAST 6300
#define CHARGE_REST	750 /* on a window that the engine rests through (ple/steady.h) */

/* The policy that the project recommends: the figures sN.best are its. */
#define RECOMMENDED_POLICY "compensated"

#endif
