/*
 * The predictive latency engine of one vCPU: windows in, demand vector out.
 *
 * Who calls what when
 *   start         ple_engine_init() once per vCPU; ple_engine_use_weights() with the model to use.
 *   every 10 ms   ple_engine_observe() with the window that ended, on the tick, on an idle core or
 *                 on a core of its own; never in the exit path. It takes about 17,500
 *                 instructions with AVX2. It needs no lock: only one caller at a time may be in an
 * engine. decisions     read `demand`, which the last call left. Copy it out under whatever
 * protects the caller's data if other cores read it. shell         ple_engine_enable() chooses
 * members, ple_engine_use_weights() swaps the LSTM; both take effect at the next window and lose
 * nothing that was learnt elsewhere. similar VM    ple_engine_inherit() starts from what another
 * vCPU's engine has learnt.
 *
 * Kernels other than ple_kernels_general use vector registers: the caller saves them before.
 * Missed windows: leave them out (the engine then sees a shorter past); do not feed zeros.
 *
 * Standing down: the mixture's loss over about 1024 windows is compared with that of the
 * naive forecast (the last value as the point, the largest of the last eight as the quantile), for
 * each target. Where it is a sixteenth worse, `demand` has the naive forecast instead; `trusted`
 * tells whether the mixture stands for the quantile at 10 ms.
 */
#ifndef PLE_ENGINE_H
#define PLE_ENGINE_H

#include <stdbool.h>

#include "ple/counts.h"
#include "ple/mixture.h"
#include "ple/weights.h"

#define PLE_ALL_MEMBERS ((1u << PLE_MEMBERS) - 1)
#define PLE_PAST	5 /* windows of the longest horizon */

/* All that is needed to learn from a forecast when its horizon has ended. */
struct ple_past {
	struct ple_features features;
	int16_t hidden[PLE_LSTM_HIDDEN];
	struct ple_targets said[PLE_MEMBERS];
	struct ple_targets mixed;
};

struct ple_engine {
	_Alignas(32) unsigned char states[PLE_STATES_SIZE];
	struct ple_lstm_state lstm;
	struct ple_mixture mixture[PLE_HORIZONS][PLE_LEVELS];
	struct ple_past past[PLE_PAST]; /* ring */
	struct ple_history history;
	struct ple_count counts[PLE_RESOURCES - 1];
	const struct ple_weights *weights;
	const struct ple_kernels *kernels;
	uint32_t members;			       /* a bit for each enabled one */
	int32_t bias[PLE_HORIZONS];		       /* mean error of the point, value << 8 */
	uint32_t loss[PLE_HORIZONS][PLE_LEVELS];       /* decaying mean pinball loss, value << 8 */
	uint32_t rival_loss[PLE_HORIZONS][PLE_LEVELS]; /* that of the naive forecast */
	bool trusted;
	struct ple_demand demand;
};

_Static_assert(sizeof(struct ple_engine) <= 8192, "a vCPU's engine fits two pages");

/* Starts with all members but the LSTM, which needs weights. */
void ple_engine_init(struct ple_engine *engine, const struct ple_kernels *kernels);

/* NULL: no LSTM. `weights` must outlive their use. */
void ple_engine_use_weights(struct ple_engine *engine, const struct ple_weights *weights);

/* Chooses the members of the mixture, a bit for each enum ple_member. False: no member is left. */
bool ple_engine_enable(struct ple_engine *engine, uint32_t members);

/* Takes over models and weights of the mixture of `from`, not its past. */
void ple_engine_inherit(struct ple_engine *engine, const struct ple_engine *from);

/* One window ended: learns from it and renews `demand`. */
void ple_engine_observe(struct ple_engine *engine, const struct ple_window *window);

/* What a member forecast last, for the shell and for scores. */
const struct ple_targets *ple_engine_said(const struct ple_engine *engine, unsigned member);

/* What the mixture forecast last, in values. */
const struct ple_targets *ple_engine_mixed(const struct ple_engine *engine);

#endif
