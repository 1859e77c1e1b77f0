#include "vmx/memory_type.h"

#include <stddef.h>

#include "vmx/registers.h"

#define MIB 0x100000ull

#define CAP_FIXED  (1ull << 8)
#define DEF_FIXED  (1ull << 10)
#define DEF_ENABLE (1ull << 11)
#define MASK_VALID (1ull << 11)
#define TYPE_MASK  0xff
#define NO_CHANGE  UINT64_MAX
#define STEPS_MAX  1024 /* borders looked at for one answer: odd masks could have millions */

const uint32_t mtrr_fixed_msrs[MTRR_FIXED_COUNT] = {
	IA32_MTRR_FIX64K_00000,	   IA32_MTRR_FIX16K_80000,    IA32_MTRR_FIX16K_A0000,
	IA32_MTRR_FIX4K_C0000,	   IA32_MTRR_FIX4K_C0000 + 1, IA32_MTRR_FIX4K_C0000 + 2,
	IA32_MTRR_FIX4K_C0000 + 3, IA32_MTRR_FIX4K_C0000 + 4, IA32_MTRR_FIX4K_C0000 + 5,
	IA32_MTRR_FIX4K_C0000 + 6, IA32_MTRR_FIX4K_C0000 + 7,
};

/* ---- Fixed ranges: eight pieces a register ---- */

static const struct {
	uint32_t start, shift; /* of the first piece; log2 of a piece's size */
	unsigned first_register;
} fixed_areas[] = {
	{ 0xc0000, 12, 3 },
	{ 0x80000, 14, 1 },
	{ 0x00000, 16, 0 },
};

static bool uses_fixed(const struct mtrr_state *state, uint64_t address)
{
	return address < MIB && state->def_type & DEF_FIXED && state->cap & CAP_FIXED;
}

static unsigned fixed_area(uint64_t address)
{
	unsigned area = 0;

	while (address < fixed_areas[area].start)
		area++;
	return area;
}

static enum memory_type fixed_type(const struct mtrr_state *state, uint64_t address)
{
	unsigned area = fixed_area(address);
	uint64_t piece = (address - fixed_areas[area].start) >> fixed_areas[area].shift;

	return state->fixed[fixed_areas[area].first_register + piece / 8] >> piece % 8 * 8 &
	       TYPE_MASK;
}

/* ---- Variable ranges ---- */

static unsigned variable_count(const struct mtrr_state *state)
{
	unsigned count = state->cap & 0xff;

	return count < MTRR_VARIABLE_MAX ? count : MTRR_VARIABLE_MAX;
}

/* The mask's address bits, with those above MAXPHYADDR counted as set. */
static uint64_t address_mask(const struct mtrr_state *state, unsigned i)
{
	return (state->mask[i] & ~0xfffull) | ~((1ull << state->physical_bits) - 1);
}

static bool covers(const struct mtrr_state *state, unsigned i, uint64_t address)
{
	uint64_t mask = address_mask(state, i);

	return state->mask[i] & MASK_VALID &&
	       (address & mask) == (state->base[i] & ~0xfffull & mask);
}

/* Overlaps (SDM 11.11.4.1): UC over all, WT over WB; anything else is undefined, so UC. */
static enum memory_type combine(enum memory_type a, enum memory_type b)
{
	if (a == b)
		return a;
	if ((a == MEMORY_WT && b == MEMORY_WB) || (a == MEMORY_WB && b == MEMORY_WT))
		return MEMORY_WT;
	return MEMORY_UC;
}

static enum memory_type variable_type(const struct mtrr_state *state, uint64_t address)
{
	enum memory_type type = MEMORY_UC;
	bool found = false;

	for (unsigned i = 0; i < variable_count(state); i++) {
		enum memory_type here = state->base[i] & TYPE_MASK;

		if (!covers(state, i, address))
			continue;
		type = found ? combine(type, here) : here;
		found = true;
	}
	return found ? type : (enum memory_type)(state->def_type & TYPE_MASK);
}

/* Reserved encodings would make EPT entries that the processor refuses. */
static enum memory_type known(uint64_t type)
{
	bool valid = type == MEMORY_WC || (type >= MEMORY_WT && type <= MEMORY_WB);

	return valid ? (enum memory_type)type : MEMORY_UC;
}

enum memory_type memory_type_at(const struct mtrr_state *state, uint64_t address)
{
	if (state->absent)
		return MEMORY_WB;
	if (!(state->def_type & DEF_ENABLE))
		return MEMORY_UC;
	if (uses_fixed(state, address))
		return known(fixed_type(state, address));
	return known(variable_type(state, address));
}

/* ---- Where the type may change ---- */

/*
 * The first address above this one where range i may begin or end. A mask with holes describes
 * many ranges: then the next multiple of its smallest unit.
 */
static uint64_t variable_change(const struct mtrr_state *state, unsigned i, uint64_t address)
{
	uint64_t mask = address_mask(state, i);
	uint64_t unit = mask & -mask;
	uint64_t first = state->base[i] & ~0xfffull & mask;

	if (!(state->mask[i] & MASK_VALID))
		return NO_CHANGE;
	if (mask != -unit)
		return (address | (unit - 1)) + 1;
	if (address < first)
		return first;
	return address - first < unit ? first + unit : NO_CHANGE;
}

static uint64_t next_change(const struct mtrr_state *state, uint64_t address)
{
	uint64_t change = NO_CHANGE;

	if (state->absent || !(state->def_type & DEF_ENABLE))
		return NO_CHANGE;
	if (uses_fixed(state, address))
		return (address | ((1ull << fixed_areas[fixed_area(address)].shift) - 1)) + 1;
	if (address < MIB)
		change = MIB;
	for (unsigned i = 0; i < variable_count(state); i++) {
		uint64_t border = variable_change(state, i, address);

		if (border < change)
			change = border;
	}
	return change;
}

uint64_t memory_type_run(const struct mtrr_state *state, uint64_t base, uint64_t limit,
			 enum memory_type *type)
{
	uint64_t at = base;

	*type = memory_type_at(state, base);
	for (unsigned step = 0; step < STEPS_MAX; step++) {
		uint64_t next = next_change(state, at);

		if (next == NO_CHANGE || next - base >= limit)
			return limit;
		at = next;
		if (memory_type_at(state, at) != *type)
			break;
	}
	return at - base;
}

enum memory_type memory_type_range(const struct mtrr_state *state, uint64_t base, uint64_t size,
				   bool *uniform)
{
	enum memory_type type;
	bool all = size == 0 || memory_type_run(state, base, size, &type) == size;

	if (uniform)
		*uniform = all;
	if (!all)
		return MEMORY_UC;
	return memory_type_at(state, base);
}

const char *memory_type_name(enum memory_type type)
{
	static const char *const names[] = {
		[MEMORY_UC] = "UC", [MEMORY_WC] = "WC", [MEMORY_WT] = "WT",
		[MEMORY_WP] = "WP", [MEMORY_WB] = "WB", [MEMORY_UC_MINUS] = "UC-",
	};

	if ((unsigned)type >= sizeof(names) / sizeof(names[0]) || !names[type])
		return "unknown";
	return names[type];
}
