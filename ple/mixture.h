/*
 * Weighs the models' forecasts of one target by what they were worth, without a learning rate and
 * without a scale (polynomial weights on linearised pinball losses, each member with its own rate:
 * ML-Poly; P. Gaillard, G. Stoltz, T. van Erven, 2014).
 *
 * In each round a member's regret is the slope of the loss at the mixture's forecast times its
 * distance from it. A member's weight is its sum of regrets over the square of its sum of absolute
 * regrets, if positive. Because the loss is linearised the mixture competes not only with its best
 * member but with their best fixed combination. Sums forget over about 1024 rounds.
 *
 * Regrets are kept for each situation apart: who is right when the vCPU is idle need not be when it
 * is busy. Their magnitudes are kept for the three sizes of demand only, to save room.
 */
#ifndef PLE_MIXTURE_H
#define PLE_MIXTURE_H

#include "ple/models.h"

/* One target of one vCPU. Both are decaying sums, in values << 4. */
struct ple_mixture {
	int32_t regret[PLE_SITUATIONS][PLE_MEMBERS];
	uint32_t magnitude[PLE_SITUATION_SIZES][PLE_MEMBERS]; /* of |regret| */
};

void ple_mixture_init(struct ple_mixture *mixture);

/*
 * Weights in one situation, not normalised: at most 2^16 each and never all zero. Equal if nobody
 * has been worth anything yet. Members not in `members` (a bit each) get zero; at least one is in.
 */
void ple_mixture_weights(const struct ple_mixture *mixture, unsigned situation, uint32_t members,
			 uint32_t weight[PLE_MEMBERS]);

/*
 * The weighted mean of the members' forecasts, rounded. Here and below, member m's forecast is at
 * forecast[m * PLE_TARGETS]: one target out of an array of struct ple_targets.
 */
int32_t ple_mixture_combine(const uint32_t weight[PLE_MEMBERS], const uint16_t *forecast);

/* A round ended: those in `members` had said `forecast`, the mixture `said`; now `actual` is known.
 */
void ple_mixture_learn(struct ple_mixture *mixture, unsigned situation, unsigned level,
		       uint32_t members, const uint16_t *forecast, int32_t said, int32_t actual);

#endif
