#include "sched/advice.h"

#include <string.h>

#include "sched/ops.h"
#include "sched/random.h"

#define WINDOW_US 10000u

static void remember_first(struct sched_advice *advice, struct sched_fault_state *state)
{
	if (!state->count)
		memcpy(state->past[0], advice->cpu, sizeof(advice->cpu));
	memcpy(advice->cpu, state->past[0], sizeof(advice->cpu));
}

static uint32_t draw(struct sched_fault_state *state)
{
	return (uint32_t)(random_next(&state->random) % (WINDOW_US + 1));
}

static void randomise(struct sched_advice *advice, struct sched_fault_state *state)
{
	for (unsigned h = 0; h < SCHED_HORIZONS; h++) {
		uint32_t value = draw(state);

		advice->cpu[h] = (struct sched_expectation) { value, value, value };
	}
}

static uint32_t inverted(uint32_t us)
{
	return us < WINDOW_US ? WINDOW_US - us : 0;
}

static void invert(struct sched_advice *advice, struct sched_fault_state *state)
{
	(void)state;
	for (unsigned h = 0; h < SCHED_HORIZONS; h++) {
		struct sched_expectation *e = &advice->cpu[h];

		*e = (struct sched_expectation) { inverted(e->mean), inverted(e->point),
						  inverted(e->high) };
	}
}

static void delay(struct sched_advice *advice, struct sched_fault_state *state)
{
	struct sched_expectation *slot = state->past[state->count % SCHED_LATE_WINDOWS];
	struct sched_expectation now[SCHED_HORIZONS];

	memcpy(now, advice->cpu, sizeof(now));
	memcpy(advice->cpu, slot, sizeof(now));
	memcpy(slot, now, sizeof(now));
}

static const struct {
	const char *name;
	void (*apply)(struct sched_advice *advice, struct sched_fault_state *state);
} faults[SCHED_FAULTS] = {
	[SCHED_FAULT_NONE] = { "none", NULL },
	[SCHED_FAULT_STUCK] = { "stuck", remember_first },
	[SCHED_FAULT_RANDOM] = { "random", randomise },
	[SCHED_FAULT_INVERTED] = { "inverted", invert },
	[SCHED_FAULT_LATE] = { "late", delay },
};

void sched_break_advice(struct sched_advice *advice, enum sched_fault fault,
			struct sched_fault_state *state)
{
	if (fault >= SCHED_FAULTS || !faults[fault].apply) {
		*state = (struct sched_fault_state) { 0 };
		return;
	}
	if (state->fault != fault)
		*state = (struct sched_fault_state) { .fault = fault, .random = state->random };
	faults[fault].apply(advice, state);
	state->count++;
}

const char *sched_fault_name(enum sched_fault fault)
{
	return fault < SCHED_FAULTS ? faults[fault].name : "?";
}

bool sched_wants_advice(const struct sched *sched)
{
	return sched->ops && sched->ops->advise;
}

bool sched_needs_advice(const struct sched_core *core, uint64_t now)
{
	const struct sched_ops *ops = core->sched->ops;

	return sched_wants_advice(core->sched) &&
	       (!ops->needs_advice || ops->needs_advice(core, now));
}

void sched_advise(struct sched_core *core, struct sched_entity *entity,
		  const struct sched_advice *advice, uint64_t now)
{
	if (core->sched->ops->advise && atomic_load(&entity->core) == core->id && !entity->fresh)
		core->sched->ops->advise(core, entity, advice, now);
}

void sched_replan(struct sched_core *core, uint64_t now)
{
	if (core->sched->ops->replan)
		core->sched->ops->replan(core, now);
}
