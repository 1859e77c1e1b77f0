/*
 * The inner loops of the engine, each in a version for general registers, for SSE2 and for AVX2.
 * All versions give the same bits. Whoever calls the engine chooses by CPUID and, for the vector
 * versions, has saved the vector state of the guest before.
 *
 * Regressions: `count` is PLE_FEATURES or PLE_LSTM_HIDDEN. Weights are Q20 within
 * +-PLE_WEIGHT_MAX, inputs |x| <= 4096, so that sums stay below 2^31: 32 * 2^12 * (2^14 - 1).
 */
#ifndef PLE_KERNELS_H
#define PLE_KERNELS_H

#include <stdint.h>

#include "ple/features.h"
#include "ple/forecast.h"
#include "ple/lstm.h"

#define PLE_WEIGHT_MAX	4194048 /* 2^22 - 256: 2^14 - 1 once shifted to Q12 */
#define PLE_SEATS	8	/* members of a mixture */
#define PLE_KERNEL_LAGS 16	/* lags compared by one call */
#define PLE_SHARE_ONE	16384	/* what the shares of a mixture's members add up to */

/* Slope of the pinball loss at a forecast, << 4 + 8. */
static inline int16_t ple_slope(unsigned level, int32_t said, int32_t actual)
{
	if (level == PLE_POINT)
		return said >= actual ? 128 : -128;
	return said >= actual ? 13 : -243;
}

struct ple_kernels {
	const char *name;
	ple_lstm_step_fn *lstm_step;

	/* x = (value * 16 >> shift) - last; the first part is below 2^12. */
	void (*scale)(int16_t x[PLE_FEATURES], const uint16_t value[PLE_FEATURES], unsigned shift,
		      int16_t last);

	/* sum[r] = the sum of x * (weight >> 8) over each of two rows. */
	void (*dots)(int32_t sum[PLE_LEVELS], const int32_t *weight, const int16_t *x,
		     unsigned count);
	/*
	 * The forecasts of six rows: y = (sum >> 8) + last * 16 with such a sum, not below 0 and
	 * not above `most`, and y << shift >> 8, written PLE_SEATS apart. most << shift < 2^24.
	 */
	void (*forecast)(uint16_t *said, const int32_t *weight, const int16_t *x, unsigned count,
			 int32_t last, int32_t most, unsigned shift);
	/* change = x * rate >> 7, saturated to int16; rates are not negative. */
	void (*changes)(int16_t change[PLE_FEATURES], const int16_t x[PLE_FEATURES],
			const int16_t rate[PLE_FEATURES]);
	/* weight += change * gain >> 7, kept within +-PLE_WEIGHT_MAX: two rows, a gain for each. */
	void (*steps)(int32_t *weight, const int16_t *change, const int16_t gain[PLE_LEVELS],
		      unsigned count);
	/* x = hidden >> 3 */
	void (*inputs)(int16_t x[PLE_LSTM_HIDDEN], const int16_t hidden[PLE_LSTM_HIDDEN]);
	/* energy += (x * x >> 8) - (energy >> 11), of PLE_FEATURES inputs */
	void (*energies)(uint32_t *energy, const int16_t *x);

	/*
	 * One round of a mixture, for both levels and each seat:
	 * with r = ple_slope() * (mixed / 2 - said / 2) >> 3,
	 * regret += r - (regret >> 10), magnitude += |r| - (magnitude >> 10).
	 */
	void (*regrets)(int32_t regret[PLE_LEVELS][PLE_SEATS],
			uint32_t magnitude[PLE_LEVELS][PLE_SEATS],
			const uint16_t said[PLE_LEVELS][PLE_SEATS],
			const uint16_t mixed[PLE_LEVELS], int32_t actual);
	/*
	 * What the seats were worth, lent from six situations, of which `here` is the present one
	 * and here ^ 1 its sibling. Rows are PLE_TARGETS apart, from that of one target on.
	 * regret = (that of here >> 1) + (of the sibling >> 3) + (all >> 4, added, and >> 1),
	 * magnitude = (that of here / 2 >> 1) + (all three >> 4, added, and >> 1).
	 * Returns a bit for each seat with a positive regret.
	 */
	uint32_t (*pool)(int32_t pooled[PLE_SEATS], uint32_t size[PLE_SEATS],
			 const int32_t regret[][PLE_SEATS], const uint32_t magnitude[][PLE_SEATS],
			 unsigned here);
	/*
	 * mixed = the sum of share * said over the seats, over PLE_SHARE_ONE and rounded, for each
	 * target. The shares of a target add up to PLE_SHARE_ONE.
	 */
	void (*combine)(uint16_t mixed[PLE_TARGETS], const uint16_t share[PLE_TARGETS][PLE_SEATS],
			const uint16_t said[PLE_TARGETS][PLE_SEATS]);

	/* Of eight numbers in rising order, takes `oldest`, which is one of them, out and `value`
	 * in. */
	void (*slide)(uint16_t sorted[PLE_LAGS], uint16_t oldest, uint16_t value);
	/*
	 * Each mismatch moves towards |value - past| by (way + 31) / 32, where the way to go plus
	 * 31 is cut off at 65535. Returns the least one.
	 */
	uint16_t (*mismatches)(uint16_t mismatch[PLE_KERNEL_LAGS],
			       const uint16_t past[PLE_KERNEL_LAGS], uint16_t value);
};

extern const struct ple_kernels ple_kernels_general;
extern const struct ple_kernels ple_kernels_sse2;
extern const struct ple_kernels ple_kernels_avx2;

#endif
