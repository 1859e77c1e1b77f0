/*
 * Your own scheduler in 60 lines: a complete policy to copy and change. This one is a lottery:
 * every entity that waits has tickets in proportion to its weight, and a slice goes to the winner of
 * a draw. (C. Waldspurger, W. Weihl, "Lottery scheduling", OSDI 1994.)
 *
 * To make it yours: copy the file, rename `example` throughout, declare the ops in
 * sched/policies.h, add them to the table in sched/policies.c, and run
 *	make sim SIM_ARGS="--policy yours"	   what it does in the standard scenarios
 *	make sim-properties SIM_ARGS="--policy yours"	whether it keeps its promises
 * Then select it in the shell of a running hypervisor. sched/ops.h says what each function may do.
 * Locks: none. Cost: O(LOOKS), as the draw is among the first LOOKS that wait.
 */
#include "sched/policies.h"

#define SLICE_MS 5
#define LOOKS	 8

/* What the policy keeps for each core lies in core->data, zeroed before example_core_init. */
struct example_core {
	struct sched_list queue;
	uint64_t random;
};

static struct example_core *example_of(struct sched_core *core)
{
	return (struct example_core *)core->data;
}

static void example_core_init(struct sched_core *core, uint64_t now)
{
	(void)now;
	sched_list_init(&example_of(core)->queue);
	example_of(core)->random = core->id + 1;
}

/* The entity waits from now on: entity->link is ours as long as it does. */
static void example_enqueue(struct sched_core *core, struct sched_entity *entity,
			    enum sched_enqueue how, uint64_t now)
{
	(void)how, (void)now;
	sched_list_add_tail(&example_of(core)->queue, &entity->link);
}

static void example_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)core, (void)now;
	sched_list_remove(&entity->link);
}

static uint64_t draw(struct example_core *example, uint64_t tickets)
{
	example->random = example->random * 6364136223846793005ull + 1442695040888963407ull;
	return (example->random >> 33) % tickets;
}

static struct sched_entity *example_pick(struct sched_core *core, uint64_t now,
					 struct sched_decision *decision)
{
	struct sched_list *queue = &example_of(core)->queue, *l = queue->next;
	uint64_t tickets = 0, winner;
	unsigned looks = LOOKS;

	if (sched_list_empty(queue))
		return NULL;
	for (struct sched_list *i = l; i != queue && looks--; i = i->next)
		tickets += SCHED_ENTITY_OF(i, link)->params.weight;
	winner = draw(example_of(core), tickets);
	while (winner >= SCHED_ENTITY_OF(l, link)->params.weight) {
		winner -= SCHED_ENTITY_OF(l, link)->params.weight;
		l = l->next;
	}
	sched_list_remove(l);
	decision->until = now + SLICE_MS * core->sched->ms;
	decision->reason = SCHED_WHY_TURN;
	return SCHED_ENTITY_OF(l, link);
}

/* Should this one, just woken, interrupt the one that runs? */
static bool example_preempts(struct sched_core *core, const struct sched_entity *entity,
			     uint64_t now)
{
	(void)core, (void)entity, (void)now;
	return false;
}

/* Somebody for an idle core; without this function nothing is ever given away. */
static struct sched_entity *example_surplus(struct sched_core *core, const struct sched_core *to,
					    uint64_t now)
{
	(void)now;
	return sched_list_allowed(&example_of(core)->queue, to, LOOKS);
}

const struct sched_ops sched_example = {
	.name = "example",
	.summary = "a lottery in 60 lines, to copy and change",
	.core_size = sizeof(struct example_core),
	.core_init = example_core_init,
	.enqueue = example_enqueue,
	.dequeue = example_dequeue,
	.pick = example_pick,
	.preempts = example_preempts,
	.surplus = example_surplus,
};

_Static_assert(sizeof(struct example_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
