/*
 * Time is TSC ticks in 64 bits; other units are for people and for devices. The conversions
 * multiply by a precomputed factor in 128 bits: no division, any argument whose result fits.
 * The factors are rounded up, so that a whole number of ticks converts exactly.
 */
#ifndef HV_TIME_H
#define HV_TIME_H

#include <stdint.h>

#include "hv/error.h"

/* result = value * multiplier >> shift */
struct time_factor {
	uint64_t multiplier;
	uint32_t shift;
};

extern uint64_t tsc_hz; /* ticks per second as measured; constant after time_init() */
extern struct time_factor time_ticks_per_ns, time_ns_per_tick;

static inline uint64_t tsc_now(void)
{
	uint64_t low, high; /* it clears the upper halves */

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return high << 32 | low;
}

/* Its lower half: enough for the difference of two moments less than 2^32 ticks apart. */
static inline uint32_t tsc_now_low(void)
{
	uint32_t low;

	__asm__ volatile("rdtsc" : "=a"(low)::"rdx");
	return low;
}

static inline uint64_t time_scale(uint64_t value, struct time_factor factor)
{
	return (uint64_t)((unsigned __int128)value * factor.multiplier >> factor.shift);
}

static inline uint64_t ticks_from_ns(uint64_t ns)
{
	return time_scale(ns, time_ticks_per_ns);
}

static inline uint64_t ticks_from_us(uint64_t us)
{
	return time_scale(us * 1000, time_ticks_per_ns);
}

static inline uint64_t ns_from_ticks(uint64_t ticks)
{
	return time_scale(ticks, time_ns_per_tick);
}

/*
 * Measures tsc_hz, three times 50 ms, against the ACPI PM timer (port 0: there is none), else the
 * PIT. Without either it believes CPUID leaf 0x15.
 */
void time_init(uint16_t pm_timer_port);

/* The clock that time_init() measured against: "PM timer", "PIT", "CPUID" or "none". */
const char *time_reference(void);

/* Busy waiting, for hardware that asks for it. */
void delay_us(uint32_t us);

/* The factor to / from, for from != 0. Pure. */
struct time_factor time_factor_make(uint64_t to, uint64_t from);

/* The middle one of `count` >= 1 values, which it sorts. Pure. */
uint64_t time_median(uint64_t *values, uint32_t count);

#endif
