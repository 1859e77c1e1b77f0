/* What VMs cost: exits by reason, and a live view. */
#include <stdlib.h>
#include <string.h>

#include "hv/core.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"
#include "vmx/names.h"

#define AREA "virtual machines"

/* ---- stats ---- */

struct reason_row {
	uint32_t reason;
	struct exit_count total;
};

static int by_ticks(const void *left, const void *right)
{
	const struct reason_row *a = left, *b = right;

	return (a->total.ticks < b->total.ticks) - (a->total.ticks > b->total.ticks);
}

static void add_vcpu(struct reason_row *rows, const struct vcpu *vcpu)
{
	for (uint32_t i = 0; i < EXIT_REASON_COUNT; i++) {
		rows[i].total.count += vcpu->exit_counts[i].count;
		rows[i].total.ticks += vcpu->exit_counts[i].ticks;
	}
}

static void print_rows(struct reason_row *rows)
{
	struct exit_count sum = { 0, 0 };

	qsort(rows, EXIT_REASON_COUNT, sizeof(rows[0]), by_ticks);
	shell_puts("exit reason                            count         ticks      mean\n");
	for (uint32_t i = 0; i < EXIT_REASON_COUNT; i++) {
		const struct exit_count *total = &rows[i].total;

		if (!total->count)
			continue;
		shell_printf("%-32s %11lu %13lu %9lu\n", vmx_exit_reason_name(rows[i].reason),
			     total->count, total->ticks, total->ticks / total->count);
		sum.count += total->count;
		sum.ticks += total->ticks;
	}
	shell_printf("%-32s %11lu %13lu\n", "all", sum.count, sum.ticks);
}

static void print_params(const struct vcpu *vcpu)
{
	const struct sched_entity *entity = &vcpu->sched;

	shell_printf("vcpu %u: %s (%s), weight %u, cap %u%%, core %u\n", vcpu->index,
		     entity->class == SCHED_LATENCY ? "latency-sensitive" : "throughput",
		     entity->params.class_auto ? "detected" : "given", entity->params.weight,
		     entity->params.cap, atomic_load(&entity->core));
}

static void print_sched(const struct vcpu *vcpu)
{
	const struct sched_stats *s = &vcpu->sched.stats;

	shell_printf(
		"vcpu %u: %s, run %lu, wait %lu, halted %lu ticks; %lu wake-ups, wake-up latency "
		"mean %lu, max %lu; %lu switches, %lu preemptions, %lu migrations\n",
		vcpu->index, sched_state_name(sched_state_of(&vcpu->sched)), s->run, s->wait,
		vcpu->halt_ticks, s->wakeups, s->wakeups ? s->wake_wait / s->wakeups : 0,
		s->wake_wait_max, s->switches, s->preemptions, s->migrations);
}

static enum error cmd_stats(int argc, char **argv)
{
	static struct reason_row rows[EXIT_REASON_COUNT];
	struct vcpu *vcpu;
	uint32_t first, end;

	if (shell_vcpu_args(argc, argv, &vcpu) != OK)
		return ERR_INVALID;
	first = argc == 3 ? vcpu->index : 0;
	end = argc == 3 ? vcpu->index + 1 : vcpu->vm->vcpu_count;
	for (uint32_t i = 0; i < EXIT_REASON_COUNT; i++)
		rows[i] = (struct reason_row) { .reason = i };
	for (uint32_t i = first; i < end; i++) {
		add_vcpu(rows, vcpu->vm->vcpus[i]);
		print_params(vcpu->vm->vcpus[i]);
		print_sched(vcpu->vm->vcpus[i]);
	}
	print_rows(rows);
	return OK;
}

SHELL_COMMAND(stats, .area = AREA, .name = "stats", .params = "VM [VCPU]",
	      .summary = "show exits by reason, and scheduling",
	      .help = "Ticks of an exit are those of its handler, from leaving the guest to the\n"
		      "decision to enter it again. All counts begin when the VM is started.",
	      .run = cmd_stats, .complete = shell_complete_vcpu);

/* ---- top ---- */

#define TOP_VCPUS	  48u
#define TOP_CORES	  16u
#define TOP_PERIOD_MS	  1000u
#define TOP_PERIOD_MS_MAX 60000u

