/* The clock and CMOS RAM at 0x70/0x71. */
#include <stdint.h>

#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/verdict.h"

enum {
	SECONDS = 0,
	MINUTES = 2,
	HOURS = 4,
	DAY = 7,
	MONTH = 8,
	YEAR = 9,
	STATUS_A = 0xa,
	STATUS_B = 0xb,
	STATUS_D = 0xd,
	RAM_BYTE = 0x40
};

#define UPDATING  0x80
#define BINARY	  0x04
#define RAM_VALID 0x80

static uint8_t cmos(uint8_t index)
{
	outb(0x70, index);
	return inb(0x71);
}

static unsigned clock_value(uint8_t index)
{
	uint8_t value = cmos(index);

	return cmos(STATUS_B) & BINARY ? value : (value >> 4) * 10u + (value & 15u);
}

static unsigned second_of_day(void)
{
	return (clock_value(HOURS) & 0x1f) * 3600 + clock_value(MINUTES) * 60 +
	       clock_value(SECONDS);
}

static void test_ranges(void)
{
	check(cmos(STATUS_D) & RAM_VALID, "status D says the clock has lost power");
	check(!(cmos(STATUS_A) & UPDATING), "an update in progress at rest");
	check(clock_value(SECONDS) < 60, "second %u", clock_value(SECONDS));
	check(clock_value(MINUTES) < 60, "minute %u", clock_value(MINUTES));
	check(clock_value(DAY) >= 1 && clock_value(DAY) <= 31, "day %u", clock_value(DAY));
	check(clock_value(MONTH) >= 1 && clock_value(MONTH) <= 12, "month %u", clock_value(MONTH));
	check(clock_value(YEAR) < 100, "year %u", clock_value(YEAR));
}

static void test_runs(void)
{
	uint64_t start_tsc = rdtsc(), hz = guest_boot()->tsc_hz, shortest, longest;
	unsigned start = second_of_day(), passed;

	shortest = rdtsc();
	while (rdtsc() - start_tsc < 2 * hz)
		spin_turns(1000);
	shortest = (rdtsc() - shortest) / hz;
	passed = (second_of_day() + 86400 - start) % 86400;
	longest = (rdtsc() - start_tsc) / hz + 1;
	check(passed >= shortest && passed <= longest, "%u s passed in %lu to %lu s of TSC", passed,
	      shortest, longest);
}

static void test_ram(void)
{
	outb(0x70, RAM_BYTE);
	outb(0x71, 0xa5);
	check(cmos(RAM_BYTE) == 0xa5, "CMOS RAM does not keep a byte");
}

int main(void)
{
	test_ranges();
	test_runs();
	test_ram();
	return verdict();
}
