/*
 * A memory streamer: reads and writes one word of every cache line of a buffer, round and round.
 *
 * Command line:
 *   size=N    bytes of the buffer (default 4M)
 *   ticks=N   how long to run (default 100M)
 *   name=X    prefix of the figures (default memstream)
 *
 * Figures: X.bytes streamed, X.ticks they took.
 */
#include <malloc.h>
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/samples.h"
#include "guests/lib/work.h"

#define GRAIN 65536u

int main(void)
{
	const char *line = guest_cmdline();
	size_t size = arg_u64(line, "size", 4u << 20) / GRAIN * GRAIN;
	uint64_t start, bytes;
	size_t position = 0;
	char name[24], figure[32];
	void *buffer;

	arg_text(line, "name", "memstream", name, sizeof(name));
	buffer = size ? memalign(GRAIN, size) : NULL;
	if (!buffer) {
		printf("memstream: no memory for a buffer of %lu bytes\n", (unsigned long)size);
		return 2;
	}
	start = rdtsc();
	bytes = work_memory(start + arg_u64(line, "ticks", 100000000), buffer, size, &position);
	snprintf(figure, sizeof(figure), "%s.bytes", name);
	print_figure(figure, bytes, "bytes");
	snprintf(figure, sizeof(figure), "%s.ticks", name);
	print_figure(figure, rdtsc() - start, "ticks");
	return 0;
}
