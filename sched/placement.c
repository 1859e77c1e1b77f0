/*
 * Which core an entity goes to. A waking entity goes back to the core where it ran last if that
 * one is idle or if no allowed core is; else to the nearest idle one. A core with more than it can
 * run gives away to idle cores whenever it decides; a core that goes idle asks a crowded one, the
 * nearest first, and kicks it. Run queues are never touched from outside.
 *
 * The two masks idle and crowded are set before the other one is read, with sequential
 * consistency, so of a core that goes idle and a core that becomes crowded at the same moment at
 * least one sees the other.
 */
#include "sched/internal.h"

#include <string.h>

#define GIVE_AWAY_MAX 4 /* entities given away in one decision */
#define HEAP_LOOKS    4
#define PLACE_LOOKS   8 /* idle cores of 64 that a waking entity may choose from */

static unsigned words(const struct sched *sched)
{
	return (sched->cores + 63) / 64;
}

static unsigned distance(const struct sched *sched, unsigned from, unsigned to)
{
	unsigned a = sched->core[from]->node, b = sched->core[to]->node;

	return a == b ? 0 : sched->port->distance(a, b);
}

/* The first core of a word at or after `start`, cyclically. The word is not zero. */
static unsigned first_from(uint64_t word, unsigned start)
{
	uint64_t upper = word & (UINT64_MAX << start);

	return __builtin_ctzll(upper ? upper : word);
}

/*
 * The nearest core to `from` in the mask, of those allowed: of each word as many candidates as
 * `looks` are looked at, in its own word those after `from`. Cores of a node have neighbouring
 * numbers. With one look, the next core in turn comes out where there are up to 64.
 */
static unsigned nearest(const struct sched *sched, const struct sched_shared_mask *mask,
			const struct sched_mask *allowed, unsigned from, unsigned looks)
{
	unsigned best = SCHED_ANYWHERE, best_distance = UINT32_MAX;

	for (unsigned i = 0, w = from / 64; i < words(sched); i++, w = (w + 1) % words(sched)) {
		uint64_t word = atomic_load_explicit(&mask->word[w], memory_order_relaxed) &
				allowed->word[w];

		for (unsigned k = 0; k < looks && word && best_distance; k++) {
			unsigned bit = first_from(word, i ? 0 : (from + 1) % 64);
			unsigned d = distance(sched, from, w * 64 + bit);

			word &= ~(1ull << bit);
			if (d >= best_distance)
				continue;
			best = w * 64 + bit;
			best_distance = d;
		}
	}
	return best;
}

/* Takes a core out of the idle mask; false if somebody else did. */
static bool claim_idle(struct sched *sched, unsigned core)
{
	uint64_t bit = 1ull << (core % 64);

	return atomic_fetch_and(&sched->idle.word[core / 64], ~bit) & bit;
}

/* An allowed core for an entity whose last core is not allowed any more. */
static unsigned any_allowed(const struct sched *sched, const struct sched_entity *entity)
{
	unsigned best = 0, best_load = UINT32_MAX;

	for (unsigned core = 0; core < sched->cores; core++) {
		unsigned load =
			atomic_load_explicit(&sched->core[core]->load, memory_order_relaxed);

		if (sched_mask_has(&entity->params.affinity, core) && load < best_load) {
			best = core;
			best_load = load;
		}
	}
	return best;
}

unsigned sched_place(struct sched_core *here, struct sched_entity *entity)
{
	struct sched *sched = here->sched;
	unsigned last = atomic_load(&entity->core), idle;

	if (sched->ops->place) {
		unsigned core = sched->ops->place(sched, entity);

		if (core != SCHED_ANYWHERE)
			return core;
	}
	if (!entity->many_cores && sched_mask_has(&entity->params.affinity, last))
		return last;
	if (sched_mask_has(&entity->params.affinity, last) &&
	    sched_shared_mask_has(&sched->idle, last) && claim_idle(sched, last))
		return last;
	idle = nearest(sched, &sched->idle, &entity->params.affinity, last, PLACE_LOOKS);
	if (idle != SCHED_ANYWHERE && claim_idle(sched, idle))
		return idle;
	return sched_mask_has(&entity->params.affinity, last) ? last : any_allowed(sched, entity);
}

bool sched_may_move(const struct sched_entity *entity)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SCHED_MASK_WORDS; i++)
		count += __builtin_popcountll(entity->params.affinity.word[i] &
					      entity->sched->online.word[i]);
	return count > 1;
}

struct sched_entity *sched_allowed(struct sched_entity *entity, const struct sched_core *to)
{
	bool may = entity && entity->many_cores && sched_mask_has(&entity->params.affinity, to->id);

	return may ? entity : NULL;
}

struct sched_entity *sched_list_allowed(struct sched_list *queue, const struct sched_core *to,
					unsigned looks)
{
	struct sched_entity *entity = NULL;

	for (struct sched_list *l = queue->next; l != queue && looks-- && !entity; l = l->next)
		entity = sched_allowed(SCHED_ENTITY_OF(l, link), to);
	return entity;
}

