/* How the vCPUs of a VM are scheduled, and on which cores they may run. */
#include <string.h>

#include "hv/core.h"
#include "hv/core_loop.h"
#include "hv/engine.h"
#include "hv/log.h"
#include "hv/time.h"
#include "hv/vm.h"

/* Those that the configuration allows, without the engine's own. */
static void allowed_cores(const struct vm *vm, struct sched_mask *cores)
{
	memset(cores, 0, sizeof(*cores));
	for (uint32_t i = 0; i < core_count; i++)
		if (config_cores_has(&vm->config->cores, i) && (int)i != engine_own_core())
			sched_mask_add(cores, i);
}

static uint64_t slice_ticks(uint32_t us)
{
	return us ? ticks_from_us(us) : 0;
}

static void params_of(const struct vm *vm, struct sched_params *params)
{
	const struct config_vm *c = vm->config;

	sched_default_params(params);
	params->weight = c->weight;
	params->cap = c->cap ? (c->cap + vm->vcpu_count - 1) / vm->vcpu_count : 0;
	params->slice = slice_ticks(c->slices.slice_us);
	params->slice_min = slice_ticks(c->slices.min_slice_us);
	params->slice_max = slice_ticks(c->slices.max_slice_us);
	params->period = slice_ticks(c->slices.period_us);
	params->budget = slice_ticks(c->slices.budget_us);
	params->class = c->latency == CONFIG_LATENCY_YES ? SCHED_LATENCY : SCHED_THROUGHPUT;
	params->gang = c->gang;
	params->class_auto = c->latency == CONFIG_LATENCY_AUTO;
	allowed_cores(vm, &params->affinity);
}

enum error vm_schedule(struct vm *vm, uint64_t now)
{
	struct sched_params params;
	const char *why;
	enum error error;

	params_of(vm, &params);
	error = sched_check_params(&scheduler, &params, &why);
	if (error != OK)
		log_error("augur.cfg:%u: vm %s: %s", vm->config->line, vm->name, why);
	for (uint32_t i = 0; error == OK && i < vm->vcpu_count; i++) {
		struct sched_entity *entity = &vm->vcpus[i]->sched;

		memset(entity, 0, sizeof(*entity));
		error = sched_add(&scheduler, entity, vm->id * VM_MAX_VCPUS + i, vm->id, &params,
				  now);
	}
	return error;
}

enum error vm_apply_params(struct vm *vm, const char **why)
{
	struct sched_params params;
	enum error error;

	params_of(vm, &params);
	error = sched_check_params(&scheduler, &params, why);
	for (uint32_t i = 0; error == OK && i < vm->vcpu_count; i++) {
		struct sched_entity *entity = &vm->vcpus[i]->sched;

		if (entity->sched && !sched_is_gone(entity))
			error = sched_update(&this_core()->sched, entity, &params, why, tsc_now());
	}
	return error;
}

void vm_note_ignored_cap(const struct vm *vm)
{
	if (vm->config->cap && !sched_keeps_caps(&scheduler))
		log_warn("vm %s: its cap of %u%% is ignored: policy %s has no caps", vm->name,
			 vm->config->cap, sched_policy_name(scheduler.ops));
}
