/* Dynamic resource partitioning: the rules, and that nothing is made or lost whatever comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/drp.h"
#include "sched/drp_knobs.h"
#include "sched/trust.h"

#define MS	100000u
#define WINDOW	(10 * MS)
#define HOGS	3
#define EVENTS	5
#define SPIKE	(8 * MS)
#define RESERVE (5 * MS) /* budget without reservations */

static struct drp drp;
static struct drp_rules rules;
static unsigned events[EVENTS];
static enum drp_end last_end;
static uint64_t now;

static void note(void *context, enum drp_event event, unsigned account, uint64_t a, uint64_t b)
{
	(void)context, (void)account, (void)a;
	events[event]++;
	if (event == DRP_RELEASE)
		last_end = (enum drp_end)b;
}

static const struct drp_listener listener = { note, NULL };

static struct drp_account *open_account(uint32_t id, bool latency)
{
	int i = drp_open(&drp);
	struct drp_account *a = &drp.account[i];

	assert_true(i >= 0);
	a->id = id;
	a->weight = 256;
	a->home = a->slice = 5 * MS;
	a->min = 1 * MS;
	a->max = 20 * MS;
	a->latency = a->trusted = latency;
	a->share = a->budget = a->level = latency ? RESERVE : 0;
	return a;
}

static int set_up(void **state)
{
	(void)state;
	memset(&drp, 0, sizeof(drp));
	memset(events, 0, sizeof(events));
	now = 1000 * MS;
	rules = (struct drp_rules) {
		.scale = 100,
		.spike = 2 * MS,
		.floor = 25,
		.grace = 50 * MS,
		.weight = 5 * 256,
	};
	return 0;
}

static void plan(void)
{
	struct drp_books books;

	now += WINDOW;
	drp_plan(&drp, &rules, &listener, now);
	books = drp_books(&drp);
	assert_int_equal(books.slices, books.homes);
	assert_int_equal(books.budgets, books.shares);
}

static void foresee(struct drp_account *a, uint32_t demand)
{
	a->demand = demand;
	a->need = 5 * demand;
}

/* ---- Slices ---- */

static void slice_grows_by_scaled_demand_and_others_give_half(void **state)
{
	struct drp_account *lat = open_account(0, true);
	struct drp_account *hog[HOGS];

	(void)state;
	for (unsigned i = 0; i < HOGS; i++)
		hog[i] = open_account(1 + i, false);
	foresee(lat, 6 * MS);
	plan();
	assert_int_equal(lat->slice, 11 * MS);
	for (unsigned i = 0; i < HOGS; i++)
		assert_int_equal(hog[i]->slice, 2 * MS);
	assert_int_equal(drp.reserve, 3 * MS); /* three halves are more than the whole */
}

static void scale_counts(void **state)
{
	struct drp_account *lat = open_account(0, true);

	(void)state;
	open_account(1, false);
	open_account(2, false);
	rules.scale = 50;
	foresee(lat, 4 * MS);
	plan();
	assert_int_equal(lat->slice, 7 * MS);
}

static void nobody_falls_below_its_minimum_and_only_what_was_given_is_gained(void **state)
{
	struct drp_account *lat = open_account(0, true), *hog = open_account(1, false);

	(void)state;
	hog->min = 4 * MS;
	foresee(lat, SPIKE);
	plan();
	assert_int_equal(hog->slice, 4 * MS);
	assert_int_equal(lat->slice, 6 * MS);
}

static void slice_is_clamped_to_its_maximum(void **state)
{
	struct drp_account *lat = open_account(0, true);

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		open_account(1 + i, false);
	lat->max = 9 * MS;
	foresee(lat, 10 * MS);
	plan();
	assert_int_equal(lat->slice, 9 * MS);
}

static void throughput_and_distrusted_reserve_nothing(void **state)
{
	struct drp_account *lat = open_account(0, true), *hog = open_account(1, false);

	(void)state;
	foresee(lat, SPIKE);
	foresee(hog, SPIKE);
	lat->trusted = false;
	hog->trusted = true;
	plan();
	assert_int_equal(events[DRP_RESERVE], 0);
	assert_int_equal(lat->slice, lat->home);
	assert_int_equal(hog->slice, hog->home);
}

