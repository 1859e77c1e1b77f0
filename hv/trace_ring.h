/*
 * A ring of trace records with one writer, its core, which never waits and overwrites the oldest,
 * and one reader, the boot core, which notices what was overwritten before it came. Pure.
 *
 * Neither side locks. The writer fills the record, then publishes it by advancing `written`; the
 * reader copies a record, then looks whether the writer has meanwhile come round to it.
 */
#ifndef HV_TRACE_RING_H
#define HV_TRACE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/trace_abi.h"

struct trace_ring {
	/* The writer's; others read `written`. */
	struct trace_record *records;
	uint64_t mask;	  /* bytes of all records, a power of two, less one */
	uint64_t written; /* bytes ever; the next record goes to byte `written & mask` */

	/* The reader's. */
	uint64_t taken; /* records ever taken, or lost */
	uint64_t lost;
	uint16_t core; /* what records say when they are read */
};

/* `count`: a power of two, at least 2. */
void trace_ring_init(struct trace_ring *ring, struct trace_record *records, uint64_t count,
		     uint16_t core);

/*
 * The owner only, with interrupts off. Every instruction counts: positions are in bytes, and the
 * volatile keeps short stores, of which there are fewer than instructions that join them into one.
 */
static inline void trace_ring_put(struct trace_ring *ring, unsigned kind, unsigned entity,
				  unsigned waiting, uint64_t a, uint64_t b, uint64_t now)
{
	uint64_t at = ring->written;
	volatile struct trace_record *record =
		(void *)((uint8_t *)ring->records + (at & ring->mask));

	record->tsc = now;
	record->kind = (uint16_t)kind;
	record->entity = (uint16_t)entity;
	record->waiting = (uint16_t)waiting;
	record->a = a;
	record->b = b;
	__atomic_store_n(&ring->written, at + sizeof(*record), __ATOMIC_RELEASE);
}

/* Copies record number `index` (0 is the first ever). False: it is not there, or not any more. */
bool trace_ring_read(const struct trace_ring *ring, uint64_t index, struct trace_record *to);

/* The reader: takes up to `room` of the oldest records; counts those that were overwritten. */
uint32_t trace_ring_take(struct trace_ring *ring, struct trace_record *to, uint32_t room);

/* Records ever written. */
uint64_t trace_ring_written(const struct trace_ring *ring);

/* Records that wait to be taken, the overwritten ones included. */
uint64_t trace_ring_waiting(const struct trace_ring *ring);

#endif
