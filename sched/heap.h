/*
 * A priority queue with links embedded in the elements: a leftist heap. Smallest key first, equal
 * keys in the order of insertion. Insertion and removal of any element take O(log n) steps in the
 * worst case, without allocation or recursion.
 * C. A. Crane, "Linear lists and priority queues as balanced binary trees", 1972.
 */
#ifndef SCHED_HEAP_H
#define SCHED_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched_node {
	struct sched_node *left;
	struct sched_node *right;
	struct sched_node *parent; /* NULL at the root */
	uint64_t key;
	uint64_t order; /* of insertion */
	uint32_t rank;	/* 1 + rank of the right child; 0: not in a heap */
};

struct sched_heap {
	struct sched_node *root;
	uint64_t order; /* insertions so far */
};

static inline struct sched_node *sched_heap_first(const struct sched_heap *heap)
{
	return heap->root;
}

/* True if there is exactly one element: a leftist heap has nothing right of nothing left. */
static inline bool sched_heap_single(const struct sched_heap *heap)
{
	return heap->root && !heap->root->left;
}

/* True if the element is in some heap. */
static inline bool sched_heap_linked(const struct sched_node *node)
{
	return node->rank != 0;
}

/* The element must not be in a heap. */
void sched_heap_insert(struct sched_heap *heap, struct sched_node *node, uint64_t key);

/* For sched_heap_remove. */
void sched_heap_remove_from_others(struct sched_heap *heap, struct sched_node *node);

/* The element must be in this heap. */
static inline void sched_heap_remove(struct sched_heap *heap, struct sched_node *node)
{
	if (heap->root != node || node->left) {
		sched_heap_remove_from_others(heap, node);
		return;
	}
	heap->root = NULL; /* it is alone: without a left child there is no right one */
	node->rank = 0;
}

#endif
