/*
 * Counts of instructions: run under `valgrind --tool=callgrind --toggle-collect=FUNCTION`. Runs the
 * function named by its arguments a thousand times on changing input.
 *
 * usage: steps lstm|engine|idle general|sse2|avx2
 */
#include <stdio.h>
#include <string.h>

#include "ple/engine.h"

#define ROUNDS 1000

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void run_lstm(const struct ple_kernels *kernels, const struct ple_weights *weights)
{
	struct ple_lstm_state state;
	uint32_t seed = 1;

	ple_lstm_reset(&state);
	for (unsigned i = 0; i < ROUNDS; i++) {
		for (unsigned k = 0; k < PLE_LSTM_INPUTS; k++)
			state.xh[k] = (int16_t)(next_random(&seed) & 32767);
		kernels->lstm_step(&weights->lstm, &state);
	}
}

/* Bursts with pauses, and noise: all parts of the engine have work. */
static void run_engine(const struct ple_kernels *kernels, const struct ple_weights *weights)
{
	static struct ple_engine engine;
	uint32_t seed = 1;

	ple_engine_init(&engine, kernels);
	ple_engine_use_weights(&engine, weights);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ple_window window = { .pages = next_random(&seed) % 100,
					     .io_ops = next_random(&seed) % 50 };

		window.run_us = (i % 20 < 5 ? 7000 : 300) + next_random(&seed) % 500;
		ple_engine_observe(&engine, &window);
	}
}

/* Nothing happens: what an engine takes that may rest (ple/steady.h). */
static void run_idle(const struct ple_kernels *kernels, const struct ple_weights *weights)
{
	static struct ple_engine engine;
	const struct ple_window window = { 0 };

	ple_engine_init(&engine, kernels);
	ple_engine_use_weights(&engine, weights);
	for (unsigned i = 0; i < ROUNDS; i++)
		ple_engine_observe(&engine, &window);
}

static const struct {
	const char *name;
	void (*run)(const struct ple_kernels *kernels, const struct ple_weights *weights);
} kinds[] = { { "lstm", run_lstm }, { "engine", run_engine }, { "idle", run_idle } };

int main(int argc, char **argv)
{
	static const struct ple_kernels *const all[] = { &ple_kernels_general, &ple_kernels_sse2,
							 &ple_kernels_avx2 };
	static struct ple_weights weights;

	if (argc != 3 ||
	    ple_weights_load(&weights, ple_default_weights, ple_default_weights_size)) {
		fprintf(stderr, "usage: steps lstm|engine|idle general|sse2|avx2\n");
		return 2;
	}
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (strcmp(argv[2], all[i]->name) == 0 &&
			    strcmp(argv[1], kinds[k].name) == 0)
				kinds[k].run(all[i], &weights);
	return 0;
}
