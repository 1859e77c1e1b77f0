#include "vmx/vmcs_build.h"

#include <assert.h>
#include <string.h>

#include "vmx/dirty_log.h"
#include "vmx/registers.h"

#define VMCS_NO_LINK (~0ull)

/* ---- Controls ---- */

static uint32_t adjust(struct caps_controls caps, uint32_t wanted)
{
	return caps.fixed1 | (wanted & caps.allowed);
}

static uint32_t when(bool condition, uint32_t bits)
{
	return condition ? bits : 0;
}

static uint32_t pin_controls(const struct vmx_caps *caps, const struct vmcs_settings *settings)
{
	bool posted = settings->posted_interrupt_descriptor && caps->posted_interrupts &&
		      settings->apic_virtualization;

	return adjust(caps->pin, PIN_EXTERNAL_INTERRUPT_EXITING | PIN_NMI_EXITING |
					 when(caps->virtual_nmis, PIN_VIRTUAL_NMIS) |
					 when(caps->preemption_timer, PIN_PREEMPTION_TIMER) |
					 when(posted, PIN_POSTED_INTERRUPTS));
}

static uint32_t primary_controls(const struct vmx_caps *caps, const struct vmcs_settings *settings)
{
	bool bitmaps = settings->io_bitmap_a && settings->io_bitmap_b;
	bool shadow = settings->virtual_apic_page && caps->tpr_shadow;

	return adjust(caps->primary,
		      PRIMARY_TSC_OFFSETTING | PRIMARY_HLT_EXITING | PRIMARY_MWAIT_EXITING |
			      PRIMARY_MONITOR_EXITING | PRIMARY_RDPMC_EXITING |
			      PRIMARY_MSR_BITMAPS | PRIMARY_SECONDARY_CONTROLS |
			      when(!bitmaps, PRIMARY_UNCONDITIONAL_IO_EXITING) |
			      when(bitmaps, PRIMARY_IO_BITMAPS) | when(shadow, PRIMARY_TPR_SHADOW) |
			      when(!shadow, PRIMARY_CR8_LOAD_EXITING | PRIMARY_CR8_STORE_EXITING) |
			      when(settings->monitor_trap, PRIMARY_MONITOR_TRAP_FLAG));
}

static uint32_t apic_controls(const struct vmx_caps *caps, const struct vmcs_settings *settings)
{
	if (!settings->virtual_apic_page || !caps->tpr_shadow)
		return 0;
	if (settings->apic_access_page)
		return SECONDARY_VIRTUALIZE_APIC_ACCESSES;
	if (!settings->apic_virtualization || !caps_deliver_interrupts(caps))
		return 0;
	return SECONDARY_APIC_DELIVERY;
}

static uint32_t secondary_controls(const struct vmx_caps *caps,
				   const struct vmcs_settings *settings)
{
	return adjust(caps->secondary,
		      SECONDARY_EPT | SECONDARY_UNRESTRICTED_GUEST | SECONDARY_WBINVD_EXITING |
			      apic_controls(caps, settings) |
			      when(settings->vpid && caps->vpid, SECONDARY_VPID) |
			      when(settings->rdtscp, SECONDARY_RDTSCP) |
			      when(settings->invpcid, SECONDARY_INVPCID) |
			      when(settings->xsaves, SECONDARY_XSAVES) |
			      when(settings->user_wait_pause, SECONDARY_USER_WAIT_PAUSE) |
			      when(settings->ple_gap, SECONDARY_PAUSE_LOOP_EXITING) |
			      when(settings->pml_page && caps->pml, SECONDARY_PML) |
			      when(settings->tsc_multiplier, SECONDARY_TSC_SCALING));
}

static uint32_t exit_controls(const struct vmx_caps *caps, const struct vmcs_settings *settings)
{
	bool acknowledge = settings->acknowledge_interrupt || settings->posted_interrupt_descriptor;
	bool save_timer = settings->save_preemption_timer && caps->save_preemption_timer;

	return adjust(caps->exit,
		      EXIT_HOST_64BIT | EXIT_SAVE_DEBUG | EXIT_SAVE_EFER | EXIT_LOAD_EFER |
			      EXIT_SAVE_PAT | EXIT_LOAD_PAT |
			      when(acknowledge, EXIT_ACKNOWLEDGE_INTERRUPT) |
			      when(save_timer, EXIT_SAVE_PREEMPTION_TIMER) |
			      when(settings->perf_global_ctrl, EXIT_LOAD_PERF_GLOBAL_CTRL));
}

