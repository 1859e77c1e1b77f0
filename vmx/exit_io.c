/* IN, OUT, INS, OUTS. */
#include "hv/msr.h"
#include "hv/vm.h"
#include "vmx/exit.h"
#include "vmx/exit_cr.h"
#include "vmx/guest_state.h"
#include "vmx/inject.h"
#include "vmx/msr_policy.h"

/* Elements of a repeated string instruction done in one exit; the rest exits again. */
#define STRING_BATCH 64

#define PF_WRITE (1u << 1)
#define PF_USER	 (1u << 2)

struct io_access {
	uint16_t port;
	unsigned size; /* bytes: 1, 2, 4 */
	bool in, string, repeat;
};

static struct io_access decode(uint64_t qualification)
{
	return (struct io_access) {
		.port = qualification >> IO_QUALIFICATION_PORT_SHIFT,
		.size = (qualification & IO_QUALIFICATION_SIZE_MASK) + 1,
		.in = qualification & IO_QUALIFICATION_IN,
		.string = qualification & IO_QUALIFICATION_STRING,
		.repeat = qualification & IO_QUALIFICATION_REP,
	};
}

/* A 32-bit result clears the upper half of RAX, narrower ones leave the rest alone. */
static uint64_t merge_rax(uint64_t rax, uint64_t value, unsigned size)
{
	if (size == 4)
		return (uint32_t)value;
	return (rax & ~((1ull << size * 8) - 1)) | value;
}

/* Mask of the registers' address size: bits 9:7 of the instruction information are 0, 1, 2. */
static uint64_t address_mask(void)
{
	switch (vmread(VMCS_EXIT_INSTRUCTION_INFO) >> 7 & 7) {
	case 0:
		return 0xffff;
	case 1:
		return 0xffffffff;
	default:
		return UINT64_MAX;
	}
}

/* Registers of an address size of 16 bits keep their upper parts, of 32 bits lose them. */
static void add_masked(uint64_t *reg, int64_t by, uint64_t mask)
{
	uint64_t kept = mask == 0xffff ? *reg & ~mask : 0;

	*reg = kept | ((*reg + by) & mask);
}

static bool is_writable(const struct guest_ram *ram, const struct guest_paging *paging,
			uint64_t linear)
{
	struct guest_walk walk;

	return guest_walk(ram, paging, linear, &walk) == OK && walk.writable;
}

/* One element between port and memory; false if its page does not allow it. */
static bool string_element(struct vcpu *vcpu, const struct io_access *io, uint64_t linear)
{
	struct guest_paging paging = guest_paging_of(vcpu);
	struct guest_ram *ram = &vcpu->vm->ram;
	uint64_t value = 0;

	if (!io->in) {
		if (guest_read_linear(ram, &paging, linear, &value, io->size) != io->size)
			return false;
		vm_port_write(vcpu->vm, io->port, io->size, value);
		return true;
	}
	if (!is_writable(ram, &paging, linear) || !is_writable(ram, &paging, linear + io->size - 1))
		return false;
	value = vm_port_read(vcpu->vm, io->port, io->size);
	return guest_write_linear(ram, &paging, linear, &value, io->size) == io->size;
}

/* The exit precedes the access to memory, so a page that is missing is for us to report. */
static enum vmx_verdict string_fault(const struct io_access *io, uint64_t linear)
{
	uint32_t error = (io->in ? PF_WRITE : 0) | (guest_cpl() == 3 ? PF_USER : 0);

	cr2_write(linear);
	return vmx_inject_exception(VECTOR_PF, true, error);
}

static enum vmx_verdict string_io(struct vcpu *vcpu, const struct io_access *io)
{
	uint64_t mask = address_mask();
	uint64_t linear = vmread(VMCS_GUEST_LINEAR_ADDRESS);
	int64_t step = vmread(VMCS_GUEST_RFLAGS) & RFLAGS_DF ? -(int64_t)io->size : io->size;
	uint64_t *index = &vcpu->gpr[io->in ? GPR_RDI : GPR_RSI];
	uint64_t *count = &vcpu->gpr[GPR_RCX];
	unsigned batch = io->repeat ? STRING_BATCH : 1;

	vmx_refresh_control_registers(vcpu);
	if (mask == UINT64_MAX && !msr_canonical(linear))
		return vmx_inject_gp();
	for (; batch && (!io->repeat || (*count & mask)); batch--) {
		if (!string_element(vcpu, io, linear))
			return string_fault(io, linear);
		linear += step;
		add_masked(index, step, mask);
		if (io->repeat)
			add_masked(count, -1, mask);
	}
	if (!io->repeat || (*count & mask) == 0)
		guest_skip_instruction();
	return VMX_RESUME;
}

enum vmx_verdict vmx_exit_io(struct vcpu *vcpu)
{
	struct io_access io = decode(vmread(VMCS_EXIT_QUALIFICATION));

	vcpu_count_io(vcpu, io.size);
	if (__builtin_expect(io.string, 0))
		return string_io(vcpu, &io);
	if (io.in)
		vcpu->gpr[GPR_RAX] = merge_rax(vcpu->gpr[GPR_RAX],
					       vm_port_read(vcpu->vm, io.port, io.size), io.size);
	else
		vm_port_write(vcpu->vm, io.port, io.size,
			      vcpu->gpr[GPR_RAX] & ((1ull << io.size * 8) - 1));
	guest_skip_instruction();
	return VMX_RESUME;
}
