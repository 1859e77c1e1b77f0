#include "ple/judge.h"

#include "ple/quantile.h"

#define SLACK	   (20 * 256 / 2) /* a loss of a quarter of a microsecond is none */
#define LOSS_SHIFT 9
#define BIAS_SHIFT 5

/* << 8 */
static inline int32_t loss_of(unsigned level, int32_t said, int32_t actual)
{
	return ple_loss(level, said, actual) * 256;
}

/* Once this loss, and before it `rested` times none: (1 - 1 / 512)^rested, to the first order. */
static inline void follow(uint32_t *mean, int32_t loss, unsigned rested)
{
	*mean -= (uint32_t)((uint64_t)*mean * rested >> LOSS_SHIFT);
	*mean += (uint32_t)((loss - (int32_t)*mean) >> LOSS_SHIFT);
}

static void decide(struct ple_judge *j, unsigned target)
{
	uint32_t naive = j->naive[target];
	bool down = j->loss[target] > naive + naive / 16 + SLACK;

	j->down = (uint8_t)((j->down & ~(1u << target)) | (unsigned)down << target);
}

/* Steps of a 64th of the spread, times 0.95 up and 0.05 down. */
static void follow_offset(struct ple_judge *j, unsigned h, int32_t error)
{
	j->spread[h] = ple_spread(j->spread[h], error);
	j->offset[h] += ple_part(j->spread[h], error > j->offset[h] ? 61 : -3);
}

void ple_judge_learn(struct ple_judge *j, unsigned horizon, const uint16_t mixed[PLE_LEVELS],
		     const uint16_t naive[PLE_LEVELS], int32_t actual, unsigned rested)
{
	int32_t error = (actual - mixed[PLE_POINT]) * 256;

	j->bias[horizon] += (error - j->bias[horizon]) >> BIAS_SHIFT;
	follow_offset(j, horizon, (actual - mixed[PLE_HIGH]) * 256);
#pragma GCC unroll 2
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		unsigned target = horizon * PLE_LEVELS + level;

		follow(&j->loss[target], loss_of(level, mixed[level], actual), rested);
		follow(&j->naive[target], loss_of(level, naive[level], actual), rested);
		decide(j, target);
	}
}
