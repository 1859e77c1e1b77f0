/*
 * The cost of a scheduling decision, for the instruction counter of `make sim-decision`: N vCPUs on
 * a core, one in eight of them latency-sensitive. Two decisions a round: one after a slice has
 * ended and a wake-up has come, and one after the woken vCPU has blocked; their mean is the figure.
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
	    sched_core_init(&sched, &core, 0, 0) != OK)
		exit(2);
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

/* A sleeper wakes up, runs for a while and blocks. */
static uint64_t serve_sleeper(unsigned i, uint64_t now)
{
	sched_wake(&core, &entities[i], now);
	measured_decision(now + 100);
	if (core.decision.next == &entities[i])
		sched_block(&core, now + 20000);
	return now + 20000;
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
		now = core.decision.until < now + 5 * MS ? core.decision.until : now + 5 * MS;
		now = serve_sleeper(sleeper, now);
		sleeper = sleeper + 8 < vcpus ? sleeper + 8 : 1;
	}
	return 0;
}
