/*
 * The hypercall ABI, shared by the hypervisor and by guests. This header holds numbers and layouts
 * only; guests call through <augur/hypercall_inline.h>.
 *
 * Convention: VMCALL with RAX = number, RDI, RSI, RDX = arguments; the result replaces RAX, all
 * other registers keep their values. Failures are negative `enum error` values (hv/error.h). VMCALL
 * is answered in any mode at CPL 0; at CPL 3 it raises #UD, as without a hypervisor. Outside 64-bit
 * mode the low 32 bits of the registers count.
 *
 * Presence: CPUID leaf AUGUR_CPUID_BASE returns the greatest leaf in EAX and the signature in
 * EBX, ECX, EDX; leaf AUGUR_CPUID_TSC returns TSC kHz in EAX.
 */
#ifndef GUESTS_INCLUDE_AUGUR_HYPERCALL_H
#define GUESTS_INCLUDE_AUGUR_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>

#define AUGUR_CPUID_BASE      0x40000000u
#define AUGUR_CPUID_TSC	      0x40000001u
#define AUGUR_CPUID_SIGNATURE "AugurAugurAu" /* 12 bytes: EBX, ECX, EDX */

enum augur_hypercall {
	/* Gives the rest of the slice to the next runnable vCPU of this core. Returns 0. */
	AUGUR_HC_YIELD = 1,
	/* RDI = exit code: stops the whole VM, state `exited`. Does not return. */
	AUGUR_HC_EXIT = 2,
	/* RDI = guest-physical address, RSI = length: appends the bytes to the VM's console.
	 * Returns the number written. ERR_INVALID: longer than AUGUR_HC_WRITE_MAX; ERR_FAULT: not
	 * all of it is RAM (then nothing is written). */
	AUGUR_HC_CONSOLE_WRITE = 3,
	/* Returns the number of the physical core that runs this vCPU now. */
	AUGUR_HC_CORE_ID = 4,
	/* RDI = guest-physical address of a struct augur_vcpu_stats, 8-byte aligned, within one 4
	 * KiB page. Returns 0. ERR_INVALID: misaligned or crossing; ERR_FAULT: not RAM. */
	AUGUR_HC_VCPU_STATS = 5,
};

#define AUGUR_HC_WRITE_MAX 4096u /* bytes in one console write */

/* Of the calling vCPU since its VM was started. Times in TSC ticks. */
struct augur_vcpu_stats {
	uint64_t run_ticks;  /* ran on a core, exit handling included */
	uint64_t wait_ticks; /* was runnable but did not run */
	uint64_t halt_ticks; /* slept in HLT */
	uint64_t exits;	     /* VM exits */
	uint64_t switches;   /* times it was put on a core */
	uint64_t wakeups;    /* times it left HLT */
};

_Static_assert(sizeof(struct augur_vcpu_stats) == 48, "shared layout");

#endif
