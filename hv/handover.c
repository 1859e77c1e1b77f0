#include "hv/handover.h"

bool handover_put(struct handover *h, const struct ple_window *window)
{
	unsigned put = atomic_load_explicit(&h->put, memory_order_relaxed);

	if (put - atomic_load_explicit(&h->got, memory_order_acquire) == HANDOVER_WINDOWS) {
		h->lost++;
		return false;
	}
	h->windows[put % HANDOVER_WINDOWS] = *window;
	atomic_store_explicit(&h->put, put + 1, memory_order_release);
	return true;
}

bool handover_take(struct handover *h, struct sched_advice *advice)
{
	unsigned published = atomic_load_explicit(&h->published, memory_order_acquire);

	if (published == h->taken)
		return false;
	h->taken = published;
	*advice = h->advice[(published - 1) % HANDOVER_ADVICE];
	return true;
}

bool handover_waiting(const struct handover *h)
{
	return atomic_load_explicit(&h->put, memory_order_relaxed) !=
	       atomic_load_explicit(&h->got, memory_order_relaxed);
}

bool handover_served(const struct handover *h)
{
	return atomic_load_explicit(&h->put, memory_order_relaxed) ==
	       atomic_load_explicit(&h->published, memory_order_relaxed);
}

bool handover_claim(struct handover *h)
{
	return !atomic_exchange_explicit(&h->claimed, true, memory_order_acquire);
}

void handover_release(struct handover *h)
{
	atomic_store_explicit(&h->claimed, false, memory_order_release);
}

bool handover_next(struct handover *h, struct ple_window *window)
{
	unsigned got = atomic_load_explicit(&h->got, memory_order_relaxed);

	if (atomic_load_explicit(&h->put, memory_order_acquire) == got)
		return false;
	*window = h->windows[got % HANDOVER_WINDOWS];
	atomic_store_explicit(&h->got, got + 1, memory_order_release);
	return true;
}

void handover_publish(struct handover *h, const struct sched_advice *advice)
{
	unsigned published = atomic_load_explicit(&h->published, memory_order_relaxed);

	h->advice[published % HANDOVER_ADVICE] = *advice;
	atomic_store_explicit(&h->published, published + 1, memory_order_release);
}
