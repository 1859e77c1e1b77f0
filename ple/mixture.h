/*
 * Weighs the models' forecasts by what they were worth, without a learning rate and without a scale
 * (polynomial weights on linearised pinball losses, each member with its own rate: ML-Poly;
 * P. Gaillard, G. Stoltz, T. van Erven, 2014).
 *
 * In each round a member's regret is the slope of the loss at the mixture's forecast times its
 * distance from it. A member's weight is its sum of regrets over the square of its sum of absolute
 * regrets, if positive. Because the loss is linearised the mixture competes not only with its best
 * member but with their best fixed combination. Sums forget over about 1024 rounds.
 *
 * Regrets are kept for each situation apart: who is right when the vCPU is idle need not be when it
 * is busy. Their magnitudes are kept for the three sizes of demand only, to save room.
 *
 * Members sit in eight seats, the lanes of a vector. Sums are kept for every seat, taken or not;
 * only seats in `open` (a bit each, at least one) get a share.
 */
#ifndef PLE_MIXTURE_H
#define PLE_MIXTURE_H

#include "ple/model.h"

/* All targets of one vCPU; zero, and renewed, at the start. Sums are decaying, in values << 4. */
struct ple_mixture {
	int32_t regret[PLE_SITUATIONS][PLE_TARGETS][PLE_SEATS];
	uint32_t magnitude[PLE_SITUATION_SIZES][PLE_TARGETS][PLE_SEATS]; /* of |regret| */
	/* What follows from them when last renewed; a row's sum is PLE_SHARE_ONE. */
	uint16_t share[PLE_SITUATIONS][PLE_TARGETS][PLE_SEATS];
};

/* A seat has a new owner: forgets what the old one was worth. */
void ple_mixture_vacate(struct ple_mixture *mixture, unsigned seat);

/*
 * A round of one horizon ended: `said` by the seats, `mixed` by the mixture; `actual` is known.
 * What a round adds is below 2^20, and sums forget a part in 2^10: |regret| stays below 2^30. Both
 * situations of a size add to its magnitude, so that it bounds either regret.
 */
static inline void ple_mixture_learn(struct ple_mixture *m, unsigned situation, unsigned horizon,
				     const uint16_t said[PLE_LEVELS][PLE_SEATS],
				     const uint16_t mixed[PLE_LEVELS], int32_t actual,
				     const struct ple_kernels *kernels)
{
	unsigned target = horizon * PLE_LEVELS;

	kernels->regrets(&m->regret[situation][target], &m->magnitude[situation / 2][target], said,
			 mixed, actual);
}

/*
 * Computes the shares of a horizon's targets anew. It has divisions, and sums change slowly: a
 * horizon in a window is enough. Equal shares if nobody has been worth anything yet.
 */
void ple_mixture_renew(struct ple_mixture *mixture, unsigned situation, unsigned horizon,
		       uint32_t open, const struct ple_kernels *kernels);

#endif
