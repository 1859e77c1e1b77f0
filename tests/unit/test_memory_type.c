/* Memory types from MTRR values: what firmware writes, and what the manual says of overlaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "vmx/memory_type.h"
#include "vmx/registers.h"

#define KIB(n) ((n)*1024ull)
#define MIB(n) ((n)*1024ull * 1024)
#define GIB(n) ((n)*1024ull * 1024 * 1024)
#define VALID  (1ull << 11)

static struct mtrr_state empty(enum memory_type type)
{
	return (struct mtrr_state) { .physical_bits = 40, .cap = 0x508, .def_type = 0x800 | type };
}

static void set(struct mtrr_state *state, unsigned i, uint64_t base, uint64_t size,
		enum memory_type type)
{
	state->base[i] = base | type;
	state->mask[i] = (((1ull << 40) - 1) & ~(size - 1)) | VALID;
}

static struct mtrr_state model_mtrrs(const char *name)
{
	struct mtrr_state state = { .physical_bits = model_caps("corei7_skylake_x").physical_bits };

	model_now = model_find(name);
	model_msr(IA32_MTRR_CAP, &state.cap);
	model_msr(IA32_MTRR_DEF_TYPE, &state.def_type);
	for (unsigned i = 0; i < MTRR_FIXED_COUNT; i++)
		assert_true(model_msr(mtrr_fixed_msrs[i], &state.fixed[i]));
	for (unsigned i = 0; i < (state.cap & 0xff); i++) {
		assert_true(model_msr(IA32_MTRR_PHYS_BASE0 + 2 * i, &state.base[i]));
		assert_true(model_msr(IA32_MTRR_PHYS_BASE0 + 2 * i + 1, &state.mask[i]));
	}
	return state;
}

/* OVMF: WB by default, UC from 2 to 4 GiB and above 32 GiB, legacy video and ROM UC. */
static void ovmf_layout(void **unused)
{
	struct mtrr_state state = model_mtrrs("corei7_skylake_x");
	enum memory_type type;

	(void)unused;
	assert_int_equal(memory_type_at(&state, 0), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, 0x9ffff), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, 0xa0000), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, 0xfffff), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, 0x100000), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, GIB(2) - 1), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, 0xfee00000), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, GIB(4)), MEMORY_WB);
	assert_int_equal(memory_type_run(&state, 0, GIB(64), &type), 0xa0000);
	assert_int_equal(memory_type_run(&state, MIB(1), GIB(64), &type), GIB(2) - MIB(1));
	assert_int_equal(memory_type_run(&state, GIB(2), GIB(64), &type), GIB(2));
	assert_int_equal(type, MEMORY_UC);
	assert_int_equal(memory_type_run(&state, GIB(4), GIB(8), &type), GIB(8));
	assert_int_equal(type, MEMORY_WB);
}

static void off_and_absent(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);

	(void)unused;
	state.def_type = MEMORY_WB;
	assert_int_equal(memory_type_at(&state, MIB(1)), MEMORY_UC);
	state.absent = true;
	assert_int_equal(memory_type_at(&state, MIB(1)), MEMORY_WB);
	assert_int_equal(memory_type_range(&state, 0, GIB(512), NULL), MEMORY_WB);
}

static void fixed_ranges_need_both_bits(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);

	(void)unused;
	memset(state.fixed, MEMORY_WP, sizeof(state.fixed));
	assert_int_equal(memory_type_at(&state, 0xc0000), MEMORY_WB);
	state.def_type |= 1 << 10;
	assert_int_equal(memory_type_at(&state, 0xc0000), MEMORY_WP);
	state.cap = 8;
	assert_int_equal(memory_type_at(&state, 0xc0000), MEMORY_WB);
}

static void each_fixed_piece_has_its_byte(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);
	enum memory_type type;

	(void)unused;
	state.def_type |= 1 << 10;
	state.fixed[0] = (uint64_t)MEMORY_WT << 56;  /* 0x70000, 64 KiB */
	state.fixed[1] = (uint64_t)MEMORY_WC << 8;   /* 0x84000, 16 KiB */
	state.fixed[10] = (uint64_t)MEMORY_WP << 56; /* 0xff000, 4 KiB */
	assert_int_equal(memory_type_at(&state, 0x6ffff), MEMORY_UC);
	assert_int_equal(memory_type_run(&state, 0x70000, MIB(1), &type), KIB(64));
	assert_int_equal(type, MEMORY_WT);
	assert_int_equal(memory_type_run(&state, 0x84000, MIB(1), &type), KIB(16));
	assert_int_equal(type, MEMORY_WC);
	assert_int_equal(memory_type_run(&state, 0xff000, MIB(1), &type), KIB(4));
	assert_int_equal(type, MEMORY_WP);
	assert_int_equal(memory_type_at(&state, MIB(1)), MEMORY_WB);
}

static void fixed_win_over_variable_below_1_mib(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);

	(void)unused;
	state.def_type |= 1 << 10;
	set(&state, 0, 0, GIB(1), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, 0xb8000), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, MIB(1)), MEMORY_WB);
}

static void overlaps(void **unused)
{
	static const struct {
		enum memory_type a, b, result;
	} cases[] = {
		{ MEMORY_WB, MEMORY_UC, MEMORY_UC }, { MEMORY_UC, MEMORY_WB, MEMORY_UC },
		{ MEMORY_WB, MEMORY_WT, MEMORY_WT }, { MEMORY_WT, MEMORY_WB, MEMORY_WT },
		{ MEMORY_WB, MEMORY_WB, MEMORY_WB }, { MEMORY_WC, MEMORY_WB, MEMORY_UC },
		{ MEMORY_WP, MEMORY_WT, MEMORY_UC }, { MEMORY_WC, MEMORY_UC, MEMORY_UC },
	};

	(void)unused;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mtrr_state state = empty(MEMORY_WC);

		set(&state, 2, 0, GIB(4), cases[i].a);
		set(&state, 5, GIB(3), GIB(1), cases[i].b);
		assert_int_equal(memory_type_at(&state, GIB(3) + MIB(5)), cases[i].result);
		assert_int_equal(memory_type_at(&state, GIB(2)), cases[i].a);
		assert_int_equal(memory_type_at(&state, GIB(4)), MEMORY_WC);
	}
}

