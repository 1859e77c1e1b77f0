/*
 * Property tests: random scenarios, each from a seed, and what must hold in all of them. A failure
 * prints the property, the seed and how to run that scenario again; the run ends with 1. A scenario
 * that ends the whole program (an assertion, a bad pointer) or takes a minute prints its seed too.
 *
 *	properties [--count N] [--first SEED] [--policy NAME] [--mended] [--verbose]
 *
 * --mended runs seeds that failed once, before the others.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sched/credit.h"
#include "tests/sim/options.h"
#include "tests/sim/random_scenario.h"

#define MS SCENARIO_MS

/* How late a core may learn of work that waits elsewhere: two kicks and two exits in a row. */
#define IDLE_GRACE (20 * (150 + 300 + 300 + 400))
/* With affinity a core looks at a few entities only, and again at its next decision. */
#define IDLE_GRACE_AFFINITY (100 * MS)
/* No scenario takes nearly as long: one that does is in an endless loop. */
#define SECONDS_MOST 60

/*
 * What each policy promises. Times in ms, shortfalls over a second as a share of it; 0: no promise.
 * On several cores shares are promised to those who always want to run, after RANDOM_SETTLE; with
 * work that comes and goes, to nobody.
 */
struct promise {
	const char *policy;
	unsigned slice;		/* the longest somebody is kept waiting for its turn by one other */
	double fairness;	/* shortfall on one core */
	double fairness_smp;	/* on several cores, whatever weights and affinity */
	double fairness_capped; /* the same if there are caps too */
	bool work_conserving;
	bool books;
};

static const struct promise promises[] = {
	{ "rr", 10, 0, 0, 0, true, false },
	{ "credit", 60, 0.15, 0.25, 0, true, true },
	{ "credit-plain", 60, 0.15, 0.25, 0, true, true },
	{ "credit-slices", 60, 0.15, 0.25, 0, true, true },
	{ "bvt", 60, 0.06, 0, 0, true, false },
	{ "edf", 0, 0, 0, 0, true, false },
	{ "table", 0, 0, 0, 0, true, false },
	{ "reactive", 46, 0.03, 0.05, 0.25, true, true },
	{ "example", 0, 0, 0, 0, true, false },
	{ "compensated", 26, 0.01, 0.015, 0.1, true, true },
	{ "predictive", 26, 0.01, 0.015, 0.1, true, true },
};

struct check {
	struct sim *sim;
	const struct random_traits *traits;
	const struct promise *promise;
	bool failed;
	char message[256];
	uint64_t idle_since[RANDOM_MAX_CORES]; /* 1 + tick, of each core while somebody waits for
						  it; 0: nobody */
	double worst_fair;
};

static struct check check;

__attribute__((format(printf, 1, 2))) static void fail(const char *format, ...)
{
	va_list arguments;

	if (check.failed)
		return;
	check.failed = true;
	va_start(arguments, format);
	vsnprintf(check.message, sizeof(check.message), format, arguments);
	va_end(arguments);
}

/* ---- After every event ---- */

static void cycles_are_conserved(struct sim *sim)
{
	for (unsigned i = 0; i < sim->core_count; i++) {
		const struct sched_core *core = &sim->cores[i].core;

		if (core->run + core->idle + core->overhead != core->stamp - core->start)
			fail("core %u: run + idle + overhead is not the time that passed", i);
	}
}

/* Somebody who could run on this core waits. Capped and budgeted ones may have to. */
static bool somebody_waits_for(struct sim *sim, unsigned core)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sched_entity *entity = &sim->tasks[i].entity;

		if (sched_state_of(entity) == SCHED_RUNNABLE && !entity->params.cap &&
		    !entity->params.budget && sched_mask_has(&entity->params.affinity, core))
			return true;
	}
	return false;
}

static void no_core_idles_while_somebody_waits(struct sim *sim)
{
	bool affinity = check.traits->affinity || check.traits->changes;
	uint64_t grace = affinity ? IDLE_GRACE_AFFINITY : IDLE_GRACE;

	for (unsigned i = 0; i < sim->core_count; i++) {
		bool idle = !sim->cores[i].core.current;

		if (!idle || !somebody_waits_for(sim, i))
			check.idle_since[i] = 0;
		else if (!check.idle_since[i])
			check.idle_since[i] = sim->now + 1;
		else if (sim->now > check.idle_since[i] + grace)
			fail("core %u idles at %llu while somebody waits for it", i,
			     (unsigned long long)sim->now);
	}
}

