/*
 * Constant-bandwidth servers under earliest deadline first. An entity with a budget Q in every
 * period P has a server: the core goes to the waiting server with the earliest deadline, until its
 * budget is used up; then the server is postponed to the next period and its entity competes with
 * those that have no server, which share what is left in turns of 10 ms. An entity that wakes up
 * keeps its deadline if its remaining budget fits before it at the rate Q / P, else it gets a full
 * budget and the deadline one period from now, so it can never claim more than Q / P.
 *
 * Admission: the servers of a core may ask for 100% of it together. A new one goes to the allowed
 * core that has most left; one that does not fit has no server (it waits with the others, nothing
 * is lost) and is considered again when it wakes up. Latency-sensitive entities without parameters
 * get 2.5 ms every 10 ms. Weights and caps are ignored: a server is not served less than its budget
 * however long the core has nothing better to do.
 *
 * Across cores: no core idles while an entity waits that may run there and either has no server or
 * has one that fits there too, and moves with it; servers that would not fit stay. Nothing is
 * promised about the shares of those without a server.
 *
 * Source: L. Abeni, G. Buttazzo, "Integrating multimedia applications in hard real-time systems",
 * RTSS 1998; postponing with extra time as in Xen's RTDS.
 * Locks: none. Cost: O(log n).
 */
#include "sched/arith.h"
#include "sched/policies.h"

#define DEFAULT_BUDGET_US 2500
#define DEFAULT_PERIOD_US 10000
#define TURN_MS		  10
#define FULL		  (1u << 20) /* utilisation of a whole core */
#define LOOKS		  4
#define PLACE_LOOKS	  64 /* cores */

enum edf_place { EDF_NOWHERE, EDF_SERVER, EDF_OTHERS };

struct edf_entity {
	uint64_t budget; /* Q, 0: no server */
	uint64_t period; /* P */
	uint64_t left;	 /* of the budget */
	uint64_t deadline;
	uint32_t utilisation; /* admitted, of FULL */
	unsigned core;	      /* of the server */
	uint8_t place;
	bool postponed; /* no budget before the deadline */
};

struct edf_core {
	struct sched_heap servers;    /* waiting with budget, by deadline */
	struct sched_heap postponed;  /* waiting without, by the tick of the next budget */
	struct sched_list others;     /* waiting without a server or without budget */
	_Atomic uint32_t utilisation; /* admitted; other cores look at it */
};

static struct edf_core *edf_of(struct sched_core *core)
{
	return (struct edf_core *)core->data;
}

static struct edf_entity *state_of(const struct sched_entity *entity)
{
	return (struct edf_entity *)entity->data;
}

static void edf_core_init(struct sched_core *core, uint64_t now)
{
	(void)now;
	sched_list_init(&edf_of(core)->others);
}

static void take_parameters(struct sched_core *core, const struct sched_entity *entity)
{
	struct edf_entity *state = state_of(entity);

	state->budget = entity->params.budget;
	state->period = entity->params.period;
	if (state->budget || entity->class != SCHED_LATENCY)
		return;
	state->budget = core->sched->ms * DEFAULT_BUDGET_US / 1000;
	state->period = core->sched->ms * DEFAULT_PERIOD_US / 1000;
}

static uint32_t utilisation_of(const struct sched_core *core)
{
	const struct edf_core *edf = (const struct edf_core *)core->data;

	return atomic_load_explicit(&edf->utilisation, memory_order_relaxed);
}

/* In two steps, so that long periods do not overflow. */
static uint32_t wanted_by(const struct edf_entity *state)
{
	if (!state->budget)
		return 0;
	return (uint32_t)((state->budget << 10) / (state->period >> 10 | 1));
}

/* What is admitted on this core for the entity becomes `utilisation`. */
static void account(struct sched_core *core, struct edf_entity *state, uint32_t utilisation)
{
	atomic_fetch_add_explicit(&edf_of(core)->utilisation, utilisation - state->utilisation,
				  memory_order_relaxed);
	state->utilisation = utilisation;
	state->core = core->id;
}

static void start_period(struct edf_entity *state, uint64_t from)
{
	state->deadline = from + state->period;
	state->left = state->budget;
	state->postponed = false;
}