/* ---- Reservations ---- */

static void reservation_is_released_after_the_grace_period(void **state)
{
	struct drp_account *lat = open_account(0, true), *hog = open_account(1, false);

	(void)state;
	foresee(lat, SPIKE);
	plan();
	assert_true(lat->reserved && hog->slice < hog->home);
	for (unsigned i = 0; i < 4; i++) {
		plan();
		assert_true(lat->reserved);
	}
	plan();
	assert_false(lat->reserved);
	assert_int_equal(last_end, DRP_END_MISSED);
	assert_int_equal(hog->slice, hog->home);
	assert_int_equal(lat->slice, lat->home);
}

static void each_miss_bars_for_twice_as_long(void **state)
{
	struct drp_account *lat = open_account(0, true);
	uint64_t barred = 0;

	(void)state;
	foresee(lat, SPIKE);
	for (unsigned misses = 1; misses <= 4; misses++) {
		do
			plan();
		while (drp.missed < misses);
		assert_int_equal(lat->barred - now, rules.grace << (misses - 1));
		assert_true(lat->barred > barred);
		barred = lat->barred;
	}
}

static void reservation_stands_as_long_as_the_spike(void **state)
{
	struct drp_account *lat = open_account(0, true);

	(void)state;
	foresee(lat, SPIKE);
	plan();
	lat->actual = SPIKE;
	for (unsigned i = 0; i < 20; i++) {
		plan();
		assert_true(lat->reserved);
	}
	lat->actual = 0;
	foresee(lat, 0);
	for (unsigned i = 0; i < 5; i++)
		plan();
	assert_false(lat->reserved);
	assert_int_equal(last_end, DRP_END_DONE);
	assert_int_equal(events[DRP_RESERVE], 1);
}

static void distrust_ends_a_reservation_at_once(void **state)
{
	struct drp_account *lat = open_account(0, true), *other = open_account(1, true);

	(void)state;
	foresee(lat, SPIKE);
	plan();
	assert_true(lat->budget > lat->share);
	lat->trusted = false;
	plan();
	assert_false(lat->reserved);
	assert_int_equal(last_end, DRP_END_TRUST);
	assert_int_equal(lat->budget, lat->share);
	assert_int_equal(other->budget, other->share);
}

/* ---- Burst budgets ---- */

static void budget_comes_from_who_does_not_need_it(void **state)
{
	struct drp_account *lat = open_account(0, true), *idle = open_account(1, true);
	struct drp_account *busy = open_account(2, true);

	(void)state;
	foresee(lat, SPIKE);
	busy->need = RESERVE;
	plan();
	assert_int_equal(idle->budget, RESERVE / 4); /* its floor */
	assert_int_equal(busy->budget, RESERVE);
	assert_int_equal(lat->budget, RESERVE + RESERVE * 3 / 4);
	assert_int_equal(lat->level, lat->budget);
	assert_int_equal(events[DRP_SWAP], 1);
}

static void budgets_swap_when_forecasts_cross(void **state)
{
	struct drp_account *a = open_account(0, true), *b = open_account(1, true);

	(void)state;
	foresee(a, SPIKE);
	plan();
	assert_true(a->budget > b->budget);
	foresee(a, 0);
	a->trusted = false; /* its reservation ends now, not after the grace period */
	plan();
	a->trusted = true;
	foresee(b, SPIKE);
	plan();
	assert_true(b->budget > a->budget);
}

static void spent_budget_is_not_given_away(void **state)
{
	struct drp_account *lat = open_account(0, true), *spender = open_account(1, true);

	(void)state;
	rules.weight = 1000000; /* refills slowly */
	plan();
	drp_spend(&drp, spender, 2 * RESERVE);
	assert_int_equal(spender->level, 0);
	foresee(lat, SPIKE);
	plan();
	assert_int_equal(lat->budget, lat->share);
}

static void buckets_refill_at_the_share_of_the_core(void **state)
{
	struct drp_account *lat = open_account(0, true);

	(void)state;
	plan();
	drp_spend(&drp, lat, RESERVE);
	plan();
	assert_int_equal(lat->level, WINDOW / 5);
	for (unsigned i = 0; i < 10; i++)
		plan();
	assert_int_equal(lat->level, RESERVE);
}

