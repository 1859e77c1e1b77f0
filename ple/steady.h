/*
 * When a vCPU does as it did before, and is expected to, the engine rests: the last forecast stands
 * and nothing is learnt. After a step it is ready to rest if
 *   - the last nine windows were alike: demand within a 256th of the vCPU's peak of the first of
 *     them, pages and I/O operations the same;
 *   - the point of every horizon says within that distance that it stays so.
 * It rests through a window that is like them, too, if the history knows nothing else one period
 * before any of the five windows to come, and through at most fifteen in a row.
 *
 * The history takes in every window, rested through or not. Any other window is a full step at
 * once: what is new is answered in the window in which it comes.
 *
 * What differs from an engine that never rests: members, mixture and LSTM see about one in sixteen
 * of the windows in which nothing changes, and fade more slowly by that; the judge's losses do not:
 * they fade by every window, as if the forecast that stood had been right. They are not misled
 * about how often something changes: whether a forecast is learnt from is settled when it is made,
 * not by what comes. Each horizon of a step's forecast that ends while the engine rests is learnt
 * from at the next step; those of the steps before it that have not ended are forgotten as soon as
 * the engine is ready to rest; a forecast that stands over several windows counts once.
 */
#ifndef PLE_STEADY_H
#define PLE_STEADY_H

#include <stdbool.h>
#include <stdint.h>

#include "ple/forecast.h"
#include "ple/history.h"
#include "ple/window.h"

#define PLE_STEADY_ALIKE 8  /* the largest of the last eight, their mean and so on are settled */
#define PLE_STEADY_REST	 15 /* windows in a row */

struct ple_steady {
	uint32_t rested; /* windows so far, for people */
	uint16_t value;	 /* the first one's that those in a row are like */
	uint8_t alike;	 /* to the one before, in a row, up to PLE_STEADY_ALIKE */
	uint8_t resting; /* windows since the last step */
	uint8_t made; /* a bit for each window, the last one lowest: its forecast is to learn from
		       */
	bool ready;
};

/* Before ple_history_add() of this window. */
void ple_steady_note(struct ple_steady *steady, const struct ple_history *history,
		     const struct ple_window *window);

/* After it. True: the engine rests through this window. */
bool ple_steady_rests(struct ple_steady *steady, const struct ple_history *history);

/* It does not, and has forecast `demand`. */
void ple_steady_step(struct ple_steady *steady, const struct ple_history *history,
		     const struct ple_demand *demand);

/* The next window is a full step, whatever it is like: the members have changed. */
void ple_steady_break(struct ple_steady *steady);

/*
 * In a step: how many windows ago the forecast was made that is now to be learnt from, over a
 * horizon of so many windows; 0: none. If it is more than the horizon, all was as in the window
 * before this one: the engine rested.
 */
static inline unsigned ple_steady_lesson(const struct ple_steady *steady, unsigned windows)
{
	unsigned last = steady->made ? (unsigned)__builtin_ctz(steady->made) + 1 : 0;

	if (last > windows)
		return last;
	return steady->made >> (windows - 1) & 1 ? windows : 0;
}

#endif
