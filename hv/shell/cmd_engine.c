/* Where the predictive engines run, and what that costs. */
#include <stdio.h>
#include <string.h>

#include "hv/core.h"
#include "hv/engine.h"
#include "hv/predict.h"
#include "hv/shell/shell.h"
#include "hv/time.h"
#include "hv/vm.h"

#define AREA "vCPUs"

static const char *const places[CONFIG_ENGINES] = {
	[CONFIG_ENGINE_TICK] = "tick",
	[CONFIG_ENGINE_IDLE] = "idle",
	[CONFIG_ENGINE_CORE] = "core",
};

/* Of all vCPUs. */
struct windows {
	uint64_t observed, rested, lost;
};

static struct windows count_windows(void)
{
	struct windows sum = { 0 };

	for (unsigned i = 0; i < VM_MAX; i++) {
		for (uint32_t k = 0; vms[i] && k < vms[i]->vcpu_count; k++) {
			const struct predict *predict = vms[i]->vcpus[k]->predict;

			sum.observed += predict->engine.history.windows;
			sum.rested += predict->engine.steady.rested;
			sum.lost += predict->handover.lost;
		}
	}
	return sum;
}

static void print_core(const struct core *core)
{
	const struct engine_core *e = &core->engine;
	uint64_t up = tsc_now() - core->online_at;
	uint64_t share = up ? e->ticks * 100000 / up : 0;

	shell_printf("%4u %9lu %9lu %9lu %9lu %9lu %3lu.%03lu%%\n", core->index, e->pieces,
		     e->helped, e->pieces ? e->ticks / e->pieces : 0, e->pieces ? e->piece : 0,
		     e->gave_way, share / 1000, share % 1000);
}

static enum error show(void)
{
	struct windows windows = count_windows();

	shell_printf("engine: %s", places[engine_place()]);
	if (engine_own_core() >= 0)
		shell_printf(" %d", engine_own_core());
	shell_printf("; %s kernels; %lu windows, %lu rested through, %lu lost\n",
		     predict_kernels->name, windows.observed, windows.rested, windows.lost);
	shell_puts("core    pieces   helping     ticks   longest  gave way    time\n");
	for (uint32_t i = 0; i < core_count; i++)
		print_core(cores[i]);
	return OK;
}

static enum error move(size_t place, const char *text)
{
	uint64_t core = 0;
	char why[80];

	if (text && shell_number("core", text, 0, UINT32_MAX, &core))
		return ERR_INVALID;
	if (engine_move((enum config_engine)place, (uint32_t)core, why, sizeof(why)) != OK)
		return shell_error("%s; the engine stays where it is", why);
	return OK;
}

static enum error cmd_engine(int argc, char **argv)
{
	size_t place;

	if (argc == 1)
		return show();
	if (shell_choice("engine", argv[1], places, CONFIG_ENGINES, &place))
		return ERR_INVALID;
	if (argc != (place == CONFIG_ENGINE_CORE ? 3 : 2))
		return shell_usage();
	return move(place, argc == 3 ? argv[2] : NULL);
}

static void complete_engine(struct completion *completion, int index, char **argv)
{
	char number[12];

	for (unsigned i = 0; index == 1 && i < CONFIG_ENGINES; i++)
		completion_add(completion, places[i]);
	for (uint32_t i = 0; index == 2 && strcmp(argv[1], "core") == 0 && i < core_count; i++) {
		snprintf(number, sizeof(number), "%u", i);
		completion_add(completion, number);
	}
}

SHELL_COMMAND(
	engine, .area = AREA, .name = "engine", .params = "[tick | idle | core N]",
	.summary = "show where forecasts are worked out and what that costs, or move it",
	.help = "Every 10 ms the predictive engine looks at each vCPU that is forecast: a piece of\n"
		"work of some thousand instructions, which waits while anybody wants the core. Where\n"
		"nothing changes the engine rests, and the piece is of some hundred.\n"
		"  tick    each core does its own vCPUs, right after the tick\n"
		"  idle    cores with nothing to run do everybody's, those of a busy core after 2 ms\n"
		"          at the latest itself\n"
		"  core N  core N runs no guests and does everybody's\n"
		"For each core: pieces done and how many were for other cores; ticks a piece took on\n"
		"average, and the longest lately; how often it waited for somebody; its share of time.",
	.run = cmd_engine, .complete = complete_engine);
