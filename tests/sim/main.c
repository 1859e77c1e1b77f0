/*
 * sim: runs the standard scenarios, or a recorded trace against hogs, or a large machine, under
 * every policy, and prints a table and the same figures as TSV (name, value, unit).
 *
 *	sim [--scenario S] [--policy P] [--seed N] [--tsv FILE] [--record FOLDER, for scripts/trace]
 *	sim --trace FILE.csv ...	one latency VM with the recorded demand, and three hogs
 *	sim --cores N --vcpus M ...	up to 512 cores
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/charges.h"
#include "tests/sim/options.h"
#include "tests/sim/record.h"
#include "tests/sim/sim.h"
#include "tests/sim/tsv.h"

#define MAX_TASKS 128
#define MAX_VCPUS 100000 /* of a large machine */

struct options {
	const char *scenario; /* NULL: all */
	const char *policy;   /* NULL: all */
	const char *trace;    /* a file; instead of the scenarios */
	const char *tsv;
	const char *record; /* a folder for traces of the scenarios, or NULL */
	uint64_t seed;
	uint64_t cores; /* with vcpus: a large machine instead of the scenarios */
	uint64_t vcpus;
};

struct outcome {
	struct sim_samples lateness;
	struct sim_samples bursts;
	uint64_t missed;
	double hogs_raw;
	double hogs_charged;
	double fair_error; /* negative: not measured */
	uint64_t switches;
	uint64_t exits;
};

static double share_left(uint64_t run, uint64_t charge, uint64_t left)
{
	return left ? 100.0 * ((double)run - (double)charge) / (double)left : 0;
}

static void collect(struct sim *sim, struct outcome *out)
{
	uint64_t left = sim->now * sim->core_count, hogs = 0;
	uint64_t charge = CHARGE_EXIT * sim_exits(sim) + CHARGE_IPI * sim->kicks;

	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];

		if (!task->spec->latency) {
			hogs += task->worked;
			continue;
		}
		left -= task->entity.stats.run;
		out->missed += task->missed;
		sim_join_samples(&out->lateness, &task->lateness);
		sim_join_samples(&out->bursts, &task->bursts);
	}
	for (unsigned i = 0; i < sim->core_count; i++)
		out->switches += sim->cores[i].core.switches;
	out->exits = sim_exits(sim);
	out->hogs_raw = share_left(hogs, 0, left);
	out->hogs_charged = share_left(hogs, charge, left);
	out->fair_error = sim->no_fluid ? -1 : 100 * sim->fair_error;
}

static void print_row(const char *scenario, const char *policy, struct outcome *out)
{
	char unfair[16] = "-";

	if (out->fair_error >= 0)
		snprintf(unfair, sizeof(unfair), "%.2f", out->fair_error);
	printf("%-5s %-14s %9llu %9llu %9llu %9llu %9llu %6llu %7.2f %7.2f %6s %7llu %8llu\n",
	       scenario, policy, (unsigned long long)sim_quantile(&out->lateness, 0.5),
	       (unsigned long long)sim_quantile(&out->lateness, 0.9),
	       (unsigned long long)sim_quantile(&out->lateness, 0.99),
	       (unsigned long long)sim_quantile(&out->lateness, 1.0),
	       (unsigned long long)sim_quantile(&out->bursts, 0.99),
	       (unsigned long long)out->missed, out->hogs_raw, out->hogs_charged, unfair,
	       (unsigned long long)out->switches, (unsigned long long)out->exits);
}

static void tsv_ticks(FILE *tsv, const char *prefix, const char *name, uint64_t value)
{
	fprintf(tsv, "%s.%s\t%llu\tticks\n", prefix, name, (unsigned long long)value);
}