struct vmcs_controls vmcs_controls(const struct vmx_caps *caps,
				   const struct vmcs_settings *settings)
{
	return (struct vmcs_controls) {
		.pin = pin_controls(caps, settings),
		.primary = primary_controls(caps, settings),
		.secondary = secondary_controls(caps, settings),
		.exit = exit_controls(caps, settings),
		.entry = adjust(caps->entry, ENTRY_LOAD_DEBUG | ENTRY_LOAD_EFER | ENTRY_LOAD_PAT |
						     when(settings->perf_global_ctrl,
							  ENTRY_LOAD_PERF_GLOBAL_CTRL)),
	};
}

/* ---- CR0 and CR4 ---- */

/*
 * PE, PG: the paging mode, and the IA-32e entry control with it. CD, NW: the guest must not switch
 * off the host's caches, and VM entry would not load them anyway. NE is fixed in VMX operation.
 */
uint64_t vmcs_cr0_guest_owned(const struct vmx_caps *caps)
{
	return (CR0_MP | CR0_EM | CR0_TS | CR0_WP | CR0_AM) & caps->cr0_fixed1 & ~caps->cr0_fixed0;
}

/* OSXSAVE is visible in CPUID, which should not need a VMREAD to know it. */
uint64_t vmcs_cr4_guest_owned(const struct vmx_caps *caps, uint64_t guest_cr4_allowed)
{
	return guest_cr4_allowed & caps->cr4_fixed1 & ~caps->cr4_fixed0 &
	       ~(CR4_MCE | CR4_VMXE | CR4_SMXE | CR4_OSXSAVE);
}

uint64_t vmcs_real_cr0(const struct vmx_caps *caps, uint64_t guest_cr0)
{
	uint64_t required = caps->cr0_fixed0 & ~(CR0_PE | CR0_PG);

	return ((guest_cr0 & ~(CR0_CD | CR0_NW)) | required) & caps->cr0_fixed1;
}

uint64_t vmcs_real_cr4(const struct vmx_caps *caps, uint64_t guest_cr4)
{
	return (guest_cr4 | caps->cr4_fixed0 | CR4_MCE) & caps->cr4_fixed1;
}

/* ---- The image ---- */

static void put(struct vmcs_image *image, uint32_t field, uint64_t value)
{
	assert(image->count < VMCS_IMAGE_MAX);
	image->writes[image->count++] = (struct vmcs_write) { .field = field, .value = value };
}

static void put_if(struct vmcs_image *image, bool present, uint32_t field, uint64_t value)
{
	if (present)
		put(image, field, value);
}

static void put_execution(struct vmcs_image *image, const struct vmcs_controls *controls,
			  const struct vmcs_settings *settings)
{
	put(image, VMCS_PIN_CONTROLS, controls->pin);
	put(image, VMCS_PRIMARY_CONTROLS, controls->primary);
	put(image, VMCS_SECONDARY_CONTROLS, controls->secondary);
	put_if(image, controls->primary & PRIMARY_TERTIARY_CONTROLS, VMCS_TERTIARY_CONTROLS,
	       controls->tertiary);
	put(image, VMCS_EXCEPTION_BITMAP, settings->exception_bitmap | 1u << VECTOR_MC);
	put(image, VMCS_PAGE_FAULT_MASK, 0);
	put(image, VMCS_PAGE_FAULT_MATCH, 0);
	put(image, VMCS_CR3_TARGET_COUNT, 0);
	put(image, VMCS_MSR_BITMAP, settings->msr_bitmap);
	put(image, VMCS_EPT_POINTER, settings->eptp);
	put(image, VMCS_TSC_OFFSET, settings->tsc_offset);
	put_if(image, controls->primary & PRIMARY_IO_BITMAPS, VMCS_IO_BITMAP_A,
	       settings->io_bitmap_a);
	put_if(image, controls->primary & PRIMARY_IO_BITMAPS, VMCS_IO_BITMAP_B,
	       settings->io_bitmap_b);
}

/* Fields that exist only where the processor has the control they belong to. */
static void put_optional(struct vmcs_image *image, const struct vmcs_controls *controls,
			 const struct vmcs_settings *settings)
{
	uint32_t secondary = controls->secondary;

	put_if(image, secondary & SECONDARY_VPID, VMCS_VPID, settings->vpid);
	put_if(image, secondary & SECONDARY_PAUSE_LOOP_EXITING, VMCS_PLE_GAP, settings->ple_gap);
	put_if(image, secondary & SECONDARY_PAUSE_LOOP_EXITING, VMCS_PLE_WINDOW,
	       settings->ple_window);
	put_if(image, secondary & SECONDARY_XSAVES, VMCS_XSS_EXITING_BITMAP,
	       settings->xss_exit_bitmap);
	put_if(image, secondary & SECONDARY_TSC_SCALING, VMCS_TSC_MULTIPLIER,
	       settings->tsc_multiplier);
	put_if(image, secondary & SECONDARY_PML, VMCS_PML_ADDRESS, settings->pml_page);
	put_if(image, secondary & SECONDARY_PML, VMCS_PML_INDEX, DIRTY_LOG_FIRST);
	put_if(image, controls->pin & PIN_PREEMPTION_TIMER, VMCS_PREEMPTION_TIMER,
	       settings->preemption_timer);
}

