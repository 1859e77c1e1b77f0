/*
 * Weighted max-min fair rates on a machine of whole cores: what everybody is entitled to when each
 * may run on some cores only, on one at a time, and no faster than a limit.
 *
 * Rates can be scheduled if no set of cores is asked for more than it has by those who can run
 * nowhere else (Hall's condition; one core at a time then comes for free: T. Gonzalez, S. Sahni,
 * "Open shop scheduling to minimize finish time", 1976). So the level at which all are served in
 * proportion to their weights rises until some set of cores is full; those confined to it keep
 * what they have, the others go on. D. Bertsekas, R. Gallager, "Data Networks", 1992, 6.5.2.
 *
 * Cost: 2^cores sets are looked at, hence the limit.
 */
#ifndef TESTS_SIM_MAX_MIN_H
#define TESTS_SIM_MAX_MIN_H

#define MAX_MIN_CORES 10

struct claim {
	double weight;
	double limit;	/* the largest rate, at most 1 */
	unsigned cores; /* bit mask of those it may run on, not 0 */
	double rate;	/* result */
};

/* At most MAX_MIN_CORES cores. */
void max_min_rates(struct claim *claims, unsigned count, unsigned cores);

#endif
