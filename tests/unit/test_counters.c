/* Performance counters against a model of a processor's, whole or with something missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "vmx/counters.h"

#define INSTRUCTIONS_A_WORK 300
#define MISSES_A_WORK	    7

/* A processor with two counters of 48 bits, version 2. */
static struct pmu {
	uint32_t last_leaf, eax, ebx;
	bool faults;  /* every register: #GP */
	bool ignores; /* every register: reads 0, takes nothing */
	bool stuck;   /* holds values, never counts */
	bool no_stop; /* counts whatever IA32_PERF_GLOBAL_CTRL says */
	uint64_t select[2], counter[2], global;
} pmu;

static void healthy(void)
{
	pmu = (struct pmu) { .last_leaf = 0x16, .eax = 7u << 24 | 48u << 16 | 2u << 8 | 2u };
}

static uint64_t *register_of(uint32_t msr)
{
	switch (msr) {
	case 0xc1:
	case 0xc2:
		return &pmu.counter[msr - 0xc1];
	case 0x186:
	case 0x187:
		return &pmu.select[msr - 0x186];
	case 0x38f:
		return &pmu.global;
	default:
		return NULL;
	}
}

static void model_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	(void)subleaf;
	memset(out, 0, 4 * sizeof(out[0]));
	if (leaf == 0)
		out[0] = pmu.last_leaf;
	if (leaf == 0xa) {
		out[0] = pmu.eax;
		out[1] = pmu.ebx;
	}
}

static bool model_read(uint32_t msr, uint64_t *value)
{
	uint64_t *r = register_of(msr);

	*value = 0;
	if (!r || pmu.faults)
		return false;
	if (!pmu.ignores)
		*value = *r;
	return true;
}

static bool model_write(uint32_t msr, uint64_t value)
{
	uint64_t *r = register_of(msr);

	if (!r || pmu.faults)
		return false;
	if (!pmu.ignores)
		*r = r == &pmu.counter[0] || r == &pmu.counter[1] ? value & ((1ull << 48) - 1)
								  : value;
	return true;
}

/* Only what is selected, for both rings, enabled and switched on counts. */
static void model_work(void)
{
	static const struct {
		uint64_t select;
		unsigned amount;
	} events[] = { { 0x4300c0, INSTRUCTIONS_A_WORK }, { 0x43412e, MISSES_A_WORK } };

	for (unsigned i = 0; i < 2 && !pmu.stuck; i++)
		for (unsigned e = 0; e < 2; e++)
			if (pmu.select[i] == events[e].select &&
			    ((pmu.global >> i & 1) || pmu.no_stop))
				pmu.counter[i] =
					(pmu.counter[i] + events[e].amount) & ((1ull << 48) - 1);
}

static const struct counters_ops ops = { model_cpuid, model_read, model_write, model_work };

static enum counters_state probe(void)
{
	unsigned width = 0;

	return counters_probe(&ops, true, &width);
}

static void a_healthy_processor_has_them(void **state)
{
	unsigned width = 0;

	(void)state;
	healthy();
	assert_int_equal(counters_probe(&ops, true, &width), COUNTERS_PRESENT);
	assert_int_equal(width, 48);
	assert_int_equal(pmu.global, 0);
	assert_int_equal(pmu.counter[0], 0);
	assert_int_equal(pmu.counter[1], 0);
}

static void what_is_missing_is_named(void **state)
{
	unsigned width;

	(void)state;
	healthy();
	pmu.last_leaf = 9;
	assert_int_equal(probe(), COUNTERS_NO_LEAF);
	healthy();
	pmu.eax &= ~0xffu;
	assert_int_equal(probe(), COUNTERS_NO_LEAF);
	healthy();
	pmu.eax -= 1;
	assert_int_equal(probe(), COUNTERS_OLD);
	healthy();
	pmu.eax -= 1u << 8;
	assert_int_equal(probe(), COUNTERS_TOO_FEW);
	healthy();
	pmu.ebx = 1u << 1;
	assert_int_equal(probe(), COUNTERS_NO_EVENTS);
	pmu.ebx = 1u << 4;
	assert_int_equal(probe(), COUNTERS_NO_EVENTS);
	healthy();
	pmu.eax -= 4u << 24;
	assert_int_equal(probe(), COUNTERS_NO_EVENTS);
	healthy();
	assert_int_equal(counters_probe(&ops, false, &width), COUNTERS_NO_SWITCH);
}

static void claims_are_not_believed(void **state)
{
	(void)state;
	healthy();
	pmu.faults = true;
	assert_int_equal(probe(), COUNTERS_FAULT);
	healthy();
	pmu.ignores = true;
	assert_int_equal(probe(), COUNTERS_DEAD);
	healthy();
	pmu.stuck = true;
	assert_int_equal(probe(), COUNTERS_DEAD);
	healthy();
	pmu.no_stop = true;
	assert_int_equal(probe(), COUNTERS_DEAD);
}

static void they_count_while_switched_on(void **state)
{
	struct counter_values before, after, total = { 0 };

	(void)state;
	healthy();
	assert_true(counters_start(&ops));
	assert_true(counters_read(&ops, &before));
	model_work(); /* in the hypervisor */
	model_write(IA32_PERF_GLOBAL_CTRL, COUNTERS_GLOBAL_CTRL);
	model_work(); /* in the guest */
	model_work();
	model_write(IA32_PERF_GLOBAL_CTRL, 0);
	assert_true(counters_read(&ops, &after));
	counters_add(&total, &before, &after, 48);
	assert_int_equal(total.instructions, 2 * INSTRUCTIONS_A_WORK);
	assert_int_equal(total.misses, 2 * MISSES_A_WORK);
}

static void they_may_wrap(void **state)
{
	const struct counter_values from = { (1ull << 48) - 10, (1ull << 48) - 1 }, to = { 20, 0 };
	struct counter_values total = { 1000, 1 };

	(void)state;
	counters_add(&total, &from, &to, 48);
	assert_int_equal(total.instructions, 1030);
	assert_int_equal(total.misses, 2);
	counters_add(&total, &(struct counter_values) { UINT64_MAX, 0 },
		     &(struct counter_values) { 1, 5 }, 64);
	assert_int_equal(total.instructions, 1032);
	assert_int_equal(total.misses, 7);
}

static void every_state_has_a_text(void **state)
{
	(void)state;
	for (int s = 0; s < COUNTERS_STATES; s++)
		assert_string_not_equal(counters_state_text((enum counters_state)s), "unknown");
	assert_string_equal(counters_state_text(COUNTERS_STATES), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_processor_has_them),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(claims_are_not_believed),
		cmocka_unit_test(they_count_while_switched_on),
		cmocka_unit_test(they_may_wrap),
		cmocka_unit_test(every_state_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