/* It gets a server as it asks for, if the core has room for it, else none. */
static void admit(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *state = state_of(entity);
	uint32_t wanted;

	take_parameters(core, entity);
	wanted = wanted_by(state);
	if (utilisation_of(core) - state->utilisation + wanted > FULL) {
		state->budget = 0;
		wanted = 0;
	}
	account(core, state, wanted);
	start_period(state, now);
}

static void edf_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	admit(core, entity, now);
}

static void edf_forget(struct sched_core *core, struct sched_entity *entity)
{
	if (entity->fresh)
		return;
	account(core, state_of(entity), 0);
	entity->fresh = true; /* admitted again where it goes */
}

/* The rule of the constant-bandwidth server: left / (deadline - now) must not exceed Q / P. */
static void wake_server(struct edf_entity *state, uint64_t now)
{
	uint64_t rest = state->deadline > now ? state->deadline - now : 0;

	if (state->postponed && rest)
		return;
	if ((state->left >> 8) * (state->period >> 8) >= (rest >> 8) * (state->budget >> 8))
		start_period(state, now);
}

static void queue_other(struct sched_core *core, struct sched_entity *entity,
			enum sched_enqueue how)
{
	struct edf_core *edf = edf_of(core);
	bool first = how == SCHED_ENQUEUE_DIRECTED ||
		     (how == SCHED_ENQUEUE_PUT &&
		      sched_slice_left(core, entity, TURN_MS * core->sched->ms));

	state_of(entity)->place = EDF_OTHERS;
	if (first) {
		sched_list_add_head(&edf->others, &entity->link);
		return;
	}
	entity->slice_used = 0;
	sched_list_add_tail(&edf->others, &entity->link);
}

static void edf_enqueue(struct sched_core *core, struct sched_entity *entity,
			enum sched_enqueue how, uint64_t now)
{
	struct edf_entity *state = state_of(entity);

	if (how == SCHED_ENQUEUE_WAKE && state->budget)
		wake_server(state, now);
	else if (how == SCHED_ENQUEUE_WAKE)
		admit(core, entity, now);
	if (how == SCHED_ENQUEUE_YIELD) /* for this once it is one of the others */
		state->postponed |= state->budget != 0;
	if (state->budget && !state->postponed) {
		state->place = EDF_SERVER;
		sched_heap_insert(&edf_of(core)->servers, &entity->node, state->deadline);
		return;
	}
	queue_other(core, entity, how);
	if (state->postponed)
		sched_heap_insert(&edf_of(core)->postponed, &entity->node, state->deadline);
}

static void edf_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct edf_entity *state = state_of(entity);

	(void)now;
	if (state->place == EDF_SERVER)
		sched_heap_remove(&edf_of(core)->servers, &entity->node);
	else
		sched_list_remove(&entity->link);
	if (state->place == EDF_OTHERS && sched_heap_linked(&entity->node))
		sched_heap_remove(&edf_of(core)->postponed, &entity->node);
	state->place = EDF_NOWHERE;
}

/* Servers whose next period has come get their budget. */
static void replenish(struct sched_core *core, uint64_t now)
{
	struct sched_node *node = sched_heap_first(&edf_of(core)->postponed);

	while (node && node->key <= now) {
		struct sched_entity *entity = SCHED_ENTITY_OF(node, node);

		edf_dequeue(core, entity, now);
		start_period(state_of(entity), state_of(entity)->deadline);
		if (state_of(entity)->deadline <= now)
			start_period(state_of(entity), now);
		edf_enqueue(core, entity, SCHED_ENQUEUE_RESTORE, now);
		node = sched_heap_first(&edf_of(core)->postponed);
	}
}

static uint64_t edf_next_event(struct sched_core *core, uint64_t now)
{
	struct sched_node *node = sched_heap_first(&edf_of(core)->postponed);

	(void)now;
	return node ? node->key : SCHED_NEVER;
}

static struct sched_entity *edf_pick(struct sched_core *core, uint64_t now,
				     struct sched_decision *decision)
{
	struct edf_core *edf = edf_of(core);
	struct sched_entity *entity;
	uint64_t run;