static void put_apic(struct vmcs_image *image, const struct vmcs_controls *controls,
		     const struct vmcs_settings *settings)
{
	bool delivery = controls->secondary & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY;
	bool posted = controls->pin & PIN_POSTED_INTERRUPTS;

	put_if(image, controls->primary & PRIMARY_TPR_SHADOW, VMCS_VIRTUAL_APIC_ADDRESS,
	       settings->virtual_apic_page);
	put_if(image, controls->primary & PRIMARY_TPR_SHADOW, VMCS_TPR_THRESHOLD, 0);
	put_if(image, controls->secondary & SECONDARY_VIRTUALIZE_APIC_ACCESSES,
	       VMCS_APIC_ACCESS_ADDRESS, settings->apic_access_page);
	put_if(image, delivery, VMCS_GUEST_INTERRUPT_STATUS, 0);
	for (uint32_t i = 0; i < 4; i++)
		put_if(image, delivery, VMCS_EOI_EXIT_BITMAP0 + 2 * i,
		       settings->eoi_exit_bitmap[i]);
	put_if(image, posted, VMCS_POSTED_INTERRUPT_VECTOR, settings->posted_interrupt_vector);
	put_if(image, posted, VMCS_POSTED_INTERRUPT_DESCRIPTOR,
	       settings->posted_interrupt_descriptor);
}

static void put_transitions(struct vmcs_image *image, const struct vmcs_controls *controls)
{
	put(image, VMCS_EXIT_CONTROLS, controls->exit);
	put(image, VMCS_EXIT_MSR_STORE_COUNT, 0);
	put(image, VMCS_EXIT_MSR_LOAD_COUNT, 0);
	put(image, VMCS_ENTRY_MSR_LOAD_COUNT, 0);
}

static void put_host(struct vmcs_image *image, const struct vmcs_host *host, uint32_t exit_controls)
{
	put(image, VMCS_HOST_CR0, host->cr0);
	put(image, VMCS_HOST_CR3, host->cr3);
	put(image, VMCS_HOST_CR4, host->cr4);
	put(image, VMCS_HOST_RSP, host->rsp);
	put(image, VMCS_HOST_RIP, host->rip);
	put(image, VMCS_HOST_ES_SELECTOR, host->es);
	put(image, VMCS_HOST_CS_SELECTOR, host->cs);
	put(image, VMCS_HOST_SS_SELECTOR, host->ss);
	put(image, VMCS_HOST_DS_SELECTOR, host->ds);
	put(image, VMCS_HOST_FS_SELECTOR, host->fs);
	put(image, VMCS_HOST_GS_SELECTOR, host->gs);
	put(image, VMCS_HOST_TR_SELECTOR, host->tr);
	put(image, VMCS_HOST_FS_BASE, host->fs_base);
	put(image, VMCS_HOST_GS_BASE, host->gs_base);
	put(image, VMCS_HOST_TR_BASE, host->tr_base);
	put(image, VMCS_HOST_GDTR_BASE, host->gdtr_base);
	put(image, VMCS_HOST_IDTR_BASE, host->idtr_base);
	put(image, VMCS_HOST_SYSENTER_CS, host->sysenter_cs);
	put(image, VMCS_HOST_SYSENTER_ESP, host->sysenter_esp);
	put(image, VMCS_HOST_SYSENTER_EIP, host->sysenter_eip);
	put_if(image, exit_controls & EXIT_LOAD_EFER, VMCS_HOST_EFER, host->efer);
	put_if(image, exit_controls & EXIT_LOAD_PAT, VMCS_HOST_PAT, host->pat);
	put_if(image, exit_controls & EXIT_LOAD_PERF_GLOBAL_CTRL, VMCS_HOST_PERF_GLOBAL_CTRL, 0);
}

