/* The trace: its state, its last records, what is kept, sending it away. */
#include "hv/core.h"
#include "hv/export.h"
#include "hv/shell/shell.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/trace_text.h"
#include "hv/vm.h"

#define DUMP_DEFAULT 20
#define DUMP_MOST    1000

/* ---- status ---- */

static const char *const keep_words[] = { "sched", "all" };

static enum error show_status(void)
{
	shell_printf("keeps: %s; export channel: %s%s\n", keep_words[trace_exits],
		     export_enabled() ? "there" : "none", trace_export_busy() ? ", sending" : "");
	shell_puts("core     written  not taken        lost\n");
	for (uint32_t i = 0; i < core_count; i++) {
		const struct trace_ring *ring = &cores[i]->trace;

		shell_printf("%4u %11lu %10lu %11lu\n", i, trace_ring_written(ring),
			     trace_ring_waiting(ring), ring->lost);
	}
	return OK;
}

/* ---- keep ---- */

static enum error keep(const char *word)
{
	size_t choice;

	if (shell_choice("what to keep", word, keep_words, 2, &choice))
		return ERR_INVALID;
	trace_exits = choice;
	return OK;
}

/* ---- dump ---- */

/* The next record to print of each core; while walking back, one past the next. */
static uint64_t cursors[MAX_CORES];

/* Of the records before (or, forward, at) the cursors the youngest (the oldest); NULL: none. */
static struct core *choose(bool forward, struct trace_record *chosen)
{
	struct core *best = NULL;

	for (uint32_t i = 0; i < core_count; i++) {
		struct trace_record record;

		if (!forward && cursors[i] == 0)
			continue;
		if (!trace_ring_read(&cores[i]->trace, cursors[i] - !forward, &record))
			continue;
		if (best && (record.tsc < chosen->tsc) != forward)
			continue;
		best = cores[i];
		*chosen = record;
	}
	return best;
}

static void print_entity(const struct trace_record *record)
{
	unsigned vm = record->entity / VM_MAX_VCPUS;

	if (record->entity == TRACE_NO_ENTITY)
		shell_printf(" %-16s", "-");
	else if (vm < VM_MAX && vms[vm])
		shell_printf(" %12s/%-3u", vms[vm]->name, record->entity % VM_MAX_VCPUS);
	else
		shell_printf(" %16u", record->entity);
}

static void print_record(const struct trace_record *record)
{
	char text[80];
	uint64_t ns = ns_from_ticks(record->tsc);

	shell_printf("%6lu.%06lu %3u %-8s", ns / 1000000000, ns / 1000 % 1000000, record->core,
		     trace_kind_name(record->kind));
	print_entity(record);
	shell_printf(" %3u  %s\n", record->waiting, trace_describe(record, text, sizeof(text)));
}

static uint64_t walk_back(uint64_t most)
{
	struct trace_record record;
	struct core *core;
	uint64_t steps = 0;

	for (uint32_t i = 0; i < core_count; i++)
		cursors[i] = trace_ring_written(&cores[i]->trace);
	while (steps < most && (core = choose(false, &record))) {
		cursors[core->index]--;
		steps++;
	}
	return steps;
}

static enum error dump(const char *count_text)
{
	uint64_t count = DUMP_DEFAULT;

	if (count_text && shell_number("number of records", count_text, 1, DUMP_MOST, &count))
		return ERR_INVALID;
	shell_puts("      seconds core kind     vCPU             waiting\n");
	for (uint64_t left = walk_back(count); left > 0; left--) {
		struct trace_record record;
		struct core *core = choose(true, &record);

		if (!core)
			break;
		cursors[core->index]++;
		print_record(&record);
	}
	return OK;
}

/* ---- export ---- */

static enum error export(void) {
	if (!export_enabled()) return shell_error(
		"there is no export channel: neither port 0xe9 nor a free COM2");
	trace_export_begin();
	shell_puts("sending; `trace` says when it is done\n");
	return OK;
}

/* ---- The command ---- */

static const char *const verbs[] = { "status", "keep", "dump", "export" };

static enum error cmd_trace(int argc, char **argv)
{
	size_t verb = 0;

	if (argc > 1 && shell_choice("action", argv[1], verbs, 4, &verb))
		return ERR_INVALID;
	if (verb == 1 && argc == 3)
		return keep(argv[2]);
	if (verb == 2 && argc <= 3)
		return dump(argc == 3 ? argv[2] : NULL);
	if (verb == 3 && argc == 2)
		return export();
	return verb == 0 && argc <= 2 ? show_status() : shell_usage();
}

static void complete_trace(struct completion *completion, int index, char **argv)
{
	for (unsigned i = 0; index == 1 && i < 4; i++)
		completion_add(completion, verbs[i]);
	for (unsigned i = 0; index == 2 && argv[1][0] == 'k' && i < 2; i++)
		completion_add(completion, keep_words[i]);
}

SHELL_COMMAND(
	trace, .area = "machine", .name = "trace",
	.params = "[status | keep sched|all | dump [N] | export]",
	.summary = "show the trace of scheduling decisions, or send it away",
	.help = "Every core keeps its last 65,536 records. dump prints the last N of all\n"
		"cores (20; at most 1000) in order of time. export sends everything to the\n"
		"export channel, where scripts/run leaves it as trace.bin for scripts/trace.\n"
		"keep all adds a record for every VM exit and entry.",
	.run = cmd_trace, .complete = complete_trace);
