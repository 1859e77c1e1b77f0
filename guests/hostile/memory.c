/*
 * Touches what is neither RAM nor a device: behind the end of RAM, holes, the top of the physical
 * address space. Expected: all-ones are read and writes are lost, as on a bus where nobody answers,
 * or this VM stops.
 *
 * Command line, what=
 *   plain   MOV of every size (the default)
 *   fancy   other instructions that touch memory: locked, string, stack, SSE ...
 *   device  the same on the pages of the local APIC and the I/O APIC
 *   fetch   runs code there
 * and op=NAME: of the instructions only the one of that name (see the table).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/verdict.h"

#define PRESENT_WRITE 3ull
#define LARGE	      0x80ull
#define GIB	      (1ull << 30)
#define WINDOW	      (2ull << 39) /* third entry of the top table */
#define ENTRIES	      512

static volatile uint64_t window[ENTRIES] __attribute__((aligned(4096)));

static unsigned physical_bits(void)
{
	return cpuid(0x80000008, 0).eax & 0xff;
}

/* A linear address of this physical one. */
static uintptr_t reach(uint64_t physical)
{
	static unsigned slot;
	unsigned used = slot++ % ENTRIES;
	volatile uint64_t *top = (volatile uint64_t *)(read_cr3() & ~0xfffull);

	top[2] = (uintptr_t)window | PRESENT_WRITE;
	window[used] = physical / GIB * GIB | LARGE | PRESENT_WRITE;
	write_cr3(read_cr3());
	return WINDOW + used * GIB + physical % GIB;
}

static void plain(void *address)
{
	volatile uint64_t *p8 = address;
	volatile uint32_t *p4 = address;
	volatile uint16_t *p2 = address;
	volatile uint8_t *p1 = address;

	*p8 = 0x1122334455667788;
	*p4 = 0x11223344;
	*p2 = 0x1122;
	*p1 = 0x11;
	check(*p8 == UINT64_MAX, "8 bytes read %#lx", *p8);
	check(*p4 == UINT32_MAX, "4 bytes read %#x", (unsigned)*p4);
	check(*p2 == UINT16_MAX, "2 bytes read %#x", *p2);
	check(*p1 == UINT8_MAX, "1 byte reads %#x", *p1);
}

static void do_locked(void *address)
{
	__asm__ volatile("lock incq (%0); lock xaddl %%eax, (%0); xchg %%al, (%0)" ::"r"(address)
			 : "rax", "memory", "cc");
}

static void do_compare_exchange(void *address)
{
	__asm__ volatile("lock cmpxchg16b (%0)" ::"r"((uintptr_t)address & ~15ull)
			 : "rax", "rbx", "rcx", "rdx", "memory", "cc");
}

static void do_string(void *address)
{
	static uint8_t buffer[256];
	void *from = address, *to = buffer;
	uint64_t count = sizeof(buffer);

	__asm__ volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(count)::"memory");
	from = buffer;
	to = address;
	count = sizeof(buffer) / 8;
	__asm__ volatile("rep movsq" : "+S"(from), "+D"(to), "+c"(count)::"memory");
}

static void do_push(void *address)
{
	__asm__ volatile(
		"mov %%rsp, %%rbx; mov %0, %%rsp; push $5; pop %%rcx; mov %%rbx, %%rsp" ::"r"(
			(uintptr_t)address + 64)
		: "rbx", "rcx", "memory");
}

static void do_sse(void *address)
{
	__asm__ volatile(
		"movups (%0), %%xmm0; movups %%xmm0, (%0); paddd (%1), %%xmm0" ::"r"(address),
		"r"((uintptr_t)address & ~15ull)
		: "xmm0", "memory");
}

static void do_arithmetic(void *address)
{
	__asm__ volatile(
		"addl $1, (%0); testl $1, (%0); btsl $3, (%0); notb (%0); cmpxchgl %%ecx, (%0)" ::
			"r"(address)
		: "rax", "rcx", "memory", "cc");
}

static void do_descriptor_tables(void *address)
{
	__asm__ volatile("sgdt (%0); sidt (%0); str (%0); fxsave (%1)" ::"r"(address),
			 "r"((uintptr_t)address & ~15ull)
			 : "memory");
}

static void do_across_pages(void *address)
{
	*(volatile uint64_t *)(((uintptr_t)address & ~0xfffull) + 0xffc) = 1;
}

static void do_fetch(void *address)
{
	((void (*)(void))(uintptr_t)address)();
}

static const struct {
	const char *name;
	void (*touch)(void *address);
} fancy[] = {
	{ "arithmetic", do_arithmetic },
	{ "locked", do_locked },
	{ "cmpxchg16b", do_compare_exchange },
	{ "string", do_string },
	{ "push", do_push },
	{ "sse", do_sse },
	{ "tables", do_descriptor_tables },
	{ "across-pages", do_across_pages },
};

static void try_fancy(uint64_t physical)
{
	for (unsigned i = 0; i < sizeof(fancy) / sizeof(fancy[0]); i++) {
		int vector;

		if (!arg_is(guest_cmdline(), "op", fancy[i].name) &&
		    !arg_is(guest_cmdline(), "op", "all"))
			continue;
		printf("%s at %#lx\n", fancy[i].name, physical);
		vector = catch_fault(fancy[i].touch, (void *)reach(physical));

		check(vector == NO_FAULT, "%s at %#lx: vector %d", fancy[i].name, physical, vector);
	}
}

static void try_plain(uint64_t physical)
{
	int vector = catch_fault(plain, (void *)reach(physical));

	printf("plain at %#lx: %s\n", physical, vector == NO_FAULT ? "nobody there" : "fault");
	check(vector == NO_FAULT, "vector %d at %#lx", vector, physical);
}

static void try_fetch(uint64_t physical)
{
	int vector;

	printf("fetch at %#lx\n", physical);
	vector = catch_fault(do_fetch, (void *)reach(physical));
	check(vector != NO_FAULT, "code ran at %#lx", physical);
}

int main(void)
{
	const char *line = guest_cmdline();
	uint64_t places[] = {
		guest_boot()->memory_low,
		guest_boot()->memory_low + 0x12345678,
		0xd0000000,
		0xfed00000,
		0xfee01000,
		0xffffff00,
		GUEST_HIGH_RAM_BASE + guest_boot()->memory_high,
		(1ull << physical_bits()) - 4096,
	};
	uint64_t devices[] = { 0xfee00020, 0xfee00300, 0xfec00000, 0xfec00010 };
	void (*trial)(uint64_t) = try_plain;

	if (arg_is(line, "what", "fancy"))
		trial = try_fancy;
	if (arg_is(line, "what", "fetch"))
		trial = try_fetch;
	if (arg_is(line, "what", "device"))
		for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
			try_fancy(devices[i]);
	else
		for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			trial(places[i]);
	return verdict();
}
