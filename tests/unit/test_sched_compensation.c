/* The books of preemption compensation and the latency classes, alone and inside the policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sched/classify.h"
#include "sched/compensation.h"
#include "sched/credit.h"
#include "tests/unit/quiet_port.h"

#define MS 100000ull

static struct sched sched;
static struct sched_core core;
static struct sched_entity tasks[4];

static void boot(void)
{
	memset(&sched, 0, sizeof(sched));
	memset(&core, 0, sizeof(core));
	memset(tasks, 0, sizeof(tasks));
	assert_int_equal(sched_init(&sched, &quiet_port, MS, "compensated"), OK);
	assert_int_equal(sched_core_init(&sched, &core, 0, 0), OK);
}

static void add(unsigned id, enum sched_class class, bool class_auto)
{
	struct sched_params params;

	sched_default_params(&params);
	params.class = class;
	params.class_auto = class_auto;
	assert_int_equal(sched_add(&sched, &tasks[id], id, id, &params, 0), OK);
}

static const struct sched_book *book(void)
{
	return &((const struct credit_core *)core.data)->book;
}

/* ---- The book alone ---- */

static void lends_at_most_the_limit(void **state)
{
	struct sched_entity creditor = { .id = 1 }, debtor = { .id = 2 };
	struct sched_book b = { 0 };

	(void)state;
	sched_book_open(&b, &creditor, 100);
	assert_int_equal(sched_book_lend(&b, &debtor, 70), 70);
	assert_int_equal(sched_book_lend(&b, &debtor, 70), 30);
	assert_int_equal(sched_book_lend(&b, &debtor, 70), 0);
	assert_int_equal(sched_book_balance(&b, &creditor), 100);
	assert_int_equal(sched_book_balance(&b, &debtor), -100);
}

static void oldest_debt_is_paid_first(void **state)
{
	struct sched_entity creditor = { .id = 1 }, first = { .id = 2 }, second = { .id = 3 };
	struct sched_book b = { 0 };

	(void)state;
	sched_book_open(&b, &creditor, 1000);
	sched_book_lend(&b, &first, 100);
	sched_book_lend(&b, &second, 50);
	sched_book_repay(&b, 120);
	assert_int_equal(sched_book_balance(&b, &first), 0);
	assert_int_equal(sched_book_balance(&b, &second), -30);
	assert_int_equal(b.debts, 1);
	sched_book_repay(&b, 500);
	assert_int_equal(b.owed, 0);
	assert_int_equal(b.repaid, 150);
}

static void more_debtors_than_entries_lose_nothing(void **state)
{
	struct sched_entity creditor = { .id = 1000 };
	struct sched_book b = { 0 };

	(void)state;
	sched_book_open(&b, &creditor, 1000);
	for (unsigned i = 0; i < 2 * SCHED_DEBTS; i++) {
		struct sched_entity debtor = { .id = i };

		assert_int_equal(sched_book_lend(&b, &debtor, 10), 10);
	}
	assert_int_equal(b.debts, SCHED_DEBTS);
	assert_int_equal(b.owed, 20 * SCHED_DEBTS);
	sched_book_repay(&b, 20 * SCHED_DEBTS);
	assert_int_equal(b.owed, 0);
	assert_int_equal(b.debts, 0);
}

static void closing_forgives(void **state)
{
	struct sched_entity creditor = { .id = 1 }, debtor = { .id = 2 };
	struct sched_book b = { 0 };

	(void)state;
	sched_book_open(&b, &creditor, 100);
	sched_book_lend(&b, &debtor, 60);
	sched_book_close(&b, &debtor); /* not the creditor: nothing happens */
	assert_int_equal(b.owed, 60);
	sched_book_close(&b, &creditor);
	assert_int_equal(b.owed, 0);
	assert_int_equal(b.lent, b.repaid + b.forgiven);
}

/* ---- In the policy ---- */

static void the_preempted_goes_on_first_and_is_paid_exactly(void **state)
{
	struct sched_decision d;

	(void)state;
	boot();
	add(0, SCHED_THROUGHPUT, false);
	add(1, SCHED_THROUGHPUT, false);
	add(2, SCHED_LATENCY, false);
	sched_wake(&core, &tasks[0], 0);
	sched_wake(&core, &tasks[1], 0);
	assert_ptr_equal(sched_pick(&core, 0).next, &tasks[0]);
	assert_int_equal(sched_wake(&core, &tasks[2], 2 * MS), SCHED_WAKE_PREEMPT);
	assert_ptr_equal(sched_pick(&core, 2 * MS).next, &tasks[2]);
	assert_true(sched_block(&core, 3 * MS));
	assert_int_equal(book()->owed, MS);
	assert_int_equal(sched_book_balance(book(), &tasks[0]), (int64_t)MS);
	assert_int_equal(sched_book_balance(book(), &tasks[1]), 0);
	assert_int_equal(sched_book_balance(book(), &tasks[2]), -(int64_t)MS);
	d = sched_pick(&core, 3 * MS);
	assert_ptr_equal(d.next, &tasks[0]); /* though task 1 has had nothing yet */
	assert_int_equal(d.reason, SCHED_WHY_REPAY);
	assert_int_equal(d.until, 5 * MS); /* the 2 ms that were left of its slice */
	sched_charge(&core, 4 * MS);
	assert_int_equal(book()->owed, 0);
	assert_int_equal(book()->repaid, MS);
	assert_ptr_equal(sched_pick(&core, 5 * MS).next, &tasks[1]);
	assert_null(book()->creditor);
}

