/* The LSTM: exact error of its tables, every kernel the same bits, nothing overflows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "ple/activation.h"
#include "ple/kernels.h"
#include "ple/lstm.h"

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static void test_tables_within_their_bounds(void **state)
{
	double worst_sigmoid = 0, worst_tanh = 0;

	(void)state;
	for (int32_t x = -32768; x <= 32767; x++) {
		double real = x / 2048.0;

		worst_sigmoid =
			fmax(worst_sigmoid, fabs(ple_sigmoid(x) - 32768 / (1 + exp(-real))));
		worst_tanh = fmax(worst_tanh, fabs(ple_tanh(x) - 32768 * tanh(real)));
		assert_in_range(ple_sigmoid(x), 0, 32767);
		assert_in_range(ple_tanh(x) + 32768, 0, 65535);
	}
	assert_true(worst_sigmoid <= PLE_SIGMOID_ERROR);
	assert_true(worst_tanh <= PLE_TANH_ERROR);
}

/* The step as the header defines it, in 64 bits and one operation after the other. */
static int64_t clamp(int64_t x)
{
	return x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}

static int32_t gate(const struct ple_lstm_weights *w, const int16_t *xh, unsigned row)
{
	int64_t sum = w->bias[row];

	for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
		sum += (int64_t)w->weight[row][k] * xh[k];
	assert_true(sum > -(1 << 29) && sum < 1 << 29);
	return (int32_t)clamp(sum >> 10);
}

static void reference_step(const struct ple_lstm_weights *w, struct ple_lstm_state *s)
{
	int16_t xh[PLE_LSTM_COLUMNS];

	memcpy(xh, s->xh, sizeof(xh));
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++) {
		int64_t in = ple_sigmoid(gate(w, xh, u));
		int64_t forget = ple_sigmoid(gate(w, xh, PLE_LSTM_HIDDEN + u));
		int64_t cell = ple_tanh(gate(w, xh, 2 * PLE_LSTM_HIDDEN + u));
		int64_t out = ple_sigmoid(gate(w, xh, 3 * PLE_LSTM_HIDDEN + u));

		s->c[u] = (int16_t)clamp((forget * s->c[u] >> 15) + (in * cell >> 19));
		s->xh[PLE_LSTM_INPUTS + u] = (int16_t)(out * ple_tanh(s->c[u]) >> 15);
	}
}

/* Values of all sizes; one in eight at an end of the range. */
static int16_t any_int16(void)
{
	uint32_t r = next_random();

	if (r % 8 == 0)
		return r & 8 ? 32767 : -32768;
	return (int16_t)((int32_t)(r << 8) >> 16 >> (r >> 20) % 12);
}

static void any_weights(struct ple_lstm_weights *w)
{
	for (unsigned r = 0; r < PLE_LSTM_ROWS; r++) {
		w->bias[r] =
			(int32_t)(next_random() % (2 * PLE_LSTM_BIAS_MAX + 1)) - PLE_LSTM_BIAS_MAX;
		for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
			w->weight[r][k] = (int8_t)(any_int16() >> 8);
	}
}

static void any_state(struct ple_lstm_state *s)
{
	for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
		s->xh[k] = any_int16();
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++)
		s->c[u] = any_int16();
}

static void assert_same(const struct ple_lstm_state *a, const struct ple_lstm_state *b)
{
	assert_memory_equal(a->xh, b->xh, sizeof(a->xh));
	assert_memory_equal(a->c, b->c, sizeof(a->c));
}

static void test_extremes_do_not_overflow(void **state)
{
	static const int8_t weight[] = { -128, 127 };
	static const int16_t value[] = { -32768, 32767 };
	static struct ple_lstm_model model;
	static struct ple_lstm_weights w;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		struct ple_lstm_state expected, s;

		memset(w.weight, weight[i & 1], sizeof(w.weight));
		for (unsigned r = 0; r < PLE_LSTM_ROWS; r++)
			w.bias[r] = i & 2 ? PLE_LSTM_BIAS_MAX : -PLE_LSTM_BIAS_MAX;
		for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
			expected.xh[k] = value[i >> 2];
		for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++)
			expected.c[u] = value[i >> 2];
		s = expected;
		ple_lstm_prepare(&model, &w);
		reference_step(&w, &expected);
		ple_lstm_step_general(&model, &s);
		assert_same(&s, &expected);
	}
}

static void test_general_kernel_is_the_definition(void **state)
{
	static struct ple_lstm_model model;
	static struct ple_lstm_weights w;

	(void)state;
	for (unsigned round = 0; round < 200; round++) {
		struct ple_lstm_state expected, s;

		any_weights(&w);
		ple_lstm_prepare(&model, &w);
		for (unsigned i = 0; i < 20; i++) {
			any_state(&expected);
			s = expected;
			reference_step(&w, &expected);
			ple_lstm_step_general(&model, &s);
			assert_same(&s, &expected);
		}
	}
}

/* A million random inputs, with new weights every thousand. */
static void test_kernels_agree(void **state)
{
	static struct ple_lstm_model model;
	static struct ple_lstm_weights w;
	bool avx2 = __builtin_cpu_supports("avx2");

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		struct ple_lstm_state general, sse2, wide;

		if (i % 1000 == 0) {
			any_weights(&w);
			ple_lstm_prepare(&model, &w);
			any_state(&general);
		}
		general.xh[i % PLE_LSTM_COLUMNS] = any_int16();
		general.xh[next_random() % PLE_LSTM_COLUMNS] = any_int16();
		general.c[next_random() % PLE_LSTM_HIDDEN] = any_int16();
		sse2 = wide = general;
		ple_lstm_step_general(&model, &general);
		ple_lstm_step_sse2(&model, &sse2);
		assert_same(&sse2, &general);
		if (!avx2)
			continue;
		ple_lstm_step_avx2(&model, &wide);
		assert_same(&wide, &general);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables_within_their_bounds),
		cmocka_unit_test(test_extremes_do_not_overflow),
		cmocka_unit_test(test_general_kernel_is_the_definition),
		cmocka_unit_test(test_kernels_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
