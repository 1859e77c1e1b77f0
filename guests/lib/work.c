#include "guests/lib/work.h"

#include "guests/lib/console.h"
#include "guests/lib/cpu.h"

#define CPU_PORTION    5000  /* turns: 10,000 instructions against four that look at the clock */
#define MEMORY_PORTION 65536 /* bytes */
#define LINE	       64
#define IO_PORTION     8 /* pairs of operations */

uint64_t work_cpu(uint64_t end)
{
	uint64_t turns = 0;

	do {
		spin_turns(CPU_PORTION);
		turns += CPU_PORTION;
	} while (rdtsc() < end);
	return turns;
}

static void stream(uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += LINE)
		++*(volatile uint64_t *)(bytes + i);
}

uint64_t work_memory(uint64_t end, void *buffer, size_t size, size_t *position)
{
	uint64_t done = 0;

	do {
		stream((uint8_t *)buffer + *position, MEMORY_PORTION);
		done += MEMORY_PORTION;
		*position = (*position + MEMORY_PORTION) % size;
	} while (rdtsc() < end);
	return done;
}

uint64_t work_io(uint64_t end)
{
	uint64_t operations = 0;

	do {
		for (unsigned i = 0; i < IO_PORTION; i++) {
			outb(COM1_PORT + UART_SCR, (uint8_t)i);
			inb(COM1_PORT + UART_SCR);
		}
		operations += 2 * IO_PORTION;
	} while (rdtsc() < end);
	return operations;
}
