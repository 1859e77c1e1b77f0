/*
 * What happens when a guest changes a control register in a way that exits: is it legal (SDM
 * volume 3A, 2.5 and volume 2, "MOV to control registers"), and what do the real registers become.
 * Pure: state in, state out.
 */
#ifndef VMX_CR_POLICY_H
#define VMX_CR_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/caps.h"
#include "vmx/cpuid_policy.h"

/* Constant for a VM. */
struct cr_limits {
	uint64_t cr4_allowed; /* other bits give #GP */
	uint64_t efer_allowed;
	uint64_t xcr0_allowed;
	uint32_t physical_bits;
};

void cr_limits_init(struct cr_limits *limits, const struct cpuid_table *cpuid);

/* Registers as the guest sees them. */
struct cr_state {
	uint64_t cr0, cr3, cr4;
	uint64_t efer;
	bool cs_long;	/* CS.L: the guest executes 64-bit code now */
	bool tss_16bit; /* TR's type is 1 or 3: no way into IA-32e mode */
};

enum cr_verdict {
	CR_OK,
	CR_FAULT, /* #GP(0), nothing changed */
};

/* What the caller must do besides storing the new state. Bits may come together. */
enum cr_effect {
	CR_EFFECT_CR0 = 1u << 0,    /* write the CR0 shadow and vmcs_real_cr0() */
	CR_EFFECT_CR4 = 1u << 1,    /* write the CR4 shadow and vmcs_real_cr4() */
	CR_EFFECT_EFER = 1u << 2,   /* write VMCS_GUEST_EFER */
	CR_EFFECT_IA32E = 1u << 3,  /* set ENTRY_IA32E_GUEST to EFER.LMA */
	CR_EFFECT_PDPTES = 1u << 4, /* read the four PDPTEs at CR3 and write them: cr_pdptes() */
	CR_EFFECT_FLUSH = 1u << 5,  /* the guest's linear translations change: INVVPID */
};

struct cr_result {
	enum cr_verdict verdict;
	uint32_t effects;
	struct cr_state state; /* the new state when CR_OK */
};

struct cr_result cr_write_cr0(const struct cr_limits *limits, const struct cr_state *state,
			      uint64_t value);
struct cr_result cr_write_cr4(const struct cr_limits *limits, const struct cr_state *state,
			      uint64_t value);
struct cr_result cr_clts(const struct cr_limits *limits, const struct cr_state *state);

/* LMSW: bits 3:0 of the 16-bit source; PE can be set but not cleared. */
struct cr_result cr_lmsw(const struct cr_limits *limits, const struct cr_state *state,
			 uint16_t source);

/* WRMSR to IA32_EFER. LMA in value is ignored: it follows LME and CR0.PG. */
struct cr_result cr_write_efer(const struct cr_limits *limits, const struct cr_state *state,
			       uint64_t value);

/* XSETBV with ECX = index: may XCR0 become value? (SDM volume 1, 13.3.) CPL is the caller's. */
enum cr_verdict cr_xsetbv(const struct cr_limits *limits, uint32_t index, uint64_t value);

/*
 * PAE paging: are these PDPTEs, read from CR3 & ~31, loadable? #GP(0) if one is present with
 * reserved bits (SDM volume 3A, 4.4.1).
 */
bool cr_pdptes_valid(const struct cr_limits *limits, const uint64_t pdptes[4]);

/* Paging in PAE form, neither 4- nor 5-level: the PDPTEs matter. */
bool cr_pae_paging(const struct cr_state *state);

#endif
