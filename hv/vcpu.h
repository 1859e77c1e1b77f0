/*
 * One virtual CPU: what the world switch saves, what waits for it, what was counted about it.
 *
 * Ownership: a vCPU belongs to one core at a time (the one in sched.core); everything here is that
 * core's alone but `requests`, the posted part of the local APIC, and what the scheduler declares
 * as shared. Memory: created with its VM, freed with it.
 */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/virt/lapic.h"
#include "drivers/virt/lapic_page.h"
#include "hv/error.h"
#include "hv/gpr.h"
#include "hv/predict.h"
#include "hv/shadow.h"
#include "hv/timer_queue.h"
#include "hv/wake_lead.h"
#include "sched/sched.h"
#include "vmx/counters.h"
#include "vmx/dirty_log.h"
#include "vmx/mmio_decode.h"
#include "vmx/vmcs.h"

struct vm;
struct core;

/* Work for a vCPU, looked at before every entry. Set from any core by vcpu_request(). */
enum vcpu_request {
	VCPU_REQUEST_EVENT =
		1u << 0, /* something may be there to inject: APIC, PIC, NMI, INIT, SIPI */
	VCPU_REQUEST_PAUSE = 1u << 1,	  /* leave the guest and wait to be resumed */
	VCPU_REQUEST_STOP = 1u << 2,	  /* leave the guest for good */
	VCPU_REQUEST_EPT_FLUSH = 1u << 3, /* EPT entries of its VM lost rights */
	VCPU_REQUEST_WAKE = 1u << 4,	  /* its own timer is due */
	VCPU_REQUEST_TIMER = 1u << 5,	  /* its next timer event may have moved */
};

/* Counted in the exit path, by basic exit reason. Ticks are those of the handler, entry to tail. */
struct exit_count {
	uint64_t count;
	uint64_t ticks;
};

/* Registers that are not part of the VMCS and change hands when a core changes its vCPU. */
struct vcpu_switched {
	uint64_t star, lstar, cstar, fmask, tsc_aux; /* zero unless has_msrs */
	uint64_t kernel_gs_base;
	bool has_msrs;
	uint64_t cr2;
	uint64_t dr[4];
	uint64_t dr6;
	uint64_t xcr0;
};

/* Why a vCPU waits although nothing is wrong with it. */
enum vcpu_wait {
	VCPU_WAIT_NONE,
	VCPU_WAIT_HALT, /* HLT: an interrupt ends it */
	VCPU_WAIT_SIPI, /* an application processor that was not started yet, or after INIT */
};

struct vcpu {
	/* Known to vmx/entry.S (vmx/offsets.c). */
	uint64_t gpr[GPR_COUNT]; /* RSP's place is unused: it is in the VMCS */
	uint32_t launched;	 /* VMLAUNCH has succeeded since the last VMCLEAR */

	uint32_t requests; /* atomic; enum vcpu_request */
	/* Host TSC: leave the guest then. The earliest of the next two and the core's. */
	uint64_t until;
	uint64_t slice_end;
	uint64_t timer_due; /* next tick of its local APIC timer or of the VM's PIT */

	struct vm *vm;
	uint32_t index; /* in the VM, and the APIC ID */
	enum vcpu_wait wait;
	bool deaf; /* in VCPU_WAIT_HALT: interrupts are off, only an NMI or INIT could end it */
	bool pause_asked; /* written by the boot core, then VCPU_REQUEST_PAUSE or a wake-up */
	struct lapic lapic;
	bool apic_delivers;	      /* the processor keeps its TPR, IRR and ISR now... */
	struct lapic_page *apic_page; /* ...here; NULL without virtual-interrupt delivery */
	struct lapic_delivery apic_delivery;

	uint64_t vmcs;		/* physical address */
	struct core *loaded_on; /* its current VMCS and vector registers are the vCPU's; or NULL */
	struct core *host_state_of; /* the core that the VMCS host fields describe */
	void *vector_state;	    /* XSAVE area, 64-byte aligned */
	bool wide;		    /* vmx/vector_state.h */
	struct vcpu_switched switched;
	bool nmi_in_service;	   /* one was injected and has not been seen to end */
	bool uses_debug;	   /* has touched a debug register: they are switched */
	uint32_t primary_controls; /* as last written to the VMCS */

