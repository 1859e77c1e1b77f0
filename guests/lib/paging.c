#include "guests/lib/paging.h"

#include "guests/lib/cpu.h"

#define ENTRIES	   512
#define PAGE_SHIFT 21
#define PRESENT	   1
#define WRITABLE   2
#define LARGE	   0x80

static volatile uint64_t top[ENTRIES] __attribute__((aligned(4096)));
static volatile uint64_t directory_pointers[ENTRIES] __attribute__((aligned(4096)));
static volatile uint64_t directory[ENTRIES] __attribute__((aligned(4096)));

void paging_identity(uint64_t bytes)
{
	for (uint64_t i = 0; i < ENTRIES; i++)
		directory[i] =
			i << PAGE_SHIFT < bytes ? i << PAGE_SHIFT | LARGE | WRITABLE | PRESENT : 0;
	directory_pointers[0] = (uintptr_t)directory | WRITABLE | PRESENT;
	top[0] = (uintptr_t)directory_pointers | WRITABLE | PRESENT;
	write_cr3((uintptr_t)top);
}
