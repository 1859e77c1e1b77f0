/*
 * The cost of a scheduling decision, for the instruction counter of `make sim-decision`: N vCPUs on
 * a core, one in eight of them latency-sensitive: they wake up in turns, and block when they have
 * run for a while. Two decisions a round, one before and one after a wake-up; their mean is the
 * figure.
 * measured_decision() is what is counted, from the call of sched_pick() to its return: charging and
 * queueing the current vCPU, a look at the inbox, choosing, statistics and the call that traces it.
 * Not in it: the record that the hypervisor writes then (20 instructions), waking and blocking. The
 * first rounds are counted, too: 2,000 rounds are many.
 *
 *	decision POLICY VCPUS ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sched.h"

#define MS	  100000ull
#define MAX_VCPUS 1024

static struct sched sched;
static struct sched_core core;
static struct sched_entity entities[MAX_VCPUS];

static void no_kick(unsigned id)
{
	(void)id;
}

static void no_leave(struct sched_entity *entity)
{
	(void)entity;
}

static void no_trace(const struct sched_core *on, enum sched_trace_kind kind,
		     const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	(void)on, (void)kind, (void)entity, (void)a, (void)b, (void)now;
}

static unsigned one_node(unsigned from, unsigned to)
{
	(void)from, (void)to;
	return 10;
}

static const struct sched_port port = { no_kick, no_leave, no_trace, one_node };

__attribute__((noinline)) static void measured_decision(uint64_t now)
{
	sched_pick(&core, now);
}

/* One vCPU in eight is latency-sensitive and wakes up and blocks; the others always run. */
static bool sleeps(unsigned i)
{
	return i % 8 == 1;
}

static void start(const char *policy, unsigned vcpus)
{
	struct sched_params params;

	if (sched_init(&sched, &port, MS, policy) != OK ||
	    sched_core_init(&sched, &core, 0, 0) != OK) {
		fprintf(stderr, "decision: no policy %s\n", policy);
		exit(2);
	}
	for (unsigned i = 0; i < vcpus; i++) {
		sched_default_params(&params);
		params.class = sleeps(i) ? SCHED_LATENCY : SCHED_THROUGHPUT;
		params.class_auto = false;
		if (sched_add(&sched, &entities[i], i, i, &params, 0) != OK)
			exit(2);
		if (!sleeps(i))
			sched_wake(&core, &entities[i], 0);
	}
}

/* Whoever was chosen runs until the next decision is due; a sleeper blocks after a while. */
static uint64_t run(uint64_t now)
{
	uint64_t slice = core.decision.until - now;

	if (sleeps((unsigned)(core.decision.next - entities)) && slice > 20000) {
		sched_block(&core, now + 20000);
		return now + 20000;
	}
	return now + (slice < 5 * MS ? slice : 5 * MS);
}

int main(int argc, char **argv)
{
	unsigned vcpus, rounds, sleeper = 1;
	uint64_t now = 0;

	if (argc != 4)
		return 2;
	vcpus = (unsigned)strtoul(argv[2], NULL, 0);
	rounds = (unsigned)strtoul(argv[3], NULL, 0);
	if (vcpus < 2 || vcpus > MAX_VCPUS)
		return 2;
	start(argv[1], vcpus);
	for (unsigned i = 0; i < rounds; i++) {
		measured_decision(now);
		now = run(now);
		sched_wake(&core, &entities[sleeper], now);
		measured_decision(now + 100);
		now = run(now + 100);
		sleeper = sleeper + 8 < vcpus ? sleeper + 8 : 1;
	}
	return 0;
}
