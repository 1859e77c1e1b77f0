#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/virt/mptable.h"

static uint8_t buffer[8192];
static size_t used;

static const struct mptable_config three = {
	.base = 0xF0000,
	.cpu_count = 3,
	.cpu_signature = 0x50654,
	.cpu_features = 0x201,
	.lapic_base = 0xFEE00000,
	.ioapic_base = 0xFEC00000,
	.ioapic_id = 3,
};

static uint32_t get(size_t at, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)buffer[at + i] << 8 * i;
	return value;
}

static uint8_t sum(size_t start, size_t end)
{
	uint8_t total = 0;

	while (start < end)
		total += buffer[start++];
	return total;
}

static void build(const struct mptable_config *config)
{
	assert_int_equal(mptable_build(config, buffer, sizeof(buffer), &used), OK);
	assert_true(used <= mptable_bound(config));
}

static void pointer_and_header(void **state)
{
	(void)state;
	build(&three);
	assert_memory_equal(buffer, "_MP_", 4);
	assert_int_equal(get(4, 4), 0xF0010);
	assert_int_equal(buffer[8], 1);
	assert_int_equal(buffer[9], 4);
	assert_int_equal(get(11, 4), 0);
	assert_int_equal(sum(0, 16), 0);
	assert_memory_equal(buffer + 16, "PCMP", 4);
	assert_int_equal(get(20, 2), used - 16);
	assert_int_equal(sum(16, used), 0);
	assert_int_equal(get(16 + 36, 4), 0xFEE00000);
}

/* Walks all entries as a kernel does and checks each against what we asked for. */
static void entries_are_complete(void **state)
{
	unsigned cpus = 0, pins = 0, count = 0, locals = 0;
	size_t at = 16 + 44;

	(void)state;
	build(&three);
	while (at < used) {
		switch (buffer[at]) {
		case 0:
			assert_int_equal(buffer[at + 1], cpus);
			assert_int_equal(buffer[at + 3], cpus ? 1 : 3);
			assert_int_equal(get(at + 4, 4), 0x50654);
			assert_int_equal(get(at + 8, 4), 0x201);
			cpus++;
			break;
		case 1:
			assert_memory_equal(buffer + at + 2, "ISA   ", 6);
			break;
		case 2:
			assert_int_equal(buffer[at + 1], 3);
			assert_int_equal(buffer[at + 3], 1);
			assert_int_equal(get(at + 4, 4), 0xFEC00000);
			break;
		case 3:
			assert_int_equal(buffer[at + 1], 0);
			assert_int_equal(buffer[at + 6], 3);
			assert_int_equal(buffer[at + 7], buffer[at + 5] ? buffer[at + 5] : 2);
			assert_int_equal(pins & 1u << buffer[at + 7], 0);
			pins |= 1u << buffer[at + 7];
			break;
		case 4:
			assert_int_equal(buffer[at + 1], buffer[at + 7] ? 1 : 3);
			locals++;
			break;
		default:
			fail();
		}
		at += buffer[at] == 0 ? 20 : 8;
		count++;
	}
	assert_int_equal(at, used);
	assert_int_equal(cpus, 3);
	assert_int_equal(pins, 0xFFFE); /* each but 0 */
	assert_int_equal(locals, 2);
	assert_int_equal(get(16 + 34, 2), count);
}

static void every_smaller_buffer_is_refused(void **state)
{
	size_t needed;

	(void)state;
	build(&three);
	needed = used;
	for (size_t size = 0; size < needed; size++) {
		memset(buffer, 0xEE, sizeof(buffer));
		assert_int_equal(mptable_build(&three, buffer, size, &used), ERR_NO_MEMORY);
		assert_int_equal(buffer[size], 0xEE);
	}
}

static void bad_configurations(void **state)
{
	struct mptable_config config = three;

	(void)state;
	config.cpu_count = 0;
	assert_int_equal(mptable_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
	config.cpu_count = 255;
	assert_int_equal(mptable_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
	config.cpu_count = 254;
	build(&config);
	config.base = 0xF0008;
	assert_int_equal(mptable_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pointer_and_header),
		cmocka_unit_test(entries_are_complete),
		cmocka_unit_test(every_smaller_buffer_is_refused),
		cmocka_unit_test(bad_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
