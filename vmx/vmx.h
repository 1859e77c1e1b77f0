/*
 * VT-x on this machine: VMX operation on every core, VMCSs for vCPUs, and which vCPU's state a core
 * holds.
 */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/core.h"
#include "hv/error.h"
#include "hv/vcpu.h"
#include "vmx/caps.h"
#include "vmx/ept.h"
#include "vmx/memory_type.h"
#include "vmx/vmcs_build.h"

/* What the boot core found; constant after vmx_init(). Every core must match. */
extern struct vmx_caps vmx_caps;

/* 2^shift - 1: added before a tick count is turned into units of the preemption timer. */
extern uint64_t vmx_timer_round_up;

/* Ticks that the VMX-preemption timer can count. */
extern uint64_t vmx_longest_run;

/* XCR0 bits that the cores support and vmx/vector_state.c saves; 0: FXSAVE only. */
extern uint64_t vmx_host_xcr0;

/* Boot core: reads the capabilities. ERR_UNSUPPORTED, with every missing feature in the log. */
enum error vmx_init(void);

/* Each core: feature control, CR0 and CR4 bits, VMXON. The reason of a failure is logged. */
enum error vmx_init_core(struct core *core);

/* Leaves VMX operation: before a reset, an INIT or a return to firmware. */
void vmx_exit_core(struct core *core);

/* Allocates and frees the pages of a vCPU: VMCS, vector state. ERR_NO_MEMORY. */
enum error vmx_vcpu_alloc(struct vcpu *vcpu);
void vmx_vcpu_free(struct vcpu *vcpu);

/*
 * Builds the VMCS for a vCPU that will start in `start`. The vCPU must not be loaded anywhere. The
 * result is audited: a build that VM entry would refuse is a panic that names the rule.
 */
void vmx_vcpu_reset(struct vcpu *vcpu, const struct vmcs_start *start);

/* Logs which rules of VM entry the current VMCS breaks; returns how many. */
unsigned vmx_log_broken_rules(void);

/* The loaded vCPU starts again in `start`, as after INIT and SIPI. */
void vmx_vcpu_restart(struct vcpu *vcpu, const struct vmcs_start *start);

/* For vmx_load(). */
void vmx_switch_to(struct core *core, struct vcpu *vcpu);

/* Makes the vCPU's VMCS current and its other registers those of `core`, which is this one. */
static inline void vmx_load(struct core *core, struct vcpu *vcpu)
{
	if (core->loaded != vcpu)
		vmx_switch_to(core, vcpu);
}

/* Saves what this core holds of the vCPU, so that any core may load it. No effect if it holds
 * nothing. */
void vmx_unload(struct vcpu *vcpu);

/* Gives the vCPU, which is loaded, another XCR0. */
void vmx_set_xcr0(struct vcpu *vcpu, uint64_t value);

/* The vCPU, which is loaded, has changed STAR, LSTAR, CSTAR, FMASK or TSC_AUX. */
void vmx_system_msrs_changed(struct vcpu *vcpu);

/* The vCPU, which is loaded, gets debug registers: it has touched one for the first time. */
void vmx_give_debug_registers(struct vcpu *vcpu);

/* Drops what this core's TLB holds of the vCPU's EPT, or of its linear translations. */
void vmx_flush_ept(struct vcpu *vcpu);
void vmx_flush_linear(struct vcpu *vcpu);

/* Rewrites the primary controls if they change. For the loaded vCPU. */
void vmx_set_primary(struct vcpu *vcpu, uint32_t bits, bool on);

/* Called by the NMI handler when it interrupts the hypervisor: see vmx_before_entry(). */
void vmx_nmi_in_hypervisor(void);

/*
 * Value for the VMX-preemption timer that leaves the guest at tick `until`, or at once if that has
 * passed. `until` is less than vmx_longest_run ticks away, so the value fits 32 bits; rounded up,
 * so the exit is never early.
 */
static inline uint64_t vmx_timer_value(uint64_t until, uint64_t now)
{
	int64_t left = until - now;

	if (left < 0)
		left = 0;
	return (left + vmx_timer_round_up) >> vmx_caps.preemption_timer_shift;
}

/* A port of struct ept_ops over the page allocator. */
extern const struct ept_ops vmx_ept_ops;

/* Memory type for EPT leaves that map this RAM; by the MTRRs. */
enum memory_type vmx_ram_type(uint64_t hpa, uint64_t size);

#endif
