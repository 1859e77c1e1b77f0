/* The engine on difficult input, the mixture's promise, trust, inheritance, changes while running.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ple/engine.h"

static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static struct ple_weights weights;

static struct ple_engine *new_engine(void)
{
	static struct ple_engine engine;

	seed = 1;
	ple_engine_init(&engine, &ple_kernels_general);
	assert_int_equal(ple_weights_load(&weights, ple_default_weights, ple_default_weights_size),
			 PLE_WEIGHTS_OK);
	ple_engine_use_weights(&engine, &weights);
	return &engine;
}

static void assert_sane(const struct ple_engine *e)
{
	for (unsigned r = 0; r < PLE_RESOURCES; r++) {
		for (unsigned h = 0; h < PLE_HORIZONS; h++) {
			const struct ple_expectation *x = &e->demand.of[r][h];

			assert_true(x->high >= x->point);
			assert_true(x->high <= PLE_AMOUNT_MAX && x->mean <= PLE_AMOUNT_MAX);
		}
	}
}

static struct ple_window constant(unsigned t)
{
	(void)t;
	return (struct ple_window) { .run_us = 4000, .wait_us = 1000, .pages = 10, .io_ops = 20 };
}

static struct ple_window alternating(unsigned t)
{
	return (struct ple_window) { .run_us = t % 2 ? 9000 : 0, .pages = t % 2 };
}

static struct ple_window nothing(unsigned t)
{
	(void)t;
	return (struct ple_window) { 0 };
}

static struct ple_window everything(unsigned t)
{
	struct ple_window w;

	(void)t;
	memset(&w, 0xff, sizeof(w));
	return w;
}

static struct ple_window extremes(unsigned t)
{
	return next_random() & 1 ? everything(t) : nothing(t);
}

static struct ple_window noise(unsigned t)
{
	(void)t;
	return (struct ple_window) { .run_us = next_random() % 10000,
				     .pages = next_random() % 1000 };
}

static struct ple_window rare_spikes(unsigned t)
{
	return (struct ple_window) { .run_us = t % 997 == 0 ? UINT32_MAX : 1,
				     .io_ops = UINT32_MAX };
}

static void test_any_input_gives_sane_output(void **state)
{
	struct ple_window (*const inputs[])(unsigned) = { constant,   alternating, nothing,
							  everything, extremes,	   noise,
							  rare_spikes };

	(void)state;
	for (unsigned i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		struct ple_engine *e = new_engine();

		for (unsigned t = 0; t < 5000; t++) {
			struct ple_window w = inputs[i](t);

			ple_engine_observe(e, &w);
			assert_sane(e);
		}
	}
}

static void test_constant_demand_is_learnt(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	for (unsigned t = 0; t < 2000; t++) {
		struct ple_window w = constant(t);

		ple_engine_observe(e, &w);
	}
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		assert_in_range(e->demand.of[PLE_CPU][h].point, 4950, 5050);
		assert_in_range(e->demand.of[PLE_CPU][h].high, 4950, 5100);
		assert_in_range(e->demand.of[PLE_CPU][h].mean, 4950, 5050);
		assert_in_range(e->demand.of[PLE_MEMORY][h].point, 9, 11);
		assert_in_range(e->demand.of[PLE_IO][h].high, 19, 21);
	}
	assert_true(e->trusted);
}

static void test_alternation_is_learnt(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	for (unsigned t = 0; t < 3000; t++) {
		struct ple_window w = alternating(t);

		ple_engine_observe(e, &w);
		if (t < 1000)
			continue;
		if (t % 2)
			assert_in_range(e->demand.of[PLE_CPU][PLE_10MS].point, 0, 900);
		else
			assert_in_range(e->demand.of[PLE_CPU][PLE_10MS].point, 8100, 9900);
	}
}

/* Quiet, with bursts of five windows every forty, and noise: the quantile is exceeded in 5%. */
static void test_quantile_is_calibrated(void **state)
{
	struct ple_engine *e = new_engine();
	unsigned under = 0, high = 0;

	(void)state;
	for (unsigned t = 0; t < 12000; t++) {
		struct ple_window w = { .run_us =
						(t % 40 < 5 ? 6000 : 500) + next_random() % 1000 };

		if (t > 2000)
			under += w.run_us > high;
		ple_engine_observe(e, &w);
		high = e->demand.of[PLE_CPU][PLE_10MS].high;
	}
	assert_in_range(under, 350, 650); /* of 10000 */
}

