/*
 * Looking at a guest without disturbing it: registers of a vCPU, and memory through a guest_ram
 * that never allocates. Boot core only.
 */
#ifndef HV_SHELL_GUEST_VIEW_H
#define HV_SHELL_GUEST_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/gpr.h"
#include "hv/guest_ram.h"
#include "hv/guest_walk.h"
#include "hv/vm.h"
#include "vmx/mmio_decode.h"

struct view_segment {
	uint16_t selector;
	uint32_t limit;
	uint32_t access; /* as in the VMCS, SDM 24.4.1 */
	uint64_t base;
};

/* Control registers as the guest sees them. */
struct view_registers {
	uint64_t gpr[GPR_COUNT];
	uint64_t rip, rflags;
	uint64_t cr0, cr2, cr3, cr4, efer;
	uint64_t dr7;
	uint64_t gdtr_base, idtr_base;
	uint32_t gdtr_limit, idtr_limit;
	uint32_t activity, interruptibility;
	uint32_t exit_reason;
	uint64_t exit_qualification;
	struct view_segment segment[SEGMENT_COUNT];
};

/*
 * Stops all cores for a moment and reads. Prints and returns an error if the registers cannot be
 * had: the VM was never started, or another core holds on to them.
 */
enum error view_registers(struct vcpu *vcpu, struct view_registers *registers);

/* Fields of the VMCS, under the same conditions; present[i]: the processor has fields[i]. */
enum error view_vmcs(struct vcpu *vcpu, const uint32_t *fields, uint64_t *values, bool *present,
		     size_t count);

/* How linear addresses are translated with these registers. */
struct guest_paging view_paging(const struct view_registers *registers);

/* How code at CS:RIP is decoded, and what to add to RIP for its linear address. */
enum mmio_code view_code(const struct view_registers *registers);
uint64_t view_code_base(const struct view_registers *registers);

/* The VM's RAM; pages that the guest never touched are not there. Takes the VM's lock. */
struct guest_ram view_ram(struct vm *vm);

#endif
