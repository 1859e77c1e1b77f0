/* The weight file: the default one loads, anything else is refused and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "ple/weights.h"

#define SIZE sizeof(struct ple_weights_file)

static struct ple_weights_file good(void)
{
	struct ple_weights_file f;

	memcpy(&f, ple_default_weights, SIZE);
	return f;
}

static void seal(struct ple_weights_file *f)
{
	size_t from = offsetof(struct ple_weights_file, inputs);

	f->sum = ple_weights_sum((const char *)f + from, SIZE - from);
}

static void refused(const void *bytes, size_t size, enum ple_weights_error expected)
{
	static struct ple_weights before, after;

	memset(&before, 0x5a, sizeof(before));
	memset(&after, 0x5a, sizeof(after));
	assert_int_equal(ple_weights_load(&after, bytes, size), expected);
	assert_memory_equal(&after, &before, sizeof(after));
}

static void test_default_loads(void **state)
{
	static struct ple_weights w;

	(void)state;
	assert_int_equal(ple_default_weights_size, SIZE);
	assert_int_equal(ple_weights_load(&w, ple_default_weights, SIZE), PLE_WEIGHTS_OK);
	assert_true(strlen(w.origin) > 0);
}

static void test_any_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t size = 0; size < SIZE; size++)
		refused(ple_default_weights, size, PLE_WEIGHTS_TRUNCATED);
}

static void test_one_byte_more_is_refused(void **state)
{
	unsigned char bytes[SIZE + 1] = { 0 };

	(void)state;
	memcpy(bytes, ple_default_weights, SIZE);
	refused(bytes, sizeof(bytes), PLE_WEIGHTS_TOO_LONG);
}

static void test_headers(void **state)
{
	struct ple_weights_file f = good();

	(void)state;
	f.magic ^= 1;
	refused(&f, SIZE, PLE_WEIGHTS_NOT_OURS);
	f = good();
	f.version++;
	refused(&f, SIZE, PLE_WEIGHTS_OTHER_VERSION);
	f = good();
	f.hidden = 64;
	refused(&f, SIZE, PLE_WEIGHTS_OTHER_SHAPE);
	f = good();
	f.size--;
	refused(&f, SIZE, PLE_WEIGHTS_OTHER_SHAPE);
}

static void test_any_flipped_bit_is_refused(void **state)
{
	(void)state;
	for (size_t at = offsetof(struct ple_weights_file, seed); at < SIZE; at++) {
		unsigned char bytes[SIZE];

		memcpy(bytes, ple_default_weights, SIZE);
		bytes[at] ^= (unsigned char)(1 << at % 8);
		refused(bytes, SIZE, PLE_WEIGHTS_DAMAGED);
	}
}

static void test_absurd_values_are_refused(void **state)
{
	struct ple_weights_file f = good();

	(void)state;
	f.bias[5] = INT32_MIN;
	seal(&f);
	refused(&f, SIZE, PLE_WEIGHTS_ABSURD);
	f = good();
	f.readout[1][2] = INT16_MAX;
	seal(&f);
	refused(&f, SIZE, PLE_WEIGHTS_ABSURD);
	f = good();
	memset(f.origin, 'x', sizeof(f.origin));
	seal(&f);
	refused(&f, SIZE, PLE_WEIGHTS_ABSURD);
}

static void test_every_error_has_a_text(void **state)
{
	(void)state;
	for (int e = -1; e <= PLE_WEIGHTS_ERRORS; e++)
		assert_true(strlen(ple_weights_error_text((enum ple_weights_error)e)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_loads),
		cmocka_unit_test(test_any_truncation_is_refused),
		cmocka_unit_test(test_one_byte_more_is_refused),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_any_flipped_bit_is_refused),
		cmocka_unit_test(test_absurd_values_are_refused),
		cmocka_unit_test(test_every_error_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
