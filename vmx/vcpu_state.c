/* The VMCS and the switched registers of a vCPU: making them, loading them, saving them. */
#include <string.h>

#include "hv/core.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/traps.h"
#include "hv/vm.h"
#include "vmx/audit.h"
#include "vmx/guest_counters.h"
#include "vmx/inject.h"
#include "vmx/registers.h"
#include "vmx/vector_state.h"
#include "vmx/vmx.h"
#include "vmx/vmx_ops.h"

void vmx_exit_point(void);

/* PAUSEs closer together than the gap are one loop; a loop longer than the window exits. Ticks. */
#define PLE_GAP	   128
#define PLE_WINDOW 4096

static bool alloc_apic_page(struct vcpu *vcpu)
{
	uint64_t page;

	if (!caps_deliver_interrupts(&vmx_caps))
		return true;
	page = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	vcpu->apic_page = page ? phys_to_virt(page) : NULL;
	return page;
}

static bool alloc_dirty_log(struct vcpu *vcpu)
{
	uint64_t page;

	if (!vmx_caps.pml)
		return true;
	page = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	vcpu->dirty_log.page = page ? phys_to_virt(page) : NULL;
	return page;
}

/* Vector state shares one page with nothing: AVX-512 needs 2,696 bytes. */
enum error vmx_vcpu_alloc(struct vcpu *vcpu)
{
	uint64_t state = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);

	if (vector_state_size() > PAGE_SIZE)
		return ERR_UNSUPPORTED;
	vcpu->vmcs = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	vcpu->vector_state = state ? phys_to_virt(state) : NULL;
	if (vcpu->vmcs && state && alloc_apic_page(vcpu) && alloc_dirty_log(vcpu))
		return OK;
	vmx_vcpu_free(vcpu);
	return ERR_NO_MEMORY;
}

void vmx_vcpu_free(struct vcpu *vcpu)
{
	if (vcpu->vmcs)
		page_free(vcpu->vmcs);
	if (vcpu->vector_state)
		page_free(virt_to_phys(vcpu->vector_state));
	if (vcpu->apic_page)
		page_free(virt_to_phys(vcpu->apic_page));
	if (vcpu->dirty_log.page)
		page_free(virt_to_phys(vcpu->dirty_log.page));
	vcpu->dirty_log.page = NULL;
	vcpu->apic_page = NULL;
	vcpu->vmcs = 0;
	vcpu->vector_state = NULL;
}

static void host_state(struct vmcs_host *host, const struct core *core)
{
	*host = (struct vmcs_host) {
		.cr0 = cr0_read(),
		.cr3 = cr3_read(),
		.cr4 = cr4_read(),
		.efer = msr_read(MSR_EFER),
		.pat = PAGING_PAT,
		.rsp = core->stacks[CORE_STACK_MAIN].top,
		.rip = (uint64_t)vmx_exit_point,
		.cs = SEGMENT_CODE,
		.ss = SEGMENT_DATA,
		.ds = SEGMENT_DATA,
		.es = SEGMENT_DATA,
		.fs = SEGMENT_DATA,
		.gs = SEGMENT_DATA,
		.tr = SEGMENT_TSS,
		.gs_base = (uint64_t)core,
		.tr_base = (uint64_t)&core->segments.tss,
		.gdtr_base = (uint64_t)core->segments.gdt,
		.idtr_base = traps_idt_base(),
	};
}

static void vcpu_settings(struct vmcs_settings *settings, const struct vcpu *vcpu)
{
	const struct vm *vm = vcpu->vm;

	*settings = (struct vmcs_settings) {
		.eptp = ept_pointer(&vm->ept),
		.msr_bitmap = vm->msr_bitmap,
		.vpid = vm->vpid_base ? vm->vpid_base + vcpu->index : 0,
		.tsc_offset = vcpu->tsc_offset,
		.ple_gap = vm->config->pause_exits ? PLE_GAP : 0,
		.ple_window = PLE_WINDOW,
		.pml_page = vcpu->dirty_log.page ? virt_to_phys(vcpu->dirty_log.page) : 0,
		.xss_exit_bitmap = UINT64_MAX,
		.guest_cr4_allowed = vm->cpuid.cr4_allowed,
		.exception_bitmap = 1u << VECTOR_DB | 1u << VECTOR_AC,
		.perf_global_ctrl = guest_counters_on ? COUNTERS_GLOBAL_CTRL : 0,
		.rdtscp = true,
		.invpcid = true,
	};
}

static uint64_t read_current(void *context, uint32_t field)
{
	(void)context;
	return vmread(field);
}

unsigned vmx_log_broken_rules(void)
{
	const struct audit_reader reader = { .read = read_current };
	const struct audit_rule *failed[4];
	unsigned count = audit_vmcs(&reader, &vmx_caps, failed, 4);

	for (unsigned i = 0; i < count && i < 4; i++)
		log_error("VMCS breaks SDM %s: %s", failed[i]->section, failed[i]->text);
	return count;
}

