/*
 * Which MSRs a guest has, what reading and writing them does, and why: one table of ranges, from
 * which come the VMX MSR bitmap, the dispatch of exits, and the answers for simple cases.
 * An MSR in no range does not exist: #GP(0).
 */
#ifndef VMX_MSR_POLICY_H
#define VMX_MSR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/caps.h"
#include "vmx/cpuid_policy.h"

#define MSR_BITMAP_SIZE 4096

enum msr_action {
	MSR_FAULT,    /* #GP(0) */
	MSR_DIRECT,   /* the guest uses the real register without an exit */
	MSR_CONSTANT, /* read: the rule's value */
	MSR_IGNORE,   /* write: nothing happens */
	MSR_HANDLER,  /* the rule's handler */
};

/* Who deals with an MSR that exits. The run loop has one function for each, in a table. */
enum msr_handler {
	MSR_HANDLER_NONE,
	MSR_HANDLER_APIC_BASE,
	MSR_HANDLER_X2APIC, /* 0x800 to 0x8ff */
	MSR_HANDLER_TSC,    /* writes: change the offset and TSC_ADJUST */
	MSR_HANDLER_TSC_ADJUST,
	MSR_HANDLER_TSC_DEADLINE,
	MSR_HANDLER_EFER,	 /* cr_write_efer() */
	MSR_HANDLER_SWITCHED,	 /* writes of STAR to FMASK and TSC_AUX: kept beside the register */
	MSR_HANDLER_PAT,	 /* only without the PAT controls in the VMCS */
	MSR_HANDLER_MISC_ENABLE, /* storage */
	MSR_HANDLER_BIOS_SIGN_ID, /* storage, low half reads 0 */
	MSR_HANDLER_DEBUGCTL,	  /* 0; LBR and BTF are not offered */
	MSR_HANDLER_COUNT,
};

struct msr_rule {
	uint32_t first, last; /* inclusive */
	uint8_t read;	      /* enum msr_action */
	uint8_t write;
	uint8_t handler; /* enum msr_handler */
	uint8_t check;	 /* internal: which values a write accepts */
	uint8_t needs;	 /* internal: the rule holds only if the guest's CPUID has this */
	uint64_t value;	 /* for MSR_CONSTANT */
	const char *reason;
};
extern const struct msr_rule msr_rules[];
extern const unsigned msr_rule_count;

/* MSRs below 0x1000 and from 0xc0000000 to 0xc00001ff have a slot each. */
#define MSR_INDEX_LOW  0x1000
#define MSR_INDEX_HIGH 0x200

/* Per VM, constant after msr_policy_build(). */
struct msr_policy {
	uint8_t low[MSR_INDEX_LOW]; /* rule number + 1; 0: no such MSR */
	uint8_t high[MSR_INDEX_HIGH];
};

/* The rules that hold for a guest with these CPUID leaves on a processor with these controls. */
void msr_policy_build(struct msr_policy *policy, const struct vmx_caps *caps,
		      const struct cpuid_table *cpuid);

/*
 * Fills the page that VMCS_MSR_BITMAP points to: a 0 bit only for MSR_DIRECT (SDM 24.6.9). Of
 * those, STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE and TSC_AUX are not in the VMCS: the world
 * switch has to save and load them.
 */
void msr_policy_bitmap(const struct msr_policy *policy, uint8_t bitmap[MSR_BITMAP_SIZE]);

/*
 * Opens what a processor with virtual-interrupt delivery does for an x2APIC itself: reads of TPR,
 * PPR, ISR and IRR, writes of TPR, EOI and self-IPI (SDM 30.5). Without that control these bits
 * would open the real APIC.
 */
void msr_policy_open_x2apic(uint8_t bitmap[MSR_BITMAP_SIZE]);

/* The rule of an MSR, NULL if it does not exist. The fast path: about ten instructions. */
static inline const struct msr_rule *msr_policy_find(const struct msr_policy *policy, uint32_t msr)
{
	uint8_t slot = 0;

	if (msr < MSR_INDEX_LOW)
		slot = policy->low[msr];
	else if (msr - 0xc0000000u < MSR_INDEX_HIGH)
		slot = policy->high[msr - 0xc0000000u];
	return slot ? &msr_rules[slot - 1] : NULL;
}

/*
 * May this value be written, as far as the architecture's rules for the register go (reserved
 * bits, canonical addresses, memory types)? If not: #GP(0). Not for the handlers of APIC_BASE,
 * x2APIC and EFER, whose rules depend on state.
 */
bool msr_write_valid(const struct msr_policy *policy, const struct msr_rule *rule, uint64_t value);

bool msr_canonical(uint64_t address);

/*
 * First value of IA32_MISC_ENABLE for MSR_HANDLER_MISC_ENABLE: fast strings on, branch tracing and
 * precise sampling not available.
 */
#define MSR_MISC_ENABLE_RESET 0x1801ull

/* Each of the eight fields a memory type that PAT knows. */
bool msr_pat_valid(uint64_t pat);

#endif
