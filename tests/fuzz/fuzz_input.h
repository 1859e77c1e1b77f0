/* The fuzzer's bytes as a stream of small decisions; an exhausted stream gives zeros. */
#ifndef TESTS_FUZZ_FUZZ_INPUT_H
#define TESTS_FUZZ_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

/* `width` bytes, little-endian. */
static inline uint64_t take(struct fuzz_input *in, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width && in->size; i++, in->data++, in->size--)
		value |= (uint64_t)*in->data << 8 * i;
	return value;
}

/* A step of time: from nothing to about 2^40 ticks, all sizes alike often. */
static inline uint64_t take_ticks(struct fuzz_input *in)
{
	unsigned shift = take(in, 1) % 40;

	return take(in, 1) << shift >> 3;
}

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

#endif