static void write_image(const struct vmcs_image *image)
{
	for (uint32_t i = 0; i < image->count; i++) {
		const struct vmcs_write *w = &image->writes[i];

		if (!vmwrite_checked(w->field, w->value))
			panic("VMCS field 0x%x cannot be written", w->field);
	}
}

/* What the hypervisor itself keeps of the registers that VMX splits between guest and shadow. */
static void take_start(struct vcpu *vcpu, const struct vmcs_start *start)
{
	memcpy(vcpu->gpr, start->gpr, sizeof(vcpu->gpr));
	vcpu->cr0 = start->cr0;
	vcpu->cr4 = start->cr4;
	vcpu->efer = start->efer;
}

static inline void make_current(struct vcpu *vcpu)
{
	if (!vmptrld(&vcpu->vmcs))
		panic("VMPTRLD of 0x%lx failed", vcpu->vmcs);
}

static inline void release(struct vcpu *vcpu)
{
	if (!vmclear(&vcpu->vmcs))
		panic("VMCLEAR of 0x%lx failed", vcpu->vmcs);
	vcpu->launched = 0;
}

void vmx_vcpu_reset(struct vcpu *vcpu, const struct vmcs_start *start)
{
	static struct vmcs_image image; /* boot core only, like vm_start */
	struct vmcs_settings settings;
	struct vmcs_host host;
	struct core *core = this_core();

	if (core->loaded)
		vmx_unload(core->loaded);
	vcpu_settings(&settings, vcpu);
	host_state(&host, core);
	vmcs_build(&image, &vmx_caps, &host, &settings, start);
	*(uint32_t *)phys_to_virt(vcpu->vmcs) = vmx_caps.vmcs_revision;
	release(vcpu);
	make_current(vcpu);
	write_image(&image);
	if (vmx_log_broken_rules() != 0)
		panic("a VMCS was built that VM entry would refuse");
	vcpu->primary_controls = vmcs_image_value(&image, VMCS_PRIMARY_CONTROLS, NULL);
	vcpu->apic_delivers = false;
	vcpu->uses_debug = !(vmx_caps.primary.allowed & PRIMARY_MOV_DR_EXITING);
	vmx_set_primary(vcpu, PRIMARY_MOV_DR_EXITING, !vcpu->uses_debug);
	vmx_flush_linear(vcpu); /* an earlier VM may have had the VPID */
	vmx_flush_ept(vcpu);
	release(vcpu);
	take_start(vcpu, start);
	vcpu->host_state_of = core;
	vcpu->switched = (struct vcpu_switched) {
		.dr6 = DR6_RESET,
		.xcr0 = vmx_host_xcr0 & XCR0_X87,
	};
	vcpu->wide = false;
	vector_state_reset(vcpu->vector_state);
}

/* INIT leaves vector registers, debug registers and most MSRs as they are (SDM 9.1.1). */
void vmx_vcpu_restart(struct vcpu *vcpu, const struct vmcs_start *start)
{
	struct vmcs_image image = { .count = 0 };
	struct vmcs_settings settings;

	vcpu_settings(&settings, vcpu);
	vmcs_build_guest(&image, &vmx_caps, &settings, start);
	write_image(&image);
	take_start(vcpu, start);
	vmx_flush_linear(vcpu);
}

/* What this core's TLB knows of the vCPU may date from before it went to another core. */
static __attribute__((noinline)) void arrive_on(struct vcpu *vcpu, struct core *core)
{
	vmwrite(VMCS_HOST_GS_BASE, (uint64_t)core);
	vmwrite(VMCS_HOST_TR_BASE, (uint64_t)&core->segments.tss);
	vmwrite(VMCS_HOST_GDTR_BASE, (uint64_t)core->segments.gdt);
	vmx_flush_linear(vcpu);
	vmx_flush_ept(vcpu);
	vcpu->host_state_of = core;
}

static inline void load_msr(uint32_t msr, uint64_t *in_core, uint64_t wanted)
{
	if (*in_core == wanted)
		return;
	*in_core = wanted;
	msr_write(msr, wanted);
}

/* vCPUs of one VM mostly agree on these. Without RDTSCP nobody sets TSC_AUX. */
static __attribute__((noinline)) void load_system_msrs(struct core *core, const struct vcpu *vcpu)
{
	struct core_msrs *in_core = &core->msrs;
	const struct vcpu_switched *s = &vcpu->switched;

	load_msr(IA32_STAR, &in_core->star, s->star);
	load_msr(IA32_LSTAR, &in_core->lstar, s->lstar);
	load_msr(IA32_CSTAR, &in_core->cstar, s->cstar);
	load_msr(IA32_FMASK, &in_core->fmask, s->fmask);
	load_msr(IA32_TSC_AUX, &in_core->tsc_aux, s->tsc_aux);
	core->has_msrs = s->has_msrs;
}

