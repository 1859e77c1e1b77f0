/* A scheduler's port to a machine in which nothing answers, for tests that look at decisions. */
#ifndef TESTS_UNIT_QUIET_PORT_H
#define TESTS_UNIT_QUIET_PORT_H

#include "sched/sched.h"

static inline void quiet_kick(unsigned core)
{
	(void)core;
}

static inline void quiet_leave(struct sched_entity *entity)
{
	(void)entity;
}

static inline void quiet_trace(const struct sched_core *core, enum sched_trace_kind kind,
			       const struct sched_entity *entity, uint64_t a, uint64_t b,
			       uint64_t now)
{
	(void)core, (void)kind, (void)entity, (void)a, (void)b, (void)now;
}

/* Every core is a node of its own, all equally far, as in an ACPI SLIT. */
static inline unsigned quiet_distance(unsigned from, unsigned to)
{
	return from == to ? 10 : 20;
}

static const struct sched_port quiet_port = { quiet_kick, quiet_leave, quiet_trace,
					      quiet_distance };

#endif