static void budget_is_set_aside_until_the_spike_comes(void **state)
{
	struct drp_account *lat = open_account(0, true), *other = open_account(1, true);

	(void)state;
	foresee(lat, SPIKE);
	lat->need = 4 * MS;
	plan();
	assert_int_equal(drp_set_aside(&drp, other), 4 * MS);
	assert_int_equal(drp_set_aside(&drp, lat), 0);
	drp_spend(&drp, lat, 1 * MS);
	assert_int_equal(drp_set_aside(&drp, other), 3 * MS);
	lat->actual = SPIKE;
	plan();
	assert_true(lat->reserved && lat->came);
	assert_int_equal(drp_set_aside(&drp, other), 0);
}

static void what_is_set_aside_goes_with_its_account(void **state)
{
	struct drp_account *lat = open_account(0, true), *other = open_account(1, true);

	(void)state;
	foresee(lat, SPIKE);
	plan();
	assert_true(drp_set_aside(&drp, other) > 0);
	drp_close(&drp, 0);
	assert_int_equal(drp_set_aside(&drp, other), 0);
}

static void slices_are_shortened_by_what_the_least_shortened_has_lost(void **state)
{
	struct drp_account *lat = open_account(0, true), *hog = open_account(1, false);

	(void)state;
	assert_int_equal(drp_shortened(&drp), 0);
	open_account(2, false);
	hog->min = 4 * MS;
	foresee(lat, SPIKE);
	plan();
	assert_int_equal(hog->slice, 4 * MS);
	assert_int_equal(drp_shortened(&drp), 1 * MS);
}

static void steady_demand_is_no_spike(void **state)
{
	struct drp_account *lat = open_account(0, true);

	(void)state;
	lat->actual = 5 * MS;
	for (unsigned i = 0; i < 300; i++)
		plan();
	foresee(lat, 5 * MS);
	plan();
	assert_false(lat->reserved);
	foresee(lat, 9 * MS);
	plan();
	assert_true(lat->reserved);
}

/* ---- Whatever comes in ---- */

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((seed >> 33) % below);
}

static void randomise(struct drp_account *a)
{
	a->latency = draw(8) ? a->latency : !a->latency;
	a->trusted = draw(4) != 0;
	a->actual = draw(3) ? draw(10 * MS) : 0;
	a->demand = draw(10) ? draw(10 * MS) : draw(UINT32_MAX / 2);
	a->need = draw(10) ? draw(50 * MS) : draw(UINT32_MAX / 2);
	drp_spend(&drp, a, draw(4) ? 0 : draw(20 * MS));
	if (draw(50) == 0) {
		a->min = 1 + draw(5 * MS);
		a->home = a->min + draw(5 * MS);
		a->max = a->home + draw(20 * MS);
	}
	if (draw(20) == 0 && a->latency && !drp_moved(a))
		a->share = a->budget = draw(20 * MS);
	if (a->level > a->budget)
		a->level = a->budget;
}

static uint64_t levels(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < DRP_ACCOUNTS; i++)
		sum += drp.account[i].level;
	return sum;
}

/* Buckets gain no more than the time that has passed, by weight. */
static void check_accounts(uint64_t levels_before)
{
	uint64_t weight = 0;

	for (unsigned i = 0; i < DRP_ACCOUNTS; i++) {
		const struct drp_account *a = &drp.account[i];

		if (!a->used)
			continue;
		weight += a->weight;
		assert_in_range(a->slice, a->latency ? a->home : a->min, a->max);
		assert_true(a->latency || a->slice <= a->home);
		assert_true(a->level <= a->budget);
		assert_true(!a->reserved || (a->latency && a->trusted));
	}
	assert_true(levels() <= levels_before + WINDOW * weight / rules.weight);
}

