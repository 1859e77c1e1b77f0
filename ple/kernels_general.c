/* The inner loops in plain C: what the vector kernels must reproduce. */
#include <string.h>

#include "ple/fixed.h"
#include "ple/kernels.h"

static void scale(int16_t *x, const uint16_t *value, unsigned shift, int16_t last)
{
#pragma GCC unroll 4
	for (unsigned i = 0; i < PLE_FEATURES; i++)
		x[i] = (int16_t)((value[i] * 16 >> shift) - last);
}

static inline int32_t dot(const int32_t *weight, const int16_t *x, unsigned count)
{
	int32_t sum = 0;

#pragma GCC unroll 8
	for (unsigned i = 0; i < count; i++)
		sum += x[i] * (weight[i] >> 8);
	return sum;
}

static void dots(int32_t *sum, const int32_t *weight, const int16_t *x, unsigned count)
{
	sum[PLE_POINT] = dot(weight, x, count);
	sum[PLE_HIGH] = dot(weight + count, x, count);
}

static void forecast(uint16_t *said, const int32_t *weight, const int16_t *x, unsigned count,
		     int32_t last, int32_t most, unsigned shift)
{
	for (unsigned t = 0; t < PLE_TARGETS; t++, weight += count) {
		int32_t y = (dot(weight, x, count) >> 8) + last * 16;

		y = y < 0 ? 0 : y > most ? most : y;
		said[t * PLE_SEATS] = (uint16_t)(y << shift >> 8);
	}
}

/* Four at a time: the sign bit fills the places that a logical shift leaves empty. */
static void inputs(int16_t *x, const int16_t *hidden)
{
	const uint64_t signs = 0x8000800080008000, kept = 0x1fff1fff1fff1fff;

#pragma GCC unroll 8
	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i += 4) {
		uint64_t four, sign;

		memcpy(&four, hidden + i, sizeof(four));
		sign = four & signs;
		four = (four >> 3 & kept) | sign | sign >> 1 | sign >> 2;
		memcpy(x + i, &four, sizeof(four));
	}
}

static void changes(int16_t *change, const int16_t *x, const int16_t *rate)
{
#pragma GCC unroll 4
	for (unsigned i = 0; i < PLE_FEATURES; i++)
		change[i] = (int16_t)ple_saturate16(x[i] * rate[i] >> 7);
}

/* One test for both bounds: inside them the sum has less than 2 * PLE_WEIGHT_MAX + 1. */
static inline int32_t bounded(int32_t weight)
{
	if ((uint32_t)(weight + PLE_WEIGHT_MAX) > 2 * PLE_WEIGHT_MAX)
		return weight < 0 ? -PLE_WEIGHT_MAX : PLE_WEIGHT_MAX;
	return weight;
}

static void steps(int32_t *weight, const int16_t *change, const int16_t *gain, unsigned count)
{
	int32_t *other = weight + count;

	for (unsigned i = 0; i < count; i++) {
		weight[i] = bounded(weight[i] + (change[i] * gain[0] >> 7));
		other[i] = bounded(other[i] + (change[i] * gain[1] >> 7));
	}
}

static void energies(uint32_t *energy, const int16_t *x)
{
	for (unsigned i = 0; i < PLE_FEATURES; i++)
		energy[i] += ((uint32_t)(x[i] * x[i]) >> 8) - (energy[i] >> 11);
}

static void regrets(int32_t regret[][PLE_SEATS], uint32_t magnitude[][PLE_SEATS],
		    const uint16_t said[][PLE_SEATS], const uint16_t *mixed, int32_t actual)
{
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		int32_t slope = ple_slope(level, mixed[level], actual);

		for (unsigned s = 0; s < PLE_SEATS; s++) {
			int32_t r = slope * ((mixed[level] >> 1) - (said[level][s] >> 1)) >> 3;
			int32_t *sum = &regret[level][s];
			uint32_t *size = &magnitude[level][s];

			*sum += r - (*sum >> 10);
			*size += (uint32_t)(r < 0 ? -r : r) - (*size >> 10);
		}
	}
}

static uint32_t pool(int32_t *pooled, uint32_t *size, const int32_t regret[][PLE_SEATS],
		     const uint32_t magnitude[][PLE_SEATS], unsigned here)
{
	const int32_t *now = regret[here * PLE_TARGETS],
		      *sibling = regret[(here ^ 1) * PLE_TARGETS];
	uint32_t positive = 0;

	for (unsigned seat = 0; seat < PLE_SEATS; seat++) {
		int32_t all = 0;
		uint32_t sizes = 0;

#pragma GCC unroll 6
		for (unsigned s = 0; s < PLE_SITUATIONS; s++)
			all += regret[s * PLE_TARGETS][seat] >> 4;
#pragma GCC unroll 3
		for (unsigned s = 0; s < PLE_SITUATION_SIZES; s++)
			sizes += magnitude[s * PLE_TARGETS][seat] >> 4;
		pooled[seat] = (now[seat] >> 1) + (sibling[seat] >> 3) + (all >> 1);
		size[seat] = (magnitude[here / 2 * PLE_TARGETS][seat] >> 1) + (sizes >> 1);
		positive |= (uint32_t)-pooled[seat] >> 31 << seat;
	}
	return positive;
}

static void combine(uint16_t *mixed, const uint16_t share[PLE_TARGETS][PLE_SEATS],
		    const uint16_t said[PLE_TARGETS][PLE_SEATS])
{
	for (unsigned t = 0; t < PLE_TARGETS; t++) {
		uint32_t sum = PLE_SHARE_ONE / 2;

#pragma GCC unroll 8
		for (unsigned s = 0; s < PLE_SEATS; s++)
			sum += (uint32_t)share[t][s] * said[t][s];
		mixed[t] = (uint16_t)(sum / PLE_SHARE_ONE);
	}
}

/* Everything between the two places moves by one. */
static void slide(uint16_t *sorted, uint16_t oldest, uint16_t value)
{
	unsigned at = 0;

	while (sorted[at] != oldest)
		at++;
	for (; at > 0 && sorted[at - 1] > value; at--)
		sorted[at] = sorted[at - 1];
	for (; at < PLE_LAGS - 1 && sorted[at + 1] < value; at++)
		sorted[at] = sorted[at + 1];
	sorted[at] = value;
}

static uint16_t mismatches(uint16_t *mismatch, const uint16_t *past, uint16_t value)
{
	uint16_t least = UINT16_MAX;

	for (unsigned i = 0; i < PLE_KERNEL_LAGS; i++) {
		int32_t error = ple_distance(value, past[i]);
		uint32_t way = (uint32_t)ple_distance(error, mismatch[i]) + 31;
		uint32_t part = (way < 65535 ? way : 65535) >> 5;

		mismatch[i] =
			(uint16_t)(error > mismatch[i] ? mismatch[i] + part : mismatch[i] - part);
		least = mismatch[i] < least ? mismatch[i] : least;
	}
	return least;
}

const struct ple_kernels ple_kernels_general = {
	.name = "general",
	.lstm_step = ple_lstm_step_general,
	.scale = scale,
	.dots = dots,
	.forecast = forecast,
	.inputs = inputs,
	.changes = changes,
	.steps = steps,
	.energies = energies,
	.regrets = regrets,
	.pool = pool,
	.combine = combine,
	.slide = slide,
	.mismatches = mismatches,
};
