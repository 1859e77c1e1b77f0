/* Measured values that are kept one by one, for their quantiles. Ends the program for want of
 * memory. */
#ifndef TESTS_SIM_SAMPLES_H
#define TESTS_SIM_SAMPLES_H

#include <stdint.h>

/* All zero is empty. `value` is to be freed by who owns the samples. */
struct sim_samples {
	uint64_t *value;
	unsigned count;
	unsigned room;
};

void sim_sample(struct sim_samples *samples, uint64_t value);
void sim_join_samples(struct sim_samples *into, const struct sim_samples *from);

/* The q-quantile (0..1), 0 if there are no samples. Sorts them. */
uint64_t sim_quantile(struct sim_samples *samples, double q);

#endif
