/*
 * The scheduler with real concurrency: a thread is a core. Every thread picks, runs, blocks, and
 * wakes, changes and removes entities of all others at random. No wake-up may get lost, no entity
 * may run on two cores at once, and all time is accounted for.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "sched/advice.h"
#include "sched/sched.h"

#define CORES	 4
#define ENTITIES 10
#define PHASES	 60 /* after each one everything must come to rest */
#define ROUNDS	 150
#define MS	 1000000ull /* a tick is a nanosecond */

struct subject {
	struct sched_entity entity;
	atomic_uint events;  /* to be consumed by running */
	atomic_uint running; /* cores that run it at this moment */
	atomic_ulong runs;
};

static struct sched sched;
static struct sched_core cores[CORES];
static struct subject subjects[ENTITIES];
static atomic_uint kicked[CORES];
static atomic_uint done; /* threads that have made their rounds */
static atomic_uint errors;

static uint64_t now_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static void thread_kick(unsigned core)
{
	atomic_store(&kicked[core], 1);
}

/* Makes the moment long in which a blocking entity can be woken. */
static void thread_leave(struct sched_entity *entity)
{
	if (atomic_load(&entity->requests) % 2 == 0 && now_ticks() % 8 == 0)
		sched_yield();
}

static void thread_trace(const struct sched_core *core, enum sched_trace_kind kind,
			 const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	(void)core, (void)kind, (void)entity, (void)a, (void)b, (void)now;
}

static unsigned thread_distance(unsigned from, unsigned to)
{
	return from == to ? 10 : 20;
}

static const struct sched_port port = { thread_kick, thread_leave, thread_trace, thread_distance };

