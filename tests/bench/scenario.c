/*
 * The standard scenarios as configurations for the emulator: the same VMs, with guests/bench/task.c
 * in them, as the simulator has. Prints to standard output.
 *
 * usage: scenario list              name, cores, ticks and title of each, separated by tabs
 *        scenario policies          the names of all policies
 *        scenario config NAME POLICY [TICKS]    a configuration for scripts/run --batch
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sched.h"
#include "tests/sim/scenarios.h"

#define SMALL_VM  "4M"
#define IMAGE	  "build/guests/bench_task.elf"
#define TIMEOUT_S 1200

static const char *const work_names[] = {
	[WORK_HOG] = "hog",	  [WORK_PERIODIC] = "periodic", [WORK_OPEN] = "open",
	[WORK_PHASED] = "phased", [WORK_SPIN] = "spin",
};

static void list(void)
{
	for (unsigned i = 0; i < scenario_count; i++)
		printf("%s\t%u\t%llu\t%s\n", scenarios[i].name, scenarios[i].cores,
		       (unsigned long long)scenarios[i].duration, scenarios[i].title);
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

static void print_vm(const struct scenario_vm *vm, unsigned copy, uint64_t seed, uint64_t until)
{
	uint64_t period = vm->period + copy * vm->period_step;

	printf("[vm %s", vm->name);
	if (vm->copies > 1)
		printf("%u", copy + 1);
	printf("]\nimage = " IMAGE "\nmemory = " SMALL_VM "\nvcpus = %u\nweight = %u\n", vm->vcpus,
	       vm->weight);
	if (vm->cap)
		printf("cap = %u\n", vm->cap * vm->vcpus);
	printf("latency = %s\n", vm->latency ? "yes" : "no");
	print_reservation(vm, period);
	printf("cmdline = work=%s until=%llu seed=%llu", work_names[vm->work],
	       (unsigned long long)until, (unsigned long long)seed);
	if (period)
		printf(" period=%llu burst=%llu", (unsigned long long)period,
		       (unsigned long long)vm->burst);
	printf("\n");
}

static int config(const char *name, const char *policy, uint64_t ticks)
{
	const struct scenario *scenario = scenario_find(name);
	unsigned vm = 0;

	if (!scenario) {
		fprintf(stderr, "scenario: there is no %s\n", name);
		return 2;
	}
	printf("# %s: %s\n#! cpus: %u\n#! timeout: %u\n", scenario->name, scenario->title,
	       scenario->cores, TIMEOUT_S);
	printf("[augur]\npolicy = %s\ntrace = sched\n", policy);
	for (unsigned i = 0; i < SCENARIO_MAX_TASKS; i++)
		for (unsigned copy = 0; copy < scenario->vms[i].copies; copy++)
			print_vm(&scenario->vms[i], copy, scenario_seed(1, vm++, 0),
				 ticks ? ticks : scenario->duration);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		list();
	else if (argc == 2 && strcmp(argv[1], "policies") == 0)
		policies();
	else if ((argc == 4 || argc == 5) && strcmp(argv[1], "config") == 0)
		return config(argv[2], argv[3], argc == 5 ? strtoull(argv[4], NULL, 0) : 0);
	else
		return fprintf(stderr, "usage: scenario list|policies|config NAME POLICY\n"), 2;
	return 0;
}
