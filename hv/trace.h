/*
 * The trace: one ring of 65,536 records a core (2 MiB), always on. Each core writes its own with
 * interrupts off, without lock or atomic instruction; the boot core takes records out of all of
 * them and sends them by the export channel, where scripts/trace picks them up.
 *
 * When they are sent: never, unless the configuration or the shell says so (trace = sched or all);
 * then at the end of the run, so that exporting does not disturb what is measured, and before that
 * only from rings that are more than half full, a bounded number of records each time. What is
 * overwritten before it was sent is counted as lost, and shown.
 */
#ifndef HV_TRACE_H
#define HV_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/config.h"
#include "hv/core.h"
#include "hv/time.h"
#include "hv/trace_abi.h"
#include "hv/trace_ring.h"

#define TRACE_RECORDS 65536u /* in a ring: a 2 MiB block */

/* True if VM exits and entries are recorded, too; anybody may change it. */
extern bool trace_exits;

/* Makes the rings of all cores, or panics. Boot core, before anything is traced. */
void trace_init(enum config_trace mode);

/* A record of this core: 25 instructions at most. */
static inline void trace_put(enum trace_kind kind, unsigned entity, uint64_t a, uint64_t b,
			     uint64_t now)
{
	struct core *core = this_core();

	trace_ring_put(&core->trace, kind, entity, core->sched.waiting, a, b, now);
}

static inline void trace_event(enum trace_kind kind, unsigned entity, uint64_t a, uint64_t b)
{
	trace_put(kind, entity, a, b, tsc_now());
}

/* The boot core's service: sends some of what waits, if it is time to. */
void trace_service(void);

/* Boot core: asks for everything that was recorded up to now to be sent, by trace_service(). */
void trace_export_begin(void);
bool trace_export_busy(void);

/* Boot core, at the end of a run: sends what is left and waits until it has been sent. */
void trace_finish(void);

#endif
