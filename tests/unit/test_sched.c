/*
 * The scheduler's contract with its user, step by step: states, wake-ups in every state, books of
 * time, work between cores, parameters, removal, change of policy. Runs every policy through the
 * parts that do not depend on the policy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "sched/sched.h"
#include "tests/unit/quiet_port.h"

#define MS    100000ull
#define CORES 4
#define TASKS 8

static struct sched sched;
static struct sched_core cores[CORES];
static struct sched_entity tasks[TASKS];
static unsigned kicks[CORES];
static unsigned leaves;

static void fake_kick(unsigned core)
{
	kicks[core]++;
}

static void fake_leave(struct sched_entity *entity)
{
	(void)entity;
	leaves++;
}

static const struct sched_port port = { fake_kick, fake_leave, quiet_trace, quiet_distance };

static void boot(const char *policy, unsigned count)
{
	memset(&sched, 0, sizeof(sched));
	memset(cores, 0, sizeof(cores));
	memset(tasks, 0, sizeof(tasks));
	memset(kicks, 0, sizeof(kicks));
	leaves = 0;
	assert_int_equal(sched_init(&sched, &port, MS, policy), OK);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(sched_core_init(&sched, &cores[i], i / 2, 0), OK);
}

static struct sched_params defaults(void)
{
	struct sched_params params;

	sched_default_params(&params);
	return params;
}

static struct sched_params pinned(unsigned core)
{
	struct sched_params params = defaults();

	memset(&params.affinity, 0, sizeof(params.affinity));
	sched_mask_add(&params.affinity, core);
	return params;
}

static struct sched_entity *add(unsigned id, const struct sched_params *params)
{
	assert_int_equal(sched_add(&sched, &tasks[id], id, id, params, 0), OK);
	return &tasks[id];
}

static void for_every_policy(void (*check)(void))
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++) {
		boot(sched_policy_name(policies[i]), 1);
		check();
	}
}

static void check_idle_then_run_then_block(void)
{
	struct sched_params params = defaults();
	struct sched_entity *a = add(0, &params);
	struct sched_decision d = sched_pick(&cores[0], 10);

	assert_null(d.next);
	assert_true(sched_idle_ok(&cores[0]));
	assert_int_equal(sched_wake(&cores[0], a, 100), SCHED_WAKE_PREEMPT);
	assert_false(sched_idle_ok(&cores[0]));
	d = sched_pick(&cores[0], 110);
	assert_ptr_equal(d.next, a);
	assert_true(d.until > 110);
	assert_int_equal(sched_state_of(a), SCHED_RUNNING);
	sched_overhead(&cores[0], 120);
	assert_true(sched_block(&cores[0], 500));
	assert_int_equal(sched_state_of(a), SCHED_BLOCKED);
	assert_null(sched_pick(&cores[0], 510).next);
	assert_int_equal(cores[0].idle, 110 + 10);
	assert_int_equal(cores[0].overhead, 10);
	assert_int_equal(cores[0].run, 380);
	assert_int_equal(a->stats.run, 380);
	assert_int_equal(a->stats.wait, 10);
	assert_int_equal(a->stats.wake_wait_max, 10);
}

static void idle_run_block(void **state)
{
	(void)state;
	for_every_policy(check_idle_then_run_then_block);
}

static void check_wake_while_running(void)
{
	struct sched_params params = defaults();
	struct sched_entity *a = add(0, &params);

	sched_wake(&cores[0], a, 0);
	assert_ptr_equal(sched_pick(&cores[0], 0).next, a);
	assert_int_equal(sched_wake(&cores[0], a, 5), SCHED_WAKE_IGNORED);
	assert_false(sched_block(&cores[0], 10));
	assert_int_equal(sched_state_of(a), SCHED_RUNNING);
	assert_true(sched_block(&cores[0], 20));
	assert_int_equal(a->stats.wakeups, 1);
}

static void wake_while_running_is_not_lost(void **state)
{
	(void)state;
	for_every_policy(check_wake_while_running);
}

static void check_yield_alternates(void)
{
	struct sched_params params = defaults();
	struct sched_entity *last;

	sched_wake(&cores[0], add(0, &params), 0);
	sched_wake(&cores[0], add(1, &params), 0);
	last = sched_pick(&cores[0], 0).next;
	for (uint64_t now = 100; now < 2000; now += 100) {
		struct sched_entity *next;

		sched_yield_current(&cores[0]);
		next = sched_pick(&cores[0], now).next;
		assert_ptr_not_equal(next, last);
		last = next;
	}
}

/* The lottery of the template promises shares in the long run only. */
static void for_orderly_policies(void (*check)(void))
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++) {
		if (strcmp(sched_policy_name(policies[i]), "example") == 0)
			continue;
		boot(sched_policy_name(policies[i]), 1);
		check();
	}
}

