/*
 * A vCPU of the standard scenarios (tests/sim/scenarios.h): does what the simulator's tasks do, and
 * reports everything it measured for tools to work on.
 *
 * Command line:
 *   work=hog|periodic|open|phased|spin|spikes|trace     until=N  TSC at which it ends
 *   from=N            TSC at which it begins, 0: at once
 *   period=N burst=N  ticks and instructions, as in struct scenario_vm
 *   seed=N            of the random numbers; more for spikes: guests/lib/arrivals.h
 *
 * Output, in ticks, one TASK line for each vCPU:
 *   TASK index start end work run exits missed    start, end: TSC; work: instructions of bursts
 *   LATE value...     lateness of each wake-up: first instructions of the handler minus deadline
 *   BURST value...    end of each burst minus its deadline
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/arrivals.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/percpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/smp.h"
#include "guests/lib/sync.h"
#include "guests/lib/timer.h"
#include "guests/lib/work.h"
#include "tests/sim/scenarios.h"

#define TOO_CLOSE 2000 /* ticks: less than this to the next deadline counts as missed */
#define PHASE_MIN (100 * SCENARIO_MS)
#define PHASE_MAX (500 * SCENARIO_MS)
#define QUIET	  (50 * SCENARIO_MS) /* after the end: the last bursts are over by then */
#define SAMPLES	  20000

static uint64_t period, burst, from, until, randomness;
static struct arrivals arrivals; /* of open, spikes and trace: one vCPU */
static struct samples late, bursts;
static struct spinlock lock; /* what WORK_SPIN contends for */
static struct barrier all_done;

struct report {
	uint64_t start, end, work, run, exits, missed;
} reports[GUEST_MAX_CPUS];

/* ---- Bursts at deadlines ---- */

static void compute(struct report *report, uint64_t instructions)
{
	spin_turns(instructions / 2 ? instructions / 2 : 1);
	report->work += instructions;
}

static void sleep_and_note(uint64_t deadline)
{
	samples_add(&late, sleep_until_tsc(deadline) - deadline);
}

static void serve(struct report *report, uint64_t deadline, uint64_t instructions)
{
	compute(report, instructions);
	samples_add(&bursts, rdtsc() - deadline);
}

/* The first deadline after this one that can still be met; those skipped are missed. */
static uint64_t next_deadline(struct report *report, uint64_t deadline)
{
	deadline += period;
	for (; deadline < rdtsc() + TOO_CLOSE; deadline += period)
		report->missed++;
	return deadline;
}

/* The moment from which deadlines count: there is no need to be on a core then. */
static uint64_t beginning(void)
{
	uint64_t now = rdtsc();

	return from > now ? from : now;
}

static void work_periodic(struct report *report, uint64_t end)
{
	uint64_t deadline = beginning() + period;

	while (deadline < end) {
		sleep_and_note(deadline);
		serve(report, deadline, burst);
		deadline = next_deadline(report, deadline);
	}
}

/* Until the burst is due. Only if there is time to sleep it is a wake-up. */
static void await(uint64_t due)
{
	if (due > rdtsc() + TOO_CLOSE)
		sleep_and_note(due);
	while (rdtsc() < due)
		;
}

/* Bursts wait for one another; only those that find nobody at work wake the vCPU. */
static void serve_queue(struct report *report, uint64_t end, void (*next)(struct arrivals *))
{
	arrivals.due = beginning();
	for (next(&arrivals); arrivals.due < end; next(&arrivals)) {
		await(arrivals.due);
		serve(report, arrivals.due, arrivals.work);
	}
}

static void work_open(struct report *report, uint64_t end)
{
	serve_queue(report, end, arrivals_open);
}

static void work_spikes(struct report *report, uint64_t end)
{
	serve_queue(report, end, arrivals_spike);
}

static void work_trace(struct report *report, uint64_t end)
{
	serve_queue(report, end, arrivals_trace);
}

/* ---- Others ---- */

static void work_hog(struct report *report, uint64_t end)
{
	report->work += 2 * work_cpu(end);
}

static void rest(struct report *report, uint64_t end)
{
	(void)report;
	sleep_until_tsc(end);
}

