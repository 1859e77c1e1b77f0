/*
 * The forecast bench: runs the engine over recorded traces window by window, scores what it said
 * against what came (prequential: it never sees a window before forecasting it) on the second
 * half of each trace, and prints figures relative to the baselines.
 *
 * usage: forecast [--kernel general|sse2|avx2] [--weights FILE] [--no-lstm]
 *		   [--restless] [--skip WINDOWS] [--dump] TRACE.csv...
 *
 * --restless makes a full step of each window (ple/steady.h). --skip leaves out the first windows
 *of each trace: whatever takes turns falls on other windows, and scores differ by noise alone.
 * --dump prints what training needs instead: for each window of each trace the LSTM's inputs and
 * the next demands, relative as the engine sees them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ple/engine.h"
#include "ple/lstm_readout.h"
#include "tests/bench/float_lstm.h"
#include "tests/bench/trace_windows.h"

#define SCORED	 (PLE_MEMBERS + 1) /* members, then the mixture */
#define LSTM_ONE 4096		   /* 1.0 as an input of the LSTM's last layer */

/* Memory and I/O: losses of the engine, and of the last and the largest of the last eight amounts.
 */
struct count_score {
	double loss[PLE_HORIZONS][PLE_LEVELS], base[PLE_HORIZONS][PLE_LEVELS];
	unsigned under[PLE_HORIZONS];
};

struct score {
	double loss[PLE_HORIZONS][PLE_LEVELS][SCORED];
	unsigned under[PLE_HORIZONS]; /* windows above the mixture's 0.95 quantile */
	unsigned count[PLE_HORIZONS];
	struct count_score resource[PLE_RESOURCES];
	double rested;	      /* percent of all windows (ple/steady.h) */
	double integer, real; /* losses of the LSTM's frozen last layer, in integers and doubles */
};

struct count_summary {
	double log_ratio[PLE_HORIZONS][PLE_LEVELS], under[PLE_HORIZONS];
	unsigned traces; /* those that have any */
};

struct summary {
	unsigned traces;
	double log_ratio[PLE_HORIZONS][PLE_LEVELS];
	double member_log[PLE_HORIZONS][PLE_LEVELS][PLE_MEMBERS];
	double under[PLE_HORIZONS];
	double worst;
	struct count_summary resource[PLE_RESOURCES];
	double int_log; /* integer against double LSTM */
};

struct options {
	const struct ple_kernels *kernels;
	const struct ple_weights *weights;
	uint32_t members; /* 0: the default */
	bool dump;
	bool restless;	  /* a full step each window */
	unsigned skipped; /* windows at the beginning of each trace */
};

static double pinball(double said, double actual, unsigned level)
{
	double tau = level == PLE_HIGH ? 0.95 : 0.5;

	return actual > said ? tau * (actual - said) : (1 - tau) * (said - actual);
}

static double demand_us(const struct ple_window *w)
{
	return (double)w->run_us + w->wait_us;
}

static double actual_us(const struct trace_windows *trace, unsigned t, unsigned windows)
{
	double sum = 0;

	for (unsigned i = 1; i <= windows; i++)
		sum += demand_us(&trace->window[t + i]);
	return sum / windows;
}

/* NAN: the member has no seat. The rivals never rest (ple/steady.h). */
static double said_us(const struct ple_engine *e, unsigned who, unsigned h, unsigned level)
{
	struct ple_targets said;

	if (who == PLE_LAST)
		return (double)ple_history_value(&e->history, 0) / PLE_VALUE_US;
	if (who == PLE_MAX8)
		return (double)ple_history_max8(&e->history) / PLE_VALUE_US;
	if (who < PLE_MEMBERS)
		return ple_engine_said(e, who, &said) ? (double)said.of[h][level] / PLE_VALUE_US
						      : NAN;
	return level == PLE_HIGH ? e->demand.of[PLE_CPU][h].high : e->demand.of[PLE_CPU][h].point;
}