void vmx_system_msrs_changed(struct vcpu *vcpu)
{
	vcpu->switched.has_msrs = true;
	load_system_msrs(this_core(), vcpu);
}

static __attribute__((noinline)) void load_debug(const struct vcpu_switched *s)
{
	asm volatile("mov %0, %%db0" : : "r"(s->dr[0]));
	asm volatile("mov %0, %%db1" : : "r"(s->dr[1]));
	asm volatile("mov %0, %%db2" : : "r"(s->dr[2]));
	asm volatile("mov %0, %%db3" : : "r"(s->dr[3]));
	asm volatile("mov %0, %%db6" : : "r"(s->dr6));
}

static __attribute__((noinline)) void save_debug(struct vcpu_switched *s)
{
	asm volatile("mov %%db0, %0" : "=r"(s->dr[0]));
	asm volatile("mov %%db1, %0" : "=r"(s->dr[1]));
	asm volatile("mov %%db2, %0" : "=r"(s->dr[2]));
	asm volatile("mov %%db3, %0" : "=r"(s->dr[3]));
	asm volatile("mov %%db6, %0" : "=r"(s->dr6));
}

/* Until a vCPU touches a debug register, the core's may hold another's. */
void vmx_give_debug_registers(struct vcpu *vcpu)
{
	vcpu->uses_debug = true;
	vmx_set_primary(vcpu, PRIMARY_MOV_DR_EXITING, false);
	load_debug(&vcpu->switched);
}

static inline void set_xcr0(struct core *core, uint64_t value)
{
	if (core->xcr0 == value)
		return;
	core->xcr0 = value;
	xcr0_write(value);
}

void vmx_set_xcr0(struct vcpu *vcpu, uint64_t value)
{
	vcpu->switched.xcr0 = value;
	if (value & ~(uint64_t)(XCR0_X87 | XCR0_SSE))
		vcpu->wide = this_core()->wide = true;
	set_xcr0(this_core(), value);
}

static void load_all_vectors(struct core *core, const struct vcpu *vcpu)
{
	set_xcr0(core, vmx_host_xcr0);
	vector_state_restore(vcpu->vector_state);
	core->wide = vcpu->wide;
}

static inline void load_vectors(struct core *core, const struct vcpu *vcpu)
{
	if (core->wide || vcpu->wide)
		load_all_vectors(core, vcpu);
	else
		vector_state_restore_sse(vcpu->vector_state);
	set_xcr0(core, vcpu->switched.xcr0);
}

static inline void save_vectors(struct core *core, struct vcpu *vcpu)
{
	if (!vcpu->wide) {
		vector_state_save_sse(vcpu->vector_state);
		return;
	}
	set_xcr0(core, vmx_host_xcr0);
	vector_state_save(vcpu->vector_state);
}

/* SWAPGS changes KERNEL_GS_BASE without an exit. */
static inline void load_registers(struct core *core, const struct vcpu *vcpu)
{
	if (core->has_msrs || vcpu->switched.has_msrs)
		load_system_msrs(core, vcpu);
	load_msr(IA32_KERNEL_GS_BASE, &core->kernel_gs_base, vcpu->switched.kernel_gs_base);
	if (vcpu->uses_debug)
		load_debug(&vcpu->switched);
	cr2_write(vcpu->switched.cr2);
	load_vectors(core, vcpu);
}

static inline void save_registers(struct core *core, struct vcpu *vcpu)
{
	vcpu->switched.kernel_gs_base = core->kernel_gs_base = msr_read(IA32_KERNEL_GS_BASE);
	if (vcpu->uses_debug)
		save_debug(&vcpu->switched);
	vcpu->switched.cr2 = cr2_read();
	save_vectors(core, vcpu);
}

/* An NMI that comes from here on finds no VMCS to write to (vmx_nmi_in_hypervisor). */
static inline void put_away(struct core *core, struct vcpu *vcpu)
{
	core->loaded = NULL;
	vcpu->loaded_on = NULL;
	if (__builtin_expect(guest_counters_on, 0))
		guest_counters_book(core, vcpu);
	vmx_end_stray_nmi_blocking(vcpu);
	save_registers(core, vcpu);
	release(vcpu);
}

void vmx_switch_to(struct core *core, struct vcpu *vcpu)
{
	if (core->loaded)
		put_away(core, core->loaded);
	make_current(vcpu);
	if (__builtin_expect(vcpu->host_state_of != core, 0))
		arrive_on(vcpu, core);
	load_registers(core, vcpu);
	core->loaded = vcpu;
	vcpu->loaded_on = core;
}

/* XCR0 is the host's while nothing is loaded. */
void vmx_unload(struct vcpu *vcpu)
{
	struct core *core = this_core();

	if (core->loaded != vcpu)
		return;
	put_away(core, vcpu);
	set_xcr0(core, vmx_host_xcr0);
}