static uint64_t pinball(unsigned level, int32_t said, int32_t actual)
{
	if (actual <= said)
		return (uint64_t)(said - actual) * (level == PLE_HIGH ? 1 : 10);
	return (uint64_t)(actual - said) * (level == PLE_HIGH ? 19 : 10);
}

/* Members are constants, truth jumps between them: no worse than the best by more than 3%. */
static void test_mixture_follows_the_best(void **state)
{
	(void)state;
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		static struct ple_mixture mixture;
		uint64_t loss[PLE_SEATS + 1] = { 0 }, best = UINT64_MAX;
		ple_said said = { 0 };

		seed = 7;
		memset(&mixture, 0, sizeof(mixture));
		ple_mixture_renew(&mixture, 0, 0, 0xff, &ple_kernels_general);
		for (unsigned t = 0; t < 20000; t++) {
			int32_t actual = (int32_t)(next_random() % 1000 + 20000);
			uint16_t mixed[PLE_TARGETS];

			for (unsigned s = 0; s < PLE_SEATS; s++)
				said[level][s] = (uint16_t)(s * 6000 + next_random() % 500);
			ple_kernels_general.combine(mixed, mixture.share[0], said);
			for (unsigned s = 0; s < PLE_SEATS; s++)
				loss[s] += pinball(level, said[level][s], actual);
			loss[PLE_SEATS] += pinball(level, mixed[level], actual);
			ple_mixture_learn(&mixture, 0, 0, said, mixed, actual,
					  &ple_kernels_general);
			ple_mixture_renew(&mixture, 0, 0, 0xff, &ple_kernels_general);
		}
		for (unsigned s = 0; s < PLE_SEATS; s++)
			best = loss[s] < best ? loss[s] : best;
		assert_true(loss[PLE_SEATS] * 100 <= best * 103);
	}
}

static void assert_shares(const uint16_t share[PLE_SEATS], unsigned open)
{
	unsigned sum = 0;

	for (unsigned s = 0; s < PLE_SEATS; s++) {
		sum += share[s];
		assert_true((open >> s & 1) || share[s] == 0);
	}
	assert_int_equal(sum, PLE_SHARE_ONE);
}

/* The largest regrets there can be, for long, in both directions, with any seats open. */
static void test_mixture_does_not_overflow(void **state)
{
	static struct ple_mixture mixture;
	ple_said said;

	(void)state;
	seed = 3;
	for (unsigned t = 0; t < 200000; t++) {
		uint16_t high = t / 20000 % 2 ? 0 : PLE_VALUE_MAX;
		int32_t actual = PLE_VALUE_MAX - high;
		uint16_t mixed[PLE_TARGETS] = { high, high };
		unsigned open = next_random() % 255 + 1;

		for (unsigned s = 0; s < PLE_SEATS; s++)
			said[0][s] = said[1][s] = (uint16_t)(s % 2 ? high : actual);
		ple_mixture_learn(&mixture, t % 6, 0, said, mixed, actual, &ple_kernels_general);
		ple_mixture_renew(&mixture, t % 6, 0, open, &ple_kernels_general);
		assert_shares(mixture.share[t % 6][PLE_HIGH], open);
	}
}

static void test_members_can_be_chosen(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	assert_int_equal(e->members, PLE_DEFAULT_MEMBERS);
	assert_int_equal(ple_engine_enable(e, 1u << PLE_LAST), PLE_CHOICE_OK);
	for (unsigned t = 0; t < 50; t++) {
		struct ple_window w = noise(t);

		ple_engine_observe(e, &w);
		assert_int_equal(e->demand.of[PLE_CPU][PLE_50MS].point, w.run_us);
	}
	assert_int_equal(ple_engine_share(e, PLE_LAST, PLE_10MS, PLE_HIGH), PLE_SHARE_ONE);
	assert_int_equal(ple_engine_share(e, PLE_LINEAR, PLE_10MS, PLE_HIGH), 0);
}