static uint64_t random_of(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

static void wake(struct sched_core *here, struct subject *subject)
{
	atomic_fetch_add(&subject->events, 1);
	sched_wake(here, &subject->entity, now_ticks());
}

static void change(struct sched_core *here, uint64_t *random)
{
	struct subject *subject = &subjects[random_of(random) % ENTITIES];
	struct sched_params params;
	const char *why;

	sched_default_params(&params);
	params.weight = 1 + (uint32_t)(random_of(random) % 1000);
	params.class = random_of(random) % 2 ? SCHED_LATENCY : SCHED_THROUGHPUT;
	if (random_of(random) % 2) {
		memset(&params.affinity, 0, sizeof(params.affinity));
		sched_mask_add(&params.affinity, (unsigned)(random_of(random) % CORES));
	}
	if (sched_update(here, &subject->entity, &params, &why, now_ticks()) != OK)
		atomic_fetch_add(&errors, 1);
}

/* What the entity does while it has the core; then it blocks, unless there is something new. */
static void run(struct sched_core *core, struct subject *subject, uint64_t *random)
{
	if (atomic_fetch_add(&subject->running, 1))
		atomic_fetch_add(&errors, 1);
	atomic_fetch_add(&subject->runs, 1);
	if (random_of(random) % 4 == 0) /* preempted before it looks at its events */
		goto out;
	for (unsigned n = (unsigned)(random_of(random) % 200); n; n--)
		random_of(random);
	sched_charge(core, now_ticks());
	for (;;) {
		atomic_store(&subject->events, 0);
		atomic_fetch_sub(&subject->running, 1); /* another core may run it from here on */
		if (sched_block(core, now_ticks()))
			return;
		atomic_fetch_add(&subject->running, 1);
	}
out:
	sched_charge(core, now_ticks());
	atomic_fetch_sub(&subject->running, 1);
}

static void disturb(struct sched_core *core, uint64_t *random)
{
	for (unsigned n = (unsigned)(random_of(random) % 3); n; n--)
		wake(core, &subjects[random_of(random) % ENTITIES]);
	if (random_of(random) % 8 == 0)
		change(core, random);
}

static void step(struct sched_core *core, uint64_t *random)
{
	struct sched_decision d = sched_pick(core, now_ticks());

	atomic_store(&kicked[core->id], 0);
	if (d.next)
		run(core, (struct subject *)d.next, random);
	else
		sched_yield();
}

static bool all_quiet(void)
{
	for (unsigned i = 0; i < ENTITIES; i++)
		if (sched_state_of(&subjects[i].entity) != SCHED_BLOCKED ||
		    atomic_load(&subjects[i].entity.requests) || atomic_load(&subjects[i].events))
			return false;
	return true;
}

/* Steps until all cores have made their rounds and nothing is left to do, or time is up. */
static void come_to_rest(struct sched_core *core, uint64_t *random, unsigned phase)
{
	uint64_t limit = now_ticks() + 3000 * MS;

	atomic_fetch_add(&done, 1);
	while (atomic_load(&done) < CORES * (phase + 1) || !all_quiet()) {
		step(core, random);
		if (now_ticks() > limit) {
			atomic_fetch_add(&errors, 1);
			return;
		}
	}
}

/* Forecasts for the entities of this core, any, and a plan from them. */
static void advise(struct sched_core *core, uint64_t *random)
{
	for (unsigned i = 0; i < ENTITIES; i++) {
		struct sched_entity *entity = &subjects[i].entity;
		uint32_t us = (uint32_t)((*random >> i) % 10000);
		struct sched_advice advice = { .actual_us = us };

		for (unsigned h = 0; h < SCHED_HORIZONS; h++)
			advice.cpu[h] = (struct sched_expectation) { us, us, us };
		if (atomic_load(&entity->core) == core->id)
			sched_advise(core, entity, &advice, now_ticks());
	}
	sched_replan(core, now_ticks());
}

static void *core_thread(void *argument)
{
	struct sched_core *core = argument;
	uint64_t random = core->id + 1;

	for (unsigned phase = 0; phase < PHASES && !atomic_load(&errors); phase++) {
		for (unsigned i = 0; i < ROUNDS; i++) {
			disturb(core, &random);
			step(core, &random);
			if (i % 16 == 0 && sched_wants_advice(&sched))
				advise(core, &random);
		}
		come_to_rest(core, &random, phase);
	}
	return NULL;
}

static void start(const char *policy)
{
	struct sched_params params;

	memset(&sched, 0, sizeof(sched));
	memset(cores, 0, sizeof(cores));
	memset(subjects, 0, sizeof(subjects));
	atomic_store(&done, 0);
	atomic_store(&errors, 0);
	assert_int_equal(sched_init(&sched, &port, MS, policy), OK);
	for (unsigned i = 0; i < CORES; i++)
		assert_int_equal(sched_core_init(&sched, &cores[i], i / 2, now_ticks()), OK);
	sched_default_params(&params);
	for (unsigned i = 0; i < ENTITIES; i++)
		assert_int_equal(
			sched_add(&sched, &subjects[i].entity, i, i / 3, &params, now_ticks()), OK);
}

static void assert_books(void)
{
	uint64_t given = 0, received = 0;

	for (unsigned i = 0; i < CORES; i++) {
		struct sched_core *core = &cores[i];

		given += core->run;
		assert_int_equal(core->run + core->idle + core->overhead,
				 core->stamp - core->start);
		assert_int_equal(core->waiting, 0);
	}
	for (unsigned i = 0; i < ENTITIES; i++) {
		received += subjects[i].entity.stats.run;
		assert_true(atomic_load(&subjects[i].runs) > 0);
	}
	assert_int_equal(given, received);
}

static void stress(const char *policy)
{
	pthread_t threads[CORES];

	start(policy);
	for (unsigned i = 0; i < CORES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, core_thread, &cores[i]), 0);
	for (unsigned i = 0; i < CORES; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&errors), 0);
	assert_true(all_quiet()); /* every event of every wake-up was seen */
	assert_books();
}

static void rr(void **state)
{
	(void)state;
	stress("rr");
}

static void compensated(void **state)
{
	(void)state;
	stress("compensated");
}

static void predictive(void **state)
{
	(void)state;
	stress("predictive");
}

static void edf(void **state)
{
	(void)state;
	stress("edf");
}

static void table(void **state)
{
	(void)state;
	stress("table");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rr),
		cmocka_unit_test(compensated),
		cmocka_unit_test(predictive),
		cmocka_unit_test(edf),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
