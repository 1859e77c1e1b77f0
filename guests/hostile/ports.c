/*
 * IN and OUT on all 65,536 ports in all three sizes, and string I/O. Expected: devices of this VM
 * answer, everything else reads all-ones. Not written: the test-exit port, ports that ask for a
 * reset, and COM1's data. Command line: seed=N.
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

#define PORTS 65536u

static const struct {
	uint16_t first, last;
} forbidden[] = {
	{ 0x60, 0x64 },	  /* keyboard controller: reset line */
	{ 0x92, 0x92 },	  /* fast reset */
	{ 0xf4, 0xf4 },	  /* test exit */
	{ 0x3f8, 0x3f8 }, /* COM1's data */
	{ 0x600, 0x602 }, /* ACPI sleep and reset registers */
	{ 0xcf8, 0xcff }, /* reset control */
};

static bool may_write(uint32_t port, unsigned size)
{
	for (unsigned i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		if (port <= forbidden[i].last && port + size > forbidden[i].first)
			return false;
	return true;
}

static unsigned read_all(void)
{
	unsigned answering = 0;

	for (uint32_t port = 0; port < PORTS; port++) {
		uint8_t byte = inb((uint16_t)port);

		inw((uint16_t)port);
		inl((uint16_t)port);
		answering += byte != 0xff;
	}
	return answering;
}

static void write_all(struct random *random)
{
	for (uint32_t port = 0; port < PORTS; port++) {
		uint64_t value = random_next(random);

		if (may_write(port, 1))
			outb((uint16_t)port, (uint8_t)value);
		if (may_write(port, 2))
			outw((uint16_t)port, (uint16_t)value);
		if (may_write(port, 4))
			outl((uint16_t)port, (uint32_t)value);
	}
}

static void string_out(void *buffer)
{
	const void *from = buffer;
	uint64_t count = 64;

	__asm__ volatile("rep outsb" : "+S"(from), "+c"(count) : "d"((uint16_t)0x80) : "memory");
}

static void string_in(void *buffer)
{
	void *to = buffer;
	uint64_t count = 16;

	__asm__ volatile("rep insl" : "+D"(to), "+c"(count) : "d"((uint16_t)0x80) : "memory");
}

static void test_strings(void)
{
	static uint32_t buffer[16];
	int vector;

	check(catch_fault(string_out, buffer) == NO_FAULT, "REP OUTSB faults");
	check(catch_fault(string_in, buffer) == NO_FAULT, "REP INSL faults");
	check(buffer[15] == UINT32_MAX, "REP INSL from nobody gave %#x", (unsigned)buffer[15]);
	vector = catch_fault(string_in, (void *)0x7fffffff0000);
	check(vector != NO_FAULT, "REP INSL into unmapped memory does not fault");
	vector = catch_fault(string_out, (void *)0x8000000000000000);
	check(vector != NO_FAULT, "REP OUTSB from a non-canonical address does not fault");
}

int main(void)
{
	struct random random = { arg_u64(guest_cmdline(), "seed", 1) };

	printf("%u ports answer\n", read_all());
	check(inb(0x80) == 0xff && inw(0x300) == 0xffff && inl(0xcfc) == UINT32_MAX,
	      "an empty port reads something else than all-ones");
	write_all(&random);
	console_init();
	test_strings();
	return verdict();
}
