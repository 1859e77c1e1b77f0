#include "ple/steady.h"

#include "ple/fixed.h"

#define NEAR_SHIFT 8 /* of the peak */

static bool is_near(const struct ple_steady *s, const struct ple_history *h, int32_t value)
{
	return ple_distance(value, s->value) <= (int32_t)(h->peak >> 8 >> NEAR_SHIFT);
}

void ple_steady_note(struct ple_steady *s, const struct ple_history *h,
		     const struct ple_window *window)
{
	int32_t value = ple_history_value_of(window);

	if (window->pages == h->count[PLE_COUNT_PAGES] &&
	    window->io_ops == h->count[PLE_COUNT_IO_OPS] && is_near(s, h, value)) {
		s->alike = (uint8_t)(s->alike + (s->alike < PLE_STEADY_ALIKE));
		return;
	}
	s->value = (uint16_t)value;
	s->alike = 0;
}

/* One period before each of the windows to come. */
static bool repeats(const struct ple_steady *s, const struct ple_history *h)
{
	for (unsigned i = 1; i <= PLE_HORIZON_MAX && i <= h->period; i++)
		if (!is_near(s, h, ple_history_value(h, h->period - i)))
			return false;
	return true;
}

/* What is older than the longest horizon need not be remembered. */
bool ple_steady_rests(struct ple_steady *s, const struct ple_history *h)
{
	if (!s->ready || s->alike < PLE_STEADY_ALIKE || s->resting == PLE_STEADY_REST ||
	    !repeats(s, h))
		return false;
	s->resting++;
	s->rested++;
	if (s->resting <= PLE_HORIZON_MAX)
		s->made = (uint8_t)(s->made << 1);
	return true;
}

static bool is_to_stay(const struct ple_steady *s, const struct ple_history *h,
		       const struct ple_expectation cpu[PLE_HORIZONS])
{
	for (unsigned i = 0; i < PLE_HORIZONS; i++)
		if (!is_near(s, h, cpu[i].point * PLE_VALUE_US))
			return false;
	return true;
}

void ple_steady_step(struct ple_steady *s, const struct ple_history *h,
		     const struct ple_demand *demand)
{
	s->resting = 0;
	s->ready = s->alike == PLE_STEADY_ALIKE && is_to_stay(s, h, demand->of[PLE_CPU]);
	s->made = s->ready ? 1 : (uint8_t)(s->made << 1 | 1);
}

void ple_steady_break(struct ple_steady *s)
{
	s->alike = 0;
}
