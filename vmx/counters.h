/*
 * The processor's performance counters (architectural performance monitoring, SDM vol. 3 ch. 18):
 * instructions retired and misses of the last-level cache, counted in guests only. VM entry
 * switches them on and VM exit off (IA32_PERF_GLOBAL_CTRL in the VMCS), so they cost the exit path
 * nothing; they are read when a core changes its vCPU and when a shadow's window closes. Guests see
 * none.
 *
 * CPUID may claim counters that are not there (emulators, hypervisors): they are written, read back
 * and seen counting before they are believed. What touches the machine goes through struct
 * counters_ops, so that all of this runs against a model, too. Pure.
 */
#ifndef VMX_COUNTERS_H
#define VMX_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

/* Registers. Counter 0 has the instructions, counter 1 the misses. */
enum counters_msr {
	IA32_PMC0 = 0xc1,
	IA32_PMC1 = 0xc2,
	IA32_PERFEVTSEL0 = 0x186,
	IA32_PERFEVTSEL1 = 0x187,
	IA32_PERF_GLOBAL_CTRL = 0x38f,
};

#define COUNTERS_GLOBAL_CTRL 3ull /* both */

struct counters_ops {
	void (*cpuid)(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
	bool (*read)(uint32_t msr, uint64_t *value); /* false: #GP */
	bool (*write)(uint32_t msr, uint64_t value); /* false: #GP */
	void (*work)(void);			     /* a hundred instructions or more */
};

enum counters_state {
	COUNTERS_PRESENT,
	COUNTERS_NO_LEAF,   /* no CPUID leaf 0xA, or one of version 0 */
	COUNTERS_OLD,	    /* version 1 cannot switch all of them at once */
	COUNTERS_TOO_FEW,   /* less than two */
	COUNTERS_NO_EVENTS, /* instructions or misses cannot be counted */
	COUNTERS_NO_SWITCH, /* VM entry and exit cannot switch them */
	COUNTERS_FAULT,	    /* claimed by CPUID, but their registers fault... */
	COUNTERS_DEAD,	    /* ...or hold nothing, or do not count */
	COUNTERS_STATES
};

struct counter_values {
	uint64_t instructions, misses;
};

/*
 * Looks for them on this core and leaves them switched off. `switchable`: the VMX controls that
 * load IA32_PERF_GLOBAL_CTRL are there. *width: bits of a counter.
 */
enum counters_state counters_probe(const struct counters_ops *ops, bool switchable,
				   unsigned *width);

/* Sets both up on this core, off. False: a register faults. */
bool counters_start(const struct counters_ops *ops);

/* What they have counted since they were set up. False: a register faults. */
bool counters_read(const struct counters_ops *ops, struct counter_values *values);

/* Adds what was counted between two readings; counters wrap at `width` bits. */
void counters_add(struct counter_values *total, const struct counter_values *from,
		  const struct counter_values *to, unsigned width);

/* For people: "present", or why they are not. Any value is accepted. */
const char *counters_state_text(enum counters_state state);

#endif
