/* guests/lib/arrivals.c: the same bursts, number for number, as the simulator's tasks get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "guests/lib/arrivals.h"
#include "tests/sim/fluid.h"
#include "tests/sim/workload.h"

#define BURSTS 2000

/* What tests/sim/workload.c calls besides. */
void fluid_arrive(struct sim_task *task, uint64_t work)
{
	(void)task, (void)work;
}

void sim_sample(struct sim_samples *samples, uint64_t value)
{
	(void)samples, (void)value;
}

static void assert_same(struct sim_task *task, struct arrivals *arrivals,
			void (*next)(struct arrivals *))
{
	workload_start(task, 0);
	for (unsigned i = 0; i < BURSTS; i++) {
		next(arrivals);
		assert_int_equal(arrivals->due, task->deadline);
		assert_int_equal(arrivals->work, task->remaining);
		workload_next(task, task->deadline);
	}
}

static void test_open(void **state)
{
	const struct scenario_vm vm = { .work = WORK_OPEN, .burst = 60000 };
	struct sim_task task = { .spec = &vm, .period = 3000017, .random = 1001 };
	struct arrivals arrivals;

	(void)state;
	assert_true(
		arrivals_init(&arrivals, "work=open period=3000017 burst=60000 seed=1001 until=9"));
	assert_same(&task, &arrivals, arrivals_open);
}

static void test_spikes_that_change(void **state)
{
	const struct scenario_vm vm = {
		.work = WORK_SPIKES,
		.burst = 25000,
		.shape = { 1, 4, 12, 36, 8, 2, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1 },
		.other_shape = { 1, 30, 0, 0, 1, 0, 0, 0, 1, 4, 0, 0, 24, 0, 0, 1 },
		.switch_at = 500000000,
	};
	struct sim_task task = { .spec = &vm, .period = 1000000, .phase = 25 };
	struct arrivals arrivals;

	(void)state;
	assert_true(arrivals_init(&arrivals, "period=1000000 burst=25000 place=25 switch=500000000 "
					     "shape=1,4,12,36,8,2,1,0,0,1,0,0,1,0,0,1 "
					     "other=1,30,0,0,1,0,0,0,1,4,0,0,24,0,0,1"));
	assert_same(&task, &arrivals, arrivals_spike);
}

static void test_recorded_demand_goes_round(void **state)
{
	static struct trace_row rows[] = {
		{ 10000, 4000 }, { 9990, 0 }, { 10010, 0 }, { 10000, 9000 }, { 10001, 1 },
	};
	const struct trace_csv trace = { rows, sizeof(rows) / sizeof(rows[0]) };
	const struct scenario_vm vm = { .work = WORK_TRACE };
	struct sim_task task = { .spec = &vm, .trace = &trace };
	struct arrivals arrivals;

	(void)state;
	for (unsigned i = 0; i < trace.rows; i++)
		trace_rows[i] = (struct trace_row_us) { (uint32_t)rows[i].length_us,
							(uint32_t)rows[i].demand_us };
	assert_true(arrivals_init(&arrivals, ""));
	assert_same(&task, &arrivals, arrivals_trace);
}

static void test_no_demand_at_all_never_comes(void **state)
{
	struct arrivals arrivals;

	(void)state;
	for (unsigned i = 0; i < TRACE_ROWS; i++)
		trace_rows[i] = (struct trace_row_us) { 10000, 0 };
	assert_true(arrivals_init(&arrivals, ""));
	arrivals_trace(&arrivals);
	assert_int_equal(arrivals.due, UINT64_MAX);
}

static void test_bad_shapes(void **state)
{
	static const char *const lines[] = {
		"shape=1,2,3",
		"shape=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
		"shape=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,256",
		"shape=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0",
		"other=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,x",
		"shape=,,,,,,,,,,,,,,,",
	};
	struct arrivals arrivals;

	(void)state;
	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(arrivals_init(&arrivals, lines[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_spikes_that_change),
		cmocka_unit_test(test_recorded_demand_goes_round),
		cmocka_unit_test(test_no_demand_at_all_never_comes),
		cmocka_unit_test(test_bad_shapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
