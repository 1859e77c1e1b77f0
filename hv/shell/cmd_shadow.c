/* What the shadow of a vCPU has seen. */
#include "hv/core.h"
#include "hv/shadow.h"
#include "hv/shell/vm_args.h"
#include "hv/time.h"
#include "vmx/guest_counters.h"

#define AREA "vCPUs"

static void print_windows(const struct shadow *shadow)
{
	shell_puts(
		"   ms ago  run us wait us  wakes  I/O ops    bytes  new pages   touched   dirtied  "
		"exits io/int/idle/mem/other\n");
	for (unsigned back = 0; back < SHADOW_WINDOWS; back++) {
		const struct shadow_window *w = shadow_window(shadow, back);

		if (!w)
			return;
		shell_printf("%9lu %7u %7u %6u %8u %8u %10u %4u/%-4u %4u/%-4u  %u/%u/%u/%u/%u\n",
			     ns_from_ticks(tsc_now() - w->start) / 1000000, w->seen.run_us,
			     w->seen.wait_us, w->seen.wakeups, w->seen.io_ops, w->seen.io_bytes,
			     w->seen.pages, w->pages_touched, w->pages_looked, w->pages_dirtied,
			     w->pages_looked, w->seen.exits[PLE_EXIT_IO],
			     w->seen.exits[PLE_EXIT_INTERRUPT], w->seen.exits[PLE_EXIT_IDLE],
			     w->seen.exits[PLE_EXIT_MEMORY], w->seen.exits[PLE_EXIT_OTHER]);
	}
}

/* The processor's own counters, newest window first. */
static void print_counters(const struct shadow *shadow)
{
	shell_printf("performance counters: %s\n", counters_state_text(guest_counters_state));
	if (!guest_counters_on)
		return;
	shell_puts("   ms ago  instructions  cache misses\n");
	for (unsigned back = 0; back < SHADOW_WINDOWS; back++) {
		const struct shadow_window *w = shadow_window(shadow, back);

		if (!w)
			return;
		shell_printf("%9lu %13lu %13lu\n", ns_from_ticks(tsc_now() - w->start) / 1000000,
			     w->counted.instructions, w->counted.misses);
	}
}

/* Newest window first. */
static void print_writes(const struct vcpu *vcpu)
{
	const struct shadow_window *w;

	if (!vcpu->dirty_log.page) {
		shell_puts(
			"page-modification log: the processor has none; `dirtied` stands for it\n");
		return;
	}
	shell_puts("pages that this vCPU wrote, by the page-modification log, newest first:");
	for (unsigned back = 0; (w = shadow_window(&vcpu->shadow, back)); back++)
		if (w->written_in)
			shell_printf(" %u/%u", w->pages_written, w->written_in);
	shell_puts(" (in so many windows)\n");
}

static void print_mix(const struct shadow *shadow)
{
	uint64_t all = 0;

	for (unsigned i = 0; i < INSN_CLASSES; i++)
		all += shadow->mix[i];
	shell_printf("instruction mix of %lu samples:", all);
	for (unsigned i = 0; all && i < INSN_CLASSES; i++)
		shell_printf(" %s %lu%%", insn_class_name(i), shadow->mix[i] * 100 / all);
	shell_puts("\n");
}

static void print_snapshots(const struct shadow *shadow)
{
	shell_puts("registers, newest first\n");
	for (unsigned i = 0; i < SHADOW_SNAPSHOTS && i < shadow->snapshot_count; i++) {
		const struct shadow_snapshot *s =
			&shadow->snapshots[(shadow->snapshot_count - 1 - i) % SHADOW_SNAPSHOTS];

		shell_printf("  %6lu ms ago  rip %016lx rsp %016lx cr3 %012lx rflags %05lx\n",
			     ns_from_ticks(tsc_now() - s->when) / 1000000, s->rip, s->rsp, s->cr3,
			     s->rflags);
	}
}

static void print_cost(const struct vcpu *vcpu)
{
	const struct shadow *shadow = &vcpu->shadow;
	uint64_t lived = tsc_now() - vcpu->vm->started;

	shell_printf("%lu windows; watching took %lu ticks, %lu millionths of the time\n",
		     shadow->window_count, shadow->cost,
		     lived ? shadow->cost * 1000000 / lived : 0);
}

static enum error cmd_shadow(int argc, char **argv)
{
	struct vcpu *vcpu;

	if (shell_vcpu_args(argc, argv, &vcpu) != OK)
		return ERR_INVALID;
	print_windows(&vcpu->shadow);
	print_writes(vcpu);
	print_counters(&vcpu->shadow);
	print_mix(&vcpu->shadow);
	print_snapshots(&vcpu->shadow);
	print_cost(vcpu);
	return OK;
}

SHELL_COMMAND(
	shadow, .area = AREA, .name = "shadow", .params = "VM [VCPU]",
	.summary = "show what a vCPU has lately been doing, window by window",
	.help = "Windows of 10 ms, the newest first: time on a core, time runnable but waiting\n"
		"(the two together are its demand), wake-ups, port I/O, pages of RAM touched\n"
		"for the first time. `touched` and `dirtied` are of the pages of one 128 KiB\n"
		"region, another one each window, since it was looked at before; they are of the\n"
		"VM. Where the processor logs the pages that a vCPU writes, their number follows.\n"
		"Where it has performance counters, instructions and misses of the\n"
		"last-level cache are counted in the guest; where not, it says why not. The mix is\n"
		"of the instruction at RIP, every eighth window; registers are as they were at the\n"
		"end of a window that found the vCPU on a core.",
	.run = cmd_shadow, .complete = shell_complete_vcpu);
