/* What the predictive engine says of a vCPU, and what came of it. */
#include "hv/core.h"
#include "hv/predict.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"

#define AREA "vCPUs"
#define BAR  40 /* columns for a window of 10 ms */

static uint32_t column(uint32_t us)
{
	uint32_t at = us * BAR / PLE_WINDOW_US;

	return at < BAR ? at : BAR - 1;
}

/* One line of the picture: # actual demand, | the median, > the 0.95 quantile forecast for it. */
static void draw(const struct predict_point *p, char bar[BAR + 1])
{
	for (uint32_t i = 0; i < BAR; i++)
		bar[i] = p->actual && i <= column(p->actual) ? '#' : ' ';
	bar[column(p->point)] = '|';
	bar[column(p->high)] = '>';
	bar[BAR] = '\0';
}

static void print_past(const struct predict *predict)
{
	char bar[BAR + 1];

	shell_puts(
		"   ms ago  actual  median    high  (us in 10 ms; # actual, | median, > high)\n");
	for (uint64_t back = 1; back <= PREDICT_PAST && back <= predict->windows; back++) {
		const struct predict_point *p =
			&predict->past[(predict->windows - back) % PREDICT_PAST];

		draw(p, bar);
		shell_printf("%9lu %7u %7u %7u  [%s]\n",
			     ns_from_ticks(tsc_now() - p->when) / 1000000, p->actual, p->point,
			     p->high, bar);
	}
}

static void print_next(const struct ple_engine *engine)
{
	static const char *const names[PLE_RESOURCES] = { "CPU us", "pages", "I/O ops" };
	static const unsigned ms[PLE_HORIZONS] = { 10, 20, 50 };

	shell_puts("a window of 10 ms, over the next...   mean  median    high\n");
	for (unsigned r = 0; r < PLE_RESOURCES; r++)
		for (unsigned h = 0; h < PLE_HORIZONS; h++) {
			const struct ple_expectation *e = &engine->demand.of[r][h];

			shell_printf("  %-8s %2u ms %26u %7u %7u\n", names[r], ms[h], e->mean,
				     e->point, e->high);
		}
}

static void print_models(const struct ple_engine *engine)
{
	struct ple_targets said;

	shell_puts("model             median  weight    high  weight\n");
	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		if (!(engine->members >> m & 1) || !ple_engine_said(engine, m, &said))
			continue;
		shell_printf("%-16s %7u %6u%% %7u %6u%%\n", ple_models[m]->name,
			     said.of[PLE_10MS][PLE_POINT] / PLE_VALUE_US,
			     predict_percent(engine, m, PLE_POINT),
			     said.of[PLE_10MS][PLE_HIGH] / PLE_VALUE_US,
			     predict_percent(engine, m, PLE_HIGH));
	}
}

#define JUDGED (PLE_10MS * PLE_LEVELS + PLE_HIGH)

static void print_judgement(const struct predict *predict)
{
	const struct ple_engine *e = &predict->engine;

	shell_printf("loss of the high forecast %u, of the naive one %u: ",
		     e->judge.loss[JUDGED] >> 8, e->judge.naive[JUDGED] >> 8);
	if (e->history.windows > PLE_JUDGED)
		shell_printf("the engine %s\n", e->trusted ? "stands by it" : "has stood down");
	else
		shell_printf("the engine judges itself after %u windows\n", PLE_JUDGED);
	shell_printf("%lu windows, %u lost; %lu ticks each\n", predict->windows,
		     predict->handover.lost, predict->pieces ? predict->cost / predict->pieces : 0);
}

static enum error cmd_forecast(int argc, char **argv)
{
	struct vcpu *vcpu;

	if (shell_vcpu_args(argc, argv, &vcpu) != OK)
		return ERR_INVALID;
	if (!vcpu->predict->windows)
		return shell_error("nothing was forecast of this vCPU yet; with `drp forecast all` "
				   "the engine runs for every vCPU, whatever the policy");
	print_past(vcpu->predict);
	print_next(&vcpu->predict->engine);
	print_models(&vcpu->predict->engine);
	print_judgement(vcpu->predict);
	return OK;
}

SHELL_COMMAND(
	forecast, .area = AREA, .name = "forecast", .params = "VM [VCPU]",
	.summary = "show what a vCPU was forecast to need, and what it needed",
	.help = "Demand is time on a core plus time runnable but waiting. For each window of\n"
		"10 ms, newest first: the demand, and the median and the 0.95 quantile that had\n"
		"been forecast for it (after any fault injection). Then what is forecast now, and\n"
		"what each model says with its weight in the mixture.",
	.run = cmd_forecast, .complete = shell_complete_vcpu);
