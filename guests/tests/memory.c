/*
 * All of the RAM that guest_boot names: zero at first, keeps what is written, no two pages are the
 * same. Command line: step=N bytes from one tested place to the next (default 4096).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/verdict.h"

extern char image_end[];

struct range {
	uint64_t from, to;
};

/* What the program may overwrite: behind itself (its heap is hardly used yet), and above 4 GiB. */
static unsigned free_ranges(struct range ranges[2])
{
	const struct guest_boot *boot = guest_boot();

	ranges[0] =
		(struct range) { ((uintptr_t)image_end + 0xfffff) & ~0xfffffull, boot->memory_low };
	if (boot->memory_high == 0)
		return 1;
	ranges[1] = (struct range) { GUEST_HIGH_RAM_BASE, GUEST_HIGH_RAM_BASE + boot->memory_high };
	return 2;
}

static volatile uint64_t *word(uint64_t address)
{
	return (volatile uint64_t *)address;
}

static uint64_t check_zero(struct range range, uint64_t step)
{
	uint64_t places = 0;

	for (uint64_t a = range.from; a < range.to; a += step, places++)
		if (!check(*word(a) == 0, "%#lx is not zero at first: %#lx", a, *word(a)))
			break;
	return places;
}

static void fill(struct range range, uint64_t step)
{
	for (uint64_t a = range.from; a < range.to; a += step)
		*word(a) = ~a;
	*word(range.to - 8) = ~(range.to - 8);
}

static void check_filled(struct range range, uint64_t step)
{
	for (uint64_t a = range.from; a < range.to; a += step)
		if (!check(*word(a) == ~a, "%#lx holds %#lx", a, *word(a)))
			return;
	check(*word(range.to - 8) == ~(range.to - 8), "the last word is lost");
}

int main(void)
{
	uint64_t step = arg_u64(guest_cmdline(), "step", 4096), places = 0;
	struct range ranges[2];
	unsigned count = free_ranges(ranges);

	printf("%lu KiB below 4 GiB, %lu KiB above\n", guest_boot()->memory_low / 1024,
	       guest_boot()->memory_high / 1024);
	for (unsigned i = 0; i < count; i++)
		places += check_zero(ranges[i], step);
	for (unsigned i = 0; i < count; i++)
		fill(ranges[i], step);
	for (unsigned i = 0; i < count; i++)
		check_filled(ranges[i], step);
	printf("%lu places\n", places);
	return verdict();
}