static void yield_goes_to_the_other(void **state)
{
	(void)state;
	for_orderly_policies(check_yield_alternates);
}

static void check_removal_anywhere(void)
{
	struct sched_params params = defaults();

	for (unsigned i = 0; i < 3; i++)
		add(i, &params);
	sched_wake(&cores[0], &tasks[0], 0);
	sched_wake(&cores[0], &tasks[1], 0);
	sched_pick(&cores[0], 0);
	for (unsigned i = 0; i < 3; i++)
		if (!sched_remove(&cores[0], &tasks[i], 10))
			sched_pick(&cores[0], 10);
	for (unsigned i = 0; i < 3; i++) {
		assert_true(sched_is_gone(&tasks[i]));
		assert_int_equal(sched_wake(&cores[0], &tasks[i], 20), SCHED_WAKE_IGNORED);
		sched_forget(&tasks[i]);
	}
	assert_null(sched_pick(&cores[0], 30).next);
	assert_int_equal(cores[0].waiting, 0);
	assert_int_equal(sched.entities, 0);
}

static void removal_in_every_state(void **state)
{
	(void)state;
	for_every_policy(check_removal_anywhere);
}

static void check_slices_end(void)
{
	struct sched_params params = defaults();
	uint64_t now = 0;

	for (unsigned i = 0; i < 4; i++)
		sched_wake(&cores[0], add(i, &params), 0);
	while (now < 4000 * MS) {
		struct sched_decision d = sched_pick(&cores[0], now);

		assert_non_null(d.next);
		assert_true(d.until > now && d.until - now <= 30 * MS);
		now = d.until;
	}
	sched_charge(&cores[0], now);
	for (unsigned i = 0; i < 4; i++)
		assert_in_range(tasks[i].stats.run, 960 * MS, 1040 * MS);
	assert_int_equal(cores[0].run + cores[0].idle + cores[0].overhead, now);
}

static void hogs_share_equally(void **state)
{
	(void)state;
	for_orderly_policies(check_slices_end);
}

static void policy_changes_keep_everybody(void **state)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);
	struct sched_params params = defaults();
	uint64_t now = 0;

	(void)state;
	boot("rr", 1);
	for (unsigned i = 0; i < 5; i++)
		sched_wake(&cores[0], add(i, &params), 0);
	for (unsigned round = 0; round < 3 * count; round++) {
		for (unsigned i = 0; i < 40; i++)
			now = sched_pick(&cores[0], now).until;
		assert_int_equal(
			sched_set_policy(&sched, sched_policy_name(policies[round % count]), now),
			OK);
		assert_null(cores[0].current);
		assert_int_equal(cores[0].waiting, 5);
	}
	assert_int_equal(sched_set_policy(&sched, "no-such", now), ERR_NOT_FOUND);
	sched_charge(&cores[0], now);
	assert_int_equal(cores[0].run, now);
	for (unsigned i = 0; i < 5; i++)
		assert_in_range(tasks[i].stats.run, now / 5 - now / 20, now / 5 + now / 20);
}

static void wake_goes_to_an_idle_core(void **state)
{
	struct sched_params params = defaults();
	struct sched_entity *a, *b;

	(void)state;
	boot("credit", 2);
	a = add(0, &params);
	add(1, &params);
	b = add(2, &params); /* starts on core 0 too */
	sched_pick(&cores[0], 0);
	sched_pick(&cores[1], 0);
	assert_int_equal(sched_wake(&cores[0], a, 1), SCHED_WAKE_PREEMPT);
	assert_ptr_equal(sched_pick(&cores[0], 2).next, a);
	assert_int_equal(sched_wake(&cores[0], b, 3), SCHED_WAKE_QUEUED);
	assert_int_equal(kicks[1], 1);
	assert_false(sched_idle_ok(&cores[1]));
	assert_ptr_equal(sched_pick(&cores[1], 4).next, b);
	assert_int_equal(b->stats.migrations, 1);
}

