/* Pseudo-random numbers for tests and broken forecasts: the same seed gives the same sequence. */
#ifndef SCHED_RANDOM_H
#define SCHED_RANDOM_H

#include <stdint.h>

/* splitmix64 (Steele, Lea, Flood 2014). The state begins as any seed. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

#endif
