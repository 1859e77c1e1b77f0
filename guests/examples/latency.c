/*
 * A periodic task that cares for latency: sleeps in HLT until a TSC deadline, computes a burst, and
 * so on. The next deadline is the previous one plus the period. A period counts as missed when its
 * deadline has passed, or is less than 2,000 ticks away, at the end of the burst before it.
 *
 * Command line:
 *   period=N  ticks (default 1013771)     burst=N  instructions (default 50000)
 *   count=N   periods (default 300)       name=X   prefix of the figures (default latency)
 *
 * Figures in ticks: X.late_p50, _p90, _p99, _max: TSC in the first instructions of the timer
 * interrupt's handler minus the deadline; X.burst_p50, _p99, _max: end of the burst minus the
 * deadline; X.missed in periods.
 */
#include <stdio.h>
#include <stdlib.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/timer.h"

#define TOO_CLOSE 2000 /* ticks */

struct task {
	uint64_t period, turns, count;
	struct samples late, burst;
	uint64_t missed;
};

static struct samples new_samples(uint64_t capacity)
{
	return (struct samples) { .values = calloc(capacity, sizeof(uint64_t)),
				  .capacity = capacity };
}

/* The first deadline after `deadline` that can still be met; those skipped are missed. */
static uint64_t next_deadline(struct task *task, uint64_t deadline, uint64_t *done)
{
	deadline += task->period;
	while (deadline < rdtsc() + TOO_CLOSE && *done < task->count) {
		deadline += task->period;
		task->missed++;
		++*done;
	}
	return deadline;
}

static void run(struct task *task)
{
	uint64_t deadline = rdtsc() + task->period;

	for (uint64_t done = 0; done < task->count;) {
		uint64_t woken = sleep_until_tsc(deadline);

		spin_turns(task->turns);
		samples_add(&task->burst, rdtsc() - deadline);
		samples_add(&task->late, woken - deadline);
		done++;
		deadline = next_deadline(task, deadline, &done);
	}
}

static void report(const char *name, const char *what, struct samples *samples)
{
	static const struct {
		const char *suffix;
		unsigned percent;
	} points[] = { { "p50", 50 }, { "p90", 90 }, { "p99", 99 }, { "max", 100 } };
	char figure[64];

	samples_sort(samples);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		snprintf(figure, sizeof(figure), "%s.%s_%s", name, what, points[i].suffix);
		print_figure(figure, samples_percentile(samples, points[i].percent), "ticks");
	}
}

int main(void)
{
	const char *line = guest_cmdline();
	struct task task = {
		.period = arg_u64(line, "period", 1013771),
		.turns = arg_u64(line, "burst", 50000) / 2,
		.count = arg_u64(line, "count", 300),
	};
	char name[24], figure[64];

	if (task.period == 0 || task.turns == 0 || task.count == 0) {
		printf("latency: period, burst and count must be positive\n");
		return 2;
	}
	arg_text(line, "name", "latency", name, sizeof(name));
	task.late = new_samples(task.count);
	task.burst = new_samples(task.count);
	if (!task.late.values || !task.burst.values) {
		printf("latency: no memory for %lu samples\n", task.count);
		return 2;
	}
	apic_init();
	timer_init();
	run(&task);
	report(name, "late", &task.late);
	report(name, "burst", &task.burst);
	snprintf(figure, sizeof(figure), "%s.missed", name);
	print_figure(figure, task.missed, "periods");
	return 0;
}
