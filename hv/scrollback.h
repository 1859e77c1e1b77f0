/*
 * A ring of bytes that keeps the newest and forgets the oldest, read through cursors. A cursor is
 * the count of bytes ever written before its position; any number of readers each keep their own
 * and none holds the writer up. Memory is the caller's, size a power of two. No lock inside.
 */
#ifndef HV_SCROLLBACK_H
#define HV_SCROLLBACK_H

#include <stddef.h>
#include <stdint.h>

struct scrollback {
	uint8_t *bytes;
	uint32_t size;
	uint64_t written; /* bytes ever written: the newest cursor */
};

void scrollback_init(struct scrollback *back, uint8_t *bytes, uint32_t size);
void scrollback_write(struct scrollback *back, const void *bytes, size_t length);

/* Cursor of the oldest byte kept. */
uint64_t scrollback_oldest(const struct scrollback *back);

/*
 * Copies at most `room` bytes from *cursor on and moves the cursor. A cursor that was overtaken
 * jumps to the oldest byte kept and *lost grows by the bytes jumped over. Returns the number
 * copied.
 */
size_t scrollback_read(const struct scrollback *back, uint64_t *cursor, void *bytes, size_t room,
		       uint64_t *lost);

#endif
