#include "sched/drp_knobs.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct drp_knobs drp_knobs = {
	.scale = 100,
	.min_slice_us = 1000,
	.max_slice_us = 8500,
	.horizon_ms = 50,
	.grace_ms = 50,
	.spike_us = 2000,
	.floor = 25,
	.trust_on = 100,
	.trust_off = 115,
	.quiet_ms = 1000,
	.wait_us = 9000,
};

#define AT(key) offsetof(struct drp_knobs, key)

static const struct drp_knob knobs[] = {
	{ "scale", AT(scale), 0, 1000, "percent of the forecast demand that a slice grows by" },
	{ "min_slice_us", AT(min_slice_us), 100, 100000, "microseconds that a slice keeps" },
	{ "max_slice_us", AT(max_slice_us), 100, 100000, "microseconds that a slice reaches" },
	{ "horizon_ms", AT(horizon_ms), 10, 50,
	  "milliseconds that are looked ahead: 10, 20 or 50" },
	{ "grace_ms", AT(grace_ms), 0, 1000,
	  "milliseconds that a reservation waits for its spike" },
	{ "spike_us", AT(spike_us), 1, 10000, "microseconds of demand in 10 ms that make a spike" },
	{ "floor", AT(floor), 0, 100, "percent of its burst budget that a vCPU keeps" },
	{ "trust_on", AT(trust_on), 0, 200, "percent of the last value's error to be trusted at" },
	{ "trust_off", AT(trust_off), 0, 400, "and to be distrusted above" },
	{ "quiet_ms", AT(quiet_ms), 0, 1000000,
	  "milliseconds in which nobody fell short that let forecasts rest, 0: never" },
	{ "wait_us", AT(wait_us), 0, 10000,
	  "microseconds of waiting in 10 ms that alarm the guard, 0: off" },
};

#define KNOBS (sizeof(knobs) / sizeof(knobs[0]))

const struct drp_knob *drp_knob_list(unsigned *count)
{
	*count = KNOBS;
	return knobs;
}

uint32_t drp_knob_value(const struct drp_knob *knob)
{
	uint32_t value;

	memcpy(&value, (const char *)&drp_knobs + knob->offset, sizeof(value));
	return value;
}

const struct drp_knob *drp_knob_find(const char *key)
{
	for (unsigned i = 0; i < KNOBS; i++)
		if (strcmp(knobs[i].key, key) == 0)
			return &knobs[i];
	return NULL;
}

/* The first of a pair must not exceed the second. */
static const struct {
	const char *low, *high;
} pairs[] = {
	{ "min_slice_us", "max_slice_us" },
	{ "trust_on", "trust_off" },
};

static bool fits(const struct drp_knob *knob, uint64_t value, char *why, size_t size)
{
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct drp_knob *low = drp_knob_find(pairs[i].low);
		const struct drp_knob *high = drp_knob_find(pairs[i].high);

		if (knob == low && value > drp_knob_value(high)) {
			snprintf(why, size, "would be more than %s, which is %u", high->key,
				 drp_knob_value(high));
			return false;
		}
		if (knob == high && value < drp_knob_value(low)) {
			snprintf(why, size, "would be less than %s, which is %u", low->key,
				 drp_knob_value(low));
			return false;
		}
	}
	return true;
}

static bool is_horizon(uint64_t ms)
{
	return ms == 10 || ms == 20 || ms == 50;
}

enum error drp_knob_set(const struct drp_knob *knob, uint64_t value, char *why, size_t size)
{
	uint32_t narrow = (uint32_t)value;

	if (value < knob->low || value > knob->high) {
		snprintf(why, size, "is not within %u..%u", knob->low, knob->high);
		return ERR_RANGE;
	}
	if (knob->offset == AT(horizon_ms) && !is_horizon(value)) {
		snprintf(why, size, "is neither 10 nor 20 nor 50");
		return ERR_RANGE;
	}
	if (!fits(knob, value, why, size))
		return ERR_RANGE;
	memcpy((char *)&drp_knobs + knob->offset, &narrow, sizeof(narrow));
	return OK;
}
