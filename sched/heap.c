#include "sched/heap.h"

#include <assert.h>

static bool before(const struct sched_node *a, const struct sched_node *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return a->order < b->order;
}

static uint32_t rank_of(const struct sched_node *node)
{
	return node ? node->rank : 0;
}

/* Restores "left is not shorter than right" and the rank; true if the rank has changed. */
static bool settle(struct sched_node *node)
{
	uint32_t old = node->rank;

	if (rank_of(node->left) < rank_of(node->right)) {
		struct sched_node *left = node->left;

		node->left = node->right;
		node->right = left;
	}
	node->rank = rank_of(node->right) + 1;
	return node->rank != old;
}

/* Joins two heaps whose roots have no parent, walking down their right spines and up again. */
static struct sched_node *merge(struct sched_node *a, struct sched_node *b)
{
	struct sched_node *root = NULL, *last = NULL, *rest;

	while (a && b) {
		struct sched_node *least = before(b, a) ? b : a;

		if (least == b)
			b = a;
		a = least->right;
		least->parent = last;
		if (last)
			last->right = least;
		else
			root = least;
		last = least;
	}
	rest = a ? a : b;
	if (!last)
		return rest;
	last->right = rest;
	if (rest)
		rest->parent = last;
	for (; last; last = last->parent)
		settle(last);
	return root;
}

void sched_heap_insert(struct sched_heap *heap, struct sched_node *node, uint64_t key)
{
	assert(!sched_heap_linked(node));
	*node = (struct sched_node) { .key = key, .order = heap->order++, .rank = 1 };
	heap->root = merge(heap->root, node);
}

static void detach(struct sched_node *node)
{
	if (node)
		node->parent = NULL;
}

void sched_heap_remove_from_others(struct sched_heap *heap, struct sched_node *node)
{
	struct sched_node *parent = node->parent, *rest;

	assert(sched_heap_linked(node));
	node->rank = 0;
	detach(node->left);
	detach(node->right);
	rest = merge(node->left, node->right);
	if (rest)
		rest->parent = parent;
	if (!parent)
		heap->root = rest;
	else if (parent->left == node)
		parent->left = rest;
	else
		parent->right = rest;
	while (parent && settle(parent))
		parent = parent->parent;
}
