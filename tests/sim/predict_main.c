/*
 * sim-predict: burst completion of the latency-sensitive under prediction and its rivals, on S1-S8
 * and P1-P5, with the engine, with one that never rests (policy.quiet_ms = 0), without, with an
 * oracle that knows what is to come, and with broken forecasts, which never rest. Charged: exits,
 * notifications and the engine's own time are paid for.
 *
 *	sim-predict [--scenario S] [--seed N] [--ticks N] [--trace FILE.csv]... [--faults]
 *		    [--tsv FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/drp_knobs.h"
#include "tests/bench/charges.h"
#include "tests/sim/options.h"
#include "tests/sim/predict.h"
#include "tests/sim/tsv.h"

#define MAX_TASKS 128

struct run {
	const char *label; /* in the table */
	const char *policy;
	enum predict_source source;
	enum sched_fault fault;
	bool rests; /* forecasts do while nobody needs them */
};

enum usual_run { CREDIT, REACTIVE, COMPENSATED, PREDICTIVE, RESTLESS, ORACLE, USUAL_RUNS };

static const struct run usual[USUAL_RUNS] = {
	[CREDIT] = { "credit", "credit", .source = PREDICT_NONE },
	[REACTIVE] = { "reactive", "reactive", .source = PREDICT_NONE },
	[COMPENSATED] = { "compensated", "compensated", .source = PREDICT_NONE },
	[PREDICTIVE] = { "predictive", "predictive", .source = PREDICT_ENGINE, .rests = true },
	[RESTLESS] = { "restless", "predictive", .source = PREDICT_ENGINE },
	[ORACLE] = { "oracle", "predictive", .source = PREDICT_ORACLE },
};

static const struct run broken[] = {
	{ "stuck", "predictive", PREDICT_ENGINE, SCHED_FAULT_STUCK, .rests = false },
	{ "random", "predictive", PREDICT_ENGINE, SCHED_FAULT_RANDOM, .rests = false },
	{ "inverted", "predictive", PREDICT_ENGINE, SCHED_FAULT_INVERTED, .rests = false },
	{ "late", "predictive", PREDICT_ENGINE, SCHED_FAULT_LATE, .rests = false },
};

struct options {
	const char *scenario; /* NULL: all */
	const char *tsv;
	struct option_list traces;
	uint64_t seed;
	uint64_t ticks; /* of each run, 0: the scenario's own */
	bool faults;
};

struct outcome {
	uint64_t p50, p99, max;
	double hogs; /* percent of what the latency-sensitive left */
	double unfair;
};

static unsigned reserved, missed, swapped;
static uint32_t quiet_ms; /* of forecasts that rest */

static void count_actions(struct sim *sim, const struct sched_core *core,
			  enum sched_trace_kind kind, const struct sched_entity *entity, uint64_t a,
			  uint64_t b, uint64_t now)
{
	(void)sim, (void)core, (void)entity, (void)a, (void)now;
	reserved += kind == SCHED_TRACE_RESERVE;
	missed += kind == SCHED_TRACE_RELEASE && b == 1;
	swapped += kind == SCHED_TRACE_SWAP;
}

static void collect(struct sim *sim, const struct predict_sim *predict, struct outcome *out)
{
	struct sim_samples bursts = { 0 };
	uint64_t left = sim->now * sim->core_count, hogs = 0;
	uint64_t charge = CHARGE_EXIT * sim_exits(sim) + CHARGE_IPI * sim->kicks +
			  CHARGE_FORECAST * predict_steps(predict) +
			  CHARGE_REST * predict_rests(predict);

	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];

		if (task->spec->latency) {
			sim_join_samples(&bursts, &task->bursts);
			left -= task->entity.stats.run;
		} else {
			hogs += task->entity.stats.run;
		}
	}
	out->p50 = sim_quantile(&bursts, 0.5);
	out->p99 = sim_quantile(&bursts, 0.99);
	out->max = sim_quantile(&bursts, 1.0);
	out->hogs = left ? 100.0 * ((double)hogs - (double)charge) / (double)left : 0;
	out->unfair = 100 * sim->fair_error;
	free(bursts.value);
}

