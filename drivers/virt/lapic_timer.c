/*
 * The local APIC's timer (SDM vol 3, 10.5.4). One-shot and periodic counts run on the bus clock, of
 * which one is numerator / denominator TSC ticks; the fraction is carried from period to period, so
 * that a periodic timer never drifts.
 */
#include "drivers/virt/lapic_internal.h"

#include "drivers/virt/muldiv.h"

static uint32_t mode_of(uint32_t lvt)
{
	return lvt & LVT_TIMER_MODE;
}

static bool counts(uint32_t lvt)
{
	return mode_of(lvt) <= LVT_TIMER_PERIODIC;
}

/* Bits 0, 1 and 3 of the register encode divide by 2, 4 ... 128, 1 (SDM figure 10-10). */
static uint32_t divide_shift(uint32_t divide)
{
	return ((divide & 3) + (divide >> 1 & 4) + 1) & 7;
}

/* The whole count, in bus clocks: below 2^39. */
static uint64_t bus_clocks(const struct lapic_timer *t)
{
	return (uint64_t)t->initial << divide_shift(t->divide);
}

/* Moves the start on by `clocks` bus clocks, exactly. */
static void move_start(struct lapic *l, uint64_t clocks)
{
	const struct lapic_config *c = &l->config;
	struct lapic_timer *t = &l->timer;
	uint64_t rest = t->start_rest + muldiv_rest(clocks, c->numerator, c->denominator);

	t->start += muldiv_floor(clocks, c->numerator, c->denominator) + rest / c->denominator;
	t->start_rest = (uint32_t)(rest % c->denominator);
}

/* The first tick that is not before start + the whole count. */
static void set_expiry(struct lapic *l)
{
	const struct lapic_config *c = &l->config;
	struct lapic_timer *t = &l->timer;
	uint64_t clocks = bus_clocks(t);
	uint64_t rest = t->start_rest + muldiv_rest(clocks, c->numerator, c->denominator);

	t->expiry = t->start + muldiv_floor(clocks, c->numerator, c->denominator) +
		    (rest + c->denominator - 1) / c->denominator;
}

void lapic_timer_stop(struct lapic *l)
{
	l->timer.expiry = LAPIC_NEVER;
	l->timer.initial = 0;
}

void lapic_timer_load(struct lapic *l, uint32_t initial, uint64_t now)
{
	if (!counts(l->lvt[LAPIC_LVT_TIMER]))
		return;
	l->timer.initial = initial;
	l->timer.start = now;
	l->timer.start_rest = 0;
	if (initial)
		set_expiry(l);
	else
		l->timer.expiry = LAPIC_NEVER;
}

/* Bus clocks since the start. The rest of the start is left out: less than one TSC tick. */
static uint64_t elapsed_clocks(const struct lapic *l, uint64_t now)
{
	return muldiv_floor(now - l->timer.start, l->config.denominator, l->config.numerator);
}

uint32_t lapic_timer_current(const struct lapic *l, uint64_t now)
{
	const struct lapic_timer *t = &l->timer;
	uint64_t counted;

	if (!t->initial || t->expiry == LAPIC_NEVER || !counts(l->lvt[LAPIC_LVT_TIMER]))
		return 0;
	counted = elapsed_clocks(l, now) >> divide_shift(t->divide);
	if (counted < t->initial)
		return t->initial - (uint32_t)counted;
	if (mode_of(l->lvt[LAPIC_LVT_TIMER]) == LVT_TIMER_PERIODIC)
		return t->initial - (uint32_t)(counted % t->initial);
	return 0;
}

/* A running count keeps its value and goes on at the new rate: the start moves to where it would
 * have been. Differences of times are exact modulo 2^64, so the start may lie "before zero". */
void lapic_timer_set_divide(struct lapic *l, uint32_t divide, uint64_t now)
{
	struct lapic_timer *t = &l->timer;
	uint64_t done = t->initial - lapic_timer_current(l, now);
	bool running = t->expiry != LAPIC_NEVER && counts(l->lvt[LAPIC_LVT_TIMER]);

	t->divide = divide;
	if (!running)
		return;
	t->start = now - muldiv_floor(done << divide_shift(divide), l->config.numerator,
				      l->config.denominator);
	t->start_rest = 0;
	set_expiry(l);
}

void lapic_timer_mode_changed(struct lapic *l, uint32_t old_lvt, uint32_t new_lvt)
{
	if (mode_of(old_lvt) == mode_of(new_lvt))
		return;
	if (!counts(old_lvt) || !counts(new_lvt))
		lapic_timer_stop(l);
}

void lapic_set_tsc_deadline(struct lapic *l, uint64_t deadline)
{
	if (mode_of(l->lvt[LAPIC_LVT_TIMER]) == LVT_TIMER_DEADLINE)
		l->timer.expiry = deadline ? deadline : LAPIC_NEVER;
}

uint64_t lapic_timer_deadline(const struct lapic *l)
{
	bool armed = l->timer.expiry != LAPIC_NEVER;

	return armed && mode_of(l->lvt[LAPIC_LVT_TIMER]) == LVT_TIMER_DEADLINE ? l->timer.expiry
									       : 0;
}

/* Skips all periods that have ended by `now` in one step. */
static void next_period(struct lapic *l, uint64_t now)
{
	uint64_t period = bus_clocks(&l->timer);
	uint64_t periods = elapsed_clocks(l, now) / period;

	move_start(l, periods * period);
	set_expiry(l);
}

bool lapic_timer_advance(struct lapic *l, uint64_t now)
{
	if (now < l->timer.expiry)
		return false;
	if (mode_of(l->lvt[LAPIC_LVT_TIMER]) == LVT_TIMER_PERIODIC)
		next_period(l, now);
	else
		l->timer.expiry = LAPIC_NEVER;
	lapic_fire_lvt(l, LAPIC_LVT_TIMER);
	return true;
}

void lapic_tsc_jumped(struct lapic *l, int64_t delta)
{
	if (l->timer.expiry == LAPIC_NEVER || !counts(l->lvt[LAPIC_LVT_TIMER]))
		return;
	l->timer.start += (uint64_t)delta;
	l->timer.expiry += (uint64_t)delta;
}
