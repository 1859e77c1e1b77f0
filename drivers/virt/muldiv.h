/*
 * Exact scaling of 64-bit times by a ratio, without 128-bit division.
 */
#ifndef DRIVERS_VIRT_MULDIV_H
#define DRIVERS_VIRT_MULDIV_H

#include <stdint.h>

/*
 * floor(value * numerator / denominator). The caller guarantees that the result fits 64 bits and
 * that (denominator - 1) * numerator does: both below 2^32 is enough.
 */
static inline uint64_t muldiv_floor(uint64_t value, uint64_t numerator, uint64_t denominator)
{
	uint64_t whole = value / denominator, rest = value % denominator;

	return whole * numerator + rest * numerator / denominator;
}

/* The fraction that muldiv_floor() drops, in units of 1/denominator. */
static inline uint64_t muldiv_rest(uint64_t value, uint64_t numerator, uint64_t denominator)
{
	return value % denominator * numerator % denominator;
}

/* ceil(value * numerator / denominator), under the same conditions. */
static inline uint64_t muldiv_ceil(uint64_t value, uint64_t numerator, uint64_t denominator)
{
	return muldiv_floor(value, numerator, denominator) +
	       (muldiv_rest(value, numerator, denominator) != 0);
}

#endif