static void score_window(struct score *s, const struct ple_engine *e,
			 const struct trace_windows *trace, unsigned t)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		double actual;

		if (t + ple_horizon_windows(h) >= trace->count)
			return;
		actual = actual_us(trace, t, ple_horizon_windows(h));
		s->count[h]++;
		s->under[h] += actual > said_us(e, PLE_MEMBERS, h, PLE_HIGH);
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			for (unsigned who = 0; who < SCORED; who++)
				s->loss[h][level][who] +=
					pinball(said_us(e, who, h, level), actual, level);
	}
}

static double amount(const struct ple_window *w, unsigned resource)
{
	return fmin(resource == PLE_MEMORY ? w->pages : w->io_ops, PLE_AMOUNT_MAX);
}

static double max_amount(const struct trace_windows *trace, unsigned t, unsigned resource)
{
	double max = 0;

	for (unsigned i = 0; i < 8 && i <= t; i++)
		max = fmax(max, amount(&trace->window[t - i], resource));
	return max;
}

static void score_counts(struct count_score *s, const struct ple_engine *e,
			 const struct trace_windows *trace, unsigned t, unsigned resource)
{
	double base[PLE_LEVELS] = { [PLE_POINT] = amount(&trace->window[t], resource),
				    [PLE_HIGH] = max_amount(trace, t, resource) };

	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		const struct ple_expectation *said = &e->demand.of[resource][h];
		unsigned windows = ple_horizon_windows(h);
		double actual = 0;

		if (t + windows >= trace->count)
			return;
		for (unsigned i = 1; i <= windows; i++)
			actual += amount(&trace->window[t + i], resource) / windows;
		s->under[h] += actual > said->high;
		s->loss[h][PLE_POINT] += pinball(said->point, actual, PLE_POINT);
		s->loss[h][PLE_HIGH] += pinball(said->high, actual, PLE_HIGH);
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			s->base[h][level] += pinball(base[level], actual, level);
	}
}

/* Both LSTMs by their trained last layer alone, so that only the arithmetic differs. */
static void compare_lstm(struct score *s, const struct ple_engine *e, const struct float_lstm *real,
			 const struct trace_windows *trace, unsigned t)
{
	const struct ple_past *now = &e->past[e->now];
	double hidden[PLE_LSTM_HIDDEN];

	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
		hidden[i] = now->hidden[i] / (double)LSTM_ONE;
	for (unsigned target = 0; target < PLE_TARGETS; target++) {
		unsigned h = target / PLE_LEVELS, level = target % PLE_LEVELS;
		double unit = LSTM_ONE / 16.0 * (1 << now->features.shift) / PLE_VALUE_US;
		double last = now->features.last / (double)LSTM_ONE, actual;

		if (t + ple_horizon_windows(h) >= trace->count)
			return;
		actual = actual_us(trace, t, ple_horizon_windows(h));
		s->integer +=
			pinball(unit * (last + float_lstm_forecast(e->weights, hidden, target)),
				actual, level);
		s->real += pinball(unit * (last + float_lstm_forecast(e->weights, real->h, target)),
				   actual, level);
	}
}

static void dump_window(const struct ple_engine *e, const struct trace_windows *trace, unsigned t)
{
	const struct ple_past *now = &e->past[e->now];

	int16_t x[PLE_LSTM_INPUTS];

	ple_lstm_inputs(&now->features, x);
	for (unsigned i = 0; i < PLE_LSTM_INPUTS; i++)
		printf("%d ", x[i]);
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		printf("%.1f ", t + 5 < trace->count
					? 16.0 * PLE_VALUE_US *
						  actual_us(trace, t, ple_horizon_windows(h)) /
						  (1 << now->features.shift)
					: -1.0);
	printf("\n");
}

static void run_trace(const struct trace_windows *trace, const struct options *options,
		      struct score *score)
{
	static struct ple_engine engine;
	struct float_lstm real = { 0 };

