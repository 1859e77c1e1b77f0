#include "vmx/cr_policy.h"

#include "vmx/registers.h"

#define CR0_DEFINED                                                                                \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | \
	 CR0_PG)
#define LMSW_BITS (CR0_PE | CR0_MP | CR0_EM | CR0_TS)

static const struct cr_result fault = { .verdict = CR_FAULT };

void cr_limits_init(struct cr_limits *limits, const struct cpuid_table *cpuid)
{
	limits->cr4_allowed = cpuid->cr4_allowed;
	limits->efer_allowed = cpuid->efer_allowed;
	limits->xcr0_allowed = cpuid->xcr0_allowed;
	limits->physical_bits = cpuid->physical_bits;
}

bool cr_pae_paging(const struct cr_state *state)
{
	return state->cr0 & CR0_PG && state->cr4 & CR4_PAE && !(state->efer & EFER_LMA);
}

/* ---- CR0 ---- */

static bool cr0_consistent(uint64_t cr0)
{
	if (cr0 >> 32)
		return false;
	if (cr0 & CR0_NW && !(cr0 & CR0_CD))
		return false;
	return !(cr0 & CR0_PG) || cr0 & CR0_PE;
}

/* Paging may go on: into IA-32e mode only with PAE, from code that is not 64-bit, with a 32-bit
 * TSS. */
static bool may_enable_paging(const struct cr_state *state)
{
	if (!(state->efer & EFER_LME))
		return true;
	return state->cr4 & CR4_PAE && !state->cs_long && !state->tss_16bit;
}

static bool may_disable_paging(const struct cr_state *state)
{
	if (state->cr4 & CR4_PCIDE)
		return false;
	return !(state->efer & EFER_LMA && state->cs_long);
}

struct cr_result cr_write_cr0(const struct cr_limits *limits, const struct cr_state *state,
			      uint64_t value)
{
	struct cr_result result = { .verdict = CR_OK, .effects = CR_EFFECT_CR0, .state = *state };
	uint64_t changed;

	(void)limits;
	if (!cr0_consistent(value))
		return fault;
	value = (value & CR0_DEFINED) | CR0_ET;
	changed = value ^ state->cr0;
	if (changed & CR0_PG &&
	    !(value & CR0_PG ? may_enable_paging(state) : may_disable_paging(state)))
		return fault;
	result.state.cr0 = value;
	if (changed & CR0_PG && state->efer & EFER_LME) {
		result.state.efer ^= EFER_LMA;
		result.effects |= CR_EFFECT_EFER | CR_EFFECT_IA32E;
	}
	if (changed & (CR0_PG | CR0_CD | CR0_NW) && cr_pae_paging(&result.state))
		result.effects |= CR_EFFECT_PDPTES;
	if (changed & (CR0_PG | CR0_WP))
		result.effects |= CR_EFFECT_FLUSH;
	return result;
}

struct cr_result cr_clts(const struct cr_limits *limits, const struct cr_state *state)
{
	return cr_write_cr0(limits, state, state->cr0 & ~CR0_TS);
}

struct cr_result cr_lmsw(const struct cr_limits *limits, const struct cr_state *state,
			 uint16_t source)
{
	uint64_t kept = state->cr0 & (~LMSW_BITS | CR0_PE);

	return cr_write_cr0(limits, state, kept | (source & LMSW_BITS));
}

/* ---- CR4 ---- */

static bool cr4_consistent(const struct cr_limits *limits, const struct cr_state *state,
			   uint64_t value)
{
	bool long_mode = state->efer & EFER_LMA;
	uint64_t raised = value & ~state->cr4;

	if (value & ~limits->cr4_allowed)
		return false;
	if (long_mode && !(value & CR4_PAE))
		return false;
	return !(raised & CR4_PCIDE) || (long_mode && !(state->cr3 & 0xfff));
}

struct cr_result cr_write_cr4(const struct cr_limits *limits, const struct cr_state *state,
			      uint64_t value)
{
	const uint64_t paging = CR4_PGE | CR4_PSE | CR4_PAE | CR4_SMEP;
	struct cr_result result = { .verdict = CR_OK, .effects = CR_EFFECT_CR4, .state = *state };
	uint64_t changed = value ^ state->cr4;

	if (!cr4_consistent(limits, state, value))
		return fault;
	result.state.cr4 = value;
	if (changed & paging && cr_pae_paging(&result.state))
		result.effects |= CR_EFFECT_PDPTES;
	if (changed & (paging | CR4_PCIDE | CR4_SMAP))
		result.effects |= CR_EFFECT_FLUSH;
	return result;
}

/* ---- EFER, XCR0, PDPTEs ---- */

struct cr_result cr_write_efer(const struct cr_limits *limits, const struct cr_state *state,
			       uint64_t value)
{
	struct cr_result result = { .verdict = CR_OK, .effects = CR_EFFECT_EFER, .state = *state };
	uint64_t changed;

	value = (value & ~EFER_LMA) | (state->efer & EFER_LMA);
	changed = value ^ state->efer;
	if (value & ~limits->efer_allowed)
		return fault;
	if (changed & EFER_LME && state->cr0 & CR0_PG)
		return fault;
	result.state.efer = value;
	if (changed & EFER_NXE)
		result.effects |= CR_EFFECT_FLUSH;
	return result;
}

enum cr_verdict cr_xsetbv(const struct cr_limits *limits, uint32_t index, uint64_t value)
{
	uint64_t avx512 = value & XCR0_AVX512;

	if (index != 0 || value & ~limits->xcr0_allowed || !(value & XCR0_X87))
		return CR_FAULT;
	if (value & XCR0_AVX && !(value & XCR0_SSE))
		return CR_FAULT;
	if (avx512 && (avx512 != XCR0_AVX512 || !(value & XCR0_AVX)))
		return CR_FAULT;
	return CR_OK;
}

bool cr_pdptes_valid(const struct cr_limits *limits, const uint64_t pdptes[4])
{
	const uint64_t present = 1;
	uint64_t reserved = 0x1e6 | ~((1ull << limits->physical_bits) - 1);

	for (unsigned i = 0; i < 4; i++)
		if (pdptes[i] & present && pdptes[i] & reserved)
			return false;
	return true;
}
