/*
 * sigmoid and tanh by table and linear interpolation, from Q11 (int16: +-16) to Q15.
 *
 * Error, against the exact function times 32768: at most PLE_SIGMOID_ERROR and PLE_TANH_ERROR,
 * proven by trying every input (tests/unit/test_ple_lstm.c).
 */
#ifndef PLE_ACTIVATION_H
#define PLE_ACTIVATION_H

#include <stdint.h>

#define PLE_SIGMOID_ERROR 3 /* of 32768 */
#define PLE_TANH_ERROR	  6 /* of 32768 */

/* An entry: the value at its left end in the low half, what the right end has more in the high. */
#define PLE_TABLE_SIZE 512
extern const int32_t ple_sigmoid_table[PLE_TABLE_SIZE]; /* from -16, steps of 1/16 */
extern const int32_t ple_tanh_table[PLE_TABLE_SIZE];	/* from -8, steps of 1/32; beyond: +-1 */

static inline int32_t ple_interpolate(int32_t entry, int32_t fraction, unsigned shift)
{
	return (int16_t)entry + ((entry >> 16) * fraction >> shift);
}

/* The place in a table of a sum that is `at` steps of Q11 above its left end. */
static inline uint32_t ple_within(uint32_t at, uint32_t last)
{
	if (__builtin_expect(at > last, 0))
		return (int32_t)at < 0 ? 0 : last;
	return at;
}

static inline int32_t ple_sigmoid(int32_t x)
{
	uint32_t at = ple_within((uint32_t)(x + 32768), 65535);

	return ple_interpolate(ple_sigmoid_table[at >> 7], at & 127, 7);
}

static inline int32_t ple_tanh(int32_t x)
{
	uint32_t at = ple_within((uint32_t)(x + 16384), 32767);

	return ple_interpolate(ple_tanh_table[at >> 6], at & 63, 6);
}

#endif