static void work_phased(struct report *report, uint64_t end)
{
	static void (*const phases[])(struct report *, uint64_t) = { work_hog, work_periodic,
								     rest };
	uint64_t phase = scenario_uniform(&randomness, 0, 2);

	while (rdtsc() + TOO_CLOSE < end) {
		uint64_t stop = rdtsc() + scenario_uniform(&randomness, PHASE_MIN, PHASE_MAX);

		phase = (phase + 1) % 3;
		phases[phase](report, stop < end ? stop : end);
	}
}

static void work_spin(struct report *report, uint64_t end)
{
	while (rdtsc() < end) {
		compute(report, period);
		spin_lock(&lock);
		compute(report, burst);
		spin_unlock(&lock);
	}
}

static const struct {
	const char *name;
	void (*run)(struct report *report, uint64_t end);
	bool at_once; /* there is work from the beginning on */
} works[] = {
	{ "hog", work_hog, true },	{ "periodic", work_periodic, false },
	{ "open", work_open, false },	{ "phased", work_phased, true },
	{ "spin", work_spin, true },	{ "spikes", work_spikes, false },
	{ "trace", work_trace, false },
};

static unsigned chosen;

static bool choose(const char *line)
{
	for (chosen = 0; chosen < sizeof(works) / sizeof(works[0]); chosen++)
		if (arg_is(line, "work", works[chosen].name))
			return true;
	return false;
}

/* ---- Every vCPU ---- */

static void read_stats(struct augur_vcpu_stats *stats)
{
	memset(stats, 0, sizeof(*stats)); /* also makes its page present */
	augur_vcpu_stats((uintptr_t)stats);
}

static void run(unsigned index)
{
	static struct augur_vcpu_stats stats[GUEST_MAX_CPUS][2] __attribute__((aligned(4096)));
	struct report *report = &reports[index];

	read_stats(&stats[index][0]);
	report->start = rdtsc();
	works[chosen].run(report, until);
	report->end = rdtsc();
	read_stats(&stats[index][1]);
	report->run = stats[index][1].run_ticks - stats[index][0].run_ticks;
	report->exits = stats[index][1].exits - stats[index][0].exits;
	barrier_wait(&all_done, guest_boot()->vcpu_count);
}

static void print_samples(const char *what, const struct samples *samples)
{
	printf("%s", what);
	for (size_t i = 0; i < samples->count; i++)
		printf(" %lu", samples->values[i]);
	printf("\n");
}

/* Printing is work, too: not while others still measure. */
static void wait_for_the_end_of_all(void)
{
	sleep_until_tsc(until + QUIET);
}

static void print_reports(void)
{
	for (unsigned i = 0; i < guest_boot()->vcpu_count; i++)
		printf("TASK %u %lu %lu %lu %lu %lu %lu\n", i, reports[i].start, reports[i].end,
		       reports[i].work, reports[i].run, reports[i].exits, reports[i].missed);
	print_samples("LATE", &late);
	print_samples("BURST", &bursts);
}

static bool prepare_samples(struct samples *samples)
{
	samples->values = calloc(SAMPLES, sizeof(uint64_t));
	samples->capacity = SAMPLES;
	return samples->values;
}

int main(void)
{
	static char buffer[AUGUR_HC_WRITE_MAX];
	const char *line = guest_cmdline();

	period = arg_u64(line, "period", 1013771);
	burst = arg_u64(line, "burst", 50000);
	from = arg_u64(line, "from", 0);
	until = arg_u64(line, "until", 0);
	randomness = arg_u64(line, "seed", 1);
	if (!choose(line) || !period || !until || !arrivals_init(&arrivals, line) ||
	    !prepare_samples(&late) || !prepare_samples(&bursts)) {
		printf("task: work, period, until and good shapes are needed, and memory\n");
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	apic_init();
	timer_init();
	if (works[chosen].at_once && from > rdtsc() + TOO_CLOSE)
		sleep_until_tsc(from);
	if (smp_start_all(run) != guest_boot()->vcpu_count) {
		printf("task: not all vCPUs started\n");
		return 1;
	}
	run(0);
	wait_for_the_end_of_all();
	print_reports();
	return 0;
}
