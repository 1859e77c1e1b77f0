/* The engine's members, their seats and their states: everything but the window's work. */
#include "ple/engine.h"

#include <assert.h>
#include <string.h>

#include "ple/lstm_readout.h"

#define RIVALS (1u << PLE_LAST | 1u << PLE_MAX8) /* they sit in the first two seats */

static unsigned state_offset(unsigned member)
{
	unsigned offset = 0;

	for (unsigned m = 0; m < member; m++)
		offset += (ple_models[m]->state_size + 31) & ~31u;
	return offset;
}

static void *state_of(struct ple_engine *e, unsigned member)
{
	return e->states + state_offset(member);
}

/* The member's seat, or a vacant one for PLE_MEMBERS; PLE_SEATS if there is none. */
static unsigned find_seat(const struct ple_engine *e, unsigned member)
{
	unsigned s = 0;

	while (s < PLE_SEATS && e->seat[s].member != member)
		s++;
	return s;
}

/* What another owner of the seat said is not this one's: it learns from the last value instead. */
static void forget_said(struct ple_engine *e, unsigned s)
{
	for (unsigned i = 0; i < PLE_HORIZON_MAX; i++)
		for (unsigned t = 0; t < PLE_TARGETS; t++)
			e->past[i].said[t][s] = e->past[i].said[t][PLE_LAST];
}

static void take_seat(struct ple_engine *e, unsigned s, unsigned member)
{
	e->seat[s] = (struct ple_seat) { (uint8_t)member, (uint16_t)state_offset(member) };
	ple_mixture_vacate(&e->mixture, s);
	forget_said(e, s);
}

/* `members` are not too many. Those that leave get up before the new ones sit down. */
static void seat(struct ple_engine *e, uint32_t members)
{
	uint32_t seated = members | RIVALS;

	for (unsigned s = 0; s < PLE_SEATS; s++)
		if (!(seated >> e->seat[s].member & 1))
			e->seat[s].member = PLE_MEMBERS;
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		if ((seated >> m & 1) && find_seat(e, m) == PLE_SEATS)
			take_seat(e, find_seat(e, PLE_MEMBERS), m);
	e->members = members;
	ple_steady_break(&e->steady);
	e->open = 0;
	for (unsigned s = 0; s < PLE_SEATS; s++)
		e->open |= (uint8_t)((members >> e->seat[s].member & 1) << s);
	for (unsigned i = 0; i < PLE_SITUATIONS * PLE_HORIZONS; i++)
		ple_mixture_renew(&e->mixture, i / PLE_HORIZONS, i % PLE_HORIZONS, e->open,
				  &ple_kernels_general);
}

void ple_engine_init(struct ple_engine *e, const struct ple_kernels *kernels)
{
	memset(e, 0, sizeof(*e));
	assert(state_offset(PLE_MEMBERS) <= sizeof(e->states));
	for (unsigned m = 0; m < PLE_MEMBERS; m++)
		ple_models[m]->init(state_of(e, m));
	for (unsigned s = 0; s < PLE_SEATS; s++)
		e->seat[s].member = PLE_MEMBERS;
	for (unsigned i = 0; i < PLE_RESOURCES - 1; i++)
		ple_count_init(&e->counts[i]);
	ple_history_init(&e->history);
	ple_lstm_reset(&e->lstm);
	e->kernels = kernels;
	seat(e, PLE_DEFAULT_MEMBERS & ~(1u << PLE_LSTM));
}

static enum ple_choice check(const struct ple_engine *e, uint32_t members)
{
	if (members & ~PLE_ALL_MEMBERS)
		return PLE_CHOICE_UNKNOWN;
	if (members == 0)
		return PLE_CHOICE_EMPTY;
	if ((members >> PLE_LSTM & 1) && !e->weights)
		return PLE_CHOICE_NO_WEIGHTS;
	return __builtin_popcount(members | RIVALS) > PLE_SEATS ? PLE_CHOICE_TOO_MANY
								: PLE_CHOICE_OK;
}

enum ple_choice ple_engine_enable(struct ple_engine *e, uint32_t members)
{
	enum ple_choice choice = check(e, members);

	if (choice == PLE_CHOICE_OK)
		seat(e, members);
	return choice;
}

const char *ple_choice_text(enum ple_choice choice)
{
	static const char *const texts[PLE_CHOICES] = {
		[PLE_CHOICE_OK] = "no error",
		[PLE_CHOICE_EMPTY] = "no member would be left",
		[PLE_CHOICE_UNKNOWN] = "there is no such member",
		[PLE_CHOICE_TOO_MANY] = "only eight members have a seat, last and max8 always",
		[PLE_CHOICE_NO_WEIGHTS] = "the LSTM has no weights",
	};

	return (unsigned)choice < PLE_CHOICES ? texts[choice] : "unknown error";
}

/* Loads the last layer from the weights and enables it, or disables it. */
static void renew_lstm(struct ple_engine *e)
{
	const uint32_t lstm = 1u << PLE_LSTM;

	if (e->weights) {
		ple_readout_load(state_of(e, PLE_LSTM), e->weights->readout);
		ple_engine_enable(e, e->members | lstm);
		return;
	}
	if (e->members == lstm)
		seat(e, PLE_DEFAULT_MEMBERS & ~lstm);
	else
		seat(e, e->members & ~lstm);
}

void ple_engine_use_weights(struct ple_engine *e, const struct ple_weights *weights)
{
	e->weights = weights;
	ple_lstm_reset(&e->lstm);
	ple_steady_break(&e->steady);
	renew_lstm(e);
}

void ple_engine_inherit(struct ple_engine *e, const struct ple_engine *from)
{
	memcpy(e->states, from->states, sizeof(e->states));
	memcpy(e->seat, from->seat, sizeof(e->seat));
	e->mixture = from->mixture;
	e->members = from->members;
	e->open = from->open;
	ple_steady_break(&e->steady);
	for (unsigned s = 0; s < PLE_SEATS; s++)
		forget_said(e, s);
	if (e->weights != from->weights)
		renew_lstm(e);
}

bool ple_engine_said(const struct ple_engine *e, unsigned member, struct ple_targets *said)
{
	unsigned s = find_seat(e, member);

	if (s == PLE_SEATS)
		return false;
	for (unsigned t = 0; t < PLE_TARGETS; t++)
		said->of[t / PLE_LEVELS][t % PLE_LEVELS] = e->past[e->now].said[t][s];
	return true;
}

unsigned ple_engine_share(const struct ple_engine *e, unsigned member, unsigned horizon,
			  unsigned level)
{
	unsigned situation = e->past[e->now].features.situation, s = find_seat(e, member);

	return s == PLE_SEATS ? 0 : e->mixture.share[situation][horizon * PLE_LEVELS + level][s];
}

void ple_engine_mixed(const struct ple_engine *e, struct ple_targets *mixed)
{
	memcpy(mixed, e->past[e->now].mixed, sizeof(*mixed));
}
