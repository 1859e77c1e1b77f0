/*
 * A VMCS as data. Pure functions compute from the processor's capabilities, the host's state and
 * one vCPU's settings an array of {field, value}; the only impure step, one loop of VMWRITE, is
 * the caller's. Order of use, with the VMCS cleared and current:
 *
 *	struct vmcs_start start;
 *	vmcs_start_long64(&start, entry, stack, cr3);
 *	vmcs_build(&image, &caps, &host, &settings, &start);
 *	for (i = 0; i < image.count; i++)
 *		vmwrite(image.writes[i].field, image.writes[i].value);
 *
 * General registers are not in the VMCS: set them from start.gpr.
 *
 * What traps, and why:
 * - external interrupts and NMIs: they are the host's. HLT: the scheduler's. CPUID, INVD, XSETBV
 *   always exit. WBINVD, MONITOR and MWAIT exit: they would stall or idle the core. RDPMC exits:
 *   no counters are given to guests. INVLPG, CR3, RDTSC, RDTSCP, PAUSE and debug registers do
 *   not exit (the world switch saves DR0-DR3 and DR6 of a vCPU whose DR7 is in use).
 * - every I/O port (without I/O bitmaps), every MSR that the caller's bitmap does not open.
 * - CR8, without a TPR shadow: it would be the host's APIC.
 * - exceptions: #MC, so that the host's handler sees machine checks (CR4.MCE is kept set for the
 *   same reason), and those the settings name: #DB and #AC should be (vmx/debug_policy.h). #BP,
 *   #PF and the rest go straight to the guest.
 * - CR0 and CR4 bits outside vmcs_cr0_guest_owned() and vmcs_cr4_guest_owned().
 */
#ifndef VMX_VMCS_BUILD_H
#define VMX_VMCS_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/caps.h"
#include "vmx/vmcs.h"

#define VMCS_IMAGE_MAX 160

/* Together or not at all: the processor keeps an x2APIC's TPR, IRR and ISR. */
#define SECONDARY_APIC_DELIVERY                                                                    \
	(SECONDARY_VIRTUALIZE_X2APIC | SECONDARY_APIC_REGISTER_VIRTUALIZATION |                    \
	 SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)

struct vmcs_write {
	uint32_t field;
	uint32_t reserved;
	uint64_t value;
};

struct vmcs_image {
	uint32_t count;
	struct vmcs_write writes[VMCS_IMAGE_MAX];
};

/* The host's registers at every VM exit (SDM 24.5). Addresses are virtual but for cr3. */
struct vmcs_host {
	uint64_t cr0, cr3, cr4;
	uint64_t efer, pat;
	uint64_t rsp, rip;
	uint16_t cs, ss, ds, es, fs, gs, tr; /* RPL and TI must be 0 */
	uint64_t fs_base, gs_base, tr_base;
	uint64_t gdtr_base, idtr_base;
	uint32_t sysenter_cs;
	uint64_t sysenter_esp, sysenter_eip;
};

/* What one vCPU wants. Addresses are physical, 4 KiB aligned; 0 means "without". */
struct vmcs_settings {
	uint64_t eptp;	      /* needed: ept_pointer() */
	uint64_t msr_bitmap;  /* needed: msr_policy_bitmap() */
	uint64_t io_bitmap_a; /* both 0: every port exits */
	uint64_t io_bitmap_b;
	uint16_t vpid;		    /* 0: no VPID */
	uint64_t virtual_apic_page; /* with it: TPR shadow */
	uint64_t apic_access_page;  /* with it and the TPR shadow: virtualize APIC accesses */
	bool apic_virtualization;   /* SECONDARY_APIC_DELIVERY, for a guest in x2APIC mode */
	uint64_t eoi_exit_bitmap[4];
	uint64_t posted_interrupt_descriptor;
	uint8_t posted_interrupt_vector;
	uint64_t pml_page;
	uint64_t perf_global_ctrl;  /* performance counters that count in the guest alone */
	uint64_t tsc_offset;	    /* added to the TSC; 0 is an offset like any other */
	uint64_t tsc_multiplier;    /* 16.48 fixed point; 0: no scaling */
	bool save_preemption_timer; /* the timer goes on where it stopped when not rewritten */
	uint32_t preemption_timer;  /* first value, in its own units */
	uint32_t ple_gap;    /* TSC ticks between PAUSEs of one loop; 0: no PAUSE-loop exiting */
	uint32_t ple_window; /* TSC ticks a loop may take */
	bool acknowledge_interrupt; /* the exit carries the vector of the external interrupt */
	uint64_t xss_exit_bitmap;   /* XSAVES components that exit; all ones: the guest has none */
	uint32_t exception_bitmap;  /* in addition to #MC */
	uint64_t guest_cr4_allowed; /* CR4 bits the guest's CPUID offers: cr_policy's limits */
	bool rdtscp, invpcid, xsaves, user_wait_pause; /* instructions the guest's CPUID offers */
	bool monitor_trap; /* single-step by monitor trap flag, if there is one */
};

