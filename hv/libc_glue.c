/* What newlib asks of the system below it: memory for malloc, a lock around it, and the end. */
#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <reent.h>
#include <stdlib.h>

#include "hv/core.h"
#include "hv/page_pool.h"
#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/spinlock.h"

#define GROW_STEP (64 * 1024ul) /* bytes: the window is backed in steps of this */

static struct spinlock heap_lock = SPINLOCK_INIT("libc heap");
static const struct core *heap_owner; /* the core that holds the lock; atomic */
static uint32_t heap_depth;	      /* how often; the owner's */

static uint64_t heap_used, heap_backed; /* bytes of the window; under heap_lock */

/* newlib wants it to nest. */
void __malloc_lock(struct _reent *reent)
{
	(void)reent;
	if (__atomic_load_n(&heap_owner, __ATOMIC_RELAXED) != this_core()) {
		spin_lock(&heap_lock);
		__atomic_store_n(&heap_owner, this_core(), __ATOMIC_RELAXED);
	}
	heap_depth++;
}

void __malloc_unlock(struct _reent *reent)
{
	(void)reent;
	if (--heap_depth != 0)
		return;
	__atomic_store_n(&heap_owner, NULL, __ATOMIC_RELAXED);
	spin_unlock(&heap_lock);
}

/* Called under the malloc lock. Memory is never given back to the page allocator. */
void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
	uint64_t used = heap_used + (uint64_t)increment;
	uint64_t backed = (used + GROW_STEP - 1) / GROW_STEP * GROW_STEP;
	void *old = (void *)(HEAP_WINDOW_BASE + heap_used);

	if (increment < 0 && (uint64_t)-increment > heap_used)
		return (void *)-1;
	if (backed > heap_backed) {
		if (heap_window_grow(heap_backed, backed) != OK) {
			reent->_errno = ENOMEM;
			return (void *)-1;
		}
		heap_backed = backed;
	}
	heap_used = used;
	return old;
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
	panic("%s:%d: %s: assertion \"%s\" failed", file, line, function, expression);
}

void abort(void)
{
	panic("abort()");
}
