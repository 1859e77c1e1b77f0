#include "hv/scrollback.h"

#include <assert.h>
#include <string.h>

void scrollback_init(struct scrollback *back, uint8_t *bytes, uint32_t size)
{
	assert(size && (size & (size - 1)) == 0);
	*back = (struct scrollback) { .bytes = bytes, .size = size };
}

void scrollback_write(struct scrollback *back, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < length; i++)
		back->bytes[back->written++ & (back->size - 1)] = from[i];
}

uint64_t scrollback_oldest(const struct scrollback *back)
{
	return back->written > back->size ? back->written - back->size : 0;
}

size_t scrollback_read(const struct scrollback *back, uint64_t *cursor, void *bytes, size_t room,
		       uint64_t *lost)
{
	uint64_t oldest = scrollback_oldest(back);
	uint8_t *to = bytes;
	size_t count = 0;

	if (*cursor < oldest) {
		*lost += oldest - *cursor;
		*cursor = oldest;
	}
	for (; count < room && *cursor < back->written; count++)
		to[count] = back->bytes[(*cursor)++ & (back->size - 1)];
	return count;
}