static void put_segments(struct vmcs_image *image, const struct vmcs_start *start)
{
	for (uint32_t i = 0; i < SEGMENT_COUNT; i++) {
		const struct vmcs_segment *segment = &start->segment[i];

		put(image, VMCS_GUEST_ES_SELECTOR + 2 * i, segment->selector);
		put(image, VMCS_GUEST_ES_LIMIT + 2 * i, segment->limit);
		put(image, VMCS_GUEST_ES_ACCESS + 2 * i, segment->access);
		put(image, VMCS_GUEST_ES_BASE + 2 * i, segment->base);
	}
	put(image, VMCS_GUEST_GDTR_BASE, start->gdtr_base);
	put(image, VMCS_GUEST_GDTR_LIMIT, start->gdtr_limit);
	put(image, VMCS_GUEST_IDTR_BASE, start->idtr_base);
	put(image, VMCS_GUEST_IDTR_LIMIT, start->idtr_limit);
}

static void put_control_registers(struct vmcs_image *image, const struct vmx_caps *caps,
				  const struct vmcs_settings *settings,
				  const struct vmcs_start *start)
{
	put(image, VMCS_GUEST_CR0, vmcs_real_cr0(caps, start->cr0));
	put(image, VMCS_CR0_SHADOW, start->cr0);
	put(image, VMCS_CR0_MASK, ~vmcs_cr0_guest_owned(caps));
	put(image, VMCS_GUEST_CR4, vmcs_real_cr4(caps, start->cr4));
	put(image, VMCS_CR4_SHADOW, start->cr4);
	put(image, VMCS_CR4_MASK, ~vmcs_cr4_guest_owned(caps, settings->guest_cr4_allowed));
	put(image, VMCS_GUEST_CR3, start->cr3);
	for (uint32_t i = 0; i < 4; i++)
		put(image, VMCS_GUEST_PDPTE0 + 2 * i, 0);
}

void vmcs_build_guest(struct vmcs_image *image, const struct vmx_caps *caps,
		      const struct vmcs_settings *settings, const struct vmcs_start *start)
{
	uint32_t entry = vmcs_controls(caps, settings).entry;

	entry |= when(start->efer & EFER_LMA, ENTRY_IA32E_GUEST);
	put(image, VMCS_ENTRY_CONTROLS, entry);
	put_if(image, entry & ENTRY_LOAD_PERF_GLOBAL_CTRL, VMCS_GUEST_PERF_GLOBAL_CTRL,
	       settings->perf_global_ctrl);
	put(image, VMCS_ENTRY_INTERRUPTION_INFO, 0);
	put(image, VMCS_ENTRY_EXCEPTION_ERROR_CODE, 0);
	put(image, VMCS_ENTRY_INSTRUCTION_LENGTH, 0);
	put_control_registers(image, caps, settings, start);
	put_segments(image, start);
	put(image, VMCS_GUEST_RIP, start->rip);
	put(image, VMCS_GUEST_RSP, start->gpr[GPR_RSP]);
	put(image, VMCS_GUEST_RFLAGS, start->rflags);
	put(image, VMCS_GUEST_DR7, start->dr7);
	put(image, VMCS_GUEST_DEBUGCTL, 0);
	put(image, VMCS_GUEST_EFER, start->efer);
	put_if(image, caps->load_guest_pat, VMCS_GUEST_PAT, start->pat);
	put(image, VMCS_GUEST_SYSENTER_CS, 0);
	put(image, VMCS_GUEST_SYSENTER_ESP, 0);
	put(image, VMCS_GUEST_SYSENTER_EIP, 0);
	put(image, VMCS_GUEST_INTERRUPTIBILITY, 0);
	put(image, VMCS_GUEST_PENDING_DEBUG, 0);
	put(image, VMCS_GUEST_ACTIVITY, start->activity);
	put(image, VMCS_LINK_POINTER, VMCS_NO_LINK);
}

void vmcs_build(struct vmcs_image *image, const struct vmx_caps *caps, const struct vmcs_host *host,
		const struct vmcs_settings *settings, const struct vmcs_start *start)
{
	struct vmcs_controls controls = vmcs_controls(caps, settings);

	image->count = 0;
	put_execution(image, &controls, settings);
	put_optional(image, &controls, settings);
	put_apic(image, &controls, settings);
	put_transitions(image, &controls);
	put_host(image, host, controls.exit);
	vmcs_build_guest(image, caps, settings, start);
}

uint64_t vmcs_image_value(const struct vmcs_image *image, uint32_t field, bool *ok)
{
	for (uint32_t i = 0; i < image->count; i++) {
		if (image->writes[i].field != field)
			continue;
		if (ok)
			*ok = true;
		return image->writes[i].value;
	}
	if (ok)
		*ok = false;
	return 0;
}
