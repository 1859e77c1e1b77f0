#include "hv/hypercall.h"

#include "guests/include/augur/hypercall.h"
#include "hv/core.h"
#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/guest_state.h"

/*
 * Sets *result for RAX; the verdict says what becomes of the vCPU. `mask` is for its arguments:
 * outside 64-bit mode they have 32 bits.
 */
typedef enum vmx_verdict (*hypercall_handler)(struct vcpu *vcpu, uint64_t mask, int64_t *result);

static enum vmx_verdict yield(struct vcpu *vcpu, uint64_t mask, int64_t *result)
{
	(void)vcpu;
	(void)mask;
	*result = OK;
	return VMX_YIELD;
}

static enum vmx_verdict exit_vm(struct vcpu *vcpu, uint64_t mask, int64_t *result)
{
	*result = OK;
	vm_end(vcpu->vm, VM_END_EXITED, vcpu->gpr[GPR_RDI] & mask, "exit hypercall");
	return VMX_STOP;
}

static enum vmx_verdict console_write(struct vcpu *vcpu, uint64_t mask, int64_t *result)
{
	struct vm *vm = vcpu->vm;
	uint64_t from = vcpu->gpr[GPR_RDI] & mask, length = vcpu->gpr[GPR_RSI] & mask;
	char part[256];

	*result = ERR_INVALID;
	if (length > AUGUR_HC_WRITE_MAX)
		return VMX_RESUME;
	*result = ERR_FAULT;
	if (!guest_ram_valid(&vm->ram, from, length))
		return VMX_RESUME;
	for (uint64_t done = 0; done < length; done += sizeof(part)) {
		size_t now = length - done < sizeof(part) ? length - done : sizeof(part);

		if (guest_ram_read(&vm->ram, from + done, part, now) != OK)
			return VMX_RESUME;
		vm_console_output(&vm->console, part, now);
	}
	*result = length;
	return VMX_RESUME;
}

static enum vmx_verdict core_id(struct vcpu *vcpu, uint64_t mask, int64_t *result)
{
	(void)vcpu;
	(void)mask;
	*result = this_core()->index;
	return VMX_RESUME;
}

static enum vmx_verdict vcpu_stats(struct vcpu *vcpu, uint64_t mask, int64_t *result)
{
	struct augur_vcpu_stats stats;
	uint64_t gpa = vcpu->gpr[GPR_RDI] & mask;

	sched_charge(&this_core()->sched, tsc_now());
	stats = (struct augur_vcpu_stats) {
		.run_ticks = vcpu->sched.stats.run,
		.wait_ticks = vcpu->sched.stats.wait,
		.halt_ticks = vcpu->halt_ticks,
		.exits = vcpu_exits(vcpu),
		.switches = vcpu->sched.stats.switches,
		.wakeups = vcpu->sched.stats.wakeups,
	};
	*result = ERR_INVALID;
	if (gpa % 8 || gpa % GUEST_PAGE_SIZE + sizeof(stats) > GUEST_PAGE_SIZE)
		return VMX_RESUME;
	*result = guest_ram_write(&vcpu->vm->ram, gpa, &stats, sizeof(stats));
	return VMX_RESUME;
}

static const hypercall_handler handlers[] = {
	[AUGUR_HC_YIELD] = yield,
	[AUGUR_HC_EXIT] = exit_vm,
	[AUGUR_HC_CONSOLE_WRITE] = console_write,
	[AUGUR_HC_CORE_ID] = core_id,
	[AUGUR_HC_VCPU_STATS] = vcpu_stats,
};

enum vmx_verdict hypercall(struct vcpu *vcpu)
{
	uint64_t mask = guest_in_64bit_mode(vcpu) ? UINT64_MAX : UINT32_MAX;
	uint64_t number = vcpu->gpr[GPR_RAX] & mask;
	int64_t result = ERR_UNSUPPORTED;
	enum vmx_verdict verdict = VMX_RESUME;

	if (number < sizeof(handlers) / sizeof(handlers[0]) && handlers[number])
		verdict = handlers[number](vcpu, mask, &result);
	vcpu->gpr[GPR_RAX] = (uint64_t)result & mask;
	return verdict;
}
