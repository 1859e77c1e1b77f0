#include "vmx/vmx.h"

#include <string.h>

#include "hv/core.h"
#include "hv/cpuid.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "vmx/guest_counters.h"
#include "vmx/registers.h"
#include "vmx/vector_state.h"
#include "vmx/vmx_ops.h"

struct vmx_caps vmx_caps;
uint64_t vmx_timer_round_up;
uint64_t vmx_longest_run;
uint64_t vmx_host_xcr0;

static struct mtrr_state mtrrs;
static bool ram_is_write_back; /* by default, with no range that says otherwise */

static const struct caps_ops machine = { .cpuid = cpuid_read_registers, .rdmsr = msr_read };

static void read_mtrrs(void)
{
	memset(&mtrrs, 0, sizeof(mtrrs));
	mtrrs.physical_bits = vmx_caps.physical_bits;
	mtrrs.absent = !(cpuid_read(1, 0).edx & 1u << 12);
	if (mtrrs.absent)
		return;
	mtrrs.cap = msr_read(IA32_MTRR_CAP);
	mtrrs.def_type = msr_read(IA32_MTRR_DEF_TYPE);
	for (unsigned i = 0; i < (mtrrs.cap & 0xff) && i < MTRR_VARIABLE_MAX; i++) {
		mtrrs.base[i] = msr_read(IA32_MTRR_PHYS_BASE0 + 2 * i);
		mtrrs.mask[i] = msr_read(IA32_MTRR_PHYS_BASE0 + 2 * i + 1);
	}
	for (unsigned i = 0; (mtrrs.cap & 1u << 8) && i < MTRR_FIXED_COUNT; i++)
		mtrrs.fixed[i] = msr_read(mtrr_fixed_msrs[i]);
}

enum memory_type vmx_ram_type(uint64_t hpa, uint64_t size)
{
	if (ram_is_write_back)
		return MEMORY_WB;
	return memory_type_range(&mtrrs, hpa, size, NULL);
}

static void log_missing(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		log_error("missing: %s", line);
}

enum error vmx_init(void)
{
	static struct vmx_caps_raw raw;
	static char text[CAPS_TEXT_MAX];
	enum memory_type type;

	caps_read(&raw, &machine);
	if (caps_missing(&raw, text, sizeof(text))) {
		log_missing(text);
		return ERR_UNSUPPORTED;
	}
	if (caps_derive(&raw, &vmx_caps) != OK)
		return ERR_UNSUPPORTED;
	vmx_timer_round_up = (1ull << vmx_caps.preemption_timer_shift) - 1;
	vmx_longest_run = 0xffff0000ull << vmx_caps.preemption_timer_shift;
	wake_lead_max = ticks_from_us(WAKE_LEAD_MAX_US);
	read_mtrrs();
	ram_is_write_back = memory_type_run(&mtrrs, 0x100000, paging_ram_end() - 0x100000, &type) ==
				    paging_ram_end() - 0x100000 &&
			    type == MEMORY_WB;
	vmx_host_xcr0 = vector_state_probe();
	guest_counters_probe();
	return OK;
}

static enum error check_core(struct core *core, struct vmx_caps_raw *raw)
{
	struct vmx_caps caps;

	caps_read(raw, &machine);
	if (caps_missing(raw, NULL, 0) || caps_derive(raw, &caps) != OK) {
		log_error("core %u: lacks VT-x features that the boot core has", core->index);
		return ERR_UNSUPPORTED;
	}
	if (!caps_same(&caps, &vmx_caps)) {
		log_error("core %u: its VT-x differs from the boot core's", core->index);
		return ERR_UNSUPPORTED;
	}
	return OK;
}

static uint64_t vmxon_region(void)
{
	uint64_t page = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);

	if (page)
		*(uint32_t *)phys_to_virt(page) = vmx_caps.vmcs_revision;
	return page;
}

static void read_system_msrs(struct core_msrs *msrs)
{
	msrs->star = msr_read(IA32_STAR);
	msrs->lstar = msr_read(IA32_LSTAR);
	msrs->cstar = msr_read(IA32_CSTAR);
	msrs->fmask = msr_read(IA32_FMASK);
	msrs->tsc_aux = vmx_caps.rdtscp ? msr_read(IA32_TSC_AUX) : 0;
}

enum error vmx_init_core(struct core *core)
{
	struct vmx_caps_raw raw;
	enum error error = check_core(core, &raw);

	if (error != OK)
		return error;
	if (caps_feature_control(&raw))
		msr_write(IA32_FEATURE_CONTROL, caps_feature_control(&raw));
	cr0_write((cr0_read() | vmx_caps.cr0_fixed0) & vmx_caps.cr0_fixed1);
	cr4_write((cr4_read() | vmx_caps.cr4_fixed0 | CR4_VMXE) & vmx_caps.cr4_fixed1);
	vector_state_init_core();
	guest_counters_init_core(core);
	core->xcr0 = vmx_host_xcr0;
	core->kernel_gs_base = msr_read(IA32_KERNEL_GS_BASE);
	core->wide = core->has_msrs = true; /* what the firmware left */
	read_system_msrs(&core->msrs);
	core->vmxon_region = vmxon_region();
	if (!core->vmxon_region)
		return ERR_NO_MEMORY;
	if (!vmxon(&core->vmxon_region)) {
		log_error("core %u: VMXON failed", core->index);
		return ERR_UNSUPPORTED;
	}
	core->in_vmx = true;
	return OK;
}

void vmx_exit_core(struct core *core)
{
	if (!core->in_vmx)
		return;
	core->in_vmx = false;
	if (core->loaded)
		vmx_unload(core->loaded);
	vmxoff();
}

void vmx_nmi_in_hypervisor(void)
{
	if (this_core()->loaded)
		vmwrite(VMCS_PREEMPTION_TIMER, 0);
}

void vmx_flush_ept(struct vcpu *vcpu)
{
	trace_event(TRACE_INVEPT, vcpu->sched.id, 0, 0);
	if (vmx_caps.invept_single)
		invept(INVEPT_SINGLE, vmread(VMCS_EPT_POINTER));
	else
		invept(INVEPT_ALL, 0);
}

void vmx_flush_linear(struct vcpu *vcpu)
{
	uint16_t vpid = vmread(VMCS_VPID);

	(void)vcpu;
	if (!vmx_caps.vpid || vpid == 0)
		return; /* every VM entry flushes */
	if (vmx_caps.invvpid_single)
		invvpid(INVVPID_SINGLE, vpid, 0);
	else
		invvpid(INVVPID_ALL, 0, 0);
}

void vmx_set_primary(struct vcpu *vcpu, uint32_t bits, bool on)
{
	uint32_t controls = on ? vcpu->primary_controls | bits : vcpu->primary_controls & ~bits;

	if (controls == vcpu->primary_controls)
		return;
	vcpu->primary_controls = controls;
	vmwrite(VMCS_PRIMARY_CONTROLS, controls);
}

static uint64_t ept_alloc(void *context)
{
	(void)context;
	return page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
}

static void ept_free(void *context, uint64_t page)
{
	(void)context;
	page_free(page);
}

const struct ept_ops vmx_ept_ops = {
	.alloc_page = ept_alloc,
	.free_page = ept_free,
	.virtual_offset = DIRECT_MAP_BASE,
};