/* Control words as computed; the run loop keeps them to toggle window exiting and the like. */
struct vmcs_controls {
	uint32_t pin, primary, secondary, exit, entry;
	uint64_t tertiary;
};

/* A segment register in VMCS form. */
struct vmcs_segment {
	uint16_t selector;
	uint32_t limit;
	uint32_t access; /* enum segment_access */
	uint64_t base;
};

/*
 * Where and how a vCPU starts. Filled by one of the vmcs_start functions below, then adjusted at
 * will (selectors, GDTR, registers); vmcs_build takes it as it is.
 */
struct vmcs_start {
	uint64_t gpr[GPR_COUNT]; /* by enum gpr; RSP goes to the VMCS */
	uint64_t rip, rflags;
	uint64_t cr0, cr3, cr4; /* as the guest sees them: the shadows */
	uint64_t efer;
	uint64_t pat;
	uint64_t dr7;
	struct vmcs_segment segment[SEGMENT_COUNT];
	uint64_t gdtr_base, idtr_base;
	uint32_t gdtr_limit, idtr_limit;
	uint32_t activity; /* enum activity_state */
};

/*
 * The state after RESET or INIT (SDM volume 3A, table 9-1): real mode at F000:FFF0 with CS base
 * 0xffff0000. RDX holds signature, the guest's CPUID.1:EAX.
 */
void vmcs_start_reset(struct vmcs_start *start, uint32_t signature);

/*
 * The state after INIT and a start-up IPI: real mode at vector:0000, CS base vector << 12. The
 * wait between the two is the caller's: a vCPU that waits for its SIPI is simply not run.
 */
void vmcs_start_sipi(struct vmcs_start *start, uint32_t signature, uint8_t vector);

/* Real mode at segment:offset, with the same segment value 0 in the data segments and SS:SP. */
void vmcs_start_real16(struct vmcs_start *start, uint16_t segment, uint16_t offset, uint16_t stack);

/* 32-bit protected mode without paging, flat 4 GiB segments (CS 0x08, data 0x10), IF=0. */
void vmcs_start_prot32(struct vmcs_start *start, uint32_t entry, uint32_t stack);

/*
 * 64-bit mode with paging on from cr3 (a guest-physical address of tables that the caller has
 * made), flat segments (CS 0x08, data 0x10), IF=0. The GDT limit is 0 until the caller sets
 * gdtr_base and gdtr_limit; selectors may be changed to those of the caller's GDT.
 */
void vmcs_start_long64(struct vmcs_start *start, uint64_t entry, uint64_t stack, uint64_t cr3);

/* Control fields that the settings lead to: required | (wanted & allowed). */
struct vmcs_controls vmcs_controls(const struct vmx_caps *caps,
				   const struct vmcs_settings *settings);

/* Bits that the guest changes without an exit; the masks in the VMCS are their complements. */
uint64_t vmcs_cr0_guest_owned(const struct vmx_caps *caps);
uint64_t vmcs_cr4_guest_owned(const struct vmx_caps *caps, uint64_t guest_cr4_allowed);

/*
 * The guest's view put together from the real register and the read shadow: what MOV from CR
 * gives it. OSXSAVE and all that cr_policy decides about is host-owned, so a cached view is right
 * about those bits without reading the VMCS.
 */
static inline uint64_t vmcs_guest_view(uint64_t real, uint64_t shadow, uint64_t guest_owned)
{
	return (real & guest_owned) | (shadow & ~guest_owned);
}

/* Real CR0 and CR4 for the values the guest believes in. */
uint64_t vmcs_real_cr0(const struct vmx_caps *caps, uint64_t guest_cr0);
uint64_t vmcs_real_cr4(const struct vmx_caps *caps, uint64_t guest_cr4);

/* A whole VMCS. */
void vmcs_build(struct vmcs_image *image, const struct vmx_caps *caps, const struct vmcs_host *host,
		const struct vmcs_settings *settings, const struct vmcs_start *start);

/*
 * The guest-state area and what depends on it (shadows, IA-32e entry control) alone: to restart
 * a vCPU, at INIT/SIPI for example, in a VMCS whose controls were built before.
 */
void vmcs_build_guest(struct vmcs_image *image, const struct vmx_caps *caps,
		      const struct vmcs_settings *settings, const struct vmcs_start *start);

/* The value of a field in an image; ok, unless NULL, says whether it is there. */
uint64_t vmcs_image_value(const struct vmcs_image *image, uint32_t field, bool *ok);

#endif