/* P3 */
static void add_traced(struct sim *sim, const struct trace_csv *trace)
{
	const struct scenario_vm *traced = &trace_scenario.vms[0], *hog = &trace_scenario.vms[1];
	struct sched_params params;

	sched_default_params(&params);
	params.class_auto = false;
	params.weight = hog->weight;
	for (unsigned i = 0; i < hog->copies; i++)
		sim_add(sim, hog, 1 + i, 0, &params, i);
	params.class = SCHED_LATENCY;
	params.weight = traced->weight;
	if (!sim_add_trace(sim, traced, trace, &params))
		abort();
}

static struct predict_sim *run_one(const struct run *run, const struct scenario *scenario,
				   const struct trace_csv *trace, uint64_t seed,
				   const struct predict_sim *oracle, struct outcome *out)
{
	struct predict_sim *predict;
	struct sim sim;

	if (sim_open(&sim, scenario->cores, 0, run->policy, &sim_costs_emulator, SCENARIO_MS,
		     MAX_TASKS) != OK)
		abort();
	sim.on_trace = count_actions;
	reserved = missed = swapped = 0;
	drp_knobs.quiet_ms = run->rests ? quiet_ms : 0;
	if (trace)
		add_traced(&sim, trace);
	else
		sim_add_scenario(&sim, scenario, seed);
	predict = predict_run(&sim, scenario->duration, run->source, run->fault, oracle);
	collect(&sim, predict, out);
	sim_close(&sim);
	return predict;
}

static void print_row(FILE *tsv, const char *name, const struct run *run, const struct outcome *o,
		      const struct outcome *credit, const struct outcome *reactive)
{
	double to_credit = credit->p99 ? (double)o->p99 / (double)credit->p99 : 0;
	double to_reactive = reactive->p99 ? (double)o->p99 / (double)reactive->p99 : 0;

	printf("%-10.10s %-12s %9llu %9llu %9llu %9.3f %9.3f %7.2f %7.2f %6u %6u %6u\n", name,
	       run->label, (unsigned long long)o->p50, (unsigned long long)o->p99,
	       (unsigned long long)o->max, to_credit, to_reactive, o->hogs, o->unfair, reserved,
	       missed, swapped);
	if (!tsv)
		return;
	fprintf(tsv, "%s.%s.p99\t%llu\tticks\n", name, run->label, (unsigned long long)o->p99);
	fprintf(tsv, "%s.%s.p99_vs_credit\t%.4f\tratio\n", name, run->label, to_credit);
	fprintf(tsv, "%s.%s.p99_vs_reactive\t%.4f\tratio\n", name, run->label, to_reactive);
	fprintf(tsv, "%s.%s.hogs\t%.3f\tpercent\n", name, run->label, o->hogs);
}

static double ratio(uint64_t a, uint64_t b)
{
	return b ? (double)a / (double)b : 1;
}

/* The figures by which prediction is judged. The oracle's share only if it gains anything. */
static void write_goals(FILE *tsv, const char *name, const struct outcome *out)
{
	const struct outcome *credit = &out[CREDIT], *reactive = &out[REACTIVE];
	const struct outcome *mine = &out[PREDICTIVE], *oracle = &out[ORACLE];

	fprintf(tsv, "%s.p99_vs_credit\t%.4f\tratio\n", name, ratio(mine->p99, credit->p99));
	fprintf(tsv, "%s.p99_vs_reactive\t%.4f\tratio\n", name, ratio(mine->p99, reactive->p99));
	fprintf(tsv, "%s.hogs_vs_reactive\t%.4f\tratio\n", name, mine->hogs / reactive->hogs);
	if (oracle->p99 < reactive->p99)
		fprintf(tsv, "%s.oracle_share\t%.4f\tratio\n", name,
			((double)reactive->p99 - (double)mine->p99) /
				((double)reactive->p99 - (double)oracle->p99));
}

