/*
 * A first-in first-out queue of bytes over memory of the caller, size a power of two. It refuses
 * what does not fit. No lock inside.
 */
#ifndef HV_RING_H
#define HV_RING_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_ring {
	uint8_t *bytes;
	uint32_t size; /* a power of two */
	uint32_t head; /* bytes ever written, modulo 2^32 */
	uint32_t tail; /* bytes ever read, modulo 2^32 */
};

static inline void ring_init(struct byte_ring *ring, uint8_t *bytes, uint32_t size)
{
	assert(size && (size & (size - 1)) == 0);
	*ring = (struct byte_ring) { .bytes = bytes, .size = size };
}

static inline uint32_t ring_used(const struct byte_ring *ring)
{
	return ring->head - ring->tail;
}

static inline uint32_t ring_free(const struct byte_ring *ring)
{
	return ring->size - ring_used(ring);
}

static inline bool ring_put(struct byte_ring *ring, uint8_t byte)
{
	if (!ring_free(ring))
		return false;
	ring->bytes[ring->head++ & (ring->size - 1)] = byte;
	return true;
}

/* The oldest byte, or -1. */
static inline int ring_get(struct byte_ring *ring)
{
	if (!ring_used(ring))
		return -1;
	return ring->bytes[ring->tail++ & (ring->size - 1)];
}

/* Points *run at the oldest bytes that lie in one piece and returns their number; 0 when empty. */
static inline uint32_t ring_peek(const struct byte_ring *ring, const uint8_t **run)
{
	uint32_t start = ring->tail & (ring->size - 1);
	uint32_t used = ring_used(ring);
	uint32_t until_end = ring->size - start;

	*run = ring->bytes + start;
	return used < until_end ? used : until_end;
}

static inline void ring_drop(struct byte_ring *ring, uint32_t count)
{
	assert(count <= ring_used(ring));
	ring->tail += count;
}

#endif
