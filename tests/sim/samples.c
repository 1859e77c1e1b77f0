#include "tests/sim/samples.h"

#include <stdlib.h>

void sim_sample(struct sim_samples *samples, uint64_t value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? 2 * samples->room : 64;
		samples->value = realloc(samples->value, samples->room * sizeof(uint64_t));
		if (!samples->value)
			abort();
	}
	samples->value[samples->count++] = value;
}

void sim_join_samples(struct sim_samples *into, const struct sim_samples *from)
{
	for (unsigned i = 0; i < from->count; i++)
		sim_sample(into, from->value[i]);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t sim_quantile(struct sim_samples *samples, double q)
{
	unsigned rank;

	if (!samples->count)
		return 0;
	qsort(samples->value, samples->count, sizeof(uint64_t), compare);
	rank = (unsigned)(q * samples->count);
	return samples->value[rank < samples->count ? rank : samples->count - 1];
}
