/* How the vCPUs of a VM are scheduled, and on which cores they may run. */
#include <string.h>

#include "hv/core.h"
#include "hv/core_loop.h"
#include "hv/engine.h"
#include "hv/log.h"
#include "hv/time.h"
#include "hv/vm.h"

void vm_cores(const struct vm *vm, struct sched_mask *cores)
{
	memset(cores, 0, sizeof(*cores));
	for (uint32_t i = 0; i < core_count; i++)
		if (config_cores_has(&vm->config->cores, i) && (int)i != engine_own_core())
			sched_mask_add(cores, i);
}

enum error vm_apply_params(struct vm *vm, const char **why)
{
	struct sched_params params;
	enum error error;

	vm_sched_params(vm, &params);
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
