/*
 * A cyclic table per core, precomputed. Every entity that lives on the core owns a slot in a cycle
 * of 10 ms, as long as its weight entitles it to; a latency-sensitive one owns four short slots
 * spread over the cycle. Whoever owns the present moment runs; if it does not want to, the others
 * that wait share the slot in turns. The table changes only when somebody comes to the core or
 * leaves it for good, so a decision is a look at the table, and everybody's worst wait is known
 * in advance.
 *
 * Across cores: an entity wakes up on the core where it owns slots. No core idles while somebody
 * waits for it: one that has nothing to do takes a waiting entity over for good, and both tables
 * are built anew. Shares are those of the table of its core; nothing is promised about shares
 * across cores. At most TABLE_MEMBERS entities of a core own slots; more live on what others leave.
 * Caps are ignored.
 *
 * Source: M. Vanga, A. Gujarati, B. Brandenburg, "Tableau: a high-throughput and predictable VM
 * scheduler for high-density workloads", EuroSys 2018.
 * Locks: none. Cost: O(log n) a decision, O(n) when the members change.
 */
#include "sched/policies.h"

#define CYCLE_US      10000
#define SURPLUS_LOOKS 4
#define TURN_MS	      5
#define TABLE_MEMBERS 96
#define PASSES	      4 /* slots of a latency-sensitive entity in a cycle */
#define TABLE_SLOTS   (TABLE_MEMBERS + 64)

struct table_slot {
	uint32_t end;	/* ticks since the start of the cycle */
	uint16_t owner; /* index in members */
};

struct table_core {
	struct sched_list waiting; /* in turn */
	struct sched_entity *members[TABLE_MEMBERS];
	struct table_slot slots[TABLE_SLOTS];
	unsigned member_count;
	unsigned slot_count;
	unsigned hint;	/* the slot that was looked for last */
	uint32_t cycle; /* ticks */
};

struct table_entity {
	unsigned core; /* where it lives */
	bool member;   /* owns slots there */
	bool waits;
};

static struct table_core *table_of(struct sched_core *core)
{
	return (struct table_core *)core->data;
}

static struct table_entity *state_of(const struct sched_entity *entity)
{
	return (struct table_entity *)entity->data;
}

static void table_core_init(struct sched_core *core, uint64_t now)
{
	(void)now;
	sched_list_init(&table_of(core)->waiting);
	table_of(core)->cycle = (uint32_t)(core->sched->ms * CYCLE_US / 1000);
}

static unsigned passes_of(const struct sched_entity *entity, unsigned latency_members)
{
	return entity->params.class == SCHED_LATENCY && latency_members <= 16 ? PASSES : 1;
}

static void add_slot(struct table_core *table, unsigned owner, uint64_t length)
{
	unsigned n = table->slot_count;
	uint64_t end = (n ? table->slots[n - 1].end : 0) + length;

	if (n == TABLE_SLOTS)
		return;
	table->slots[n].end = (uint32_t)(end < table->cycle ? end : table->cycle);
	table->slots[n].owner = (uint16_t)owner;
	table->slot_count++;
}

/* In each pass every latency-sensitive member gets a part, and a quarter of the others all theirs.
 */
static void rebuild(struct table_core *table)
{
	uint64_t weight = 0;
	unsigned latency = 0;

	for (unsigned i = 0; i < table->member_count; i++) {
		weight += table->members[i]->params.weight;
		latency += table->members[i]->params.class == SCHED_LATENCY;
	}
	table->slot_count = 0;
	for (unsigned pass = 0; pass < PASSES; pass++) {
		for (unsigned i = 0; i < table->member_count; i++) {
			struct sched_entity *entity = table->members[i];
			unsigned passes = passes_of(entity, latency);

			if (passes == 1 && i % PASSES != pass)
				continue;
			add_slot(table, i, table->cycle * entity->params.weight / weight / passes);
		}
	}
	if (table->slot_count) /* what rounding has left over */
		table->slots[table->slot_count - 1].end = table->cycle;
}

static void table_entity_init(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	struct table_core *table = table_of(core);

	(void)now;
	state_of(entity)->core = core->id;
	if (table->member_count == TABLE_MEMBERS)
		return;
	state_of(entity)->member = true;
	table->members[table->member_count++] = entity;
	rebuild(table);
}

static void table_forget(struct sched_core *core, struct sched_entity *entity)
{
	struct table_core *table = table_of(core);
	unsigned i = 0;

	if (entity->fresh)
		return;
	entity->fresh = true; /* gets slots where it goes */
	if (!state_of(entity)->member)
		return;
	while (table->members[i] != entity)
		i++;
	table->members[i] = table->members[--table->member_count];
	rebuild(table);
}

