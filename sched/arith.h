/* Small arithmetic that several files of the scheduler need, on ticks and other 64-bit amounts. */
#ifndef SCHED_ARITH_H
#define SCHED_ARITH_H

#include <stdint.h>

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* By how much a exceeds b; 0 if it does not. */
static inline uint64_t above(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#endif
