/* The guest's own page tables: aliases, permissions, accessed and dirty bits, INVLPG, large pages.
 */
#include <stdint.h>

#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

#define PTE_P	     (1ull << 0)
#define PTE_W	     (1ull << 1)
#define PTE_U	     (1ull << 2)
#define PTE_A	     (1ull << 5)
#define PTE_D	     (1ull << 6)
#define PTE_PS	     (1ull << 7)
#define PTE_NX	     (1ull << 63)
#define PAGE_SIZE    4096
#define ENTRIES	     512
#define PF_PRESENT   1
#define PF_WRITE     2
#define PF_RESERVED  8
#define PF_FETCH     16
#define WINDOW	     0x8000000000 /* 512 GiB: second entry of the top table */
#define CPUID_PAGE1G (1u << 26)

static volatile uint64_t top[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static volatile uint64_t directory_pointers[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static volatile uint64_t directory[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static volatile uint64_t table[ENTRIES] __attribute__((aligned(PAGE_SIZE)));
static volatile uint8_t page_a[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile uint8_t page_b[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

/* The tables that the guest was started with, plus our window beside them. */
static void build(void)
{
	const uint64_t *old = (const uint64_t *)(read_cr3() & ~0xfffull);

	for (unsigned i = 0; i < ENTRIES; i++)
		top[i] = old[i];
	top[1] = (uintptr_t)directory_pointers | PTE_P | PTE_W | PTE_U;
	directory_pointers[0] = (uintptr_t)directory | PTE_P | PTE_W | PTE_U;
	directory[0] = (uintptr_t)table | PTE_P | PTE_W | PTE_U;
	write_cr3((uintptr_t)top);
}

static volatile uint8_t *map(unsigned slot, volatile void *page, uint64_t flags)
{
	volatile uint8_t *address = (volatile uint8_t *)(WINDOW + slot * PAGE_SIZE);

	table[slot] = page ? (uintptr_t)page | flags : 0;
	invlpg(address);
	return address;
}

static void expect_fault(int vector, uint64_t error, volatile uint8_t *address, const char *what)
{
	const struct fault *fault = &this_cpu()->last_fault;

	if (!check(vector == VECTOR_PF, "%s: vector %d", what, vector))
		return;
	check(fault->error == error, "%s: error code %#lx, not %#lx", what, fault->error, error);
	check(fault->address == (uintptr_t)address, "%s: CR2 %#lx", what, fault->address);
}

static void test_alias(void)
{
	volatile uint8_t *first = map(0, page_a, PTE_P | PTE_W);
	volatile uint8_t *second = map(1, page_a, PTE_P | PTE_W);

	first[100] = 42;
	check(second[100] == 42 && page_a[100] == 42, "aliases disagree");
	map(1, page_b, PTE_P | PTE_W);
	page_b[100] = 43;
	check(second[100] == 43, "INVLPG left an old translation");
}

static void test_permissions(void)
{
	volatile uint8_t *address;
	uint64_t value;

	address = map(2, NULL, 0);
	expect_fault(try_read((uintptr_t)address, &value), 0, address, "read of nothing");
	expect_fault(try_write((uintptr_t)address, 1), PF_WRITE, address, "write to nothing");
	address = map(2, page_a, PTE_P);
	check(try_read((uintptr_t)address, &value) == NO_FAULT, "a read-only page cannot be read");
	expect_fault(try_write((uintptr_t)address, 1), PF_PRESENT | PF_WRITE, address,
		     "write to read-only");
	address = map(2, (void *)((uintptr_t)page_a | 1ull << 51), PTE_P | PTE_W);
	expect_fault(try_read((uintptr_t)address, &value), PF_PRESENT | PF_RESERVED, address,
		     "reserved bit");
	map(2, NULL, 0);
}

static void call(void *address)
{
	((void (*)(void))(uintptr_t)address)();
}

static void test_no_execute(void)
{
	volatile uint8_t *address = map(3, page_b, PTE_P | PTE_W);

	page_b[0] = 0xc3; /* RET */
	check(catch_fault(call, (void *)address) == NO_FAULT,
	      "an executable page does not execute");
	map(3, page_b, PTE_P | PTE_W | PTE_NX);
	expect_fault(catch_fault(call, (void *)address), PF_PRESENT | PF_FETCH, address,
		     "fetch from NX");
}

static void test_accessed_dirty(void)
{
	volatile uint8_t *address = map(4, page_a, PTE_P | PTE_W);

	check(!(table[4] & (PTE_A | PTE_D)), "A or D set without an access");
	(void)*address;
	check((table[4] & (PTE_A | PTE_D)) == PTE_A, "after a read: %#lx", table[4]);
	*address = 1;
	check((table[4] & (PTE_A | PTE_D)) == (PTE_A | PTE_D), "after a write: %#lx", table[4]);
}

static void test_large_pages(void)
{
	uint64_t base = (uintptr_t)page_a & ~0x1fffffull;
	volatile uint8_t *address = (volatile uint8_t *)(WINDOW + 0x200000);

	directory[1] = base | PTE_P | PTE_W | PTE_PS;
	page_a[7] = 77;
	check(address[(uintptr_t)page_a - base + 7] == 77, "a 2 MiB page maps another place");
	if (!(cpuid(0x80000001, 0).edx & CPUID_PAGE1G))
		return;
	directory_pointers[1] = PTE_P | PTE_W | PTE_PS;
	address = (volatile uint8_t *)(WINDOW + 0x40000000);
	check(address[(uintptr_t)page_a + 7] == 77, "a 1 GiB page maps another place");
}

int main(void)
{
	build();
	test_alias();
	test_permissions();
	test_no_execute();
	test_accessed_dirty();
	test_large_pages();
	return verdict();
}