static void books_balance(struct sim *sim)
{
	for (unsigned i = 0; i < sim->core_count; i++) {
		const struct credit_core *credit = (void *)sim->cores[i].core.data;
		const struct sched_book *book = &credit->book;
		int64_t sum = 0;

		if (!book->lent)
			continue;
		if (book->lent != book->repaid + book->forgiven + book->owed)
			fail("core %u: lent is not repaid + forgiven + owed", i);
		if (book->owed > check.promise->slice * MS)
			fail("core %u: %llu ticks owed, more than a slice", i,
			     (unsigned long long)book->owed);
		for (unsigned k = 0; k < sim->task_count; k++)
			sum += sched_book_balance(book, &sim->tasks[k].entity);
		if (sum)
			fail("core %u: balances sum to %lld", i, (long long)sum);
	}
}

static void watch(struct sim *sim)
{
	cycles_are_conserved(sim);
	if (check.promise && check.promise->work_conserving)
		no_core_idles_while_somebody_waits(sim);
	if (check.promise && check.promise->books && !check.traits->changes)
		books_balance(sim);
}

/* ---- At the end ---- */

static void time_given_is_time_received(struct sim *sim)
{
	uint64_t given = 0, received = 0;

	for (unsigned i = 0; i < sim->core_count; i++)
		given += sim->cores[i].core.run;
	for (unsigned i = 0; i < sim->task_count; i++)
		received += sim->tasks[i].entity.stats.run;
	if (given != received)
		fail("cores gave %llu ticks, tasks received %llu", (unsigned long long)given,
		     (unsigned long long)received);
}

/* Running, waiting, blocked and the cost of entering the guest make up a task's life. */
static void lives_add_up(struct sim *sim)
{
	uint64_t overhead = 0;

	for (unsigned i = 0; i < sim->core_count; i++)
		overhead += sim->cores[i].core.overhead;
	for (unsigned i = 0; i < sim->task_count; i++) {
		struct sim_task *task = &sim->tasks[i];
		uint64_t life = sim_life(sim, task), age = sim->now - task->created;

		if (life > age || life + overhead < age)
			fail("task %u: %llu ticks of its %llu are accounted for", i,
			     (unsigned long long)life, (unsigned long long)age);
	}
}

static double weight_of_all(const struct sim *sim)
{
	double weight = 0;

	for (unsigned i = 0; i < sim->task_count; i++)
		weight += sim->tasks[i].entity.params.weight;
	return weight;
}

/*
 * Nobody waits longer than all others need for their shares of two slices, by weight. A capped one
 * may have to wait for its allowance besides.
 */
static void nobody_starves(struct sim *sim)
{
	for (unsigned i = 0; i < sim->task_count; i++) {
		const struct sched_entity *entity = &sim->tasks[i].entity;
		double turns = weight_of_all(sim) / entity->params.weight + sim->task_count;
		double bound = 2 * turns * check.promise->slice * MS;

		if (entity->params.cap)
			bound += 60.0 * MS * 100 / entity->params.cap;
		if (sim->tasks[i].longest_wait > bound)
			fail("task %u waited %llu ms, bound %.0f ms", i,
			     (unsigned long long)(sim->tasks[i].longest_wait / MS), bound / MS);
	}
}

/* The largest shortfall that is promised for this scenario, 0: none is. */
static double promised_fairness(const struct sim *sim)
{
	const struct random_traits *traits = check.traits;

	if (traits->hogs)
		return traits->caps ? check.promise->fairness_capped : check.promise->fairness_smp;
	if (sim->core_count > 1 || traits->affinity || traits->caps || traits->spin)
		return 0;
	return check.promise->fairness;
}

static void shares_are_fair(struct sim *sim)
{
	double most = promised_fairness(sim), overhead = 0;

	for (unsigned i = 0; i < sim->core_count; i++)
		overhead += (double)sim->cores[i].core.overhead / (double)sim->now;
	if (!most)
		return;
	if (sim->fair_error > check.worst_fair)
		check.worst_fair = sim->fair_error;
	if (sim->fair_error > most + overhead) /* which some cause and all bear */
		fail("task %d is %.2f%% of a second short of its share on %u cores",
		     (int)(sim->unfair_to - sim->tasks), 100 * sim->fair_error, sim->core_count);
}

