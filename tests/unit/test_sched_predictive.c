/* The policy predictive: nothing is planned without advice, fair whatever the advice is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/arith.h"
#include "sched/drp_knobs.h"
#include "sched/predictive.h"
#include "tests/unit/quiet_port.h"

#define MS	100000ull
#define WINDOW	(10 * MS)
#define SECOND	(1000 * MS)
#define TASKS	6
#define LATENCY 3 /* the first ones are latency-sensitive, the others always want the core */
#define NEVER	UINT64_MAX

static struct sched sched;
static struct sched_core core;
static struct sched_entity tasks[TASKS];
static uint64_t wake_at[TASKS], work[TASKS], run_before[TASKS];
static struct sched_fault_state faults[TASKS];
static uint64_t seed, trace_sum;
static unsigned reservations;
static unsigned sensitive = LATENCY; /* of the first ones */
static bool by_hand;		     /* who has blocked stays so until a test wakes it */

/* A record of the plan says why, and by which forecast. */
static void check_inputs(enum sched_trace_kind kind, const struct sched_entity *entity, uint64_t a,
			 uint64_t b)
{
	bool latency = entity && entity->class == SCHED_LATENCY;

	if (kind == SCHED_TRACE_RESERVE)
		assert_true(latency && a >> 32 >= drp_knobs.spike_us * MS / 1000 &&
			    a >> 32 > b >> 32);
	if (kind == SCHED_TRACE_SLICE && a >> 32 == SCHED_PLAN_GROWS)
		assert_true(latency && b >> 32 > 0 && (uint32_t)a > 0);
	if (kind == SCHED_TRACE_SLICE && a >> 32 == SCHED_PLAN_GIVES)
		assert_true(!latency);
}

static void fake_trace(const struct sched_core *on, enum sched_trace_kind kind,
		       const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	(void)on;
	check_inputs(kind, entity, a, b);
	reservations += kind == SCHED_TRACE_RESERVE;
	trace_sum = trace_sum * 31 + kind + a * 7 + b * 5 + now * 3 + (entity ? entity->id : 99);
}

static const struct sched_port port = { quiet_kick, quiet_leave, fake_trace, quiet_distance };

static uint64_t draw(uint64_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 33) % below;
}

static void boot(const char *policy)
{
	memset(&sched, 0, sizeof(sched));
	memset(&core, 0, sizeof(core));
	memset(tasks, 0, sizeof(tasks));
	memset(faults, 0, sizeof(faults));
	memset(run_before, 0, sizeof(run_before));
	trace_sum = 0;
	reservations = 0;
	assert_int_equal(sched_init(&sched, &port, MS, policy), OK);
	assert_int_equal(sched_core_init(&sched, &core, 0, 0), OK);
	for (unsigned i = 0; i < TASKS; i++) {
		struct sched_params params;

		sched_default_params(&params);
		params.class = i < sensitive ? SCHED_LATENCY : SCHED_THROUGHPUT;
		params.class_auto = false;
		assert_int_equal(sched_add(&sched, &tasks[i], i, i, &params, 0), OK);
		wake_at[i] = i < sensitive ? draw(20 * MS) : 0;
		work[i] = i < sensitive ? 0 : NEVER;
	}
}

/* A small burst every 20 ms or so, a large one now and then. */
static void new_work(unsigned i)
{
	work[i] = draw(5) ? MS + draw(MS) : 5 * MS + draw(25 * MS);
}

static void wake_due(uint64_t now)
{
	for (unsigned i = 0; i < TASKS; i++) {
		if (wake_at[i] > now)
			continue;
		wake_at[i] = NEVER;
		if (i < sensitive)
			new_work(i);
		sched_wake(&core, &tasks[i], now);
	}
}

static uint64_t next_wake(void)
{
	uint64_t next = NEVER;

	for (unsigned i = 0; i < TASKS; i++)
		next = wake_at[i] < next ? wake_at[i] : next;
	return next;
}

/* Runs what the scheduler wants up to `end`. */
static uint64_t run_until(uint64_t now, uint64_t end)
{
	while (now < end) {
		struct sched_decision d;
		uint64_t stop, ran;
		unsigned i;

		wake_due(now);
		d = sched_pick(&core, now);
		assert_non_null(d.next);
		i = d.next->id;
		stop = least(least(d.until, next_wake()), end);
		ran = least(stop - now, work[i]);
		now += ran;
		work[i] -= work[i] == NEVER ? 0 : ran;
		if (work[i])
			continue;
		assert_true(sched_block(&core, now));
		wake_at[i] = by_hand ? NEVER : now + 1 + draw(40 * MS);
	}
	sched_charge(&core, now);
	return now;
}

/* Forecasts a spike, truthfully or not, for whoever has work to do. */
static void advise(uint64_t now, enum sched_fault fault)
{
	for (unsigned i = 0; i < LATENCY; i++) {
		uint32_t wants = (uint32_t)(least(work[i], WINDOW) / 100);
		struct sched_advice advice = { .actual_us = wants };

		for (unsigned h = 0; h < SCHED_HORIZONS; h++)
			advice.cpu[h] = (struct sched_expectation) { wants, wants, wants };
		sched_break_advice(&advice, fault, &faults[i]);
		sched_advise(&core, &tasks[i], &advice, now);
	}
	sched_replan(&core, now);
}

static void check_books(void)
{
	const struct drp_books books = drp_books(&sched_predictive_core(&core)->drp);

	assert_int_equal(books.slices, books.homes);
	assert_int_equal(books.budgets, books.shares);
	assert_int_equal(core.run + core.idle + core.overhead, core.stamp - core.start);
}