static void three_overlap(void **unused)
{
	struct mtrr_state state = empty(MEMORY_UC);

	(void)unused;
	set(&state, 0, 0, GIB(2), MEMORY_WB);
	set(&state, 1, GIB(1), GIB(1), MEMORY_WT);
	set(&state, 2, GIB(1), MIB(1), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, GIB(1) + MIB(1)), MEMORY_WT);
	assert_int_equal(memory_type_at(&state, GIB(1)), MEMORY_UC);
}

/* BIOSes carve the hole below 4 GiB out of one large WB range and give the rest back above. */
static void carved_hole(void **unused)
{
	struct mtrr_state state = empty(MEMORY_UC);
	enum memory_type type;
	bool uniform;

	(void)unused;
	set(&state, 0, 0, GIB(4), MEMORY_WB);
	set(&state, 1, GIB(4), GIB(4), MEMORY_WB);
	set(&state, 2, GIB(3) + MIB(512), MIB(512), MEMORY_UC);
	assert_int_equal(memory_type_run(&state, MIB(1), GIB(64), &type),
			 GIB(3) + MIB(512) - MIB(1));
	assert_int_equal(memory_type_run(&state, GIB(4), GIB(64), &type), GIB(4));
	assert_int_equal(memory_type_range(&state, GIB(3), GIB(1), &uniform), MEMORY_UC);
	assert_false(uniform);
	assert_int_equal(memory_type_range(&state, GIB(2), GIB(1), &uniform), MEMORY_WB);
	assert_true(uniform);
	assert_int_equal(memory_type_range(&state, 0, GIB(3), &uniform), MEMORY_WB);
	assert_true(uniform);
}

static void invalid_ranges_do_not_count(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);

	(void)unused;
	set(&state, 0, 0, GIB(1), MEMORY_UC);
	state.mask[0] &= ~VALID;
	set(&state, 9, 0, GIB(1), MEMORY_UC); /* beyond the eight there are */
	assert_int_equal(memory_type_range(&state, 0, GIB(2), NULL), MEMORY_WB);
}

/* A mask with a hole: every second 2 MiB below 8 MiB. */
static void discontiguous_mask(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);
	enum memory_type type;

	(void)unused;
	state.base[0] = MEMORY_UC;
	state.mask[0] = (((1ull << 40) - 1) & ~(MIB(8) - 1)) | MIB(2) | VALID;
	assert_int_equal(memory_type_at(&state, 0), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, MIB(2)), MEMORY_WB);
	assert_int_equal(memory_type_at(&state, MIB(4)), MEMORY_UC);
	assert_int_equal(memory_type_at(&state, MIB(8)), MEMORY_WB);
	assert_int_equal(memory_type_run(&state, MIB(4), GIB(1), &type), MIB(2));
	assert_int_equal(memory_type_run(&state, MIB(6), MIB(64), &type), MIB(64));
}

/* Runs must agree with the type of every page in them, whatever the registers hold. */
static void runs_agree_with_single_addresses(void **unused)
{
	uint64_t seed = 7;

	(void)unused;
	for (unsigned round = 0; round < 300; round++) {
		struct mtrr_state state = empty(MEMORY_WB);
		uint64_t at = 0;

		state.cap = 0x104;
		for (unsigned i = 0; i < 4; i++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			set(&state, i, (seed >> 20 & 63) * MIB(1), MIB(1) << (seed >> 40 & 3),
			    (seed >> 50) % 7);
		}
		while (at < MIB(64)) {
			enum memory_type type;
			uint64_t length = memory_type_run(&state, at, MIB(64) - at, &type);

			assert_true(length > 0 && length <= MIB(64) - at);
			for (uint64_t i = 0; i < length; i += KIB(256))
				assert_int_equal(memory_type_at(&state, at + i), type);
			at += length;
		}
	}
}

static void reserved_types_are_uc(void **unused)
{
	struct mtrr_state state = empty(MEMORY_WB);

	(void)unused;
	state.def_type = 0x800 | 0x82;
	assert_int_equal(memory_type_at(&state, 0), MEMORY_UC);
	set(&state, 0, 0, GIB(1), MEMORY_UC_MINUS);
	assert_int_equal(memory_type_at(&state, 0), MEMORY_UC);
}

static void names(void **unused)
{
	(void)unused;
	assert_string_equal(memory_type_name(MEMORY_WB), "WB");
	assert_string_equal(memory_type_name(2), "unknown");
	assert_string_equal(memory_type_name(99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ovmf_layout),
		cmocka_unit_test(off_and_absent),
		cmocka_unit_test(fixed_ranges_need_both_bits),
		cmocka_unit_test(each_fixed_piece_has_its_byte),
		cmocka_unit_test(fixed_win_over_variable_below_1_mib),
		cmocka_unit_test(overlaps),
		cmocka_unit_test(three_overlap),
		cmocka_unit_test(carved_hole),
		cmocka_unit_test(invalid_ranges_do_not_count),
		cmocka_unit_test(discontiguous_mask),
		cmocka_unit_test(runs_agree_with_single_addresses),
		cmocka_unit_test(reserved_types_are_uc),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
