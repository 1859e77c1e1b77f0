/* Virtual time: shares by weight, sums that stay exact, credit that cannot be hoarded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sched/share.h"

#define MEMBERS 5

static uint64_t seed = 7;

static uint32_t random_u32(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33);
}

/* The weighted sum of all lags is minus the rest of the clock, by definition of the average. */
static void assert_sum_exact(const struct sched_share_clock *clock,
			     const struct sched_share *shares)
{
	int64_t sum = 0;
	uint64_t weight = 0;

	for (unsigned i = 0; i < MEMBERS; i++) {
		if (!shares[i].member)
			continue;
		sum += sched_share_lag(clock, &shares[i]) * (int64_t)shares[i].weight;
		weight += shares[i].weight;
	}
	assert_int_equal(weight, clock->weight);
	if (weight)
		assert_int_equal(sum, -(int64_t)clock->rest);
}

static void lags_sum_to_zero_exactly(void **state)
{
	static const uint32_t weights[MEMBERS] = { 1, 7, 256, 1000, 65535 };
	struct sched_share shares[MEMBERS] = { 0 };
	struct sched_share_clock clock = { 0 };

	(void)state;
	for (unsigned step = 0; step < 100000; step++) {
		unsigned i = random_u32() % MEMBERS;

		shares[i].weight = weights[i];
		if (!shares[i].member)
			sched_share_join(&clock, &shares[i], 3000000);
		else if (random_u32() % 4 == 0)
			sched_share_leave(&clock, &shares[i]);
		else
			sched_share_charge(&clock, &shares[i], random_u32() % 3000000);
		assert_sum_exact(&clock, shares);
	}
}

static void least_served_first_gives_shares_by_weight(void **state)
{
	static const uint32_t weights[3] = { 100, 200, 400 };
	struct sched_share shares[3] = { 0 };
	struct sched_share_clock clock = { 0 };
	uint64_t got[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		shares[i].weight = weights[i];
		sched_share_join(&clock, &shares[i], 0);
	}
	for (unsigned step = 0; step < 7000; step++) {
		unsigned next = 0;

		for (unsigned i = 1; i < 3; i++)
			if (shares[i].time < shares[next].time)
				next = i;
		sched_share_charge(&clock, &shares[next], 1000);
		got[next] += 1000;
	}
	assert_in_range(got[0], 999000, 1001000);
	assert_in_range(got[1], 1999000, 2001000);
	assert_in_range(got[2], 3998000, 4002000);
}

static void saved_credit_is_limited(void **state)
{
	struct sched_share sleeper = { .weight = 256 }, hog = { .weight = 256 };
	struct sched_share_clock clock = { 0 };

	(void)state;
	sched_share_join(&clock, &hog, 0);
	sched_share_charge(&clock, &hog, 1000000000);
	sched_share_join(&clock, &sleeper, 5000);
	/* 5,000 behind the clock as it was; joining moves the average half of the way */
	assert_int_equal(hog.time - sleeper.time, 5000);
	assert_int_equal(sched_share_credit(&clock, &sleeper), 2500);
	assert_int_equal(sched_share_credit(&clock, &hog), -2500);
}

static void debt_survives_sleep(void **state)
{
	struct sched_share a = { .weight = 256 }, b = { .weight = 256 };
	struct sched_share_clock clock = { 0 };

	(void)state;
	sched_share_join(&clock, &a, 0);
	sched_share_join(&clock, &b, 0);
	sched_share_charge(&clock, &a, 1000);
	sched_share_leave(&clock, &a);
	sched_share_charge(&clock, &b, 300);
	sched_share_join(&clock, &a, 0);
	assert_int_equal(a.time - b.time, 700);
}

static void moving_compares_clocks_by_their_offsets(void **state)
{
	struct sched_share share = { .time = 5000, .weight = 256 };
	struct sched_share_clock from = { .time = 5100, .offset = 40 };
	struct sched_share_clock to = { .time = 5300, .offset = 10, .weight = 256 };

	(void)state;
	sched_share_move(&from, &to, &share, 1000000);
	assert_int_equal(share.time, 5030); /* 5,040 in the time that cores have in common */
	assert_int_equal(sched_share_lag(&to, &share), 270);
}

static void moved_debt_is_limited(void **state)
{
	struct sched_share share = { .time = 900000, .weight = 512 };
	struct sched_share_clock from = { .time = 900000 };
	struct sched_share_clock to = { .time = 1000, .weight = 256 };

	(void)state;
	sched_share_move(&from, &to, &share, 200);
	assert_int_equal(share.time, 1100); /* 200 ticks at weight 512 */
}

static void gaps_are_in_common_time(void **state)
{
	struct sched_share_clock slow = { .time = 1000 }, fast = { .time = 9000, .offset = 5 };

	(void)state;
	assert_int_equal(sched_share_gap(&slow, &fast), 8005);
	sched_share_shift(&slow, 7505);
	assert_int_equal(sched_share_gap(&slow, &fast), 500);
	sched_share_shift(&fast, -5);
	assert_int_equal(sched_share_gap(&fast, &slow), -495);
}

static void the_clock_is_about_members_only(void **state)
{
	struct sched_share_clock clock = { .time = 1000 };
	struct sched_share member = { .time = 1000, .weight = 256 };
	struct sched_share apart = { .time = 400, .weight = 256 };

	(void)state;
	sched_share_join(&clock, &member, 0);
	sched_share_limit(&apart, sched_share_time(&clock), 500);
	assert_int_equal(apart.time, 500);
	sched_share_charge(&clock, &apart, 300);
	assert_int_equal(apart.time, 800);
	assert_int_equal(clock.time, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lags_sum_to_zero_exactly),
		cmocka_unit_test(least_served_first_gives_shares_by_weight),
		cmocka_unit_test(saved_credit_is_limited),
		cmocka_unit_test(debt_survives_sleep),
		cmocka_unit_test(moving_compares_clocks_by_their_offsets),
		cmocka_unit_test(moved_debt_is_limited),
		cmocka_unit_test(gaps_are_in_common_time),
		cmocka_unit_test(the_clock_is_about_members_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
