#include "vmx/counters.h"

#define LEAF 0xa

/* PERFEVTSEL: event, unit mask, in user and kernel mode, enabled (SDM vol. 3 18.2.1). */
#define SELECT(event, mask) ((event) | (mask) << 8 | 1u << 16 | 1u << 17 | 1u << 22)
#define INSTRUCTIONS	    SELECT(0xc0u, 0x00u)
#define MISSES		    SELECT(0x2eu, 0x41u)

/* Of CPUID.0AH:EBX, set: the event is not available. */
#define LACKS_INSTRUCTIONS (1u << 1)
#define LACKS_MISSES	   (1u << 4)
#define EVENTS		   5 /* EBX bits needed */

#define TEST_VALUE 0x5a5a

static enum counters_state check_cpuid(const struct counters_ops *ops, unsigned *width)
{
	uint32_t r[4];
	unsigned version;

	ops->cpuid(0, 0, r);
	if (r[0] < LEAF)
		return COUNTERS_NO_LEAF;
	ops->cpuid(LEAF, 0, r);
	version = r[0] & 0xff;
	*width = r[0] >> 16 & 0xff;
	if (version == 0)
		return COUNTERS_NO_LEAF;
	if (version == 1)
		return COUNTERS_OLD;
	if ((r[0] >> 8 & 0xff) < 2 || *width < 32 || *width > 64)
		return COUNTERS_TOO_FEW;
	if ((r[0] >> 24) < EVENTS || (r[1] & (LACKS_INSTRUCTIONS | LACKS_MISSES)))
		return COUNTERS_NO_EVENTS;
	return COUNTERS_PRESENT;
}

bool counters_start(const struct counters_ops *ops)
{
	return ops->write(IA32_PERF_GLOBAL_CTRL, 0) && ops->write(IA32_PERFEVTSEL0, INSTRUCTIONS) &&
	       ops->write(IA32_PERFEVTSEL1, MISSES) && ops->write(IA32_PMC0, 0) &&
	       ops->write(IA32_PMC1, 0);
}

bool counters_read(const struct counters_ops *ops, struct counter_values *values)
{
	return ops->read(IA32_PMC0, &values->instructions) && ops->read(IA32_PMC1, &values->misses);
}

static bool holds_a_value(const struct counters_ops *ops)
{
	struct counter_values values;

	return ops->write(IA32_PMC0, TEST_VALUE) && ops->write(IA32_PMC1, TEST_VALUE + 1) &&
	       counters_read(ops, &values) && values.instructions == TEST_VALUE &&
	       values.misses == TEST_VALUE + 1;
}

/* Counts when switched on, and not when switched off. */
static bool counts(const struct counters_ops *ops)
{
	struct counter_values on, off;

	ops->write(IA32_PERF_GLOBAL_CTRL, COUNTERS_GLOBAL_CTRL);
	ops->work();
	ops->write(IA32_PERF_GLOBAL_CTRL, 0);
	if (!counters_read(ops, &on))
		return false;
	ops->work();
	return counters_read(ops, &off) && on.instructions > TEST_VALUE &&
	       off.instructions == on.instructions;
}

enum counters_state counters_probe(const struct counters_ops *ops, bool switchable, unsigned *width)
{
	enum counters_state state = check_cpuid(ops, width);

	if (state != COUNTERS_PRESENT)
		return state;
	if (!switchable)
		return COUNTERS_NO_SWITCH;
	if (!counters_start(ops))
		return COUNTERS_FAULT;
	if (!holds_a_value(ops) || !counts(ops))
		return COUNTERS_DEAD;
	return counters_start(ops) ? COUNTERS_PRESENT : COUNTERS_FAULT;
}

void counters_add(struct counter_values *total, const struct counter_values *from,
		  const struct counter_values *to, unsigned width)
{
	uint64_t mask = width < 64 ? (1ull << width) - 1 : UINT64_MAX;

	total->instructions += (to->instructions - from->instructions) & mask;
	total->misses += (to->misses - from->misses) & mask;
}

const char *counters_state_text(enum counters_state state)
{
	static const char *const texts[COUNTERS_STATES] = {
		[COUNTERS_PRESENT] = "present",
		[COUNTERS_NO_LEAF] = "CPUID says that there are none",
		[COUNTERS_OLD] = "their version 1 is too old",
		[COUNTERS_TOO_FEW] = "there are less than two",
		[COUNTERS_NO_EVENTS] = "they cannot count instructions and cache misses",
		[COUNTERS_NO_SWITCH] = "VM entry and exit cannot switch them",
		[COUNTERS_FAULT] = "CPUID claims them, but their registers fault",
		[COUNTERS_DEAD] = "CPUID claims them, but they do not count",
	};

	return (unsigned)state < COUNTERS_STATES ? texts[state] : "unknown";
}