/* Along the left spine, with the right children. */
struct sched_entity *sched_heap_allowed(const struct sched_heap *heap, const struct sched_core *to)
{
	struct sched_node *node = sched_heap_first(heap);
	struct sched_entity *entity = NULL;

	for (unsigned i = 0; i < HEAP_LOOKS && node && !entity; i++, node = node->left) {
		entity = sched_allowed(SCHED_ENTITY_OF(node, node), to);
		if (!entity && node->right)
			entity = sched_allowed(SCHED_ENTITY_OF(node->right, node), to);
	}
	return entity;
}

static void hand_over(struct sched_core *core, struct sched_entity *entity, unsigned to,
		      uint64_t now)
{
	sched_dequeue(core, entity, now);
	sched_forget_here(core, entity);
	core->sched->port->leave(entity);
	entity->moving = true;
	atomic_store(&entity->state, SCHED_WAKING);
	sched_send(core, entity, to);
}

static bool give_to(struct sched_core *core, unsigned to, uint64_t now)
{
	struct sched *sched = core->sched;
	struct sched_entity *entity = sched->ops->surplus(core, sched->core[to], now);

	if (!entity || !claim_idle(sched, to))
		return false;
	hand_over(core, entity, to, now);
	return true;
}

static uint64_t even_out_period(const struct sched_core *core)
{
	return core->sched->ms * SCHED_EVEN_OUT_US / 1000;
}

/* Once a period only: two cores may have reasons to send each other somebody for ever. */
void sched_even_out_soon(struct sched_core *core, uint64_t now)
{
	if (now < core->hurried_until)
		return;
	core->hurried_until = now + even_out_period(core);
	core->even_out_at = now;
}

/* Compares with busy cores, so that shares even out between cores. */
static void even_out(struct sched_core *core, uint64_t now)
{
	struct sched_entity *entity;
	unsigned to;

	if (now < core->even_out_at)
		return;
	core->even_out_at = now + even_out_period(core);
	entity = core->sched->ops->excess(core, &to, now);
	if (entity)
		hand_over(core, entity, to, now);
}

/* True if somebody waits here who is not bound to this core. */
static bool movable_waits(const struct sched_core *core)
{
	return core->movable > (core->current && core->current->many_cores);
}

/* True if somebody waits here who could run elsewhere at once. */
static bool crowded(struct sched_core *core, uint64_t now)
{
	return core->current && movable_waits(core) && core->sched->ops->surplus(core, core, now);
}

/* Gives to idle cores, the nearest first; a core for which nobody here is allowed ends it. */
static void give_away(struct sched_core *core, uint64_t now)
{
	struct sched *sched = core->sched;
	unsigned from = core->id;

	for (unsigned i = 0; i < GIVE_AWAY_MAX; i++) {
		from = nearest(sched, &sched->idle, &sched->online, from, 1);
		if (from == SCHED_ANYWHERE || !crowded(core, now))
			return;
		give_to(core, from, now);
	}
}

/* Asks the crowded cores one after the other; one that has nothing for us kicks us to go on. */
static void ask_for_work(struct sched_core *core)
{
	struct sched *sched = core->sched;

	while (core->asks < sched->cores) {
		unsigned from = nearest(sched, &sched->crowded, &sched->online, core->asked, 1);
		unsigned none = 0;

		core->asks++;
		core->asked = from;
		if (from == SCHED_ANYWHERE || from == core->id)
			break;
		if (!atomic_compare_exchange_strong(&sched->core[from]->thief, &none, core->id + 1))
			continue;
		sched->port->kick(from);
		return;
	}
	core->asked = core->id;
}

static void serve_thief(struct sched_core *core, uint64_t now)
{
	struct sched *sched = core->sched;
	unsigned thief = atomic_exchange(&core->thief, 0);

	if (!thief || (crowded(core, now) && give_to(core, thief - 1, now)))
		return;
	if (sched_shared_mask_has(&sched->idle, thief - 1))
		sched->port->kick(thief - 1);
}

static void balance_idle(struct sched_core *core)
{
	atomic_store(&core->thief, 0);
	ask_for_work(core);
}

static void balance_busy(struct sched_core *core, uint64_t now)
{
	core->asks = 0;
	core->asked = core->id;
	if (atomic_load_explicit(&core->thief, memory_order_relaxed))
		serve_thief(core, now);
	if (core->sched->ops->excess)
		even_out(core, now);
	if (!movable_waits(core))
		return;
	give_away(core, now);
}

void sched_balance_cores(struct sched_core *core, uint64_t now)
{
	struct sched *sched = core->sched;

	sched_shared_mask_set(&sched->idle, core->id, !core->current);
	sched_shared_mask_set(&sched->crowded, core->id, crowded(core, now));
	if (!core->current) {
		balance_idle(core);
		return;
	}
	balance_busy(core, now);
	sched_shared_mask_set(&sched->crowded, core->id, crowded(core, now));
}
