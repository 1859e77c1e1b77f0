#include "hv/time.h"

#include <stdbool.h>

#include "hv/cpuid.h"
#include "hv/io.h"
#include "hv/log.h"

#define NS_PER_SECOND 1000000000ull
#define TRIALS	      3
#define GIVE_UP_TICKS (1ull << 32) /* a clock that has not moved for so long stands still */
#define LEAST_HZ      1000000ull   /* below this the measurement must be wrong */

enum { PIT_CHANNEL_2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61 };
enum { GATE_OPEN = 1, GATE_SPEAKER = 2, GATE_OUTPUT = 0x20 };
#define PIT_HZ	   1193182ull
#define PIT_LONG   59659u /* clocks: 50 ms */
#define PIT_SHORT  1193u  /* 1 ms */
#define PIT_MODE_0 0xb0	  /* channel 2, both bytes, output rises when the count ends */

#define PM_TIMER_HZ   3579545ull
#define PM_TIMER_MASK 0xffffffu /* 24 bits are always there */
#define PM_COUNT      178977u	/* 50 ms */

uint64_t tsc_hz;
struct time_factor time_ticks_per_ns, time_ns_per_tick;

static const char *reference = "none";
static uint16_t pm_port;

/* Ticks until the output rises after a count of `clocks`; 0 if it never does. */
static uint64_t time_pit(uint32_t clocks)
{
	uint8_t gate = io_read8(PIT_GATE) & (uint8_t) ~(GATE_OPEN | GATE_SPEAKER);
	uint64_t start, ticks;

	io_write8(PIT_GATE, gate);
	io_write8(PIT_COMMAND, PIT_MODE_0);
	io_write8(PIT_CHANNEL_2, clocks & 0xff);
	io_write8(PIT_CHANNEL_2, (uint8_t)(clocks >> 8));
	start = tsc_now();
	io_write8(PIT_GATE, gate | GATE_OPEN);
	do {
		ticks = tsc_now() - start;
		if (ticks > GIVE_UP_TICKS)
			return 0;
	} while ((io_read8(PIT_GATE) & GATE_OUTPUT) == 0);
	io_write8(PIT_GATE, gate);
	return ticks;
}

/* What starting and noticing the end cost is the same for both counts, and so drops out. */
static uint64_t measure_by_pit(void)
{
	uint64_t short_ticks = time_pit(PIT_SHORT);
	uint64_t long_ticks = short_ticks == 0 ? 0 : time_pit(PIT_LONG);

	if (long_ticks <= short_ticks)
		return 0;
	return (long_ticks - short_ticks) * PIT_HZ / (PIT_LONG - PIT_SHORT);
}

/* The PM timer's next new value, or the old one if it stands still. */
static uint32_t pm_timer_edge(void)
{
	uint32_t value = io_read32(pm_port), next = value;
	uint64_t start = tsc_now();

	while (next == value && tsc_now() - start < GIVE_UP_TICKS)
		next = io_read32(pm_port);
	return next;
}

static uint64_t measure_by_pm_timer(void)
{
	uint32_t first = pm_timer_edge(), clocks;
	uint64_t start = tsc_now(), ticks;

	do {
		ticks = tsc_now() - start;
		if (ticks > GIVE_UP_TICKS)
			return 0;
		clocks = (io_read32(pm_port) - first) & PM_TIMER_MASK;
	} while (clocks < PM_COUNT);
	return ticks * PM_TIMER_HZ / clocks;
}

/* CPUID leaf 0x15: crystal * numerator / denominator. What the processor says about itself. */
static uint64_t rate_by_cpuid(void)
{
	struct cpuid_result leaf = cpuid_read_checked(0x15, 0);

	return leaf.eax == 0 ? 0 : (uint64_t)leaf.ecx * leaf.ebx / leaf.eax;
}

/* The median of several measurements; false if it is not a rate a TSC can have. */
static bool try_reference(const char *name, uint64_t (*measure)(void))
{
	uint64_t rates[TRIALS];

	for (uint32_t i = 0; i < TRIALS; i++) {
		rates[i] = measure();
		if (rates[i] < LEAST_HZ)
			return false;
	}
	tsc_hz = time_median(rates, TRIALS);
	reference = name;
	return true;
}

void time_init(uint16_t pm_timer_port)
{
	pm_port = pm_timer_port;
	if (!(pm_port != 0 && try_reference("PM timer", measure_by_pm_timer)) &&
	    !try_reference("PIT", measure_by_pit) && !try_reference("CPUID", rate_by_cpuid)) {
		tsc_hz = NS_PER_SECOND;
		log_warn("no clock to measure the TSC against: taking 1 GHz");
	}
	time_ticks_per_ns = time_factor_make(tsc_hz, NS_PER_SECOND);
	time_ns_per_tick = time_factor_make(NS_PER_SECOND, tsc_hz);
}

const char *time_reference(void)
{
	return reference;
}

void delay_us(uint32_t us)
{
	uint64_t start = tsc_now(), ticks = ticks_from_us(us);

	while (tsc_now() - start < ticks)
		__builtin_ia32_pause();
}