static void write_tsv(FILE *tsv, const char *prefix, struct outcome *out)
{
	tsv_ticks(tsv, prefix, "late_p50", sim_quantile(&out->lateness, 0.5));
	tsv_ticks(tsv, prefix, "late_p90", sim_quantile(&out->lateness, 0.9));
	tsv_ticks(tsv, prefix, "late_p99", sim_quantile(&out->lateness, 0.99));
	tsv_ticks(tsv, prefix, "late_max", sim_quantile(&out->lateness, 1.0));
	tsv_ticks(tsv, prefix, "burst_p99", sim_quantile(&out->bursts, 0.99));
	fprintf(tsv, "%s.missed\t%llu\tcount\n", prefix, (unsigned long long)out->missed);
	fprintf(tsv, "%s.hogs_raw\t%.3f\tpercent\n", prefix, out->hogs_raw);
	fprintf(tsv, "%s.hogs_charged\t%.3f\tpercent\n", prefix, out->hogs_charged);
	if (out->fair_error >= 0)
		fprintf(tsv, "%s.fair_err\t%.3f\tpercent\n", prefix, out->fair_error);
	fprintf(tsv, "%s.switches\t%llu\tcount\n", prefix, (unsigned long long)out->switches);
	fprintf(tsv, "%s.exits\t%llu\tcount\n", prefix, (unsigned long long)out->exits);
}

static void report(FILE *tsv, const char *scenario, const char *policy, struct outcome *out)
{
	char prefix[64];

	print_row(scenario, policy, out);
	if (tsv) {
		snprintf(prefix, sizeof(prefix), "%s.%s", scenario, policy);
		write_tsv(tsv, prefix, out);
		if (strcmp(policy, RECOMMENDED_POLICY) == 0) {
			snprintf(prefix, sizeof(prefix), "%s.best", scenario);
			write_tsv(tsv, prefix, out);
		}
	}
	free(out->lateness.value);
	free(out->bursts.value);
}

static void run_recorded(struct sim *sim, const struct scenario *scenario, uint64_t seed,
			 const char *folder)
{
	if (folder && !record_begin(sim, folder)) {
		perror(folder);
		exit(1);
	}
	sim_add_scenario(sim, scenario, seed);
	sim_run(sim, scenario->duration);
	if (folder && !record_end(sim, folder)) {
		perror(folder);
		exit(1);
	}
}

static void run_scenario(FILE *tsv, const struct options *options, const struct scenario *scenario,
			 const char *policy)
{
	char folder[256] = "";
	struct outcome out;
	struct sim sim;

	if (sim_open(&sim, scenario->cores, 0, policy, &sim_costs_emulator, SCENARIO_MS,
		     MAX_TASKS) != OK)
		abort();
	if (options->record)
		snprintf(folder, sizeof(folder), "%s/%s.%s", options->record, scenario->name,
			 policy);
	run_recorded(&sim, scenario, options->seed, options->record ? folder : NULL);
	collect(&sim, &out);
	report(tsv, scenario->name, policy, &out);
	sim_close(&sim);
}

/* One latency VM whose demand is the trace, and three hogs, on one core for 20 s. */
static void run_trace(FILE *tsv, const struct trace_csv *trace, const char *policy, uint64_t seed)
{
	static const struct scenario_vm traced = { .name = "trace",
						   .work = WORK_TRACE,
						   .copies = 1,
						   .vcpus = 1,
						   .weight = 256,
						   .latency = true };
	static const struct scenario_vm hog = {
		.name = "hog", .work = WORK_HOG, .copies = 3, .vcpus = 1, .weight = 256
	};
	struct sched_params params;
	struct outcome out;
	struct sim sim;

	if (sim_open(&sim, 1, 0, policy, &sim_costs_emulator, SCENARIO_MS, MAX_TASKS) != OK)
		abort();
	sched_default_params(&params);
	for (unsigned i = 0; i < 3; i++)
		sim_add(&sim, &hog, 1 + i, 0, &params, seed + i);
	params.class = SCHED_LATENCY;
	sim_add_trace(&sim, &traced, trace, &params);
	sim_run(&sim, 20000 * SCENARIO_MS);
	collect(&sim, &out);
	report(tsv, "trace", policy, &out);
	sim_close(&sim);
}

/*
 * A large machine for a second of virtual time: one vCPU in ten is a latency VM of 5%, three are
 * hogs, the others have sparse random work; NUMA nodes of 32 cores.
 */
