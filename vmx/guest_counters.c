#include "vmx/guest_counters.h"

#include "hv/core.h"
#include "hv/cpuid.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/vcpu.h"
#include "vmx/vmx.h"

#define WORK 256

bool guest_counters_on;
enum counters_state guest_counters_state = COUNTERS_NO_LEAF;

static unsigned counter_width;

static void work(void)
{
	for (unsigned i = 0; i < WORK; i++)
		__asm__ volatile("");
}

static const struct counters_ops machine = { cpuid_read_registers, rdmsr_safe, wrmsr_safe, work };

void guest_counters_probe(void)
{
	bool switchable = (vmx_caps.entry.allowed & ENTRY_LOAD_PERF_GLOBAL_CTRL) &&
			  (vmx_caps.exit.allowed & EXIT_LOAD_PERF_GLOBAL_CTRL);

	guest_counters_state = counters_probe(&machine, switchable, &counter_width);
	guest_counters_on = guest_counters_state == COUNTERS_PRESENT;
	log_info("performance counters: %s", counters_state_text(guest_counters_state));
}

void guest_counters_init_core(struct core *core)
{
	if (guest_counters_on && !counters_start(&machine))
		log_error("core %u: its performance counters fault", core->index);
	core->counters = (struct counter_values) { 0 };
}

void guest_counters_book(struct core *core, struct vcpu *vcpu)
{
	struct counter_values now;

	if (!counters_read(&machine, &now))
		return;
	counters_add(&vcpu->counted, &core->counters, &now, counter_width);
	core->counters = now;
}