	memset(score, 0, sizeof(*score));
	ple_engine_init(&engine, options->kernels);
	ple_engine_use_weights(&engine, options->weights);
	if (options->members)
		ple_engine_enable(&engine, options->members);
	for (unsigned t = options->skipped; t < trace->count; t++) {
		if (options->restless)
			ple_steady_break(&engine.steady);
		ple_engine_observe(&engine, &trace->window[t]);
		if (options->weights && engine.steady.resting == 0) {
			float_lstm_step(&options->weights->lstm, &real, engine.lstm.xh);
			compare_lstm(score, &engine, &real, trace, t);
		}
		if (options->dump)
			dump_window(&engine, trace, t);
		if (options->dump || t < trace->count / 2)
			continue;
		score_window(score, &engine, trace, t);
		score_counts(&score->resource[PLE_MEMORY], &engine, trace, t, PLE_MEMORY);
		score_counts(&score->resource[PLE_IO], &engine, trace, t, PLE_IO);
	}
	score->rested = 100.0 * engine.steady.rested / trace->count;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A trace without such activity has no score. */
static void sum_up_counts(struct count_summary *sum, const struct score *score, unsigned resource)
{
	const struct count_score *s = &score->resource[resource];

	if (s->base[PLE_10MS][PLE_POINT] == 0)
		return;
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		sum->under[h] += 100.0 * s->under[h] / score->count[h];
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			sum->log_ratio[h][level] += log(s->loss[h][level] / s->base[h][level]);
	}
	sum->traces++;
}

/* Ratios are to max8 for the quantile and to last for the point. */
static double base_of(const double loss[SCORED], unsigned level)
{
	return loss[level == PLE_HIGH ? PLE_MAX8 : PLE_LAST];
}

/* Where what scores are relative to never errs, there are none. */
static bool has_scores(const struct score *s)
{
	for (unsigned h = 0; h < PLE_HORIZONS; h++)
		for (unsigned level = 0; level < PLE_LEVELS; level++)
			if (!s->count[h] || base_of(s->loss[h][level], level) <= 0)
				return false;
	return true;
}

static void sum_up(struct summary *sum, const struct score *s, const char *path)
{
	printf("%-18.18s", base_name(path));
	for (unsigned h = 0; h < PLE_HORIZONS; h++) {
		double under = 100.0 * s->under[h] / s->count[h];

		for (unsigned level = 0; level < PLE_LEVELS; level++) {
			const double *loss = s->loss[h][level];
			double base = base_of(loss, level), best = INFINITY;

			for (unsigned m = 0; m < PLE_MEMBERS; m++) {
				sum->member_log[h][level][m] += log(loss[m] / base);
				best = fmin(best, loss[m]);
			}
			printf(" %6.3f (%5.3f)", loss[PLE_MEMBERS] / base,
			       loss[PLE_MEMBERS] / best);
			sum->log_ratio[h][level] += log(loss[PLE_MEMBERS] / base);
			sum->worst = fmax(sum->worst, loss[PLE_MEMBERS] / best);
		}
		printf(" %4.1f%% |", under);
		sum->under[h] += under;
	}
	printf(" rested %.1f%%\n", s->rested);
	sum->int_log += s->real > 0 ? log(s->integer / s->real) : 0;
	sum_up_counts(&sum->resource[PLE_MEMORY], s, PLE_MEMORY);
	sum_up_counts(&sum->resource[PLE_IO], s, PLE_IO);
	sum->traces++;
}

static void print_members(const struct summary *sum)
{
	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		if (isnan(sum->member_log[0][0][m]))
			continue;
		printf("%-18s", ple_models[m]->name);
		for (unsigned h = 0; h < PLE_HORIZONS; h++)
			printf(" %6.3f         %6.3f         %5s |",
			       exp(sum->member_log[h][PLE_POINT][m] / sum->traces),
			       exp(sum->member_log[h][PLE_HIGH][m] / sum->traces), "");
		printf("\n");
	}
}

static const unsigned horizon_ms[PLE_HORIZONS] = { 10, 20, 50 };

static void print_scores(const char *name, const double log_ratio[PLE_HORIZONS][PLE_LEVELS],
			 const double under[PLE_HORIZONS], unsigned traces)
{
	for (unsigned h = 0; traces && h < PLE_HORIZONS; h++) {
		printf("forecast.%sh%u.pinball95_vs_max8\t%.4f\tratio\n", name, horizon_ms[h],
		       exp(log_ratio[h][PLE_HIGH] / traces));
		printf("forecast.%sh%u.mae_vs_last\t%.4f\tratio\n", name, horizon_ms[h],
		       exp(log_ratio[h][PLE_POINT] / traces));
		printf("forecast.%sh%u.under\t%.2f\t%%\n", name, horizon_ms[h], under[h] / traces);
	}
}