static void run_large(FILE *tsv, const struct options *options, const char *policy)
{
	static const struct scenario_vm kinds[] = {
		{ .name = "lat",
		  .work = WORK_PERIODIC,
		  .latency = true,
		  .period = 1013771,
		  .burst = 50000 },
		{ .name = "hog", .work = WORK_HOG },
		{ .name = "open", .work = WORK_OPEN, .period = 5000000, .burst = 50000 },
	};
	static const unsigned char mix[10] = { 0, 1, 1, 1, 2, 2, 2, 2, 2, 2 };
	struct sched_params params;
	struct outcome out;
	struct sim sim;

	if (sim_open(&sim, options->cores, 32, policy, &sim_costs_emulator, SCENARIO_MS,
		     options->vcpus) != OK)
		abort();
	sim.no_fluid = true;
	for (unsigned i = 0; i < options->vcpus; i++) {
		const struct scenario_vm *kind = &kinds[mix[i % 10]];

		sched_default_params(&params);
		params.class = kind->latency ? SCHED_LATENCY : SCHED_THROUGHPUT;
		sim_add(&sim, kind, i, kind->period + i * 101, &params, options->seed + i);
	}
	sim_run(&sim, 1000 * SCENARIO_MS);
	collect(&sim, &out);
	report(tsv, "large", policy, &out);
	sim_close(&sim);
}

static void for_policies(const struct options *options, FILE *tsv, const struct scenario *scenario,
			 const struct trace_csv *trace)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++) {
		const char *name = sched_policy_name(policies[i]);

		if (options->policy && strcmp(options->policy, name) != 0)
			continue;
		if (options->vcpus)
			run_large(tsv, options, name);
		else if (scenario)
			run_scenario(tsv, options, scenario, name);
		else
			run_trace(tsv, trace, name, options->seed);
	}
}

/* What the options make together: NULL, or the reason why that is nothing. */
static const char *mistake(const struct options *options)
{
	unsigned kinds = !!options->scenario + !!options->trace + !!options->vcpus;

	if (!options->cores != !options->vcpus)
		return "--cores and --vcpus need each other";
	if (kinds > 1)
		return "only one of --scenario, --trace, --vcpus";
	if (options->record && (options->trace || options->vcpus))
		return "--record is for scenarios";
	if (options->scenario && !scenario_find(options->scenario))
		return "no such scenario; tests/sim/scenarios.c has them";
	return NULL;
}

static bool parse(int argc, char **argv, struct options *options)
{
	const struct command_option known[] = {
		{ "scenario", .text = &options->scenario },
		{ "policy", .policy = &options->policy },
		{ "trace", .text = &options->trace },
		{ "tsv", .text = &options->tsv },
		{ "seed", .number = &options->seed },
		{ "record", .text = &options->record },
		{ "cores", .number = &options->cores, .min = 1, .max = SCHED_MAX_CORES },
		{ "vcpus", .number = &options->vcpus, .min = 1, .max = MAX_VCPUS },
	};
	const char *why;

	if (!options_parse(argc, argv, known, sizeof(known) / sizeof(known[0])))
		return false;
	why = mistake(options);
	if (why)
		fprintf(stderr, "sim: %s\n", why);
	return !why;
}

static int run_all(const struct options *options, FILE *tsv)
{
	char message[256];
	struct trace_csv trace;

	if (options->trace &&
	    trace_csv_load(&trace, options->trace, message, sizeof(message)) != OK) {
		fprintf(stderr, "sim: %s\n", message);
		return 1;
	}
	printf("%-5s %-14s %9s %9s %9s %9s %9s %6s %7s %7s %6s %7s %8s\n", "", "policy", "late p50",
	       "p90", "p99", "max", "burst p99", "missed", "hogs %", "charged", "unfair%", "switch",
	       "exits");
	if (options->trace) {
		for_policies(options, tsv, NULL, &trace);
		trace_csv_free(&trace);
		return 0;
	}
	if (options->vcpus) {
		for_policies(options, tsv, NULL, NULL);
		return 0;
	}
	for (unsigned i = 0; i < scenario_count; i++)
		if (!options->scenario || strcmp(options->scenario, scenarios[i].name) == 0)
			for_policies(options, tsv, &scenarios[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1 };
	FILE *tsv;
	int status;

	if (!parse(argc, argv, &options))
		return 2;
	if (!tsv_open(&tsv, options.tsv))
		return 1;
	status = run_all(&options, tsv);
	return tsv_close(tsv, options.tsv) ? status : 1;
}
