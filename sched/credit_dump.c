/* The queues and books of the credit family for people. */
#include <stdio.h>

#include "sched/credit_internal.h"

static void dump_entity(struct sched_core *core, const char *queue, struct sched_entity *entity,
			void (*print)(void *arg, const char *line), void *arg)
{
	const struct credit_core *credit = credit_of(core);
	char line[96];

	snprintf(line, sizeof(line), "%s: vcpu %u vm %u credit %lld owed %lld", queue, entity->id,
		 entity->vm,
		 (long long)sched_share_credit(&credit->clock, &credit_state(entity)->share),
		 (long long)sched_book_balance(&credit->book, entity));
	print(arg, line);
}

static void dump_first(struct sched_core *core, const char *queue, struct sched_node *node,
		       void (*print)(void *arg, const char *line), void *arg)
{
	if (node)
		dump_entity(core, queue, SCHED_ENTITY_OF(node, node), print, arg);
}

/* Who owes whom, and that nothing is lost: the totals, and the sum of all balances. */
static void dump_book(const struct sched_book *book, void (*print)(void *arg, const char *line),
		      void *arg)
{
	int64_t sum = (int64_t)book->owed;
	char line[128];

	for (unsigned i = 0; i < book->debts; i++) {
		snprintf(line, sizeof(line), "books: vcpu %u owes vcpu %u %llu",
			 book->debt[i].debtor, book->creditor->id,
			 (unsigned long long)book->debt[i].ticks);
		print(arg, line);
		sum -= (int64_t)book->debt[i].ticks;
	}
	snprintf(line, sizeof(line),
		 "books: lent %llu, repaid %llu, forgiven %llu, owed %llu; balances sum to %lld",
		 (unsigned long long)book->lent, (unsigned long long)book->repaid,
		 (unsigned long long)book->forgiven, (unsigned long long)book->owed,
		 (long long)sum);
	print(arg, line);
}

void credit_dump(struct sched_core *core, void (*print)(void *arg, const char *line), void *arg)
{
	struct credit_core *credit = credit_of(core);

	if (core->current)
		dump_entity(core, "running", core->current, print, arg);
	if (credit_first_boosted(credit))
		dump_entity(core, "boost, first", credit_first_boosted(credit), print, arg);
	if (credit->turn)
		dump_entity(core, "turn", credit->turn, print, arg);
	for (struct sched_list *l = credit->under.next; l != &credit->under; l = l->next)
		dump_entity(core, "under", SCHED_ENTITY_OF(l, link), print, arg);
	if (sched_calendar_first(&credit->over))
		dump_entity(core, "over, first", sched_calendar_first(&credit->over), print, arg);
	dump_first(core, "parked, first", sched_heap_first(&credit->parked), print, arg);
	dump_book(&credit->book, print, arg);
}
