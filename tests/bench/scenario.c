/*
 * The standard scenarios, and P1-P5 about forecasts, as configurations for the emulator: the same
 * VMs, with guests/bench/task.c in them, as the simulator has. Prints to standard output.
 *
 * usage: scenario list              name, cores, ticks and title of each, separated by tabs
 *        scenario spikes            the same of P1-P5
 *        scenario policies          the names of all policies
 *        scenario config NAME POLICY [TICKS [IMAGE]]    a configuration for scripts/run --batch;
 *                                   IMAGE: the guest for recorded demand
 *        scenario rows FILE.csv     recorded demand, as that guest has it in its section
 * .trace_rows
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/lib/arrivals.h"
#include "sched/sched.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/trace_csv.h"

#define SMALL_VM  "4M"
#define IMAGE	  "build/guests/bench_task.elf"
#define TIMEOUT_S 1200

/*
 * VMs are started one after another, which takes about so long each: a line of the log on the
 * serial port. Their TSCs begin at 0 when they are; all begin to work when the last one surely
 * waits.
 */
#define START_TICKS  768000
#define START_MARGIN 30000000

static const char *const work_names[] = {
	[WORK_HOG] = "hog",	  [WORK_PERIODIC] = "periodic", [WORK_OPEN] = "open",
	[WORK_PHASED] = "phased", [WORK_SPIN] = "spin",		[WORK_SPIKES] = "spikes",
	[WORK_TRACE] = "trace",
};

static void list(const struct scenario *scenario, unsigned count)
{
	for (; count--; scenario++)
		printf("%s\t%u\t%llu\t%s\n", scenario->name, scenario->cores,
		       (unsigned long long)scenario->duration, scenario->title);
}

static void list_spikes(void)
{
	list(spike_scenarios, spike_scenario_count);
	list(&trace_scenario, 1);
}

static void policies(void)
{
	unsigned count;
	const struct sched_ops *const *all = sched_policies(&count);

	for (unsigned i = 0; i < count; i++)
		printf("%s\n", sched_policy_name(all[i]));
}

/* What an EDF server must reserve for the bursts. */
static void print_reservation(const struct scenario_vm *vm, uint64_t period)
{
	uint64_t budget = vm->burst + vm->burst / 5; /* as in the simulator */

	if (vm->work == WORK_PERIODIC && vm->latency)
		printf("period_us = %llu\nbudget_us = %llu\n",
		       (unsigned long long)(period * 1000 / SCENARIO_MS),
		       (unsigned long long)(budget * 1000 / SCENARIO_MS));
}

static void print_shape(const char *key, const unsigned char shape[SHAPE_LENGTH])
{
	for (unsigned i = 0; i < SHAPE_LENGTH; i++)
		printf("%s%s%u", i ? "," : " ", i ? "" : key, shape[i]);
}

static void print_spikes(const struct scenario_vm *vm, unsigned copy, uint64_t from)
{
	print_shape("shape=", vm->shape);
	printf(" place=%u", copy * vm->shape_step);
	if (!vm->switch_at)
		return;
	print_shape("other=", vm->other_shape);
	printf(" switch=%llu", (unsigned long long)(from + vm->switch_at));
}

/* What is the same moment for all VMs, in TSC ticks of the one that is started as the n-th of all.
 */
static uint64_t common_start(unsigned n, unsigned all)
{
	return (all - n) * START_TICKS + START_MARGIN;
}

static void print_cmdline(const struct scenario_vm *vm, unsigned copy, unsigned n, unsigned all,
			  uint64_t ticks)
{
	uint64_t period = vm->period + copy * vm->period_step;
	uint64_t from = common_start(n, all);

	printf("cmdline = work=%s from=%llu until=%llu seed=%llu", work_names[vm->work],
	       (unsigned long long)from, (unsigned long long)(from + ticks),
	       (unsigned long long)scenario_seed(1, n, 0));
	if (period)
		printf(" period=%llu burst=%llu", (unsigned long long)period,
		       (unsigned long long)vm->burst);
	if (vm->work == WORK_SPIKES)
		print_spikes(vm, copy, from);
	printf("\n");
}

static void print_vm(const struct scenario_vm *vm, unsigned copy, const char *replay)
{
	printf("[vm %s", vm->name);
	if (vm->copies > 1)
		printf("%u", copy + 1);
	printf("]\nimage = %s\nmemory = " SMALL_VM "\nvcpus = %u\nweight = %u\n",
	       vm->work == WORK_TRACE ? replay : IMAGE, vm->vcpus, vm->weight);
	if (vm->cap)
		printf("cap = %u\n", vm->cap * vm->vcpus);
	printf("latency = %s\n", vm->latency ? "yes" : "no");
	print_reservation(vm, vm->period + copy * vm->period_step);
}

static unsigned count_vms(const struct scenario *scenario)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SCENARIO_MAX_TASKS; i++)
		count += scenario->vms[i].copies;
	return count;
}

static void print_vms(const struct scenario *scenario, const char *replay)
{
	unsigned all = count_vms(scenario), n = 0;

	for (unsigned i = 0; i < SCENARIO_MAX_TASKS; i++)
		for (unsigned copy = 0; copy < scenario->vms[i].copies; copy++, n++) {
			print_vm(&scenario->vms[i], copy, replay);
			print_cmdline(&scenario->vms[i], copy, n, all, scenario->duration);
		}
}

static int config(const char *name, const char *policy, uint64_t ticks, const char *replay)
{
	const struct scenario *found = scenario_find_any(name);
	struct scenario scenario;

	if (!found) {
		fprintf(stderr, "scenario: there is no %s\n", name);
		return 2;
	}
	scenario = scenario_lasting(found, ticks ? ticks : found->duration);
	printf("# %s: %s\n#! cpus: %u\n#! timeout: %u\n", scenario.name, scenario.title,
	       scenario.cores, TIMEOUT_S);
	printf("[augur]\npolicy = %s\ntrace = sched\n", policy);
	print_vms(&scenario, replay);
	return 0;
}

/* Longer recordings are cut off: the guest has room for 80 s. */
static int rows(const char *path)
{
	struct trace_row_us row[TRACE_ROWS] = { 0 };
	char message[256];
	struct trace_csv trace;
	size_t written;

	if (trace_csv_load(&trace, path, message, sizeof(message)) != OK) {
		fprintf(stderr, "scenario: %s\n", message);
		return 1;
	}
	trace_csv_limit(&trace, TRACE_PERCENT);
	for (unsigned i = 0; i < trace.rows && i < TRACE_ROWS; i++)
		row[i] = (struct trace_row_us) { (uint32_t)trace.row[i].length_us,
						 (uint32_t)trace.row[i].demand_us };
	trace_csv_free(&trace);
	written = fwrite(row, sizeof(row), 1, stdout);
	return written == 1 && fflush(stdout) == 0 ? 0 : 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: scenario list|spikes|policies|config NAME POLICY [TICKS [IMAGE]]|"
			"rows FILE.csv\n");
	return 2;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "config") == 0 && argc >= 4 && argc <= 6)
		return config(argv[2], argv[3], argc > 4 ? strtoull(argv[4], NULL, 0) : 0,
			      argc > 5 ? argv[5] : IMAGE);
	if (strcmp(command, "rows") == 0 && argc == 3)
		return rows(argv[2]);
	if (argc != 2)
		return usage();
	if (strcmp(command, "list") == 0)
		list(scenarios, scenario_count);
	else if (strcmp(command, "spikes") == 0)
		list_spikes();
	else if (strcmp(command, "policies") == 0)
		policies();
	else
		return usage();
	return 0;
}