/* Everybody who always wanted the core has had at least its share of this second, less 1%. */
static void check_second(void)
{
	for (unsigned i = LATENCY; i < TASKS; i++) {
		uint64_t got = tasks[i].stats.run - run_before[i];

		assert_true(got >= SECOND / TASKS - SECOND / 100);
		run_before[i] = tasks[i].stats.run;
	}
}

static void run_seconds(unsigned seconds, bool advised, enum sched_fault fault)
{
	uint64_t now = 0;

	for (unsigned window = 1; window <= seconds * 100; window++) {
		now = run_until(now, window * WINDOW);
		if (advised) {
			advise(now, fault);
			check_books();
		}
		if (window % 100 == 0)
			check_second();
	}
}

/* When everybody ran, in a number. */
static uint64_t waited(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < TASKS; i++)
		sum = sum * 31 + tasks[i].stats.wait;
	return sum;
}

/* Plans without any advice change no decision. */
static void without_advice_nothing_is_planned(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		uint64_t now = 0, first;

		seed = i;
		boot("predictive");
		run_seconds(3, false, SCHED_FAULT_NONE);
		first = waited();
		seed = i;
		boot("predictive");
		for (unsigned window = 1; window <= 300; window++) {
			now = run_until(now, window * WINDOW);
			sched_replan(&core, now);
		}
		assert_int_equal(waited(), first);
	}
}

/* Wakes the first task for `length` ticks at once, and lets time pass to the end of the window. */
static uint64_t burst(uint64_t now, uint64_t length)
{
	work[0] = length;
	sched_wake(&core, &tasks[0], now);
	return run_until(now, now + WINDOW);
}

/* As long as nobody of the latency class falls short there is no need for forecasts. */
static void forecasts_rest_while_nobody_falls_short(void **state)
{
	uint64_t now = 0;

	(void)state;
	sensitive = 1;
	by_hand = true;
	boot("predictive");
	wake_at[0] = NEVER;
	for (unsigned window = 0; window < 100; window++) {
		now = burst(now, MS);
		assert_false(sched_needs_advice(&core, now));
	}
	now = burst(now, SECOND); /* a share is a sixth, so this falls short for long */
	assert_false(sched_needs_advice(&core, now));
	now = run_until(now, now + SECOND);
	assert_true(sched_needs_advice(&core, now));
	now = run_until(now, now + 10 * SECOND);
	assert_int_equal(work[0], 0);
	assert_false(sched_needs_advice(&core, now));
	by_hand = false;
	sensitive = LATENCY;
}

/* Who is not forecast any more keeps no reservation by what was said last. */
static void old_advice_says_nothing(void **state)
{
	const struct drp_account *a;
	uint64_t now = 0;

	(void)state;
	seed = 7;
	boot("predictive");
	for (unsigned window = 1; window <= 1000 && !reservations; window++) {
		now = run_until(now, window * WINDOW);
		advise(now, SCHED_FAULT_NONE);
	}
	assert_true(reservations > 0);
	for (unsigned i = 0; i < 20; i++) {
		now = run_until(now, now + WINDOW);
		sched_replan(&core, now);
	}
	for (unsigned k = 0; k < LATENCY; k++) {
		a = sched_predictive_account(&tasks[k]);
		assert_true(!a || (!a->trusted && !a->reserved));
	}
}

static void shares_hold_whatever_is_forecast(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (unsigned fault = 0; fault < SCHED_FAULTS; fault++)
		for (unsigned i = 0; i < 8; i++) {
			seed = 100 * fault + i;
			boot("predictive");
			run_seconds(10, true, (enum sched_fault)fault);
			seen += reservations;
		}
	assert_true(seen > 100);
}

static void believe(struct sched_entity *entity, uint64_t now)
{
	((struct predictive_entity *)entity->data)->advised = now;
	((struct predictive_core *)core.data)->advised = true;
}

/* Nobody asks whether the forecast is any good, and all of them say: a spike, now. */
static void shares_hold_even_if_every_forecast_is_believed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		uint64_t now = 0;

		seed = i;
		boot("predictive");
		for (unsigned window = 1; window <= 1000; window++) {
			now = run_until(now, window * WINDOW);
			for (unsigned k = 0; k < LATENCY; k++) {
				struct drp_account *a =
					(struct drp_account *)sched_predictive_account(&tasks[k]);

				if (!a)
					continue;
				a->trusted = true;
				believe(&tasks[k], now);
				a->actual = a->demand = (uint32_t)draw(WINDOW);
				a->need = (uint32_t)draw(5 * WINDOW);
			}
			sched_replan(&core, now);
			check_books();
			if (window % 100 == 0)
				check_second();
		}
		assert_true(reservations > 0);
	}
}

static void a_change_of_policy_keeps_nobody_waiting(void **state)
{
	uint64_t now = 0;

	(void)state;
	seed = 1;
	boot("predictive");
	for (unsigned i = 1; i <= 20; i++) {
		now = run_until(now, i * 5 * WINDOW);
		if (sched_wants_advice(&sched))
			advise(now, SCHED_FAULT_NONE);
		assert_int_equal(sched_set_policy(&sched, i % 2 ? "credit" : "predictive", now),
				 OK);
	}
	for (unsigned i = 0; i < TASKS; i++)
		assert_true(tasks[i].stats.run > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_advice_nothing_is_planned),
		cmocka_unit_test(forecasts_rest_while_nobody_falls_short),
		cmocka_unit_test(old_advice_says_nothing),
		cmocka_unit_test(shares_hold_whatever_is_forecast),
		cmocka_unit_test(shares_hold_even_if_every_forecast_is_believed),
		cmocka_unit_test(a_change_of_policy_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
