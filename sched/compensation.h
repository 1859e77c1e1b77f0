/*
 * Preemption compensation: the books of one core. While a latency-sensitive entity runs in the
 * place of a preempted one, the preempted one (the creditor) is lent against exactly that time, at
 * most the rest of its slice: more than that it could not have used. The policy lets the creditor
 * run before everybody else of its class; every tick it runs pays the debts off, the oldest first.
 *
 * There is one creditor a core at a time, because it is served before another can be preempted.
 * The books are kept twice: each debt with creditor and debtor, and in totals; always
 * lent == repaid + forgiven + owed, so the balances of all entities sum to zero.
 * A debt is forgiven when the creditor blocks or leaves the core: it does not want the time.
 *
 * Locks: none, a book belongs to its core. Cost: O(1); repaying walks over debts it settles.
 */
#ifndef SCHED_COMPENSATION_H
#define SCHED_COMPENSATION_H

#include "sched/sched.h"

#define SCHED_DEBTS 16 /* debtors of one creditor; with more, the last ones share an entry */

struct sched_debt {
	unsigned debtor; /* id of the entity */
	uint64_t ticks;
};

struct sched_book {
	struct sched_entity *creditor; /* NULL: nobody is owed */
	uint64_t limit;		       /* what the creditor can be owed at most */
	uint64_t owed;		       /* sum of the debts */
	unsigned debts;
	struct sched_debt debt[SCHED_DEBTS]; /* the oldest first */
	uint64_t lent;			     /* totals since the start */
	uint64_t repaid;
	uint64_t forgiven;
};

/* The entity is preempted with `rest` ticks of its slice left. It may be the creditor already. */
void sched_book_open(struct sched_book *book, struct sched_entity *creditor, uint64_t rest);

/* The debtor ran for `ran` ticks in the place of the creditor; returns what was lent of it. */
uint64_t sched_book_lend(struct sched_book *book, const struct sched_entity *debtor, uint64_t ran);

/* The creditor ran for `ran` ticks. */
void sched_book_repay(struct sched_book *book, uint64_t ran);

/* Ends all debts. */
void sched_book_forgive(struct sched_book *book);

/* Ends the debts to this entity, if it is the creditor. */
static inline void sched_book_close(struct sched_book *book, const struct sched_entity *creditor)
{
	if (book->creditor == creditor)
		sched_book_forgive(book);
}

/* What the entity has lent less what it owes here, in ticks. */
int64_t sched_book_balance(const struct sched_book *book, const struct sched_entity *entity);

#endif
