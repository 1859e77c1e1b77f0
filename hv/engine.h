/*
 * Where and when the predictive engines run. Every 10 ms each core closes the windows of its vCPUs
 * (hv/shadow.c) and hands them over (hv/handover.h); an engine takes about as long as a system call
 * over each, and whoever waits for a core must not wait for that. So the work is cut into pieces of
 * one vCPU each, and a core does a piece only
 *   - when no timer of a sleeping vCPU comes due before the piece would be done,
 *   - when nobody is to be picked first, and no latency-sensitive vCPU is on the core.
 * Never in the exit path. What cannot be done in time is lost, and counted: the plan then stays.
 *
 *   tick    each core does its own vCPUs, right after the tick
 *   idle    cores with nothing to run do everybody's; what is left after ENGINE_DEADLINE_US is done
 *           by its own core, as with tick
 *   core N  core N runs no guests and does everybody's; what is left, as with idle
 *
 * A core takes the advice over in a timer event of its own, so that a decision finds the plan
 * ready. Everything is in units of ticks but the constants, which are microseconds.
 */
#ifndef HV_ENGINE_H
#define HV_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/config.h"
#include "hv/timer_queue.h"

/* After the tick: what no other core has done by then, the vCPU's own core does... */
#define ENGINE_DEADLINE_US 2000
/* ...and a latency-sensitive vCPU on the core is no reason to wait any more. */
#define ENGINE_PATIENCE_US 5000

struct core;

/* Part of struct core; its own core only, but for people who look. */
struct engine_core {
	struct timer_event own;	 /* pieces and advice of the vCPUs that belong to this core */
	struct timer_event help; /* pieces of others */
	uint64_t tick;		 /* when the windows were closed */
	uint64_t piece;		 /* the longest piece lately... */
	uint64_t plan;		 /* ...and the longest taking over of advice, with planning */
	uint64_t pieces, ticks;	 /* done on this core, and what they took */
	uint64_t helped;	 /* pieces that were for vCPUs of other cores */
	uint64_t gave_way;	 /* times it waited for somebody more urgent */
};

/* Takes [augur] engine from the configuration. Boot core, once. */
void engine_init(void);

/* This core may do pieces from now on; once, when its timers are there. */
void engine_start_core(struct core *core);

/* The windows of this core's vCPUs are closed and handed over. */
void engine_tick(struct core *core, uint64_t now);

/* The end of a run: to the log what each core did, to the figures what a piece took on average. */
void engine_report(void);

enum config_engine engine_place(void);

/* The core that is the engine's own and runs no guests; -1: there is none. */
int engine_own_core(void);

/*
 * Boot core: from now on engines run there. `core` counts only for CONFIG_ENGINE_CORE. Gives vCPUs
 * on that core to others; ERR_INVALID, with the reason as text of at most `size` bytes, and nothing
 * changed, if there is no such core or a VM may run nowhere else.
 */
enum error engine_move(enum config_engine place, uint32_t core, char *why, size_t size);

#endif