	uint64_t cr0, cr4; /* as the guest sees them */
	uint64_t efer;
	uint64_t tsc_offset; /* guest TSC = host TSC + tsc_offset */
	uint64_t tsc_adjust;
	uint64_t microcode_rev;
	uint64_t misc_enable;

	struct mmio_cache mmio_cache;

	struct sched_entity sched;
	struct timer_event wake;    /* armed while it waits in HLT for its own timer... */
	struct core *wake_armed_on; /* ...on this core */

	struct shadow shadow;
	struct predict *predict;
	struct counter_values counted; /* vmx/guest_counters.h */
	uint64_t io_operations;	       /* IN, OUT and their like */
	uint64_t io_bytes;
	uint64_t new_pages; /* RAM that this vCPU touched first */
	struct dirty_log dirty_log;

	uint64_t halt_ticks; /* slept, total */
	uint64_t halted_at;  /* host TSC when it went to sleep; 0: it does not */
	struct exit_count exit_counts[EXIT_REASON_COUNT];
};

static inline struct vcpu *vcpu_of_entity(struct sched_entity *entity)
{
	return entity ? (struct vcpu *)((char *)entity - offsetof(struct vcpu, sched)) : NULL;
}

static inline uint32_t vcpu_requests(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->requests, __ATOMIC_RELAXED);
}

/* Owner only, on itself: no kick is needed. */
static inline void vcpu_request_self(struct vcpu *vcpu, uint32_t requests)
{
	__atomic_fetch_or(&vcpu->requests, requests, __ATOMIC_SEQ_CST);
}

/* Guest TSC for a host TSC. */
static inline uint64_t vcpu_guest_tsc(const struct vcpu *vcpu, uint64_t host)
{
	return host + vcpu->tsc_offset;
}

/*
 * Sets requests and sees to it that the vCPU looks at them: wakes it if it waits, kicks its core
 * if it runs elsewhere. Any core, also inside the VM's lock.
 */
void vcpu_request(struct vcpu *vcpu, uint32_t requests);

/* Recomputes timer_due, and `until` with it, after the local APIC timer or the PIT changed. */
void vcpu_timer_changed(struct vcpu *vcpu);

/*
 * Recomputes `until` after the slice or the core's timers changed. A slice that would end just
 * before a timer of the core ends with it: one exit less, and a wake-up meets no switch under way.
 */
static inline void vcpu_set_until(struct vcpu *vcpu, uint64_t core_next)
{
	uint64_t until = vcpu->slice_end + wake_lead_max < core_next ? vcpu->slice_end : core_next;

	vcpu->until = vcpu->timer_due < until ? vcpu->timer_due : until;
}

/* Fires what is due of its local APIC timer and the VM's PIT, and updates the deadline. */
void vcpu_run_timers(struct vcpu *vcpu, uint64_t now);

/* What the exit path keeps of every exit, for the statistics and the shadow. */
static inline void vcpu_count_exit(struct vcpu *vcpu, uint32_t reason, uint32_t ticks)
{
	vcpu->exit_counts[reason].count++;
	vcpu->exit_counts[reason].ticks += ticks;
}

/* Likewise, of every IN, OUT and their like. */
static inline void vcpu_count_io(struct vcpu *vcpu, uint32_t bytes)
{
	vcpu->io_operations++;
	vcpu->io_bytes += bytes;
}

/* VM exits since the VM was started. */
uint64_t vcpu_exits(const struct vcpu *vcpu);

/* Allocates vCPU `index` of a VM. ERR_NO_MEMORY. */
enum error vcpu_create(struct vm *vm, uint32_t index, struct vcpu **created);
void vcpu_destroy(struct vcpu *vcpu);

/* The local APIC as after power-up; the VM does not run. */
void vcpu_reset_apic(struct vcpu *vcpu);

#endif
