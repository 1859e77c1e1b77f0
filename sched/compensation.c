#include "sched/compensation.h"

#include <assert.h>
#include <string.h>

void sched_book_forgive(struct sched_book *book)
{
	book->forgiven += book->owed;
	book->owed = 0;
	book->debts = 0;
	book->creditor = NULL;
}

void sched_book_open(struct sched_book *book, struct sched_entity *creditor, uint64_t rest)
{
	if (book->creditor != creditor)
		sched_book_forgive(book);
	book->creditor = creditor;
	book->limit = rest > book->owed ? rest : book->owed;
}

static struct sched_debt *debt_of(struct sched_book *book, unsigned debtor)
{
	for (unsigned i = 0; i < book->debts; i++)
		if (book->debt[i].debtor == debtor)
			return &book->debt[i];
	if (book->debts == SCHED_DEBTS)
		return &book->debt[SCHED_DEBTS - 1];
	book->debt[book->debts] = (struct sched_debt) { .debtor = debtor };
	return &book->debt[book->debts++];
}

uint64_t sched_book_lend(struct sched_book *book, const struct sched_entity *debtor, uint64_t ran)
{
	uint64_t room = book->limit - book->owed;
	uint64_t amount = ran < room ? ran : room;

	assert(book->creditor && book->creditor != debtor);
	if (!amount)
		return 0;
	debt_of(book, debtor->id)->ticks += amount;
	book->owed += amount;
	book->lent += amount;
	return amount;
}

/* Drops the first `count` debts. */
static void drop_settled(struct sched_book *book, unsigned count)
{
	book->debts -= count;
	memmove(book->debt, book->debt + count, book->debts * sizeof(book->debt[0]));
}

void sched_book_repay(struct sched_book *book, uint64_t ran)
{
	unsigned settled = 0;

	while (settled < book->debts && ran) {
		struct sched_debt *debt = &book->debt[settled];
		uint64_t amount = ran < debt->ticks ? ran : debt->ticks;

		debt->ticks -= amount;
		book->owed -= amount;
		book->repaid += amount;
		ran -= amount;
		settled += debt->ticks == 0;
	}
	if (settled)
		drop_settled(book, settled);
}

int64_t sched_book_balance(const struct sched_book *book, const struct sched_entity *entity)
{
	int64_t balance = book->creditor == entity ? (int64_t)book->owed : 0;

	for (unsigned i = 0; i < book->debts; i++)
		if (book->debt[i].debtor == entity->id)
			balance -= (int64_t)book->debt[i].ticks;
	return balance;
}