/* Each mistake has its error, and nothing changes. */
static void test_bad_choices(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	assert_int_equal(ple_engine_enable(e, 0), PLE_CHOICE_EMPTY);
	assert_int_equal(ple_engine_enable(e, 1u << PLE_MEMBERS), PLE_CHOICE_UNKNOWN);
	assert_int_equal(ple_engine_enable(e, PLE_ALL_MEMBERS), PLE_CHOICE_TOO_MANY);
	ple_engine_use_weights(e, NULL);
	assert_int_equal(ple_engine_enable(e, 1u << PLE_LSTM), PLE_CHOICE_NO_WEIGHTS);
	assert_int_equal(e->members, PLE_DEFAULT_MEMBERS & ~(1u << PLE_LSTM));
	for (unsigned c = 0; c <= PLE_CHOICES; c++)
		assert_non_null(ple_choice_text((enum ple_choice)c));
}

/* The LSTM alone, then without weights: the others take over. */
static void test_last_member_loses_its_weights(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	assert_int_equal(ple_engine_enable(e, 1u << PLE_LSTM), PLE_CHOICE_OK);
	ple_engine_use_weights(e, NULL);
	assert_int_equal(e->members, PLE_DEFAULT_MEMBERS & ~(1u << PLE_LSTM));
	for (unsigned t = 0; t < 50; t++) {
		struct ple_window w = noise(t);

		ple_engine_observe(e, &w);
		assert_sane(e);
	}
}

/* Weights and members change in mid-window, again and again. */
static void test_swaps_while_running(void **state)
{
	struct ple_engine *e = new_engine();

	(void)state;
	for (unsigned t = 0; t < 3000; t++) {
		struct ple_window w = noise(t);

		if (t % 7 == 0)
			ple_engine_use_weights(e, t % 14 ? NULL : &weights);
		if (t % 11 == 0)
			ple_engine_enable(e, next_random() % (1u << PLE_MEMBERS));
		ple_engine_observe(e, &w);
		assert_sane(e);
	}
}

static uint32_t error_over(struct ple_engine *e, unsigned windows)
{
	uint32_t error = 0;

	for (unsigned t = 0; t < windows; t++) {
		struct ple_window w = alternating(t);

		error += (uint32_t)abs((int)w.run_us - (int)e->demand.of[PLE_CPU][PLE_10MS].point);
		ple_engine_observe(e, &w);
	}
	return error;
}

static void test_heir_starts_ahead(void **state)
{
	static struct ple_engine heir, orphan;
	struct ple_engine *e = new_engine();

	(void)state;
	error_over(e, 2000);
	ple_engine_init(&orphan, &ple_kernels_general);
	ple_engine_init(&heir, &ple_kernels_general);
	ple_engine_inherit(&heir, e);
	assert_true(error_over(&heir, 100) < error_over(&orphan, 100));
}

static void compare_kernels(const struct ple_kernels *kernels)
{
	static struct ple_engine wide;
	struct ple_engine *e = new_engine();

	ple_engine_init(&wide, kernels);
	ple_engine_use_weights(&wide, &weights);
	for (unsigned t = 0; t < 5000; t++) {
		struct ple_window w = t % 3 ? noise(t) : alternating(t);

		ple_engine_observe(e, &w);
		ple_engine_observe(&wide, &w);
		assert_memory_equal(&wide.demand, &e->demand, sizeof(e->demand));
	}
	assert_memory_equal(wide.states, e->states, sizeof(e->states));
}

static void test_kernels_give_the_same_forecast(void **state)
{
	(void)state;
	compare_kernels(&ple_kernels_sse2);
	if (__builtin_cpu_supports("avx2"))
		compare_kernels(&ple_kernels_avx2);
}

