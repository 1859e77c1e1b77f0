/*
 * The shadow of a vCPU: what it has lately been doing, in windows of 10 ms, for whoever forecasts
 * what it will want next (ple/) and for people. It watches and never acts.
 *
 * In the exit path the shadow costs what the exit statistics cost: totals are kept there
 * (vcpu->exit_counts, sched.stats, I/O bytes), and a window is the difference of two totals. What
 * costs more is done on the tick of the core, for the vCPU that is on it: a look at its registers,
 * at the accessed and dirty bits of one 128 KiB region, a different one each window, and every
 * eighth window at the instruction at RIP; and, where the processor logs which pages a vCPU writes
 * (vmx/dirty_log.h), every fourth window or later at that log.
 *
 * Everything here belongs to the owning core (vcpu->sched.core). Times in ticks.
 */
#ifndef HV_SHADOW_H
#define HV_SHADOW_H

#include <stdbool.h>
#include <stdint.h>

#include "ple/window.h"
#include "vmx/counters.h"
#include "vmx/insn_class.h"

#define SHADOW_WINDOWS	 16 /* kept */
#define SHADOW_SNAPSHOTS 8  /* kept */

struct vcpu;
struct core;

struct shadow_window {
	uint64_t start; /* host TSC */
	uint64_t length;
	struct ple_window seen;	       /* what the predictive engine observes */
	struct counter_values counted; /* instructions and cache misses, if there are counters */
	uint32_t pages_looked;	       /* present pages of the region looked at in this window... */
	uint32_t pages_touched;	       /* ...accessed since the region was looked at before... */
	uint32_t pages_dirtied;	       /* ...and written. Of the VM, not of this vCPU alone */
	/* If there is page-modification logging: written by this vCPU, anywhere, in so many
	 * windows; 0: the log was not looked at. */
	uint32_t pages_written, written_in;
};

/* Registers at one moment. */
struct shadow_snapshot {
	uint64_t when; /* host TSC, 0: none */
	uint64_t rip, rsp, cr3, rflags;
};

struct shadow_totals {
	uint64_t run, wait, wakeups, io_operations, io_bytes, new_pages;
	uint64_t exits[PLE_EXIT_CLASSES];
};

struct shadow {
	uint64_t window_start;
	struct shadow_totals at_start;
	struct counter_values counted_at_start;
	struct shadow_window windows[SHADOW_WINDOWS]; /* window n is at n % SHADOW_WINDOWS */
	uint64_t window_count;
	struct shadow_snapshot snapshots[SHADOW_SNAPSHOTS];
	uint64_t snapshot_count;
	uint32_t mix[INSN_CLASSES]; /* sampled instructions since the VM was started */
	uint64_t writes_taken;	    /* window that its log was last looked at in */
	uint64_t next_region;	    /* GPA that the next look at A/D bits begins with */
	uint64_t cost;		    /* ticks spent on all this since the VM was started */
};

/* What shadows cost one core. */
struct shadow_cost {
	uint64_t ticks;	  /* closing windows */
	uint64_t closed;  /* times it closed those of all its vCPUs */
	uint64_t flushes; /* of EPT entries, because accessed bits were cleared */
};

/*
 * The end of a run: figures. shadow.per_exit is what the exit path spends on counting, measured
 * here by running that code; shadow.share what all of it takes of the cores, in millionths, with
 * what real hardware charges for the exits and flushes that it causes.
 */
void shadow_report(void);

/* The vCPU starts from nothing. */
void shadow_reset(struct shadow *shadow, uint64_t now);

/* Starts the tick on this core; once, when its timers are there. */
void shadow_start_core(struct core *core, uint64_t now);

/* The newest complete window, NULL if there is none yet; `back` windows before it. */
const struct shadow_window *shadow_window(const struct shadow *shadow, unsigned back);

#endif