static char dumped[1024];

static void keep_line(void *arg, const char *line)
{
	(void)arg;
	strncat(dumped, line, sizeof(dumped) - strlen(dumped) - 1);
	strncat(dumped, "\n", sizeof(dumped) - strlen(dumped) - 1);
}

/* Also while the debtor is blocked, and so in no queue. */
static void people_see_who_owes_whom(void **state)
{
	(void)state;
	boot();
	add(0, SCHED_THROUGHPUT, false);
	add(2, SCHED_LATENCY, false);
	sched_wake(&core, &tasks[0], 0);
	sched_pick(&core, 0);
	sched_wake(&core, &tasks[2], 2 * MS);
	sched_pick(&core, 2 * MS);
	assert_true(sched_block(&core, 3 * MS));
	dumped[0] = '\0';
	sched_dump(&core, keep_line, NULL);
	assert_non_null(strstr(dumped, "books: vcpu 2 owes vcpu 0 100000\n"));
	assert_non_null(strstr(dumped, "books: lent 100000, repaid 0, forgiven 0, owed 100000; "
				       "balances sum to 0\n"));
}

/* Those that wake up together take turns for 0.1 ms; then the one with least goes on. */
static void who_wakes_up_waits_for_no_whole_burst(void **state)
{
	const uint64_t first = MS / 10;
	struct sched_decision d;

	(void)state;
	boot();
	for (unsigned i = 0; i < 4; i++)
		add(i, i ? SCHED_LATENCY : SCHED_THROUGHPUT, false);
	sched_wake(&core, &tasks[0], 0);
	assert_ptr_equal(sched_pick(&core, 0).next, &tasks[0]);
	sched_wake(&core, &tasks[1], 10 * MS);
	sched_wake(&core, &tasks[2], 10 * MS);
	d = sched_pick(&core, 10 * MS);
	assert_ptr_equal(d.next, &tasks[1]);
	assert_int_equal(d.until, 10 * MS + first);
	d = sched_pick(&core, d.until);
	assert_ptr_equal(d.next, &tasks[2]);
	assert_true(d.until > 10 * MS + 2 * first); /* nobody is left who has not begun */
	assert_int_equal(sched_wake(&core, &tasks[3], 10 * MS + 3 * first), SCHED_WAKE_PREEMPT);
	d = sched_pick(&core, 10 * MS + 3 * first);
	assert_ptr_equal(d.next, &tasks[3]);
}

static void without_credit_nobody_preempts(void **state)
{
	uint64_t now = 0;

	(void)state;
	boot();
	add(0, SCHED_THROUGHPUT, false);
	add(1, SCHED_LATENCY, false);
	sched_wake(&core, &tasks[0], 0);
	sched_wake(&core, &tasks[1], 0);
	/* the latency-sensitive one takes all it can get: half of the core */
	for (unsigned i = 0; i < 400; i++) {
		struct sched_decision d = sched_pick(&core, now);

		now = d.until;
	}
	sched_charge(&core, now);
	assert_in_range(tasks[1].stats.run, now / 2 - 10 * MS, now / 2 + 10 * MS);
}

/* ---- Classes ---- */

static void burst(struct sched_entity *entity, uint64_t length)
{
	entity->burst = length;
	sched_classify_block(entity);
}

static void short_bursts_make_it_sensitive_with_hysteresis(void **state)
{
	struct sched_entity *e = &tasks[0];

	(void)state;
	boot();
	add(0, SCHED_THROUGHPUT, true);
	for (unsigned i = 1; i < SCHED_BURSTS_UP; i++)
		burst(e, MS);
	assert_int_equal(e->class, SCHED_THROUGHPUT);
	burst(e, MS);
	assert_int_equal(e->class, SCHED_LATENCY);
	burst(e, 9 * MS); /* a single long burst does not change it back */
	assert_int_equal(e->class, SCHED_LATENCY);
	burst(e, 9 * MS);
	assert_int_equal(e->class, SCHED_THROUGHPUT);
}

static void a_hog_is_not_sensitive(void **state)
{
	struct sched_entity *e = &tasks[0];

	(void)state;
	boot();
	add(0, SCHED_LATENCY, true);
	e->burst = 10 * MS;
	assert_false(sched_classify_busy(e));
	e->burst = 10 * MS + 1;
	assert_true(sched_classify_busy(e));
	assert_int_equal(e->class, SCHED_THROUGHPUT);
}

static void a_mark_without_detection_stays(void **state)
{
	struct sched_entity *e = &tasks[0];

	(void)state;
	boot();
	add(0, SCHED_LATENCY, false);
	e->burst = 1000 * MS;
	assert_false(sched_classify_busy(e));
	burst(e, 1000 * MS);
	assert_int_equal(e->class, SCHED_LATENCY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lends_at_most_the_limit),
		cmocka_unit_test(oldest_debt_is_paid_first),
		cmocka_unit_test(more_debtors_than_entries_lose_nothing),
		cmocka_unit_test(closing_forgives),
		cmocka_unit_test(the_preempted_goes_on_first_and_is_paid_exactly),
		cmocka_unit_test(people_see_who_owes_whom),
		cmocka_unit_test(who_wakes_up_waits_for_no_whole_burst),
		cmocka_unit_test(without_credit_nobody_preempts),
		cmocka_unit_test(short_bursts_make_it_sensitive_with_hysteresis),
		cmocka_unit_test(a_hog_is_not_sensitive),
		cmocka_unit_test(a_mark_without_detection_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