/* Counters at the last picture, to show what changed since. */
struct vcpu_sample {
	const struct vcpu *vcpu;
	uint64_t run, wait, exits, switches;
};

struct core_sample {
	uint64_t run, overhead, switches;
};

static struct {
	uint64_t time;
	struct vcpu_sample vcpus[TOP_VCPUS];
	struct core_sample cores[TOP_CORES];
} last;

/* Per mille of the interval, as "12.3". */
static void print_share(uint64_t part, uint64_t interval)
{
	uint64_t share = interval ? part * 1000 / interval : 0;

	shell_printf(" %4lu.%lu%%", share / 10, share % 10);
}

static uint64_t per_second(uint64_t count, uint64_t interval)
{
	uint64_t us = ns_from_ticks(interval) / 1000;

	return us ? count * 1000000 / us : 0;
}

static void top_core(uint32_t index, uint64_t interval)
{
	const struct sched_core *core = &cores[index]->sched;
	struct core_sample *before = &last.cores[index];
	struct core_sample now = { core->run, core->overhead, core->switches };

	shell_printf("%4u", index);
	print_share(now.run - before->run, interval);
	print_share(now.overhead - before->overhead, interval);
	shell_printf(" %10lu %8u\n", per_second(now.switches - before->switches, interval),
		     core->waiting);
	*before = now;
}

static void top_cores(uint64_t interval)
{
	shell_puts("core  guests overhead switches/s  waiting\n");
	for (uint32_t i = 0; i < core_count && i < TOP_CORES; i++)
		top_core(i, interval);
}

static void top_vcpu(const struct vcpu *vcpu, struct vcpu_sample *before, uint64_t interval)
{
	const struct sched_stats *s = &vcpu->sched.stats;
	struct vcpu_sample now = { vcpu, s->run, s->wait, vcpu_exits(vcpu), s->switches };

	/* Another vCPU in this row, or one whose VM was started anew. */
	if (before->vcpu != vcpu || now.run < before->run || now.exits < before->exits)
		*before = (struct vcpu_sample) { .vcpu = vcpu };
	shell_printf("%-12s %4u  %-9s", vcpu->vm->name, vcpu->index,
		     sched_state_name(sched_state_of(&vcpu->sched)));
	print_share(now.run - before->run, interval);
	print_share(now.wait - before->wait, interval);
	shell_printf(" %8lu %10lu  core %u\n", per_second(now.exits - before->exits, interval),
		     per_second(now.switches - before->switches, interval),
		     atomic_load(&vcpu->sched.core));
	*before = now;
}

static uint32_t top_vm(const struct vm *vm, uint32_t row, uint64_t interval)
{
	for (uint32_t i = 0; i < vm->vcpu_count && row < TOP_VCPUS; i++)
		top_vcpu(vm->vcpus[i], &last.vcpus[row++], interval);
	return row;
}

static void top_vcpus(uint64_t interval)
{
	uint32_t row = 0;

	shell_puts("VM           vcpu  state         run    wait  exits/s switches/s\n");
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i] && vm_state_of(vms[i]) != VM_READY && vm_state_of(vms[i]) != VM_STOPPED)
			row = top_vm(vms[i], row, interval);
}

static void draw_top(void)
{
	uint64_t now = tsc_now();
	uint64_t interval = now - last.time;

	shell_printf("%lu ms since the last picture\n\n", ns_from_ticks(interval) / 1000000);
	top_cores(interval);
	shell_puts("\n");
	top_vcpus(interval);
	last.time = now;
}

static enum error cmd_top(int argc, char **argv)
{
	uint64_t period = TOP_PERIOD_MS;

	if (argc > 2)
		return shell_usage();
	if (argc == 2 && shell_number("milliseconds", argv[1], 100, TOP_PERIOD_MS_MAX, &period))
		return ERR_INVALID;
	memset(&last, 0, sizeof(last));
	shell_watch(draw_top, (uint32_t)period);
	return OK;
}

SHELL_COMMAND(
	top, .area = AREA, .name = "top", .params = "[MILLISECONDS]",
	.summary = "watch cores and vCPUs; any key ends it",
	.help = "run and wait: shares of the time since the last picture in which the vCPU ran,\n"
		"or could have run. The first picture covers the time since boot.",
	.run = cmd_top);
