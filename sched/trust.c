#include "sched/trust.h"

#include "sched/arith.h"

#define MEMORY_SHIFT 6	/* errors are averaged over about 64 windows */
#define WAIT_STEP    20 /* a long wait counts as much as so many windows without one */
#define WAIT_LIMIT   160
#define AMOUNT_MAX   (1u << 20)		   /* us; more is cut off, so that errors fit */
#define NEGLIGIBLE   (20u << MEMORY_SHIFT) /* us: who errs by less has nothing to lose */

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

static void follow(uint32_t *mean, uint32_t error)
{
	*mean += error - (*mean >> MEMORY_SHIFT);
}

static void score(struct sched_trust *trust, uint32_t actual)
{
	follow(&trust->forecast_error, distance(trust->said_us, actual));
	follow(&trust->last_error, distance(trust->last_us, actual));
}

static void watch_waits(struct sched_trust *trust, const struct sched_advice *advice,
			uint32_t bound)
{
	if (trust->guard)
		trust->guard--;
	if (bound && advice->wait_us > bound && advice->actual_us > trust->high_us)
		trust->waits += WAIT_STEP;
	else if (trust->waits)
		trust->waits--;
	if (trust->waits < WAIT_LIMIT)
		return;
	trust->waits = 0;
	trust->guard = SCHED_GUARD_WINDOWS;
}

static enum sched_trust_reason judge(const struct sched_trust *trust, bool declined,
				     const struct sched_trust_rules *rules)
{
	uint32_t percent = trust->trusted ? rules->off_percent : rules->on_percent;

	if (trust->windows < SCHED_TRUST_AFTER)
		return SCHED_TRUST_NEW;
	if (trust->guard)
		return SCHED_TRUST_GUARD;
	if (declined)
		return SCHED_TRUST_DECLINED;
	if (trust->forecast_error <= NEGLIGIBLE)
		return SCHED_TRUST_BEATS;
	return (uint64_t)trust->forecast_error * 100 <= (uint64_t)trust->last_error * percent
		       ? SCHED_TRUST_BEATS
		       : SCHED_TRUST_LOSES;
}

bool sched_trust_observe(struct sched_trust *trust, const struct sched_advice *advice,
			 const struct sched_trust_rules *rules)
{
	uint32_t actual = (uint32_t)least(advice->actual_us, AMOUNT_MAX);
	bool before = trust->trusted;

	if (trust->windows)
		score(trust, actual);
	if (trust->windows < UINT16_MAX)
		trust->windows++;
	watch_waits(trust, advice, rules->wait_bound_us);
	trust->last_us = actual;
	trust->said_us = (uint32_t)least(advice->cpu[SCHED_10MS].point, AMOUNT_MAX);
	trust->high_us = (uint32_t)least(advice->cpu[SCHED_10MS].high, AMOUNT_MAX);
	trust->reason = judge(trust, advice->distrusted, rules);
	trust->trusted = trust->reason == SCHED_TRUST_BEATS;
	return trust->trusted != before;
}

uint32_t sched_trust_ratio(const struct sched_trust *trust)
{
	if (!trust->last_error)
		return trust->forecast_error ? UINT32_MAX : 100;
	return (uint32_t)((uint64_t)trust->forecast_error * 100 / trust->last_error);
}

const char *sched_trust_reason_name(enum sched_trust_reason reason)
{
	static const char *const names[SCHED_TRUST_REASONS] = {
		[SCHED_TRUST_NEW] = "too early",
		[SCHED_TRUST_BEATS] = "beats the last value",
		[SCHED_TRUST_LOSES] = "loses to the last value",
		[SCHED_TRUST_GUARD] = "it waited too long too often",
		[SCHED_TRUST_DECLINED] = "the forecaster stood down",
	};

	return reason < SCHED_TRUST_REASONS ? names[reason] : "?";
}
