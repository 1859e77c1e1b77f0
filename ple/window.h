/*
 * What one vCPU did in one window of 10 ms: the input of the predictive engine. Filled by whoever
 * keeps the vCPU's shadow, or by a reader of recorded traces. All counts are of this window alone.
 */
#ifndef PLE_WINDOW_H
#define PLE_WINDOW_H

#include <stdint.h>

#define PLE_WINDOW_US 10000u

enum ple_exit_class {
	PLE_EXIT_IO,	    /* ports, MMIO, hypercalls of devices */
	PLE_EXIT_INTERRUPT, /* external interrupts, interrupt windows */
	PLE_EXIT_IDLE,	    /* HLT, PAUSE */
	PLE_EXIT_MEMORY,    /* EPT violations */
	PLE_EXIT_OTHER,
	PLE_EXIT_CLASSES
};

/* Any value is allowed in every field; what is absurdly large is cut off inside. */
struct ple_window {
	uint32_t run_us;   /* time on a core */
	uint32_t wait_us;  /* time runnable but not running; run + wait is the demand */
	uint32_t io_ops;   /* I/O operations */
	uint32_t io_bytes; /* moved by them */
	uint32_t pages;	   /* faults, or pages touched for the first time: memory activity */
	uint32_t wakeups;  /* times it stopped being idle */
	uint32_t exits[PLE_EXIT_CLASSES];
};

#endif
