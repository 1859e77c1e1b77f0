/*
 * Trace records as they lie in the rings, leave by the export channel (EXPORT_TRACE) and are read
 * by scripts/augur/trace.py, whose self-test compares its tables with this header. Little endian.
 */
#ifndef HV_TRACE_ABI_H
#define HV_TRACE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_VERSION	2
#define TRACE_NO_ENTITY 0xffffu

/*
 * What a record is about. 1 to 31 are those of the scheduler (enum sched_trace_kind), with the same
 * meaning of entity, a and b; the others come from the hypervisor around it.
 */
enum trace_kind {
	TRACE_SCHED_FIRST = 1,
	TRACE_SCHED_LAST = 31,

	TRACE_VM_START = 32, /* entity: the first vCPU; a: number of vCPUs */
	TRACE_VM_END = 33,   /* entity: the first vCPU; a: enum vm_end, b: exit code */
	TRACE_TIMER = 34,    /* a vCPU's timer wakes it; a: tick at which it was due */
	TRACE_IDLE = 35,     /* the core halts; a: tick at which it wakes at the latest */
	TRACE_IPI = 36,	     /* a core is notified by NMI; a: its index, b: enum core_pending */
	TRACE_INVEPT = 37,   /* EPT entries are invalidated on this core */
	/* a window of 10 ms ended. a: CPU time that the vCPU wanted in it, us, and << 32 the median
	 * that had been forecast for it; b: the 0.95 quantile that had been forecast, and << 32 the
	 * ticks that the next forecast took */
	TRACE_FORECAST = 38,
	/* how models are weighed for the 0.95 quantile of the next window: byte m of a, then of b,
	 * is the weight of model m in 1/255 */
	TRACE_WEIGHTS = 39,

	/* Only with `trace = all`, for they are many. */
	TRACE_EXIT = 40,  /* before the handler; a: basic exit reason, b: guest RIP */
	TRACE_ENTRY = 41, /* after it; a: enum vmx_verdict: 0 if the guest goes on at once */

	TRACE_KINDS = 64
};

/* In every ring each record is younger than the one before it, by `tsc`. */
struct trace_record {
	uint64_t tsc;	  /* host ticks, written before the work that it times */
	uint16_t kind;	  /* enum trace_kind */
	uint16_t core;	  /* that wrote it; filled in by who takes it out */
	uint16_t entity;  /* VM id * 64 + index of the vCPU, or TRACE_NO_ENTITY */
	uint16_t waiting; /* vCPUs in this core's run queue at that moment */
	uint64_t a, b;	  /* by kind */
};

_Static_assert(sizeof(struct trace_record) == 32, "scripts/augur/trace.py reads this layout");
_Static_assert(offsetof(struct trace_record, kind) == 8, "shared layout");
_Static_assert(offsetof(struct trace_record, entity) == 12, "shared layout");
_Static_assert(offsetof(struct trace_record, a) == 16, "shared layout");

/*
 * What the tools must know beside the records goes out as EXPORT_TRACE_INFO frames, lines of text
 * of words separated by tabs; a later line of the same first words replaces an earlier one:
 *
 *	version N		TRACE_VERSION
 *	tsc_hz N		ticks a second
 *	cores N
 *	vcpus_per_vm N		entity = VM id * N + index
 *	policy INDEX NAME	all there are
 *	running INDEX		the policy at the time of the export
 *	reason INDEX NAME	enum sched_reason
 *	model INDEX NAME	enum ple_member
 *	exit INDEX NAME		basic exit reasons, with `trace = all` only
 *	vm ID NAME VCPUS WEIGHT CAP CLASS
 *	exits VM COUNT		VM exits since the VM was started
 *	lost CORE COUNT		records overwritten before they were taken
 *	books CORE START RUN IDLE OVERHEAD DECISIONS SWITCHES
 */

#endif