static void check_end(struct sim *sim)
{
	time_given_is_time_received(sim);
	lives_add_up(sim);
	if (check.traits->changes || !check.promise)
		return;
	if (check.promise->slice && !check.traits->affinity)
		nobody_starves(sim);
	shares_are_fair(sim);
}

/* ---- Running ---- */

static struct {
	uint64_t seed;
	const char *policy; /* NULL: the seed chooses */
} running;

static void print_again(void)
{
	printf("again: make sim-properties SIM_ARGS=\"--first %llu --count 1%s%s --verbose\"\n",
	       (unsigned long long)running.seed, running.policy ? " --policy " : "",
	       running.policy ? running.policy : "");
}

/* stdio in a signal handler: the program is at its end, and the seed is worth the risk. */
static void die(int number)
{
	signal(SIGABRT, SIG_DFL);
	printf("FAILED seed %llu: %s\n", (unsigned long long)running.seed,
	       number == SIGALRM ? "does not end" : strsignal(number));
	print_again();
	fflush(stdout);
	_exit(1);
}

static void catch_ends(void)
{
	static const int ends[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };

	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		signal(ends[i], die);
}

static const struct promise *promise_of(const char *policy)
{
	for (unsigned i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		if (strcmp(promises[i].policy, policy) == 0)
			return &promises[i];
	return NULL;
}

static bool run_one(uint64_t seed, const char *policy, bool verbose)
{
	struct random_traits traits;
	struct sim sim;

	running.seed = seed;
	running.policy = policy;
	alarm(SECONDS_MOST);
	memset(&check, 0, sizeof(check));
	random_open(&sim, seed, policy, &traits);
	check.sim = &sim;
	check.traits = &traits;
	check.promise = traits.changes ? NULL : promise_of(traits.policy);
	sim.watch = watch;
	random_run(&sim, seed, &traits);
	check_end(&sim);
	if (verbose || check.failed)
		printf("%s seed %llu: %s, %u cores, %u tasks%s%s%s%s%s, unfair %.3f%%, %llu events%s%s\n",
		       check.failed ? "FAILED" : "ok", (unsigned long long)seed, traits.policy,
		       traits.cores, sim.task_count, traits.hogs ? ", hogs" : "",
		       traits.caps ? ", caps" : "", traits.affinity ? ", affinity" : "",
		       traits.spin ? ", spin" : "", traits.changes ? ", changes" : "",
		       100 * sim.fair_error, (unsigned long long)sim.events_done,
		       check.failed ? ": " : "", check.message);
	if (check.failed)
		print_again();
	sim_close(&sim);
	return !check.failed;
}

/* Seeds at which a policy broke its promise once. */
static const struct {
	uint64_t seed;
	const char *policy;
} mended[] = {
	{ 2091, "compensated" },  { 6022, "compensated" },  { 7805, "compensated" },
	{ 13160, "compensated" }, { 15287, "compensated" }, { 16063, "compensated" },
	{ 17301, "compensated" }, { 24473, "compensated" }, { 25061, "compensated" },
	{ 60188, "compensated" }, { 68880, "compensated" }, { 88437, "compensated" },
	{ 88916, "compensated" },
};

static uint64_t run_mended(bool verbose)
{
	uint64_t failed = 0;

	for (unsigned i = 0; i < sizeof(mended) / sizeof(mended[0]); i++)
		failed += !run_one(mended[i].seed, mended[i].policy, verbose);
	printf("seeds that failed once: %llu passed, %llu failed\n",
	       (unsigned long long)(sizeof(mended) / sizeof(mended[0]) - failed),
	       (unsigned long long)failed);
	return failed;
}

int main(int argc, char **argv)
{
	uint64_t count = 10000, first = 1, failed = 0, broken = 0;
	const char *policy = NULL;
	bool verbose = false, again = false;
	const struct command_option known[] = {
		{ "count", .number = &count, .min = 1 },
		{ "first", .number = &first },
		{ "mended", .flag = &again },
		{ "policy", .policy = &policy },
		{ "verbose", .flag = &verbose },
	};

	if (!options_parse(argc, argv, known, sizeof(known) / sizeof(known[0])))
		return 2;
	catch_ends();
	if (again)
		broken = run_mended(verbose);
	for (uint64_t seed = first; seed < first + count; seed++)
		failed += !run_one(seed, policy, verbose);
	printf("random scenarios: %llu passed, %llu failed\n", (unsigned long long)(count - failed),
	       (unsigned long long)failed);
	return failed || broken;
}
