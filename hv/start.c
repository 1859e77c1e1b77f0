/* From a machine that is ours to running guests: configuration, VT-x, scheduler, first VMs. */
#include "drivers/power.h"
#include "hv/console.h"
#include "hv/core_loop.h"
#include "hv/engine.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/main.h"
#include "hv/modules.h"
#include "hv/numa.h"
#include "hv/panic.h"
#include "hv/predict.h"
#include "hv/services.h"
#include "hv/text.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/vm.h"
#include "vmx/vmx.h"

#define POLICY_DEFAULT "credit"

/* Other cores wait for it: first for VT-x to be known, then for the scheduler. */
enum start_stage { STAGE_WAIT, STAGE_VMX, STAGE_RUN };

static uint32_t stage;
static uint32_t cores_ready;
static uint32_t cores_failed;

static void wait_for(enum start_stage wanted)
{
	while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) < (uint32_t)wanted)
		__builtin_ia32_pause();
}

static void advance_to(enum start_stage next)
{
	__atomic_store_n(&stage, next, __ATOMIC_RELEASE);
}

static void init_core(struct core *core)
{
	if (core_loop_init_core(core) != OK)
		__atomic_fetch_add(&cores_failed, 1, __ATOMIC_ACQ_REL);
	__atomic_fetch_add(&cores_ready, 1, __ATOMIC_ACQ_REL);
}

void core_main(struct core *core)
{
	wait_for(STAGE_VMX);
	init_core(core);
	wait_for(STAGE_RUN);
	core_loop(core);
}

_Noreturn static void give_up(const char *reason)
{
	log_error("%s", reason);
	console_flush();
	export_flush();
	power_off(1);
}

static void start_vmx(void)
{
	if (vmx_init() != OK)
		give_up("this machine cannot run virtual machines");
	advance_to(STAGE_VMX);
	init_core(this_core());
	while (__atomic_load_n(&cores_ready, __ATOMIC_ACQUIRE) != core_count)
		__builtin_ia32_pause();
	if (cores_failed)
		give_up("not all cores can run virtual machines");
}

static void report_distances(void)
{
	for (uint32_t from = 0; from < numa_node_count() && numa_node_count() > 1; from++) {
		char line[CONFIG_MAX_NODES * 4 + 1];
		struct text text = text_in(line, sizeof(line));

		for (uint32_t to = 0; to < numa_node_count(); to++) {
			text_add(&text, " ");
			text_add_number(&text, numa_distance(from, to));
		}
		log_info("numa: distances from node %u:%s", from, line);
	}
}

static void start_scheduler(void)
{
	const char *policy = config.policy[0] ? config.policy : POLICY_DEFAULT;

	numa_init(&config, &acpi_info);
	report_distances();
	if (core_loop_init(policy) != OK) {
		log_error("augur.cfg:%u: policy: there is no \"%s\"; using " POLICY_DEFAULT,
			  config.policy_line, policy);
		if (core_loop_init(POLICY_DEFAULT) != OK)
			panic("the default scheduling policy is missing");
	}
	predict_init();
	engine_init();
	log_info("scheduler: %s on %u core%s", sched_policy_name(scheduler.ops), core_count,
		 core_count == 1 ? "" : "s");
}

static void start_vms(void)
{
	for (uint32_t i = 0; i < config.vm_count; i++) {
		struct vm *vm;

		if (!config.vms[i].valid)
			continue;
		if (vm_create(i, &vm) != OK)
			continue;
		vm_note_ignored_cap(vm);
		if (config.vms[i].autostart)
			vm_start(vm);
	}
}

void augur_start(void)
{
	export_init(export_port_probe(&boot_info));
	modules_init(&boot_info, core_count);
	log_set_level((enum log_level)config.log);
	panic_powers_off = config.batch;
	trace_init(config.trace);
	start_vmx();
	start_scheduler();
	advance_to(STAGE_RUN);
	start_vms();
	services_start(tsc_now());
	core_loop(this_core());
}
