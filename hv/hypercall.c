#include "hv/hypercall.h"

#include "guests/include/augur/hypercall.h"
#include "hv/core.h"
#include "hv/time.h"
#include "hv/vm.h"
#include "vmx/guest_state.h"

/*
 * Leaves the result in RAX; the verdict says what becomes of the vCPU. `mask` is for arguments and
 * result: outside 64-bit mode they have 32 bits.
 */
typedef enum vmx_verdict (*hypercall_handler)(struct vcpu *vcpu, uint64_t mask);

static void set_result(struct vcpu *vcpu, int64_t result, uint64_t mask)
{
	vcpu->gpr[GPR_RAX] = (uint64_t)result & mask;
}

static enum vmx_verdict yield(struct vcpu *vcpu, uint64_t mask)
{
	(void)vcpu;
	set_result(vcpu, OK, mask);
	return VMX_YIELD;
}

static enum vmx_verdict exit_vm(struct vcpu *vcpu, uint64_t mask)
{
	set_result(vcpu, OK, mask);
	vm_end(vcpu->vm, VM_END_EXITED, vcpu->gpr[GPR_RDI] & mask, "exit hypercall");
	return VMX_STOP;
}

static enum vmx_verdict console_write(struct vcpu *vcpu, uint64_t mask)
{
	struct vm *vm = vcpu->vm;
	uint64_t from = vcpu->gpr[GPR_RDI] & mask, length = vcpu->gpr[GPR_RSI] & mask;
	char part[256];

	set_result(vcpu, ERR_INVALID, mask);
	if (length > AUGUR_HC_WRITE_MAX)
		return VMX_RESUME;
	set_result(vcpu, ERR_FAULT, mask);
	if (!guest_ram_valid(&vm->ram, from, length))
		return VMX_RESUME;
	for (uint64_t done = 0; done < length; done += sizeof(part)) {
		size_t now = length - done < sizeof(part) ? length - done : sizeof(part);

		if (guest_ram_read(&vm->ram, from + done, part, now) != OK)
			return VMX_RESUME;
		vm_console_output(&vm->console, part, now);
	}
	set_result(vcpu, length, mask);
	return VMX_RESUME;
}

static enum vmx_verdict core_id(struct vcpu *vcpu, uint64_t mask)
{
	(void)vcpu;
	set_result(vcpu, this_core()->index, mask);
	return VMX_RESUME;
}

static enum vmx_verdict vcpu_stats(struct vcpu *vcpu, uint64_t mask)
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
	set_result(vcpu, ERR_INVALID, mask);
	if (gpa % 8 || gpa % GUEST_PAGE_SIZE + sizeof(stats) > GUEST_PAGE_SIZE)
		return VMX_RESUME;
	set_result(vcpu, guest_ram_write(&vcpu->vm->ram, gpa, &stats, sizeof(stats)), mask);
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
	uint64_t number = vcpu->gpr[GPR_RAX], mask = UINT64_MAX;

	if (__builtin_expect(!guest_in_64bit_mode(vcpu), 0)) {
		mask = UINT32_MAX;
		number &= mask;
	}
	if (number >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[number]) {
		set_result(vcpu, ERR_UNSUPPORTED, mask);
		return VMX_RESUME;
	}
	return handlers[number](vcpu, mask);
}
