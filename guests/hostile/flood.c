/*
 * Floods COM1: bytes without end, without line ends, without looking at LSR, by OUTSB and by
 * hypercall. Expected: other consoles and the shell are not disturbed.
 * Command line: bytes=N (default 30000).
 */
#include <stdio.h>
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/verdict.h"

static char page[AUGUR_HC_WRITE_MAX];

static void flood_bytes(uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes; i++)
		outb(COM1_PORT, (uint8_t)('a' + i % 26));
}

static void flood_strings(uint64_t bytes)
{
	for (uint64_t sent = 0; sent < bytes; sent += sizeof(page)) {
		const void *from = page;
		uint64_t count = sizeof(page);

		__asm__ volatile("rep outsb"
				 : "+S"(from), "+c"(count)
				 : "d"((uint16_t)COM1_PORT)
				 : "memory");
	}
}

static void flood_hypercalls(uint64_t bytes)
{
	for (uint64_t sent = 0; sent < bytes; sent += sizeof(page))
		if (!check(augur_console_write((uintptr_t)page, sizeof(page)) == sizeof(page),
			   "a write of %u bytes fails", (unsigned)sizeof(page)))
			return;
}

int main(void)
{
	uint64_t bytes = arg_u64(guest_cmdline(), "bytes", 30000);

	memset(page, '#', sizeof(page));
	flood_bytes(bytes);
	flood_strings(bytes);
	if (under_augur())
		flood_hypercalls(bytes);
	printf("\nflood is over\n");
	check(true, "reached");
	return verdict();
}
