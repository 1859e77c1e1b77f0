/*
 * The life of entities: parameters, the registry of all of them, adding, changing and removing.
 */
#include "sched/classify.h"
#include "sched/internal.h"

#include <string.h>

void sched_lock_registry(struct sched *sched)
{
	while (atomic_flag_test_and_set_explicit(&sched->registry_lock, memory_order_acquire))
		__builtin_ia32_pause();
}

bool sched_try_lock_registry(struct sched *sched)
{
	return !atomic_flag_test_and_set_explicit(&sched->registry_lock, memory_order_acquire);
}

void sched_unlock_registry(struct sched *sched)
{
	atomic_flag_clear_explicit(&sched->registry_lock, memory_order_release);
}

void sched_default_params(struct sched_params *params)
{
	*params = (struct sched_params) { .weight = SCHED_WEIGHT_DEFAULT, .class_auto = true };
	sched_mask_fill(&params->affinity);
}

static bool some_core_online(const struct sched *sched, const struct sched_mask *affinity)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < SCHED_MASK_WORDS; i++)
		any |= affinity->word[i] & sched->online.word[i];
	return any != 0;
}

static bool slices_ordered(const struct sched_params *p)
{
	uint64_t max = p->slice_max ? p->slice_max : SCHED_NEVER;
	uint64_t slice = p->slice ? p->slice : p->slice_min;

	if (p->slice_min > max)
		return false;
	return !slice || (p->slice_min <= slice && slice <= max);
}

enum error sched_check_params(const struct sched *sched, const struct sched_params *p,
			      const char **why)
{
	const struct {
		bool bad;
		enum error error;
		const char *why;
	} rules[] = {
		{ p->weight == 0, ERR_INVALID, "weight is 0" },
		{ p->weight > SCHED_WEIGHT_MAX, ERR_RANGE, "weight is over 65535" },
		{ p->cap > 100, ERR_RANGE, "cap is over 100 percent of a core" },
		{ !slices_ordered(p), ERR_INVALID, "slices are not min <= base <= max" },
		{ p->budget > p->period, ERR_INVALID, "budget is longer than the period" },
		{ p->period && !p->budget, ERR_INVALID, "period without a budget" },
		{ p->class != SCHED_THROUGHPUT && p->class != SCHED_LATENCY, ERR_INVALID,
		  "no such latency class" },
		{ !some_core_online(sched, &p->affinity), ERR_RANGE,
		  "no core of the affinity is there" },
	};

	for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!rules[i].bad)
			continue;
		*why = rules[i].why;
		return rules[i].error;
	}
	*why = NULL;
	return OK;
}

/* The next allowed core in turn, so that entities start spread. */
static unsigned first_core(const struct sched *sched, const struct sched_params *params)
{
	unsigned core = sched->entities % sched->cores;

	while (!sched_mask_has(&params->affinity, core))
		core = (core + 1) % sched->cores;
	return core;
}

/* Enters the ring of the entities of the same VM. */
static void join_siblings(struct sched *sched, struct sched_entity *entity)
{
	sched_list_init(&entity->siblings);
	for (struct sched_list *l = sched->registry.next; l != &sched->registry; l = l->next) {
		struct sched_entity *other = SCHED_ENTITY_OF(l, registry);

		if (other->vm != entity->vm)
			continue;
		sched_list_insert(&entity->siblings, &other->siblings);
		return;
	}
}

enum error sched_add(struct sched *sched, struct sched_entity *entity, unsigned id, unsigned vm,
		     const struct sched_params *params, uint64_t now)
{
	const char *why;
	enum error error = sched_check_params(sched, params, &why);

	if (error != OK)
		return error;
	if (sched_state_of(entity) != SCHED_GONE || entity->sched)
		return ERR_STATE;
	entity->sched = sched;
	entity->id = id;
	entity->vm = vm;
	entity->params = *params;
	entity->notes = params->gang ? SCHED_NOTE_GANG : 0;
	entity->many_cores = sched_may_move(entity);
	sched_classify_reset(entity);
	entity->fresh = true;
	entity->since = now;
	entity->woken_at = SCHED_NEVER;
	sched_lock_registry(sched);
	entity->last_core = first_core(sched, params);
	atomic_store(&entity->core, entity->last_core);
	join_siblings(sched, entity);
	sched_list_add_tail(&sched->registry, &entity->registry);
	sched->entities++;
	sched_unlock_registry(sched);
	atomic_store(&entity->state, SCHED_BLOCKED);
	return OK;
}

bool sched_is_gone(const struct sched_entity *entity)
{
	return sched_state_of(entity) == SCHED_GONE && atomic_load(&entity->requests) == 0;
}

bool sched_remove(struct sched_core *here, struct sched_entity *entity, uint64_t now)
{
	if (here->current == entity)
		sched_bury(here, entity, now);
	else if (sched_state_of(entity) != SCHED_GONE)
		sched_post(here, entity, SCHED_REQUEST_REMOVE);
	return sched_is_gone(entity);
}

void sched_forget(struct sched_entity *entity)
{
	struct sched *sched = entity->sched;

	sched_lock_registry(sched);
	sched_list_remove(&entity->registry);
	sched_list_remove(&entity->siblings);
	sched->entities--;
	sched_unlock_registry(sched);
	entity->sched = NULL;
}

enum error sched_update(struct sched_core *here, struct sched_entity *entity,
			const struct sched_params *params, const char **why, uint64_t now)
{
	enum error error = sched_check_params(entity->sched, params, why);

	(void)now;
	if (error != OK)
		return error;
	sched_lock_registry(entity->sched);
	entity->next_params = *params;
	sched_unlock_registry(entity->sched);
	sched_post(here, entity, SCHED_REQUEST_UPDATE);
	return OK;
}

void sched_take_params(struct sched_core *core, struct sched_entity *entity)
{
	bool remarked;

	sched_lock_registry(core->sched);
	remarked = entity->next_params.class != entity->params.class ||
		   entity->next_params.class_auto != entity->params.class_auto;
	entity->params = entity->next_params;
	entity->notes |= SCHED_NOTE_GANG; /* looked at when it starts */
	sched_unlock_registry(core->sched);
	if (remarked)
		sched_classify_reset(entity);
	entity->many_cores = sched_may_move(entity);
}

void sched_for_each(struct sched *sched, void (*visit)(struct sched_entity *entity, void *arg),
		    void *arg)
{
	sched_lock_registry(sched);
	for (struct sched_list *l = sched->registry.next; l != &sched->registry; l = l->next)
		visit(SCHED_ENTITY_OF(l, registry), arg);
	sched_unlock_registry(sched);
}

enum sched_state sched_state_of(const struct sched_entity *entity)
{
	return atomic_load(&entity->state) & ~SCHED_WOKEN;
}