/* Cores 1 and 2 are of other nodes than core 0, core 3 is of its own. */
static void wake_goes_to_a_near_core(void **state)
{
	struct sched_params params = defaults(), busy = pinned(0);
	struct sched_entity *hog;

	(void)state;
	boot("compensated", 4);
	cores[1].node = 1;
	cores[2].node = 2;
	cores[3].node = 0;
	add(0, &params); /* was on core 0 last */
	hog = add(1, &busy);
	for (unsigned i = 1; i < 4; i++)
		sched_pick(&cores[i], 0);
	sched_wake(&cores[0], hog, 0);
	assert_ptr_equal(sched_pick(&cores[0], 0).next, hog);
	sched_wake(&cores[0], &tasks[0], 1);
	assert_int_equal(atomic_load(&tasks[0].core), 3);
}

static void one_kick_for_many_wakes(void **state)
{
	struct sched_params params = pinned(1);

	(void)state;
	boot("credit", 2);
	for (unsigned i = 0; i < 5; i++)
		add(i, &params);
	sched_pick(&cores[1], 0);
	for (unsigned i = 0; i < 5; i++)
		sched_wake(&cores[0], &tasks[i], 1);
	assert_int_equal(kicks[1], 1);
	sched_pick(&cores[1], 2);
	assert_int_equal(cores[1].waiting, 4);
}

static void idle_core_gets_work_from_a_crowded_one(void **state)
{
	struct sched_params here = pinned(0), any = defaults();
	const char *why;

	(void)state;
	boot("credit", 2);
	add(0, &here);
	add(1, &here);
	sched_wake(&cores[0], &tasks[0], 0);
	sched_wake(&cores[0], &tasks[1], 0);
	sched_pick(&cores[0], 0);
	assert_null(sched_pick(&cores[1], 0).next); /* both are pinned: nothing to get */
	assert_int_equal(kicks[0], 0);
	assert_int_equal(sched_update(&cores[1], &tasks[0], &any, &why, 5), OK);
	assert_int_equal(sched_update(&cores[1], &tasks[1], &any, &why, 5), OK);
	assert_int_equal(kicks[0], 1);
	sched_pick(&cores[0], 10);
	assert_int_equal(kicks[1], 1);
	assert_int_equal(leaves, 1);
	assert_non_null(sched_pick(&cores[1], 20).next);
	assert_int_equal(cores[0].waiting + cores[1].waiting, 0);
}

static void new_affinity_moves_a_waiting_entity(void **state)
{
	struct sched_params here = pinned(0), there = pinned(3);
	const char *why;

	(void)state;
	boot("credit", 4);
	add(0, &here);
	sched_wake(&cores[0], &tasks[0], 0);
	sched_pick(&cores[0], 0);
	assert_int_equal(sched_update(&cores[0], &tasks[0], &there, &why, 5), OK);
	assert_true(sched_must_pick(&cores[0]));
	assert_null(sched_pick(&cores[0], 10).next);
	assert_int_equal(kicks[3], 1);
	assert_ptr_equal(sched_pick(&cores[3], 20).next, &tasks[0]);
}

static void bad_parameters_are_named(void **state)
{
	static const struct {
		struct sched_params change;
		enum error error;
		const char *word;
	} cases[] = {
		{ { .weight = 0 }, ERR_INVALID, "weight" },
		{ { .weight = 65536 }, ERR_RANGE, "weight" },
		{ { .weight = UINT32_MAX }, ERR_RANGE, "weight" },
		{ { .weight = 1, .cap = 101 }, ERR_RANGE, "cap" },
		{ { .weight = 1, .slice_min = 5, .slice_max = 4 }, ERR_INVALID, "slices" },
		{ { .weight = 1, .slice = 5, .slice_max = 4 }, ERR_INVALID, "slices" },
		{ { .weight = 1, .budget = 5, .period = 4 }, ERR_INVALID, "budget" },
		{ { .weight = 1, .period = 4 }, ERR_INVALID, "period" },
		{ { .weight = 1, .class = 7 }, ERR_INVALID, "class" },
	};
	const char *why;

	(void)state;
	boot("credit", 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sched_params params = cases[i].change;

		sched_mask_fill(&params.affinity);
		assert_int_equal(sched_add(&sched, &tasks[0], 0, 0, &params, 0), cases[i].error);
		assert_int_equal(sched_check_params(&sched, &params, &why), cases[i].error);
		assert_non_null(strstr(why, cases[i].word));
		assert_int_equal(sched.entities, 0);
	}
	struct sched_params absent = pinned(2);
	assert_int_equal(sched_check_params(&sched, &absent, &why), ERR_RANGE);
	assert_non_null(strstr(why, "affinity"));
}

