/*
 * An engine's life as the fuzzer wants it: windows of any values, alike or not, members and weights
 * changed between them, another engine's knowledge taken over. Forecasts stay in their bounds, and
 * vector kernels say the same as general registers.
 */
#include <string.h>

#include "ple/engine.h"
#include "tests/fuzz/fuzz_input.h"

#define STEPS 24 /* of an input: each is some thousand instructions */

static struct ple_engine general, sse2, heir;

static const struct ple_weights *weights(void)
{
	static struct ple_weights loaded;

	if (loaded.seed == 0)
		require(ple_weights_load(&loaded, ple_default_weights, ple_default_weights_size) ==
			PLE_WEIGHTS_OK);
	return &loaded;
}

/* Small, usual, at a bound or anything. */
static uint32_t amount(struct fuzz_input *in)
{
	switch (take(in, 1) % 5) {
	case 0:
		return 0;
	case 1:
		return take(in, 1);
	case 2:
		return take(in, 2);
	case 3:
		return UINT32_MAX - take(in, 1);
	default:
		return (uint32_t)take(in, 4);
	}
}

static void new_window(struct ple_window *window, struct fuzz_input *in)
{
	*window = (struct ple_window) {
		.run_us = amount(in),
		.wait_us = amount(in),
		.pages = amount(in),
		.io_ops = amount(in),
	};
	for (unsigned i = 0; take(in, 1) % 2 && i < PLE_EXIT_CLASSES; i++)
		window->exits[i] = amount(in);
	window->io_bytes = window->exits[0];
	window->wakeups = window->exits[1];
}

/* A choice is the same for both; one that is refused changes nothing. */
static void choose(uint32_t members)
{
	uint32_t before = general.members;
	enum ple_choice choice = ple_engine_enable(&general, members);

	require(ple_engine_enable(&sse2, members) == choice);
	require(general.members == (choice == PLE_CHOICE_OK ? members : before));
}

static void use(const struct ple_weights *chosen)
{
	ple_engine_use_weights(&general, chosen);
	ple_engine_use_weights(&sse2, chosen);
	require(general.members != 0);
}

/* Twice over: the heirs have no past, the kernels are their own. */
static void inherit(void)
{
	ple_engine_init(&heir, &ple_kernels_general);
	ple_engine_inherit(&heir, &general);
	general = heir;
	ple_engine_init(&heir, &ple_kernels_sse2);
	ple_engine_inherit(&heir, &sse2);
	sse2 = heir;
}

static void check(void)
{
	for (unsigned i = 0; i < PLE_RESOURCES * PLE_HORIZONS; i++) {
		const struct ple_expectation *e = &general.demand.of[0][0] + i;

		require(e->point <= e->high && e->high <= PLE_AMOUNT_MAX);
		require(e->mean <= PLE_AMOUNT_MAX);
	}
	require(memcmp(&general.demand, &sse2.demand, sizeof(sse2.demand)) == 0);
	require(general.steady.rested == sse2.steady.rested);
}

static void observe(const struct ple_window *window, unsigned times)
{
	for (; times > 0; times--) {
		ple_engine_observe(&general, window);
		ple_engine_observe(&sse2, window);
		check();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct ple_window window = { .run_us = 1000 };

	ple_engine_init(&general, &ple_kernels_general);
	ple_engine_init(&sse2, &ple_kernels_sse2);
	use(take(&in, 1) % 4 ? weights() : NULL);
	for (unsigned i = 0; in.size > 0 && i < STEPS; i++) {
		uint64_t what = take(&in, 1);

		if (what % 16 == 0)
			choose((uint32_t)take(&in, 2));
		else if (what % 16 == 1)
			use(what & 16 ? weights() : NULL);
		else if (what % 16 == 2)
			inherit();
		else if (what % 16 != 3)
			new_window(&window, &in);
		observe(&window, what % 16 == 3 ? 12 : 1);
	}
	return 0;
}
