/*
 * Text put together piece by piece in a caller's buffer, cut at its end, always zero-terminated.
 * For code that must also run where there is no snprintf (the loader).
 */
#ifndef HV_TEXT_H
#define HV_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Some bytes of a longer text, not zero-terminated. */
struct span {
	const char *at;
	size_t length;
};

struct text {
	char *to;
	size_t size;   /* of the buffer, at least 1 */
	size_t length; /* without the terminating zero */
};

struct text text_in(char *to, size_t size);
void text_add(struct text *text, const char *string);
void text_add_number(struct text *text, uint64_t number);

/* All of a buffer of `size` bytes: "before number after", with nothing between them. */
void text_with_number(char *to, size_t size, const char *before, uint64_t number,
		      const char *after);

/* In double quotes, at most 40 bytes of it, '?' for what is not printable ASCII. */
void text_add_quoted(struct text *text, struct span span);

#endif