static void print_figures(const struct summary *sum)
{
	const struct count_summary *memory = &sum->resource[PLE_MEMORY];
	const struct count_summary *io = &sum->resource[PLE_IO];

	print_scores("", sum->log_ratio, sum->under, sum->traces);
	print_scores("memory.", memory->log_ratio, memory->under, memory->traces);
	print_scores("io.", io->log_ratio, io->under, io->traces);
	printf("forecast.int_vs_float\t%.4f\tratio\n", exp(sum->int_log / sum->traces));
	printf("forecast.worst_vs_best_single\t%.4f\tratio\n", sum->worst);
}

static const struct ple_kernels *find_kernels(const char *name)
{
	static const struct ple_kernels *const all[] = { &ple_kernels_general, &ple_kernels_sse2,
							 &ple_kernels_avx2 };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	fprintf(stderr, "%s: no such kernel\n", name);
	exit(2);
}

static const struct ple_weights *load_weights(const char *path)
{
	static struct ple_weights weights;
	static unsigned char bytes[sizeof(struct ple_weights_file) + 1];
	size_t size = ple_default_weights_size;
	const void *from = ple_default_weights;
	FILE *file = path ? fopen(path, "rb") : NULL;
	enum ple_weights_error error;

	if (path && !file) {
		perror(path);
		exit(1);
	}
	if (file) {
		size = fread(bytes, 1, sizeof(bytes), file);
		from = bytes;
		fclose(file);
	}
	error = ple_weights_load(&weights, from, size);
	if (error == PLE_WEIGHTS_OK)
		return &weights;
	fprintf(stderr, "%s: %s\n", path ? path : "default weights", ple_weights_error_text(error));
	exit(1);
}

static int parse_options(struct options *o, int argc, char **argv)
{
	const char *weights = NULL;
	bool lstm = true;
	int i = 1;

	o->kernels = __builtin_cpu_supports("avx2") ? &ple_kernels_avx2 : &ple_kernels_general;
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--dump") == 0)
			o->dump = o->restless = true;
		else if (strcmp(argv[i], "--no-lstm") == 0)
			lstm = false;
		else if (strcmp(argv[i], "--restless") == 0)
			o->restless = true;
		else if (strcmp(argv[i], "--skip") == 0 && i + 1 < argc)
			o->skipped = (unsigned)strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
			o->kernels = find_kernels(argv[++i]);
		else if (strcmp(argv[i], "--members") == 0 && i + 1 < argc)
			o->members = (uint32_t)strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--weights") == 0 && i + 1 < argc)
			weights = argv[++i];
		else
			return -1;
	}
	if (lstm)
		o->weights = load_weights(weights);
	return i < argc ? i : -1;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct summary sum = { 0 };
	int first = parse_options(&options, argc, argv);

	if (first < 0) {
		fprintf(stderr, "usage: forecast [--kernel NAME] [--weights FILE] [--no-lstm] "
				"[--restless] [--skip WINDOWS] [--dump] TRACE.csv...\n");
		return 2;
	}
	if (!options.dump)
		printf("%-18s point/last (best)  0.95/max8 (best) under | for 10, 20, 50 ms\n",
		       "trace");
	for (int i = first; i < argc; i++) {
		struct trace_windows trace;
		struct score score;
		char message[512];

		if (trace_windows_load(&trace, argv[i], message, sizeof(message))) {
			fprintf(stderr, "%s\n", message);
			return 1;
		}
		run_trace(&trace, &options, &score);
		if (!options.dump && has_scores(&score))
			sum_up(&sum, &score, argv[i]);
		else if (!options.dump)
			fprintf(stderr,
				"%s: left out: too short (%u windows), or its demand never "
				"changes in the second half\n",
				argv[i], trace.count);
		trace_windows_free(&trace);
	}
	if (options.dump)
		return 0;
	if (sum.traces == 0) {
		fprintf(stderr, "forecast: none of the traces can be scored\n");
		return 1;
	}
	print_members(&sum);
	print_figures(&sum);
	return 0;
}