static void nothing_is_made_or_lost(void **state)
{
	(void)state;
	for (seed = 1; seed < 400; seed++) {
		uint64_t first = seed;

		set_up(NULL);
		rules.weight = DRP_ACCOUNTS * 256;
		rules.scale = draw(400);
		rules.floor = draw(101);
		for (unsigned i = 0, n = 1 + draw(DRP_ACCOUNTS); i < n; i++)
			open_account(i, draw(2));
		for (unsigned round = 0; round < 60; round++) {
			uint64_t before;

			for (unsigned i = 0; i < DRP_ACCOUNTS; i++)
				if (drp.account[i].used)
					randomise(&drp.account[i]);
			if (draw(10) == 0)
				drp_close(&drp, draw(DRP_ACCOUNTS));
			before = levels();
			plan();
			check_accounts(before);
		}
		seed = first;
	}
}

static void accounts_run_out_and_come_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DRP_ACCOUNTS; i++)
		assert_int_equal(drp_open(&drp), i);
	assert_int_equal(drp_open(&drp), -1);
	drp_close(&drp, 17);
	assert_int_equal(drp_open(&drp), 17);
}

/* ---- Trust ---- */

static const struct sched_trust_rules trust_rules = { 100, 115, 9000 };

static void observe(struct sched_trust *trust, uint32_t actual, uint32_t next)
{
	struct sched_advice advice = { .actual_us = actual };

	advice.cpu[SCHED_10MS].point = next;
	sched_trust_observe(trust, &advice, &trust_rules);
}

/* A spike every eighth window. */
static uint32_t wave(unsigned window)
{
	return window % 8 == 0 ? 8000 : 500;
}

static void good_forecasts_win_trust_and_bad_ones_lose_it(void **state)
{
	struct sched_trust trust = { 0 };
	unsigned w = 0;

	(void)state;
	for (; w < SCHED_TRUST_AFTER; w++) {
		assert_false(trust.trusted);
		observe(&trust, wave(w), wave(w + 1));
	}
	assert_true(trust.trusted);
	for (; w < 200; w++)
		observe(&trust, wave(w), 10000 - wave(w + 1));
	assert_false(trust.trusted);
	assert_int_equal(trust.reason, SCHED_TRUST_LOSES);
	for (; w < 1000; w++)
		observe(&trust, wave(w), wave(w + 1));
	assert_true(trust.trusted);
}

static void waiting_too_long_too_often_takes_it_out_for_a_while(void **state)
{
	struct sched_advice advice = { .actual_us = 9500, .wait_us = 9500 };
	struct sched_trust trust = { 0 };
	unsigned w;

	(void)state;
	advice.cpu[SCHED_10MS].point = 9500;
	for (w = 0; w < 50; w++)
		sched_trust_observe(&trust, &advice, &trust_rules);
	assert_int_equal(trust.reason, SCHED_TRUST_GUARD);
	advice.wait_us = 0;
	for (w = 0; w < SCHED_GUARD_WINDOWS; w++)
		sched_trust_observe(&trust, &advice, &trust_rules);
	assert_true(trust.trusted);
}

static void broken_forecasts_are_what_they_are_called(void **state)
{
	struct sched_fault_state stuck = { 0 }, late = { 0 }, random = { 0 };

	(void)state;
	for (uint32_t w = 1; w < 100; w++) {
		struct sched_advice a = { .actual_us = w, .cpu = { { w, w, w } } }, b = a, c = a;

		sched_break_advice(&a, SCHED_FAULT_STUCK, &stuck);
		assert_int_equal(a.cpu[0].point, 1);
		sched_break_advice(&b, SCHED_FAULT_LATE, &late);
		assert_int_equal(b.cpu[0].point,
				 w > SCHED_LATE_WINDOWS ? w - SCHED_LATE_WINDOWS : 0);
		sched_break_advice(&c, SCHED_FAULT_RANDOM, &random);
		assert_in_range(c.cpu[0].high, 0, 10000);
		assert_int_equal(c.actual_us, w);
	}
}

static void another_fault_begins_anew(void **state)
{
	struct sched_fault_state fault = { 0 };

	(void)state;
	for (uint32_t w = 1; w < 30; w++) {
		struct sched_advice a = { .cpu = { { w, w, w } } };

		sched_break_advice(&a, w < 20 ? SCHED_FAULT_LATE : SCHED_FAULT_STUCK, &fault);
		assert_int_equal(a.cpu[0].point, w >= 20		  ? 20
						 : w > SCHED_LATE_WINDOWS ? w - SCHED_LATE_WINDOWS
									  : 0);
	}
}

