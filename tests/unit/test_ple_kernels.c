/* The engine's inner loops: the general ones by their definitions, the others by the general ones.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ple/fixed.h"
#include "ple/kernels.h"

#define ROUNDS 1000000

static uint64_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(seed >> 33);
}

/* Within +-most, of all sizes, one in eight at an end. */
static int32_t any(int32_t most)
{
	uint32_t r = next_random();

	if (r % 8 == 0)
		return r & 8 ? most : -most;
	return (int32_t)(next_random() % (2 * (uint32_t)most + 1) - (uint32_t)most) >>
	       (r >> 8) % 12;
}

static uint32_t any_positive(uint32_t most)
{
	uint32_t r = next_random();

	return r % 8 == 0 ? (r & 8 ? most : 0) : next_random() % (most + 1) >> (r >> 8) % 12;
}

/* Everything that kernels read or write. */
struct scene {
	int32_t weight[PLE_TARGETS * PLE_LSTM_HIDDEN];
	int16_t x[PLE_LSTM_HIDDEN], change[PLE_LSTM_HIDDEN], rate[PLE_FEATURES];
	uint32_t energy[PLE_FEATURES];
	uint16_t value[PLE_FEATURES];
	int32_t regret[PLE_LEVELS][PLE_SEATS];
	uint32_t magnitude[PLE_LEVELS][PLE_SEATS];
	uint16_t said[PLE_TARGETS][PLE_SEATS], share[PLE_TARGETS][PLE_SEATS], mixed[PLE_TARGETS];
	uint16_t sorted[PLE_LAGS], oldest;
	uint16_t mismatch[PLE_KERNEL_LAGS], past[PLE_KERNEL_LAGS], now, least;
	int32_t sums[PLE_SITUATIONS * PLE_TARGETS][PLE_SEATS], pooled[PLE_SEATS];
	uint32_t sizes[PLE_SITUATION_SIZES * PLE_TARGETS][PLE_SEATS], size[PLE_SEATS], positive;
	unsigned situation;
	int16_t gain[PLE_LEVELS], last;
	int32_t actual;
	int32_t sum[PLE_LEVELS];
	unsigned shift, count;
};

static void share_out(uint16_t share[PLE_SEATS])
{
	unsigned left = PLE_SHARE_ONE;

	for (unsigned s = 0; s < PLE_SEATS - 1; s++) {
		share[s] = (uint16_t)any_positive(left);
		left -= share[s];
	}
	share[PLE_SEATS - 1] = (uint16_t)left;
}

static void make_regression(struct scene *s)
{
	s->count = next_random() & 1 ? PLE_FEATURES : PLE_LSTM_HIDDEN;
	for (unsigned i = 0; i < PLE_TARGETS * s->count; i++)
		s->weight[i] = any(PLE_WEIGHT_MAX);
	for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++) {
		s->x[i] = (int16_t)any(4096);
		s->change[i] = (int16_t)any(32767);
	}
	for (unsigned i = 0; i < PLE_FEATURES; i++) {
		s->rate[i] = (int16_t)any_positive(32767);
		s->energy[i] = any_positive(1u << 28);
	}
	s->last = (int16_t)any_positive(PLE_FEATURE_MAX);
	s->gain[0] = (int16_t)any(32767);
	s->gain[1] = (int16_t)any(32767);
}

static void make_mixture(struct scene *s)
{
	s->actual = (int32_t)any_positive(65535);
	for (unsigned level = 0; level < PLE_LEVELS; level++) {
		for (unsigned seat = 0; seat < PLE_SEATS; seat++) {
			s->regret[level][seat] = any(1 << 30);
			s->magnitude[level][seat] = any_positive(1u << 31);
		}
	}
	for (unsigned row = 0; row < PLE_SITUATIONS * PLE_TARGETS; row++)
		for (unsigned seat = 0; seat < PLE_SEATS; seat++)
			s->sums[row][seat] = any(1 << 30);
	for (unsigned row = 0; row < PLE_SITUATION_SIZES * PLE_TARGETS; row++)
		for (unsigned seat = 0; seat < PLE_SEATS; seat++)
			s->sizes[row][seat] = any_positive(1u << 31);
	s->situation = next_random() % PLE_SITUATIONS;
	for (unsigned t = 0; t < PLE_TARGETS; t++) {
		share_out(s->share[t]);
		s->mixed[t] = (uint16_t)any_positive(65535);
		for (unsigned seat = 0; seat < PLE_SEATS; seat++)
			s->said[t][seat] = (uint16_t)any_positive(65535);
	}
}

/* Rising, often equal or extreme; the oldest is one of them. */
static void make_sorted(struct scene *s)
{
	uint32_t value = next_random() & 1 ? 0 : any_positive(65535);

	for (unsigned i = 0; i < PLE_LAGS; i++) {
		s->sorted[i] = (uint16_t)value;
		if (next_random() % 3 == 0)
			value += any_positive(65535 - value);
	}
	s->oldest = s->sorted[next_random() % PLE_LAGS];
}

