/*
 * Memory types of host-physical addresses by the MTRRs (SDM volume 3A, 11.11), so that EPT
 * entries carry the types that firmware chose: a wrong one freezes real machines. RAM of guests
 * takes memory_type_range(); MMIO that a guest may touch is always MEMORY_UC.
 */
#ifndef VMX_MEMORY_TYPE_H
#define VMX_MEMORY_TYPE_H

#include <stdbool.h>
#include <stdint.h>

/* Encodings shared by MTRRs, PAT and EPT entries. */
enum memory_type {
	MEMORY_UC = 0,
	MEMORY_WC = 1,
	MEMORY_WT = 4,
	MEMORY_WP = 5,
	MEMORY_WB = 6,
	MEMORY_UC_MINUS = 7, /* PAT only */
};

#define MTRR_FIXED_COUNT  11
#define MTRR_VARIABLE_MAX 32

/* Numbers of the fixed-range MSRs in the order of mtrr_state.fixed. */
extern const uint32_t mtrr_fixed_msrs[MTRR_FIXED_COUNT];

/* Raw MSR values. With CPUID.1:EDX[12] clear leave all zeros and set absent. */
struct mtrr_state {
	bool absent;			  /* no MTRRs: everything is WB */
	uint32_t physical_bits;		  /* MAXPHYADDR */
	uint64_t cap;			  /* IA32_MTRRCAP: bits 7:0 count the variable ranges */
	uint64_t def_type;		  /* IA32_MTRR_DEF_TYPE */
	uint64_t fixed[MTRR_FIXED_COUNT]; /* read only if cap bit 8 is set */
	uint64_t base[MTRR_VARIABLE_MAX]; /* IA32_MTRR_PHYSBASEn */
	uint64_t mask[MTRR_VARIABLE_MAX]; /* IA32_MTRR_PHYSMASKn */
};

/* The type of one address. Overlaps the manual calls undefined give UC. */
enum memory_type memory_type_at(const struct mtrr_state *state, uint64_t address);

/*
 * The type of a whole range and, in *uniform (unless NULL), whether all of it has that type. A
 * range of mixed types gets the strictest that is safe for all: UC.
 */
enum memory_type memory_type_range(const struct mtrr_state *state, uint64_t base, uint64_t size,
				   bool *uniform);

/*
 * Length in bytes, at most limit, of the longest piece of one type that can be told to start at
 * base: for mapping a range with one type a piece. Never 0 for limit > 0.
 */
uint64_t memory_type_run(const struct mtrr_state *state, uint64_t base, uint64_t limit,
			 enum memory_type *type);

const char *memory_type_name(enum memory_type type);

#endif
