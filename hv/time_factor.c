#include "hv/time.h"

/* (to << shift) / from for to < from, bit by bit: the wide division is not in our C library. */
static uint64_t divide_fraction(uint64_t to, uint64_t from, uint32_t bits, uint64_t *rest)
{
	uint64_t quotient = 0;

	for (uint32_t i = 0; i < bits; i++) {
		uint64_t carry = to >> 63;

		to <<= 1;
		quotient <<= 1;
		if (carry || to >= from) {
			to -= from;
			quotient |= 1;
		}
	}
	*rest = to;
	return quotient;
}

struct time_factor time_factor_make(uint64_t to, uint64_t from)
{
	uint64_t whole = to / from, rest;
	uint32_t whole_bits = whole == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(whole);
	uint32_t shift = 63 - (whole_bits > 63 ? 63 : whole_bits);
	uint64_t fraction = divide_fraction(to % from, from, shift, &rest);

	return (struct time_factor) { .multiplier = (whole << shift) + fraction + (rest != 0),
				      .shift = shift };
}

uint64_t time_median(uint64_t *values, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		uint64_t value = values[i];
		uint32_t at = i;

		for (; at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
	return values[count / 2];
}