static const struct table_slot *search(struct table_core *table, uint32_t offset)
{
	unsigned low = 0, high = table->slot_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (table->slots[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	table->hint = low;
	return low < table->slot_count ? &table->slots[low] : NULL;
}

static bool is_in(const struct table_core *table, unsigned slot, uint32_t offset)
{
	return slot < table->slot_count && offset < table->slots[slot].end &&
	       (slot == 0 || table->slots[slot - 1].end <= offset);
}

/* The slot of the present moment: mostly the last one that was asked for, or its next. */
static const struct table_slot *slot_at(struct table_core *table, uint32_t offset)
{
	for (unsigned i = table->hint; i < table->hint + 2; i++) {
		if (!is_in(table, i, offset))
			continue;
		table->hint = i;
		return &table->slots[i];
	}
	return search(table, offset);
}

static void table_enqueue(struct sched_core *core, struct sched_entity *entity,
			  enum sched_enqueue how, uint64_t now)
{
	struct sched_list *waiting = &table_of(core)->waiting;
	bool first = how == SCHED_ENQUEUE_DIRECTED ||
		     (how == SCHED_ENQUEUE_PUT &&
		      sched_slice_left(core, entity, TURN_MS * core->sched->ms));

	(void)now;
	state_of(entity)->waits = how != SCHED_ENQUEUE_YIELD; /* its slot is open to others */
	if (first) {
		sched_list_add_head(waiting, &entity->link);
		return;
	}
	entity->slice_used = 0;
	sched_list_add_tail(waiting, &entity->link);
}

static void table_dequeue(struct sched_core *core, struct sched_entity *entity, uint64_t now)
{
	(void)core;
	(void)now;
	sched_list_remove(&entity->link);
	state_of(entity)->waits = false;
}

static uint64_t end_of(const struct sched_core *core, const struct table_slot *slot,
		       uint32_t offset, uint64_t now)
{
	uint64_t end = now + (slot->end - offset);

	return end < now + core->sched->grain ? now + core->sched->grain : end;
}

static struct sched_entity *table_pick(struct sched_core *core, uint64_t now,
				       struct sched_decision *decision)
{
	struct table_core *table = table_of(core);
	uint32_t offset = (uint32_t)(now % table->cycle);
	const struct table_slot *slot = slot_at(table, offset);
	struct sched_entity *owner = slot ? table->members[slot->owner] : NULL;

	if (sched_list_empty(&table->waiting))
		return NULL;
	decision->until = slot ? end_of(core, slot, offset, now) : now + TURN_MS * core->sched->ms;
	decision->reason = SCHED_WHY_TABLE;
	if (!owner || !state_of(owner)->waits) {
		owner = SCHED_ENTITY_OF(table->waiting.next, link);
		decision->reason = SCHED_WHY_LEFTOVER;
	}
	table_dequeue(core, owner, now);
	return owner;
}

/* An owner that wakes up in its own slot gets it at once. */
static bool table_preempts(struct sched_core *core, const struct sched_entity *entity, uint64_t now)
{
	struct table_core *table = table_of(core);
	const struct table_slot *slot = slot_at(table, (uint32_t)(now % table->cycle));

	return slot && table->members[slot->owner] == entity;
}

static unsigned table_place(struct sched *sched, const struct sched_entity *entity)
{
	(void)sched;
	return entity->fresh ? SCHED_ANYWHERE : state_of(entity)->core;
}

static struct sched_entity *table_surplus(struct sched_core *core, const struct sched_core *to,
					  uint64_t now)
{
	(void)now;
	return sched_list_allowed(&table_of(core)->waiting, to, SURPLUS_LOOKS);
}

const struct sched_ops sched_table = {
	.name = "table",
	.summary = "a precomputed cyclic table per core, slots by weight",
	.entity_size = sizeof(struct table_entity),
	.core_size = sizeof(struct table_core),
	.core_init = table_core_init,
	.entity_init = table_entity_init,
	.enqueue = table_enqueue,
	.dequeue = table_dequeue,
	.pick = table_pick,
	.preempts = table_preempts,
	.forget = table_forget,
	.surplus = table_surplus,
	.place = table_place,
};

_Static_assert(sizeof(struct table_entity) <= SCHED_ENTITY_DATA, "must fit in sched_entity.data");
_Static_assert(sizeof(struct table_core) <= SCHED_CORE_DATA, "must fit in sched_core.data");
