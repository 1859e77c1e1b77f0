/*
 * What CPUID tells a guest, and why: a table of masks over the host's leaves, topology and
 * frequencies of the VM's own, and the hypervisor's leaves. Leaves are computed once, when the VM
 * is made, into a flat table; an exit only looks up.
 *
 * The guest sees: one socket of n cores without threads, APIC id = vCPU index; a local APIC
 * with x2APIC and TSC-deadline timer; invariant TSC with its frequency in leaves 0x15 and 0x16;
 * instruction sets of the host up to AVX-512; none of VMX, SMX, SGX, TSX, MPX, PT, perfmon,
 * MTRR, machine-check banks, power management.
 */
#ifndef VMX_CPUID_POLICY_H
#define VMX_CPUID_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmx/caps.h"

#define CPUID_BASIC_LEAVES    0x20 /* leaves 0 to 0x1F have a slot each */
#define CPUID_EXTENDED_LEAVES 9	   /* 0x80000000 to 0x80000008 */
#define CPUID_CACHE_SUBLEAVES 8	   /* leaf 4 */
#define CPUID_XSAVE_SUBLEAVES 16   /* leaf 0xD */

#define CPUID_HYPERVISOR_BASE 0x40000000u
#define CPUID_HYPERVISOR_LAST 0x40000001u
#define CPUID_SIGNATURE	      "AugurAugurAu" /* EBX, ECX, EDX of leaf 0x40000000 */

/* Registers of one leaf, in the order EAX, EBX, ECX, EDX. */
struct cpuid_leaf {
	uint32_t r[4];
};

/* What the leaves of a VM are made from. */
struct cpuid_env {
	void (*host)(uint32_t leaf, uint32_t subleaf, uint32_t out[4]); /* the real CPUID */
	const struct vmx_caps *caps;
	uint64_t host_xcr0; /* components that the host can save: XCR0 bits; 0: no XSAVE */
	uint64_t tsc_hz;    /* of the guest's TSC */
	uint32_t vcpu_count;
	bool tsc_adjust; /* IA32_TSC_ADJUST is offered */
};

/* Per VM, constant after cpuid_table_build(). */
struct cpuid_table {
	uint32_t max_basic;
	uint32_t max_extended;
	uint8_t kind[CPUID_BASIC_LEAVES]; /* internal: 0 if the leaf is the same for all */
	struct cpuid_leaf basic[CPUID_BASIC_LEAVES];
	struct cpuid_leaf extended[CPUID_EXTENDED_LEAVES];
	struct cpuid_leaf hypervisor[2];
	struct cpuid_leaf cache[CPUID_CACHE_SUBLEAVES];
	struct cpuid_leaf xsave[CPUID_XSAVE_SUBLEAVES];
	struct cpuid_leaf topology[2]; /* leaf 0xB: threads, cores */
	uint64_t xcr0_allowed;	       /* bits XSETBV accepts; 0: no XSAVE */
	uint64_t cr4_allowed;	       /* CR4 bits for features that this table offers */
	uint64_t efer_allowed;	       /* SCE, LME, LMA, NXE */
	uint32_t physical_bits;
	uint32_t apic_numerator, apic_denominator; /* guest TSC ticks per APIC clock: leaf 0x15 */
};

/* What of a leaf changes while the vCPU runs. */
struct cpuid_vcpu {
	uint32_t apic_id;
	uint64_t cr4;  /* as the guest sees it: OSXSAVE */
	uint64_t xcr0; /* decides the size in leaf 0xD */
};

/* Makes the table from what the host has; `env` is not kept. */
void cpuid_table_build(struct cpuid_table *table, const struct cpuid_env *env);

/* The leaf if it is the same for all vCPUs and subleaves, else NULL: then cpuid_lookup. */
static inline const struct cpuid_leaf *cpuid_plain_leaf(const struct cpuid_table *table,
							uint32_t leaf)
{
	return leaf <= table->max_basic && table->kind[leaf] == 0 ? &table->basic[leaf] : NULL;
}

/*
 * Any leaf. Leaves past the last basic one give what Intel processors give: the last basic
 * leaf. The caller clears bits 63:32 of the four registers.
 */
void cpuid_lookup(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu, uint32_t leaf,
		  uint32_t subleaf, uint32_t out[4]);

/* One row of the policy, for people: which bits of a register are kept, and why not the rest. */
struct cpuid_rule {
	uint32_t leaf;
	uint32_t subleaf; /* 0 where the leaf has none */
	uint8_t reg;	  /* 0 EAX to 3 EDX */
	uint32_t keep;	  /* bits passed from the host */
	uint32_t set;	  /* bits set regardless of it */
	const char *reason;
};
extern const struct cpuid_rule cpuid_rules[];
extern const unsigned cpuid_rule_count;

#endif
