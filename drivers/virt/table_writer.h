/*
 * Writes little-endian fields one after another into a buffer of fixed size. A write that does not
 * fit is dropped and sets `overflow`, so that only the end needs a check.
 */
#ifndef DRIVERS_VIRT_TABLE_WRITER_H
#define DRIVERS_VIRT_TABLE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct table_writer {
	uint8_t *buffer;
	size_t size;
	size_t used; /* also the offset of the next write */
	bool overflow;
};

/* `width` bytes (1..8) of `value`. */
static inline void put(struct table_writer *w, uint64_t value, unsigned width)
{
	if (w->overflow || w->size - w->used < width) {
		w->overflow = true;
		return;
	}
	for (unsigned i = 0; i < width; i++)
		w->buffer[w->used++] = (uint8_t)(value >> 8 * i);
}

static inline void put_text(struct table_writer *w, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put(w, (uint8_t)text[i], 1);
}

static inline void put_zeros(struct table_writer *w, size_t count)
{
	while (count--)
		put(w, 0, 1);
}

static inline void put_align(struct table_writer *w, size_t alignment)
{
	while (!w->overflow && w->used % alignment)
		put(w, 0, 1);
}

/* Overwrites `width` bytes at an offset that was written before. */
static inline void patch(struct table_writer *w, size_t offset, uint64_t value, unsigned width)
{
	if (w->overflow)
		return;
	for (unsigned i = 0; i < width; i++)
		w->buffer[offset + i] = (uint8_t)(value >> 8 * i);
}

#endif
