/*
 * The predictive latency engine of one vCPU: windows in, demand vector out.
 *
 * Who calls what when
 *   start          ple_engine_init() once per vCPU; ple_engine_use_weights() with the model to use.
 *   every 10 ms    ple_engine_observe() with the window that ended, on the tick, on an idle core or
 *                  on a core of its own; never in the exit path. It needs no lock: only one caller
 *                  at a time may be in an engine. `make bench BENCH=forecast` counts what it takes.
 *   decisions      read `demand`, which the last call left. Copy it out under whatever protects the
 *                  caller's data if other cores read it.
 *   shell          ple_engine_enable() chooses members, ple_engine_use_weights() swaps the LSTM;
 *                  both take effect at the next window and lose nothing that was learnt elsewhere.
 *   similar VM     ple_engine_inherit() starts from what another vCPU's engine has learnt.
 *
 * Kernels other than ple_kernels_general use vector registers: the caller saves them before.
 * Missed windows: leave them out (the engine then sees a shorter past); do not feed zeros.
 *
 * Standing down (ple/judge.h): where the mixture has been worse than the naive forecast, `demand`
 * has the naive forecast instead; `trusted` tells whether the mixture stands for the quantile at
 * 10 ms.
 */
#ifndef PLE_ENGINE_H
#define PLE_ENGINE_H

#include <stdbool.h>

#include "ple/counts.h"
#include "ple/judge.h"
#include "ple/mixture.h"
#include "ple/models.h"
#include "ple/steady.h"
#include "ple/weights.h"

/*
 * Up to eight members are seated in the mixture at a time. The last value and the largest of the
 * last eight always have a seat, enabled or not: the engine is judged by them. These are enabled
 * at first, the LSTM once it has weights; EWMA and Holt's method add nothing measurable to them.
 */
#define PLE_DEFAULT_MEMBERS (PLE_ALL_MEMBERS & ~(1u << PLE_EWMA | 1u << PLE_HOLT))

/* All that is needed to learn from a forecast when its horizon has ended. */
struct ple_past {
	struct ple_features features;
	int16_t hidden[PLE_LSTM_HIDDEN];
	ple_said said;
	uint16_t mixed[PLE_TARGETS];
};

struct ple_seat {
	uint8_t member;	 /* enum ple_member, or PLE_MEMBERS: vacant */
	uint16_t offset; /* of its state in `states` */
};

struct ple_engine {
	_Alignas(32) unsigned char states[PLE_STATES_SIZE];
	struct ple_lstm_state lstm;
	struct ple_mixture mixture;
	struct ple_past past[PLE_HORIZON_MAX]; /* ring */
	struct ple_history history;
	struct ple_count counts[PLE_RESOURCES - 1];
	struct ple_judge judge;
	struct ple_steady steady;
	const struct ple_weights *weights;
	const struct ple_kernels *kernels;
	uint32_t members; /* a bit for each enabled one */
	struct ple_seat seat[PLE_SEATS];
	uint8_t open; /* a bit for each seat whose member is enabled */
	uint8_t now;  /* in `past`: the last forecast */
	bool trusted;
	struct ple_demand demand;
};

_Static_assert(sizeof(struct ple_engine) <= 8192, "a vCPU's engine fits two pages");

/* Starts with the default members but the LSTM, which needs weights. */
void ple_engine_init(struct ple_engine *engine, const struct ple_kernels *kernels);

/*
 * Swaps the LSTM and enables it if it has a seat or one is free. NULL: no LSTM; if nobody else was
 * enabled, the default members are. `weights` must outlive their use.
 */
void ple_engine_use_weights(struct ple_engine *engine, const struct ple_weights *weights);

/* What may be wrong with a choice of members. */
enum ple_choice {
	PLE_CHOICE_OK,
	PLE_CHOICE_EMPTY,
	PLE_CHOICE_UNKNOWN,
	PLE_CHOICE_TOO_MANY,
	PLE_CHOICE_NO_WEIGHTS,
	PLE_CHOICES
};

/*
 * Chooses the members of the mixture, a bit for each enum ple_member. A member that stays keeps its
 * weight. On any error all stays as it was.
 */
enum ple_choice ple_engine_enable(struct ple_engine *engine, uint32_t members);

/* A text for people; any value is accepted. */
const char *ple_choice_text(enum ple_choice choice);

/*
 * Takes over members, models and weights of the mixture of `from`, not its past. Beside a fresh
 * engine, on twelve recorded traces cut in seven places (10 ms ahead, first 50 / 100 / 300 / 1000
 * windows, geometric means after adding 20 and 50 us a window):
 *   same demand    pinball loss 0.84 / 0.86 / 0.88 / 0.92, median error 0.82 / 0.86 / 0.91 / 0.95
 *   another trace  pinball loss 1.03 / 1.04 / 1.04 / 1.04, median error 1.11 / 1.11 / 1.09 / 1.07
 * The mixture's weights alone: 0.97 .. 0.98 and 0.91 .. 0.98, or 1.01 .. 1.03 and 1.02 .. 1.03.
 */
void ple_engine_inherit(struct ple_engine *engine, const struct ple_engine *from);

/* One window ended: learns from it and renews `demand`, or rests (ple/steady.h). */
void ple_engine_observe(struct ple_engine *engine, const struct ple_window *window);

/* What a member forecast last, for the shell and for scores. False: it has no seat. */
bool ple_engine_said(const struct ple_engine *engine, unsigned member, struct ple_targets *said);

/* What it counted in that, of PLE_SHARE_ONE; 0 if it has no seat. Target: horizon, level. */
unsigned ple_engine_share(const struct ple_engine *engine, unsigned member, unsigned horizon,
			  unsigned level);

/* What the mixture forecast last, in values. */
void ple_engine_mixed(const struct ple_engine *engine, struct ple_targets *mixed);

#endif
