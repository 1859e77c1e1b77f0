/*
 * What every core does for ever: let the scheduler choose, run the vCPU, act on why it stopped,
 * idle when there is nothing.
 */
#ifndef HV_CORE_LOOP_H
#define HV_CORE_LOOP_H

#include <stdint.h>

#include "hv/core.h"
#include "hv/error.h"
#include "sched/sched.h"

extern struct sched scheduler;

/* Before the loops start: the scheduler with its first policy, one run queue a core. */
enum error core_loop_init(const char *policy);

/* This core's part: VMX operation, timers. Logs the reason of a failure. */
enum error core_loop_init_core(struct core *core);

_Noreturn void core_loop(struct core *core);

/* Switches the policy while guests run. Boot core. ERR_NOT_FOUND: no such policy. */
enum error core_loop_set_policy(const char *name);

#endif
