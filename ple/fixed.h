/*
 * Small integer arithmetic that the models share.
 *
 * Demand inside the engine is a "value": half-microseconds, 0 .. PLE_VALUE_MAX. 16 bits hold it.
 * Right shifts of negative numbers are arithmetic (GCC and Clang define them so).
 */
#ifndef PLE_FIXED_H
#define PLE_FIXED_H

#include <stdint.h>

#define PLE_VALUE_MAX 65535
#define PLE_VALUE_US  2 /* values in a microsecond */

/* One test for both bounds, here and below: nearly always x is between them. */
static inline int64_t ple_clamp(int64_t x, int64_t low, int64_t high)
{
	if (__builtin_expect((uint64_t)x - (uint64_t)low > (uint64_t)high - (uint64_t)low, 0))
		return x < low ? low : high;
	return x;
}

static inline int32_t ple_value(int64_t x)
{
	return (int32_t)ple_clamp(x, 0, PLE_VALUE_MAX);
}

static inline int32_t ple_distance(int32_t a, int32_t b)
{
	return a > b ? a - b : b - a;
}

static inline int32_t ple_saturate16(int32_t x)
{
	if ((uint32_t)(x + 32768) > 65535)
		return x < 0 ? -32768 : 32767;
	return x;
}

/* Position of the highest bit set; 0 for 0. */
static inline unsigned ple_log2(uint64_t x)
{
	return x ? 63 - (unsigned)__builtin_clzll(x) : 0;
}

/* The largest r with r * r <= x. */
uint32_t ple_sqrt(uint64_t x);

#endif