/* Features stay in their range, whatever comes. */
static void test_features_are_bounded(void **state)
{
	static struct ple_history h;
	struct ple_features f;

	(void)state;
	seed = 5;
	ple_history_init(&h);
	for (unsigned t = 0; t < 200000; t++) {
		struct ple_window w = t % 5000 < 2000 ? extremes(t) : noise(t);

		if (t % 7000 > 6000)
			w = nothing(t);
		ple_history_add(&h, &w, &ple_kernels_general);
		ple_features_make(&h, &w, &ple_kernels_general, &f);
		assert_in_range(f.last, 0, PLE_FEATURE_MAX);
		assert_in_range(h.period, 1, PLE_PERIODS);
		assert_true(f.band < PLE_BANDS && f.season_band < PLE_BANDS);
		assert_true(f.pages_band < PLE_BANDS && f.io_band < PLE_BANDS);
		for (unsigned i = 0; i < PLE_FEATURES; i++)
			assert_in_range(f.x[i] + PLE_FEATURE_MAX, 0, 2 * PLE_FEATURE_MAX);
	}
}

/* The sorted values, their sum and the means are those of the last eight. */
static void test_history_is_kept_up(void **state)
{
	static struct ple_history h;

	(void)state;
	seed = 9;
	ple_history_init(&h);
	for (unsigned t = 0; t < 20000; t++) {
		struct ple_window w = { .run_us = next_random() % (t % 3 ? 20 : 12000) };
		int32_t ends[PLE_HORIZONS], sum = 0;

		ple_history_add(&h, &w, &ple_kernels_general);
		assert_int_equal(ple_history_value(&h, 0), w.run_us * PLE_VALUE_US);
		for (unsigned i = 0; i < PLE_LAGS; i++)
			sum += ple_history_value(&h, i);
		assert_int_equal(h.sum, sum);
		for (unsigned i = 0; i < PLE_LAGS; i++) {
			sum -= h.sorted[i];
			assert_true(i == 0 || h.sorted[i] >= h.sorted[i - 1]);
		}
		assert_int_equal(sum, 0);
		ple_history_ends(&h, ends);
		assert_int_equal(ends[PLE_10MS], ple_history_value(&h, 0));
		assert_int_equal(ends[PLE_20MS],
				 (ple_history_value(&h, 0) + ple_history_value(&h, 1) + 1) / 2);
	}
}

static void test_period_is_found(void **state)
{
	static struct ple_history h;

	(void)state;
	for (unsigned period = 2; period <= 30; period += 7) {
		ple_history_init(&h);
		for (unsigned t = 0; t < 1000; t++) {
			struct ple_window w = { .run_us = t % period == 0 ? 8000 : 100 };

			ple_history_add(&h, &w, &ple_kernels_general);
		}
		assert_int_equal(h.period, period);
	}
}

/* Memory follows CPU's bursts: the forecast of one burst's end is learnt from the last. */
static void test_counts_are_learnt(void **state)
{
	struct ple_engine *e = new_engine();
	unsigned near = 0;

	(void)state;
	for (unsigned t = 0; t < 4000; t++) {
		struct ple_window w = { .pages = t % 2 ? 300 : 3, .io_ops = t % 2 ? 2 : 90 };

		ple_engine_observe(e, &w);
		if (t >= 2000)
			near += (e->demand.of[PLE_MEMORY][PLE_10MS].point > 250) == (t % 2 == 0);
	}
	assert_true(near > 1900);
}

static void test_root(void **state)
{
	(void)state;
	for (uint64_t r = 0; r < 70000; r++) {
		assert_int_equal(ple_sqrt(r * r), r);
		assert_int_equal(ple_sqrt(r * r + 2 * r), r);
	}
	assert_int_equal(ple_sqrt(UINT64_MAX), UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_input_gives_sane_output),
		cmocka_unit_test(test_constant_demand_is_learnt),
		cmocka_unit_test(test_alternation_is_learnt),
		cmocka_unit_test(test_quantile_is_calibrated),
		cmocka_unit_test(test_mixture_follows_the_best),
		cmocka_unit_test(test_mixture_does_not_overflow),
		cmocka_unit_test(test_members_can_be_chosen),
		cmocka_unit_test(test_bad_choices),
		cmocka_unit_test(test_last_member_loses_its_weights),
		cmocka_unit_test(test_swaps_while_running),
		cmocka_unit_test(test_heir_starts_ahead),
		cmocka_unit_test(test_kernels_give_the_same_forecast),
		cmocka_unit_test(test_features_are_bounded),
		cmocka_unit_test(test_history_is_kept_up),
		cmocka_unit_test(test_period_is_found),
		cmocka_unit_test(test_counts_are_learnt),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
