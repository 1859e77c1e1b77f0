#include "hv/trace_ring.h"

#include <assert.h>

#define RECORD sizeof(struct trace_record)

uint64_t trace_ring_written(const struct trace_ring *ring)
{
	return __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE) / RECORD;
}

void trace_ring_init(struct trace_ring *ring, struct trace_record *records, uint64_t count,
		     uint16_t core)
{
	assert(count >= 2 && (count & (count - 1)) == 0);
	*ring = (struct trace_ring) { .records = records,
				      .mask = count * RECORD - 1,
				      .core = core };
}

/* While `end` has not been published its record is being written, over the one a round before. */
static uint64_t oldest(const struct trace_ring *ring, uint64_t end)
{
	uint64_t kept = ring->mask / RECORD;

	return end > kept ? end - kept : 0;
}

bool trace_ring_read(const struct trace_ring *ring, uint64_t index, struct trace_record *to)
{
	if (index >= trace_ring_written(ring))
		return false;
	*to = ring->records[index & ring->mask / RECORD];
	to->core = ring->core;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return index >= oldest(ring, trace_ring_written(ring));
}

static void skip_overwritten(struct trace_ring *ring)
{
	uint64_t first = oldest(ring, trace_ring_written(ring));

	if (ring->taken >= first)
		return;
	ring->lost += first - ring->taken;
	ring->taken = first;
}

uint32_t trace_ring_take(struct trace_ring *ring, struct trace_record *to, uint32_t room)
{
	uint64_t end = trace_ring_written(ring);
	uint32_t count = 0;

	skip_overwritten(ring);
	while (count < room && ring->taken < end) {
		if (trace_ring_read(ring, ring->taken, &to[count]))
			count++;
		else
			ring->lost++;
		ring->taken++;
	}
	return count;
}

uint64_t trace_ring_waiting(const struct trace_ring *ring)
{
	return trace_ring_written(ring) - ring->taken;
}