static void adding_twice_is_refused(void **state)
{
	struct sched_params params = defaults();

	(void)state;
	boot("credit", 1);
	add(0, &params);
	assert_int_equal(sched_add(&sched, &tasks[0], 0, 0, &params, 0), ERR_STATE);
}

static void spinning_yields_to_a_waiting_sibling(void **state)
{
	struct sched_params params = defaults();
	struct sched_decision d;

	(void)state;
	boot("compensated", 1);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(sched_add(&sched, &tasks[i], i, i % 4, &params, 0), OK);
		sched_wake(&cores[0], &tasks[i], 0);
	}
	assert_ptr_equal(sched_pick(&cores[0], 0).next, &tasks[0]); /* tasks 0 and 4 are of VM 0 */
	sched_yield_spinning(&cores[0]);
	d = sched_pick(&cores[0], 10);
	assert_ptr_equal(d.next, &tasks[4]);
	assert_int_equal(d.reason, SCHED_WHY_DIRECTED);
}

/* On another core, too, in the middle of a slice: else the lock would be held until its end. */
static void who_is_spun_for_interrupts_others(const char *policy)
{
	struct sched_params here = pinned(0), there = pinned(1);
	struct sched_decision d;
	uint64_t now = 100 * MS;

	boot(policy, 2);
	assert_int_equal(sched_add(&sched, &tasks[0], 0, 7, &here, 0), OK);
	assert_int_equal(sched_add(&sched, &tasks[1], 1, 1, &there, 0), OK);
	assert_int_equal(sched_add(&sched, &tasks[2], 2, 7, &there, 0), OK);
	sched_wake(&cores[1], &tasks[1], now);
	assert_ptr_equal(sched_pick(&cores[1], now).next, &tasks[1]);
	sched_wake(&cores[0], &tasks[0], now);
	assert_ptr_equal(sched_pick(&cores[0], now).next, &tasks[0]);
	sched_wake(&cores[1], &tasks[2], now);
	sched_yield_spinning(&cores[0]);
	assert_int_equal(kicks[1], 1);
	d = sched_pick(&cores[1], now + MS / 2);
	assert_ptr_equal(d.next, &tasks[2]);
	assert_int_equal(d.reason, SCHED_WHY_DIRECTED);
	/* it has no more than its share of that: the other one goes on with its slice */
	now = d.until;
	assert_ptr_equal(sched_pick(&cores[1], now).next, &tasks[1]);
	sched_yield_spinning(&cores[0]);
	assert_ptr_equal(sched_pick(&cores[1], now + MS / 2).next, &tasks[1]);
}

static void spinning_interrupts_under_credit(void **state)
{
	(void)state;
	who_is_spun_for_interrupts_others("credit");
	who_is_spun_for_interrupts_others("compensated");
	who_is_spun_for_interrupts_others("reactive");
}

static void a_gang_is_called_to_run_together(void **state)
{
	struct sched_params first = pinned(0), second = pinned(1);
	struct sched_decision d;
	uint64_t now = 100 * MS;

	(void)state;
	boot("compensated", 2);
	first.gang = true;
	assert_int_equal(sched_add(&sched, &tasks[0], 0, 7, &first, 0), OK);
	for (unsigned i = 1; i < 4; i++) /* task 3 is the sibling, and last in its queue */
		assert_int_equal(sched_add(&sched, &tasks[i], i, i == 3 ? 7 : i, &second, 0), OK);
	for (unsigned i = 1; i < 4; i++)
		sched_wake(&cores[1], &tasks[i], now);
	assert_ptr_equal(sched_pick(&cores[1], now).next, &tasks[1]);
	sched_wake(&cores[0], &tasks[0], now);
	assert_ptr_equal(sched_pick(&cores[0], now).next, &tasks[0]);
	assert_int_equal(kicks[1], 1);
	now = sched_pick(&cores[1], now).until; /* the turn of task 1 is not cut short */
	d = sched_pick(&cores[1], now);
	assert_ptr_equal(d.next, &tasks[3]);
	assert_int_equal(d.reason, SCHED_WHY_GANG);
}

static void run_for(uint64_t *now, uint64_t length)
{
	uint64_t end = *now + length;

	while (*now < end) {
		struct sched_decision d = sched_pick(&cores[0], *now);

		assert_true(d.until > *now);
		*now = d.until < end ? d.until : end;
	}
	sched_charge(&cores[0], *now);
}

