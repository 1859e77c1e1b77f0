/* Deterministic pseudo-random numbers (splitmix64, Steele, Lea, Flood 2014): same seed, same
 * sequence on every machine. Not for secrets. */
#ifndef GUESTS_LIB_RANDOM_H
#define GUESTS_LIB_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed, any value */
};

static inline uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Uniform in 0..bound-1; bound >= 1. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)random_next(random) * bound >> 64);
}

#endif