/* trace: the demand of the scenario's first VM, or NULL. */
static void compare(const struct options *options, FILE *tsv, const char *name,
		    const struct scenario *full, const struct trace_csv *trace)
{
	const struct scenario lasting =
		scenario_lasting(full, options->ticks ? options->ticks : full->duration);
	const struct scenario *scenario = &lasting;
	struct outcome out[USUAL_RUNS], bad;
	struct predict_sim *last = NULL;

	for (unsigned i = 0; i < USUAL_RUNS; i++) {
		struct predict_sim *next =
			run_one(&usual[i], scenario, trace, options->seed, last, &out[i]);

		predict_free(last);
		last = next;
		print_row(tsv, name, &usual[i], &out[i], &out[CREDIT],
			  &out[i > REACTIVE ? REACTIVE : i]);
	}
	for (unsigned i = 0; options->faults && i < sizeof(broken) / sizeof(broken[0]); i++) {
		predict_free(run_one(&broken[i], scenario, trace, options->seed, NULL, &bad));
		print_row(tsv, name, &broken[i], &bad, &out[CREDIT], &out[REACTIVE]);
	}
	predict_free(last);
	if (tsv)
		write_goals(tsv, name, out);
}

/* True if the list has what is asked for. */
static bool compare_all(const struct options *options, FILE *tsv, const struct scenario *list,
			unsigned count)
{
	bool any = false;

	for (unsigned i = 0; i < count; i++) {
		if (options->scenario && strcmp(options->scenario, list[i].name) != 0)
			continue;
		compare(options, tsv, list[i].name, &list[i], NULL);
		any = true;
	}
	return any;
}

static int compare_scenarios(const struct options *options, FILE *tsv)
{
	bool any = compare_all(options, tsv, scenarios, scenario_count);

	any |= compare_all(options, tsv, spike_scenarios, spike_scenario_count);
	any |= compare_all(options, tsv, crowded_scenarios, crowded_scenario_count);
	if (!any)
		fprintf(stderr, "sim-predict: no scenario %s\n", options->scenario);
	return any ? 0 : 2;
}

static int compare_trace(const struct options *options, FILE *tsv, const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	char message[256];
	struct trace_csv trace;

	if (trace_csv_load(&trace, path, message, sizeof(message)) != OK) {
		fprintf(stderr, "sim-predict: %s\n", message);
		return 1;
	}
	trace_csv_limit(&trace, TRACE_PERCENT);
	compare(options, tsv, name, &trace_scenario, &trace);
	trace_csv_free(&trace);
	return 0;
}

static bool parse(int argc, char **argv, struct options *options)
{
	const struct command_option known[] = {
		{ "scenario", .text = &options->scenario }, { "seed", .number = &options->seed },
		{ "ticks", .number = &options->ticks },	    { "trace", .list = &options->traces },
		{ "tsv", .text = &options->tsv },	    { "faults", .flag = &options->faults },
	};

	return options_parse(argc, argv, known, sizeof(known) / sizeof(known[0]));
}

int main(int argc, char **argv)
{
	struct options options = { .seed = 1 };
	FILE *tsv;
	int status = 0;

	quiet_ms = drp_knobs.quiet_ms;
	if (!parse(argc, argv, &options))
		return 2;
	if (!tsv_open(&tsv, options.tsv))
		return 1;
	printf("%-10s %-12s %9s %9s %9s %9s %9s %7s %7s %6s %6s %6s\n", "", "", "burst p50", "p99",
	       "max", "/credit", "/reactive", "hogs %", "unfair%", "reserv", "missed", "swaps");
	if (!options.traces.count)
		status = compare_scenarios(&options, tsv);
	for (unsigned i = 0; i < options.traces.count; i++)
		status |= compare_trace(&options, tsv, options.traces.value[i]);
	return tsv_close(tsv, options.tsv) ? status : 1;
}
