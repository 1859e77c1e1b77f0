/*
 * What this processor's VT-x can do (SDM appendix A), as pure code: caps_read() fetches CPUID
 * words and MSRs through the caller's functions, caps_missing() explains a refusal, caps_derive()
 * makes the answer the rest of vmx/ works from. Shared by the UEFI loader and the hypervisor, so
 * nothing here needs more of the C library than string.h.
 *
 * Order of use: caps_read(); if caps_missing() is not 0, show its text and stop; if
 * caps_feature_control() returns nonzero bits, write them (the MSR is not locked yet);
 * caps_derive(); VMXON. Every core repeats caps_read() and must satisfy caps_same().
 */
#ifndef VMX_CAPS_H
#define VMX_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

#define CAPS_TEXT_MAX	   3072 /* bytes that the longest text of caps_missing() fits in */
#define CAPS_VMX_MSR_COUNT 20	/* IA32_VMX_BASIC (0x480) to IA32_VMX_EXIT_CTLS2 (0x493) */

/* How the machine is read. Both functions are called only for leaves and MSRs that exist. */
struct caps_ops {
	void (*cpuid)(uint32_t leaf, uint32_t subleaf, uint32_t out[4]); /* EAX, EBX, ECX, EDX */
	uint64_t (*rdmsr)(uint32_t msr);
};

/* Raw values. A zero with its bit clear in msr_present was not readable. */
struct vmx_caps_raw {
	uint32_t cpuid_max;	     /* CPUID.0:EAX */
	uint32_t cpuid_extended_max; /* CPUID.80000000H:EAX */
	uint32_t cpuid_1[4];
	uint32_t cpuid_7[4];   /* subleaf 0 */
	uint32_t cpuid_d_1[4]; /* leaf 0xD, subleaf 1 */
	uint32_t cpuid_80000001[4];
	uint32_t cpuid_80000007[4];
	uint32_t cpuid_80000008[4];
	uint64_t feature_control;
	bool feature_control_present;
	uint32_t msr_present;		      /* bit n: vmx_msr[n] was read */
	uint64_t vmx_msr[CAPS_VMX_MSR_COUNT]; /* by MSR number less 0x480 */
};

/* Allowed settings of one control field: bits that must be 1, and bits that may be. */
struct caps_controls {
	uint32_t fixed1;  /* allowed-0 word: these are always 1 */
	uint32_t allowed; /* allowed-1 word: all others must be 0 */
};

struct vmx_caps {
	uint32_t vmcs_revision;
	uint32_t vmcs_size;	/* bytes, at most 4096 */
	uint32_t physical_bits; /* MAXPHYADDR */
	bool physical_32bit;	/* VMX structures must lie below 4 GiB */
	uint64_t cr0_fixed0;	/* bits that must be 1 in VMX operation */
	uint64_t cr0_fixed1;	/* bits that may be 1 */
	uint64_t cr4_fixed0;
	uint64_t cr4_fixed1;

	struct caps_controls pin;
	struct caps_controls primary;
	struct caps_controls secondary;
	struct caps_controls exit;
	struct caps_controls entry;
	uint64_t tertiary_allowed; /* 0: no tertiary controls */

	/* The VMX-preemption timer counts down by one every 2^shift TSC ticks. */
	uint32_t preemption_timer_shift;
	uint32_t cr3_targets;
	bool activity_hlt;
	bool activity_shutdown;
	bool activity_wait_for_sipi;
	bool inject_zero_length; /* software events of instruction length 0 may be injected */

	/* Optional features; each is named in caps_features. */
	bool vpid;
	bool ept_2m;
	bool ept_1g;
	bool ept_execute_only;
	bool ept_accessed_dirty;
	bool ept_uncached_walk;
	bool ept_violation_information; /* advanced exit information for EPT violations */
	bool invept_single;
	bool invept_all;
	bool invvpid_address;
	bool invvpid_single;
	bool invvpid_all;
	bool invvpid_keep_global;
	bool pml;
	bool pause_loop_exiting;
	bool preemption_timer;
	bool save_preemption_timer;
	bool virtual_nmis;
	bool tpr_shadow;
	bool virtualize_apic_accesses;
	bool virtualize_x2apic;
	bool apic_register_virtualization;
	bool virtual_interrupt_delivery;
	bool posted_interrupts;
	bool acknowledge_interrupt;
	bool tsc_scaling;
	bool rdtscp;
	bool invpcid;
	bool xsaves;
	bool user_wait_pause;
	bool wbinvd_exiting;
	bool descriptor_table_exiting;
	bool mode_based_execute;
	bool sub_page_write;
	bool vm_functions;
	bool eptp_switching;
	bool ept_violation_ve;
	bool vmcs_shadowing;
	bool monitor_trap_flag;
	bool save_pat;
	bool load_guest_pat;
	bool load_host_pat;
	bool save_efer;
	bool load_perf_global_ctrl;
	bool load_cet;
	bool host_invariant_tsc; /* CPUID.80000007H:EDX[8] */
};

/* The processor can keep TPR, IRR and ISR of a guest in x2APIC mode (vmx/virtual_apic.h). */
static inline bool caps_deliver_interrupts(const struct vmx_caps *caps)
{
	return caps->tpr_shadow && caps->virtualize_x2apic && caps->apic_register_virtualization &&
	       caps->virtual_interrupt_delivery;
}

/* One row of the requirements. */
enum caps_need { CAPS_NEEDED, CAPS_OPTIONAL };

struct caps_feature {
	const char *name; /* in the SDM's words */
	enum caps_need need;
	uint8_t source;	      /* internal: which register, see caps.c */
	uint8_t bit;	      /* within the source's 64 or 32 bits */
	uint16_t caps_offset; /* of the bool in struct vmx_caps; CAPS_NO_FIELD for needed ones */
};
#define CAPS_NO_FIELD 0xffff

extern const struct caps_feature caps_features[];
extern const size_t caps_feature_count;

/* Takes from this core what all functions below judge. */
void caps_read(struct vmx_caps_raw *raw, const struct caps_ops *ops);

/* Does the machine have this feature? */
bool caps_has(const struct vmx_caps_raw *raw, const struct caps_feature *feature);

/*
 * Appends one line for each needed feature that is missing, such as
 * "EPT: IA32_VMX_PROCBASED_CTLS2 (0x48b) bit 33 is 0\n", to the zero-terminated text in buffer of
 * size bytes; what does not fit is cut off at the end, always with a terminating zero. Returns the
 * number of missing features; with buffer NULL it only counts.
 */
unsigned caps_missing(const struct vmx_caps_raw *raw, char *buffer, size_t size);

/* Appends the name and register bit of one feature, without a newline, as caps_missing does. */
void caps_describe(const struct caps_feature *feature, char *buffer, size_t size);

/*
 * The value to write to IA32_FEATURE_CONTROL before VMXON, or 0 if the firmware has enabled and
 * locked it already. Meaningful only when caps_missing() is 0.
 */
uint64_t caps_feature_control(const struct vmx_caps_raw *raw);

/* ERR_UNSUPPORTED when a needed feature is missing; caps is then all zeros. */
enum error caps_derive(const struct vmx_caps_raw *raw, struct vmx_caps *caps);

/* Can a VMCS made for one core run on the other? IA32_FEATURE_CONTROL and APIC ids may differ. */
bool caps_same(const struct vmx_caps *a, const struct vmx_caps *b);

#endif
