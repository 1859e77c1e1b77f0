/*
 * One physical core (pCPU) and what it owns. this_core() is one load through GS, valid from
 * core_bind() on until the machine stops; GS base in the hypervisor never changes otherwise (the
 * VMCS host GS base is the address of the core).
 */
#ifndef HV_CORE_H
#define HV_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "hv/core_timers.h"
#include "hv/engine.h"
#include "hv/segments.h"
#include "hv/shadow.h"
#include "hv/trace_ring.h"
#include "hv/wake_lead.h"
#include "sched/sched.h"
#include "vmx/counters.h"

struct vcpu;

#define MAX_CORES  BOOT_MAX_CORES
#define CACHE_LINE 64

/*
 * Work for a core, to be looked at before it enters a guest or goes idle. Anybody may set bits (by
 * core_notify() from elsewhere); only the core itself takes them, all at once, with
 * core_take_pending().
 */
enum core_pending {
	CORE_PENDING_KICK = 1u << 0,	   /* an NMI came: look at everything */
	CORE_PENDING_TIMER = 1u << 1,	   /* the local APIC timer fired */
	CORE_PENDING_WAKE = 1u << 2,	   /* a wake-up IPI came */
	CORE_PENDING_RESCHEDULE = 1u << 3, /* the scheduler wants a new decision */
	CORE_PENDING_DEVICE = 1u << 4,	   /* a host device interrupted */
};

enum core_state { CORE_ABSENT = 0, CORE_STARTING, CORE_ONLINE };

#define CORE_STACK_SIZE	    32768ul /* bytes */
#define CORE_IST_STACK_SIZE 16384ul /* bytes: enough for a panic's output */

/* A core's stacks; below and above each is an unmapped page. */
enum core_stack_use { CORE_STACK_MAIN = 0, CORE_STACK_IST = 1, CORE_STACKS = 1 + IST_COUNT };

struct core_stack {
	uint64_t bottom; /* lowest address */
	uint64_t top;	 /* one past the highest, 16-byte aligned: the initial stack pointer */
};

/* Model-specific registers that belong to the loaded vCPU; the hypervisor does not use them. */
struct core_msrs {
	uint64_t star, lstar, cstar, fmask, tsc_aux;
};

struct core {
	/* Private: written by the core itself only (and by the boot core while it prepares it). */
	struct core *self; /* this_core() reads it at GS:0 */
	uint32_t index;	   /* 0 is the boot core; position in cores[] */
	uint32_t apic_id;  /* of the local APIC */
	uint32_t node;	   /* of the page allocator */
	uint32_t reserved;
	struct core_stack stacks[CORE_STACKS];
	struct segments segments; /* GDT and TSS: VMCS host state */

	struct vcpu *loaded;	 /* whose VMCS is current and whose vector registers are here */
	struct core_msrs msrs;	 /* what these registers hold now... */
	bool has_msrs;		 /* ...of which some may not be zero */
	uint64_t xcr0;		 /* what the register holds now */
	uint64_t kernel_gs_base; /* likewise, while no vCPU is loaded */
	bool wide;		 /* vmx/vector_state.h */
	struct counter_values counters; /* as last booked: vmx/guest_counters.h */
	uint64_t vmxon_region;		/* physical */
	bool in_vmx;
	struct wake_lead wake_lead;
	struct timer_event shadow_tick; /* closes the windows of this core's vCPUs... */
	uint64_t shadow_due;		/* ...at this TSC */
	struct shadow_cost shadow_cost;
	struct engine_core engine;
	struct core_timers timers; /* other cores may take events of vCPUs out */
	struct sched_core sched;   /* has a public part of its own */
	struct trace_ring trace;   /* hv/trace.h */

	/* Public: written by other cores too. */
	_Alignas(CACHE_LINE) volatile uint32_t pending; /* atomic; enum core_pending */
	volatile uint32_t state; /* enum core_state; written by the core, CORE_STARTING by core 0 */
	volatile uint32_t kicks; /* NMIs taken; written by the core itself */
	uint64_t online_at;	 /* TSC when it came up; constant once the state is CORE_ONLINE */
} __attribute__((aligned(CACHE_LINE)));

/* cores[0 .. core_count-1] are online once smp_start() has returned; constant from then on. */
extern struct core *cores[MAX_CORES];
extern uint32_t core_count;
extern struct core boot_core;

static inline struct core *this_core(void)
{
	struct core *core;

	/* Not volatile: no code ever moves to another core, so one load serves a whole function. */
	__asm__("movq %%gs:0, %0" : "=r"(core));
	return core;
}

/* this_core()->pending in one load: the exit path looks at it every time. */
static inline uint32_t core_pending_here(void)
{
	uint32_t pending;

	__asm__ volatile("movl %%gs:%c1, %0" : "=r"(pending) : "i"(offsetof(struct core, pending)));
	return pending;
}

/* A zeroed core with its stacks, or NULL when memory has run out. Boot core only. */
struct core *core_create(uint32_t index, uint32_t apic_id, uint32_t node);

/* The stacks of core_create(), for the boot core. False when memory has run out. */
bool core_make_stacks(struct core *core);

/*
 * Makes `core` what this_core() returns here: GDT, TSS, GS base, IDT; sets CR0 and CR4 to the
 * values that all cores share. Runs on the core itself.
 */
void core_bind(struct core *core);

static inline void core_set_pending(struct core *core, uint32_t bits)
{
	__atomic_fetch_or(&core->pending, bits, __ATOMIC_SEQ_CST);
}

/* This core only: what has been pending since the last call. */
static inline uint32_t core_take_pending(struct core *core)
{
	if (core->pending == 0)
		return 0;
	return __atomic_exchange_n(&core->pending, 0, __ATOMIC_SEQ_CST);
}

/*
 * Waits, with IF=0 on entry and on return, until *pending is not zero or an interrupt or NMI has
 * come (hv/idle.S). May return with *pending still zero: the caller looks again.
 */
void cpu_idle_wait(const volatile uint32_t *pending);

/* Stops this core for good, IF=0; an NMI does not bring it back. */
_Noreturn void cpu_halt_forever(void);

/*
 * What an NMI does, besides panics and the idle wait (hv/traps.h); called on the core it reached,
 * also for an NMI that caused a VM exit. Takes no lock, allocates and prints nothing. The weak
 * default of hv/core.c counts it and sets CORE_PENDING_KICK.
 */
void core_nmi(void);

/* Leaves the current stack for good and calls function(argument), which must not return. */
_Noreturn void run_on_stack(uint64_t stack_top, void (*function)(void *), void *argument);

/*
 * Where every core ends up, on its own stack, IF=0, never to return. The weak default of hv/core.c
 * handles nothing and idles.
 */
_Noreturn void core_main(struct core *core);

_Static_assert(offsetof(struct core, self) == 0, "this_core() reads it at GS:0");

#endif