static void make(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	make_regression(s);
	make_mixture(s);
	make_sorted(s);
	s->shift = next_random() % 10;
	for (unsigned i = 0; i < PLE_FEATURES; i++)
		s->value[i] = (uint16_t)((any_positive(4095) << s->shift) >> 4);
	s->now = (uint16_t)any_positive(65535);
	for (unsigned i = 0; i < PLE_KERNEL_LAGS; i++) {
		s->mismatch[i] = (uint16_t)any_positive(65535);
		s->past[i] = (uint16_t)any_positive(65535);
	}
}

static void run(const struct ple_kernels *k, struct scene *s)
{
	int16_t inputs[PLE_LSTM_HIDDEN], scaled[PLE_FEATURES];

	k->dots(s->sum, s->weight, s->x, s->count);
	k->forecast(&s->said[0][3], s->weight, s->x, s->count, s->last,
		    PLE_VALUE_MAX * 256 >> s->shift, s->shift);
	k->steps(s->weight, s->change, s->gain, s->count);
	k->energies(s->energy, s->x);
	k->inputs(inputs, s->change);
	k->changes(s->change, s->x, s->rate);
	k->scale(scaled, s->value, s->shift, s->last);
	memcpy(s->x, scaled, sizeof(scaled));
	memcpy(s->rate, inputs, sizeof(s->rate));
	k->regrets(s->regret, s->magnitude, s->said, s->mixed, s->actual);
	k->combine(s->mixed, s->share, s->said);
	s->positive = k->pool(s->pooled, s->size, s->sums, s->sizes, s->situation);
	k->slide(s->sorted, s->oldest, s->now);
	s->least = k->mismatches(s->mismatch, s->past, s->now);
}

static void compare(const struct ple_kernels *kernels)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		static struct scene general, other;

		make(&general);
		other = general;
		run(&ple_kernels_general, &general);
		run(kernels, &other);
		assert_memory_equal(&other, &general, sizeof(general));
	}
}

static void test_sse2_agrees(void **state)
{
	(void)state;
	compare(&ple_kernels_sse2);
}

static void test_avx2_agrees(void **state)
{
	(void)state;
	if (!__builtin_cpu_supports("avx2"))
		skip();
	compare(&ple_kernels_avx2);
}

/* The largest sum that a dot product can have fits, and so does the forecast made from it. */
static void test_largest_dot_product(void **state)
{
	static struct scene s;

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		for (unsigned i = 0; i < PLE_TARGETS * PLE_LSTM_HIDDEN; i++)
			s.weight[i] = sign * PLE_WEIGHT_MAX;
		for (unsigned i = 0; i < PLE_LSTM_HIDDEN; i++)
			s.x[i] = 4096;
		ple_kernels_general.dots(s.sum, s.weight, s.x, PLE_LSTM_HIDDEN);
		assert_int_equal(s.sum[PLE_HIGH], 32 * 4096 * (sign * PLE_WEIGHT_MAX >> 8));
		ple_kernels_general.forecast(s.said[0], s.weight, s.x, PLE_LSTM_HIDDEN, 4095,
					     PLE_VALUE_MAX * 256 >> 9, 9);
		assert_int_equal(s.said[5][0], sign > 0 ? PLE_VALUE_MAX - 1 : 0);
	}
}

static int64_t clamp(int64_t x, int64_t most)
{
	return x < -most ? -most : x > most ? most : x;
}

/* Steps and changes as the header defines them, in 64 bits. */
static void test_steps_are_as_defined(void **state)
{
	static struct scene s, before;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		make(&s);
		before = s;
		ple_kernels_general.steps(s.weight, s.change, s.gain, s.count);
		for (unsigned i = 0; i < 2 * s.count; i++) {
			int64_t w = before.weight[i];

			w += (int64_t)s.change[i % s.count] * s.gain[i / s.count] >> 7;
			assert_int_equal(s.weight[i], clamp(w, PLE_WEIGHT_MAX));
		}
		ple_kernels_general.changes(s.change, s.x, s.rate);
		for (unsigned i = 0; i < PLE_FEATURES; i++) {
			int64_t change = (int64_t)s.x[i] * s.rate[i] >> 7;

			assert_int_equal(s.change[i],
					 change < -32768 ? -32768
							 : clamp(change, 32767 + (change < 0)));
		}
	}
}

/* A mixture of equal forecasts is that forecast. */
static void test_combining_equals(void **state)
{
	static struct scene s;

	(void)state;
	for (unsigned value = 0; value <= PLE_VALUE_MAX; value++) {
		for (unsigned t = 0; t < PLE_TARGETS; t++) {
			share_out(s.share[t]);
			for (unsigned seat = 0; seat < PLE_SEATS; seat++)
				s.said[t][seat] = (uint16_t)value;
		}
		ple_kernels_general.combine(s.mixed, s.share, s.said);
		for (unsigned t = 0; t < PLE_TARGETS; t++)
			assert_int_equal(s.mixed[t], value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sse2_agrees),
		cmocka_unit_test(test_avx2_agrees),
		cmocka_unit_test(test_largest_dot_product),
		cmocka_unit_test(test_steps_are_as_defined),
		cmocka_unit_test(test_combining_equals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
