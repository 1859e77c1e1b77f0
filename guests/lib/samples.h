/* A set of measured values and what is said of it: percentiles, and figure lines. */
#ifndef GUESTS_LIB_SAMPLES_H
#define GUESTS_LIB_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct samples {
	uint64_t *values; /* of the caller */
	size_t count, capacity;
};

/* Values beyond the capacity are dropped. */
void samples_add(struct samples *samples, uint64_t value);

/* Sorts; the queries below need that. */
void samples_sort(struct samples *samples);

/* Nearest rank: the smallest value that at least `percent` % of the values do not exceed; 0 of an
 * empty set. percent 0..100; 100 is the maximum. */
uint64_t samples_percentile(const struct samples *samples, unsigned percent);

/* Prints "FIGURE name value unit", the form that tools collect from consoles. */
void print_figure(const char *name, uint64_t value, const char *unit);

#endif
