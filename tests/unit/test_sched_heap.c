/* The leftist heap against a plain sorted model, with random insertions and removals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sched/heap.h"

#define NODES 600

static uint64_t seed = 1;

static uint32_t random_u32(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33);
}

static unsigned right_spine(const struct sched_heap *heap)
{
	unsigned length = 0;

	for (struct sched_node *n = heap->root; n; n = n->right)
		length++;
	return length;
}

static struct sched_node *model_first(struct sched_node *nodes)
{
	struct sched_node *first = NULL;

	for (unsigned i = 0; i < NODES; i++) {
		struct sched_node *n = &nodes[i];

		if (!sched_heap_linked(n))
			continue;
		if (!first || n->key < first->key ||
		    (n->key == first->key && n->order < first->order))
			first = n;
	}
	return first;
}

static void agrees_with_model(void **state)
{
	static struct sched_node nodes[NODES];
	struct sched_heap heap = { 0 };

	(void)state;
	for (unsigned step = 0; step < 20000; step++) {
		struct sched_node *n = &nodes[random_u32() % NODES];

		if (sched_heap_linked(n))
			sched_heap_remove(&heap, n);
		else
			sched_heap_insert(&heap, n, random_u32() % 50);
		assert_ptr_equal(sched_heap_first(&heap), model_first(nodes));
		assert_true(right_spine(&heap) <= 10); /* log2(600 + 1) */
	}
}

static void equal_keys_in_order_of_insertion(void **state)
{
	static struct sched_node nodes[100];
	struct sched_heap heap = { 0 };

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		sched_heap_insert(&heap, &nodes[i], 7);
	for (unsigned i = 0; i < 100; i++) {
		assert_ptr_equal(sched_heap_first(&heap), &nodes[i]);
		sched_heap_remove(&heap, &nodes[i]);
	}
	assert_null(sched_heap_first(&heap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_model),
		cmocka_unit_test(equal_keys_in_order_of_insertion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