static char why[80];

static enum error set_knob(const char *key, uint64_t value)
{
	return drp_knob_set(drp_knob_find(key), value, why, sizeof(why));
}

static void knobs_are_checked(void **state)
{
	(void)state;
	assert_int_equal(set_knob("grace_ms", 70), OK);
	assert_int_equal(drp_knobs.grace_ms, 70);
	assert_int_equal(set_knob("grace_ms", 50), OK);
	assert_int_equal(set_knob("scale", 1001), ERR_RANGE);
	assert_string_equal(why, "is not within 0..1000");
	assert_int_equal(set_knob("scale", 1ull << 32), ERR_RANGE);
	assert_int_equal(drp_knobs.scale, 100);
	assert_null(drp_knob_find("nonsense"));
}

/* Each is in its own range, but they make no sense together. */
static void knobs_that_contradict_others_are_refused(void **state)
{
	const struct drp_knobs before = drp_knobs;

	(void)state;
	assert_int_equal(set_knob("min_slice_us", before.max_slice_us + 1), ERR_RANGE);
	assert_string_equal(why, "would be more than max_slice_us, which is 8500");
	assert_int_equal(set_knob("max_slice_us", before.min_slice_us - 1), ERR_RANGE);
	assert_string_equal(why, "would be less than min_slice_us, which is 1000");
	assert_int_equal(set_knob("trust_on", before.trust_off + 1), ERR_RANGE);
	assert_int_equal(set_knob("trust_off", before.trust_on - 1), ERR_RANGE);
	assert_int_equal(set_knob("horizon_ms", 30), ERR_RANGE);
	assert_memory_equal(&drp_knobs, &before, sizeof(before));
	assert_int_equal(set_knob("min_slice_us", before.max_slice_us), OK);
	assert_int_equal(set_knob("horizon_ms", 20), OK);
	drp_knobs = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slice_grows_by_scaled_demand_and_others_give_half, set_up),
		cmocka_unit_test_setup(scale_counts, set_up),
		cmocka_unit_test_setup(
			nobody_falls_below_its_minimum_and_only_what_was_given_is_gained, set_up),
		cmocka_unit_test_setup(slice_is_clamped_to_its_maximum, set_up),
		cmocka_unit_test_setup(throughput_and_distrusted_reserve_nothing, set_up),
		cmocka_unit_test_setup(reservation_is_released_after_the_grace_period, set_up),
		cmocka_unit_test_setup(each_miss_bars_for_twice_as_long, set_up),
		cmocka_unit_test_setup(reservation_stands_as_long_as_the_spike, set_up),
		cmocka_unit_test_setup(distrust_ends_a_reservation_at_once, set_up),
		cmocka_unit_test_setup(budget_comes_from_who_does_not_need_it, set_up),
		cmocka_unit_test_setup(budgets_swap_when_forecasts_cross, set_up),
		cmocka_unit_test_setup(spent_budget_is_not_given_away, set_up),
		cmocka_unit_test_setup(buckets_refill_at_the_share_of_the_core, set_up),
		cmocka_unit_test_setup(budget_is_set_aside_until_the_spike_comes, set_up),
		cmocka_unit_test_setup(what_is_set_aside_goes_with_its_account, set_up),
		cmocka_unit_test_setup(slices_are_shortened_by_what_the_least_shortened_has_lost,
				       set_up),
		cmocka_unit_test_setup(steady_demand_is_no_spike, set_up),
		cmocka_unit_test_setup(nothing_is_made_or_lost, set_up),
		cmocka_unit_test_setup(accounts_run_out_and_come_back, set_up),
		cmocka_unit_test(good_forecasts_win_trust_and_bad_ones_lose_it),
		cmocka_unit_test(waiting_too_long_too_often_takes_it_out_for_a_while),
		cmocka_unit_test(broken_forecasts_are_what_they_are_called),
		cmocka_unit_test(another_fault_begins_anew),
		cmocka_unit_test(knobs_are_checked),
		cmocka_unit_test(knobs_that_contradict_others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
