/*
 * Circular doubly linked lists with a head, links embedded in the elements. A head must be
 * initialised; what a link holds after its removal means nothing.
 */
#ifndef SCHED_LIST_H
#define SCHED_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct sched_list {
	struct sched_list *next;
	struct sched_list *prev;
};

static inline void sched_list_init(struct sched_list *head)
{
	head->next = head;
	head->prev = head;
}

static inline bool sched_list_empty(const struct sched_list *head)
{
	return head->next == head;
}

static inline void sched_list_insert(struct sched_list *link, struct sched_list *before)
{
	link->next = before;
	link->prev = before->prev;
	before->prev->next = link;
	before->prev = link;
}

static inline void sched_list_add_tail(struct sched_list *head, struct sched_list *link)
{
	sched_list_insert(link, head);
}

static inline void sched_list_add_head(struct sched_list *head, struct sched_list *link)
{
	sched_list_insert(link, head->next);
}

static inline void sched_list_remove(struct sched_list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
}

/* Moves all elements of `from` to the end of `to`. */
static inline void sched_list_splice_tail(struct sched_list *to, struct sched_list *from)
{
	if (sched_list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	sched_list_init(from);
}

#endif