static void credit_follows_weights(void **state)
{
	static const uint32_t weights[3] = { 128, 256, 512 };
	uint64_t now = 0;

	(void)state;
	boot("credit", 1);
	for (unsigned i = 0; i < 3; i++) {
		struct sched_params params = defaults();

		params.weight = weights[i];
		sched_wake(&cores[0], add(i, &params), 0);
	}
	run_for(&now, 7000 * MS);
	for (unsigned i = 0; i < 3; i++)
		assert_in_range(tasks[i].stats.run, (1000ull << i) * MS - 35 * MS,
				(1000ull << i) * MS + 35 * MS);
}

static void credit_keeps_caps(void **state)
{
	struct sched_params capped = defaults(), free = defaults();
	uint64_t now = 0;

	(void)state;
	boot("credit", 1);
	capped.cap = 10;
	sched_wake(&cores[0], add(0, &capped), 0);
	run_for(&now, 3000 * MS); /* alone: the core idles rather than exceed the cap */
	assert_in_range(tasks[0].stats.run, 295 * MS, 304 * MS);
	assert_int_equal(cores[0].run + cores[0].idle, now);
	sched_wake(&cores[0], add(1, &free), now);
	run_for(&now, 3000 * MS);
	assert_in_range(tasks[0].stats.run, 590 * MS, 608 * MS);
	assert_in_range(tasks[1].stats.run, 2690 * MS, 2710 * MS);
}

static void credit_boosts_who_wakes_with_credit(void **state)
{
	struct sched_params params = defaults();

	(void)state;
	boot("credit", 1);
	add(0, &params);
	add(1, &params);
	sched_wake(&cores[0], &tasks[0], 0);
	struct sched_decision d = sched_pick(&cores[0], 0);
	assert_int_equal(d.until, 10 * MS); /* it was boosted itself, but not for ever */
	sched_pick(&cores[0], d.until);
	assert_int_equal(sched_wake(&cores[0], &tasks[1], 15 * MS), SCHED_WAKE_PREEMPT);
	d = sched_pick(&cores[0], 15 * MS);
	assert_ptr_equal(d.next, &tasks[1]);
	assert_int_equal(d.reason, SCHED_WHY_WAKE);
	assert_int_equal(tasks[0].stats.preemptions, 1);
}

static void credit_plain_does_not(void **state)
{
	struct sched_params params = defaults();

	(void)state;
	boot("credit-plain", 1);
	add(0, &params);
	add(1, &params);
	sched_wake(&cores[0], &tasks[0], 0);
	struct sched_decision d = sched_pick(&cores[0], 0);
	assert_int_equal(d.until, 30 * MS);
	d = sched_pick(&cores[0], d.until);
	assert_int_equal(sched_wake(&cores[0], &tasks[1], 35 * MS), SCHED_WAKE_QUEUED);
}

static void own_slices_are_respected(void **state)
{
	struct sched_params params = defaults();

	(void)state;
	boot("credit-slices", 1);
	params.slice = 3 * MS;
	params.slice_min = MS;
	params.slice_max = 5 * MS;
	sched_wake(&cores[0], add(0, &params), 0);
	params.slice = 0;
	sched_wake(&cores[0], add(1, &params), 0);
	struct sched_decision d = sched_pick(&cores[0], 0);
	assert_int_equal(d.until, 3 * MS);
	d = sched_pick(&cores[0], d.until);
	assert_ptr_equal(d.next, &tasks[1]);
	assert_int_equal(d.until, 8 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(idle_run_block),
		cmocka_unit_test(wake_while_running_is_not_lost),
		cmocka_unit_test(yield_goes_to_the_other),
		cmocka_unit_test(removal_in_every_state),
		cmocka_unit_test(hogs_share_equally),
		cmocka_unit_test(policy_changes_keep_everybody),
		cmocka_unit_test(wake_goes_to_an_idle_core),
		cmocka_unit_test(wake_goes_to_a_near_core),
		cmocka_unit_test(one_kick_for_many_wakes),
		cmocka_unit_test(idle_core_gets_work_from_a_crowded_one),
		cmocka_unit_test(new_affinity_moves_a_waiting_entity),
		cmocka_unit_test(bad_parameters_are_named),
		cmocka_unit_test(adding_twice_is_refused),
		cmocka_unit_test(spinning_yields_to_a_waiting_sibling),
		cmocka_unit_test(spinning_interrupts_under_credit),
		cmocka_unit_test(a_gang_is_called_to_run_together),
		cmocka_unit_test(credit_follows_weights),
		cmocka_unit_test(credit_keeps_caps),
		cmocka_unit_test(credit_boosts_who_wakes_with_credit),
		cmocka_unit_test(credit_plain_does_not),
		cmocka_unit_test(own_slices_are_respected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