	replenish(core, now);
	decision->until = edf_next_event(core, now);
	if (sched_heap_first(&edf->servers)) {
		entity = SCHED_ENTITY_OF(sched_heap_first(&edf->servers), node);
		run = state_of(entity)->left;
		decision->reason = SCHED_WHY_DEADLINE;
	} else if (!sched_list_empty(&edf->others)) {
		entity = SCHED_ENTITY_OF(edf->others.next, link);
		run = sched_slice_left(core, entity, TURN_MS * core->sched->ms);
		decision->reason = SCHED_WHY_LEFTOVER;
	} else {
		return NULL;
	}
	edf_dequeue(core, entity, now);
	if (run < core->sched->grain)
		run = core->sched->grain;
	decision->until = least(decision->until, now + run);
	return entity;
}

/* Time that a server runs after the others, without budget, is a present. */
static void edf_charge(struct sched_core *core, struct sched_entity *entity, uint64_t ran,
		       uint64_t now)
{
	struct edf_entity *state = state_of(entity);

	(void)now;
	if (!state->budget || state->postponed)
		return;
	state->left -= least(state->left, ran);
	if (state->left > core->sched->grain / 2)
		return;
	state->left = 0;
	state->postponed = true;
	entity->slice_used = TURN_MS * core->sched->ms; /* last among the others */
}

static bool edf_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	const struct edf_entity *mine = state_of(entity), *current = state_of(core->current);

	(void)now;
	if (mine->place != EDF_SERVER)
		return false;
	return !current->budget || current->postponed || mine->deadline < current->deadline;
}

/* The allowed core with most left for servers, among the first few after the one it was on. */
static unsigned roomiest(const struct sched *sched, const struct sched_entity *entity)
{
	unsigned core = entity->last_core, best = SCHED_ANYWHERE;
	unsigned looks = sched->cores < PLACE_LOOKS ? sched->cores : PLACE_LOOKS;
	uint32_t least_used = UINT32_MAX;

	for (; looks--; core = core + 1 < sched->cores ? core + 1 : 0) {
		uint32_t used = utilisation_of(sched->core[core]);

		if (!sched_mask_has(&entity->params.affinity, core) || used >= least_used)
			continue;
		best = core;
		least_used = used;
	}
	return best;
}

static bool wants_server(const struct sched_entity *entity)
{
	return entity->params.budget || entity->class == SCHED_LATENCY;
}

static unsigned edf_place(struct sched *sched, const struct sched_entity *entity)
{
	const struct edf_entity *state = state_of(entity);

	if (!entity->fresh && state->utilisation)
		return state->core;
	return entity->fresh && wants_server(entity) ? roomiest(sched, entity) : SCHED_ANYWHERE;
}

/* The entity, if it may leave for core `to` and, having a server, fits there. */
static struct sched_entity *fitting(struct sched_entity *entity, const struct sched_core *core,
				    const struct sched_core *to)
{
	uint32_t wanted = state_of(entity)->utilisation;

	if (wanted && to != core && utilisation_of(to) + wanted > FULL)
		return NULL;
	return sched_allowed(entity, to);
}

static struct sched_entity *edf_surplus(struct sched_core *core, const struct sched_core *to,
					uint64_t now)
{
	struct sched_list *others = &edf_of(core)->others;
	struct sched_node *node = sched_heap_first(&edf_of(core)->servers);
	struct sched_entity *entity = NULL;
	unsigned looks = LOOKS;

	(void)now;
	for (struct sched_list *l = others->next; l != others && looks-- && !entity; l = l->next)
		entity = fitting(SCHED_ENTITY_OF(l, link), core, to);
	for (looks = LOOKS; node && looks-- && !entity; node = node->left)
		entity = fitting(SCHED_ENTITY_OF(node, node), core, to);
	return entity;
}

const struct sched_ops sched_edf = {
	.name = "edf",
	.summary = "constant-bandwidth servers by earliest deadline, turns of 10 ms for the rest",
	.entity_size = sizeof(struct edf_entity),
	.core_size = sizeof(struct edf_core),
	.core_init = edf_core_init,
	.entity_init = edf_entity_init,
	.enqueue = edf_enqueue,
	.dequeue = edf_dequeue,
	.pick = edf_pick,
	.charge = edf_charge,
	.preempts = edf_preempts,
	.forget = edf_forget,
	.next_event = edf_next_event,
	.surplus = edf_surplus,
	.place = edf_place,
};

_Static_assert(sizeof(struct edf_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity.data");
_Static_assert(sizeof(struct edf_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
