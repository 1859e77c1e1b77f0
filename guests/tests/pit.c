/* The 8254: channel 2 behind port 0x61, read-back, and channel 0's rate against the TSC. */
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/verdict.h"

#define PIT_HZ	     1193182u
#define CHANNEL0     0x40
#define CHANNEL2     0x42
#define COMMAND	     0x43
#define SPEAKER	     0x61
#define GATE2	     0x01
#define OUT2	     0x20
#define MODE0_CH2    0xb0
#define MODE2_CH0    0x34
#define LATCH_CH0    0x00
#define STATUS_CH0   0xe2
#define MEASURED_PIT 2386 /* 2 ms: less than a slice of any policy */
#define PATIENCE     500000000
#define ATTEMPTS     10

static void load(uint16_t port, uint16_t count)
{
	outb(port, (uint8_t)count);
	outb(port, (uint8_t)(count >> 8));
}

static uint16_t latched_count(void)
{
	uint8_t low;

	outb(COMMAND, LATCH_CH0);
	low = inb(CHANNEL0);
	return (uint16_t)(inb(CHANNEL0) << 8 | low);
}

static bool within(uint64_t value, uint64_t wanted, unsigned percent)
{
	return value >= wanted - wanted * percent / 100 && value <= wanted + wanted * percent / 100;
}

/* As kernels calibrate their TSC: channel 2 counts down once, its output rises at the end. */
static uint64_t time_channel2(void)
{
	uint64_t start;

	outb(SPEAKER, GATE2);
	outb(COMMAND, MODE0_CH2);
	load(CHANNEL2, MEASURED_PIT);
	start = rdtsc();
	check(!(inb(SPEAKER) & OUT2), "output of channel 2 is high at once");
	while (!(inb(SPEAKER) & OUT2) && rdtsc() - start < PATIENCE)
		;
	return rdtsc() - start;
}

/* The shortest of several, since a vCPU may lose its core meanwhile. */
static void test_channel2(void)
{
	uint64_t wanted = guest_boot()->tsc_hz * MEASURED_PIT / PIT_HZ, ticks = UINT64_MAX;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		uint64_t one = time_channel2();

		ticks = one < ticks ? one : ticks;
	}
	check(within(ticks, wanted, 5), "2 ms of channel 2 took %lu ticks, not %lu", ticks,
	      wanted);
}

/* Ticks that a count of channel 0 took; tried again when the vCPU lost its core meanwhile. */
static uint64_t count_channel0(uint16_t *counted)
{
	uint64_t wait = guest_boot()->tsc_hz / 500, ticks = UINT64_MAX;

	for (unsigned i = 0; i < ATTEMPTS && ticks > wait + wait / 20; i++) {
		uint64_t start = rdtsc();
		uint16_t first = latched_count();

		while (rdtsc() - start < wait)
			cpu_relax();
		*counted = (uint16_t)(first - latched_count());
		ticks = rdtsc() - start;
	}
	return ticks;
}

static void test_channel0(void)
{
	uint16_t counted = 0;
	uint64_t ticks;

	outb(COMMAND, MODE2_CH0);
	load(CHANNEL0, 0);
	spin_turns(5000); /* the count is loaded with the next pulse of the PIT's clock */
	ticks = count_channel0(&counted);
	check(within(counted * guest_boot()->tsc_hz / PIT_HZ, ticks, 5),
	      "channel 0 counted %u in %lu ticks", counted, ticks);
}

static void test_status(void)
{
	uint8_t status;

	outb(COMMAND, STATUS_CH0);
	status = inb(CHANNEL0);
	check((status & 0x3f) == (MODE2_CH0 & 0x3f), "status of channel 0: %#x", status);
}

int main(void)
{
	test_channel2();
	test_channel0();
	test_status();
	return verdict();
}
