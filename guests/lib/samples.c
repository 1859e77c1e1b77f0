#include "guests/lib/samples.h"

#include <stdio.h>
#include <stdlib.h>

void samples_add(struct samples *samples, uint64_t value)
{
	if (samples->count < samples->capacity)
		samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void samples_sort(struct samples *samples)
{
	qsort(samples->values, samples->count, sizeof(uint64_t), compare);
}

uint64_t samples_percentile(const struct samples *samples, unsigned percent)
{
	size_t rank = (samples->count * percent + 99) / 100;

	if (samples->count == 0)
		return 0;
	return samples->values[rank ? rank - 1 : 0];
}

void print_figure(const char *name, uint64_t value, const char *unit)
{
	printf("FIGURE %s %lu %s\n", name, value, unit);
}
