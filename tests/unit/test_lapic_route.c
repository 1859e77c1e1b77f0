#include <pthread.h>

#include "tests/unit/lapic_fixture.h"

#include "drivers/virt/lapic_route.h"

#define COUNT 4

static struct lapic apics[COUNT];
static struct lapic *all[COUNT];
static unsigned notified[COUNT];

static void on_notify(void *context, unsigned index)
{
	(void)context;
	notified[index]++;
}

static const struct lapic_route route = { all, COUNT, on_notify, NULL };

/* Four APICs with IDs 0 to 3, enabled, flat logical IDs 1, 2, 4 and 8. */
static int setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		struct lapic_config config = fixture_config(i);

		all[i] = &apics[i];
		notified[i] = 0;
		lapic_init(&apics[i], &config);
		lapic_mmio_write(&apics[i], R_SPIV * 16, 4, 0x1FF, 0);
		lapic_mmio_write(&apics[i], R_LDR * 16, 4, 1u << (24 + i), 0);
	}
	return 0;
}

static struct apic_message fixed(uint32_t dest, bool logical)
{
	return (struct apic_message) { .dest = dest, .vector = 0x50, .dest_logical = logical };
}

/* Bit n: APIC n has the vector pending. Takes it away again. */
static unsigned receivers(void)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		lapic_sync(&apics[i]);
		if (lapic_pending_vector(&apics[i]) != 0x50)
			continue;
		mask |= 1u << i;
		lapic_accept(&apics[i], 0x50);
		lapic_eoi(&apics[i]);
	}
	return mask;
}

static void physical_reaches_one(void **state)
{
	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		struct apic_message m = fixed(i, false);

		assert_int_equal(lapic_route(&route, NULL, &m), 1);
		assert_int_equal(receivers(), 1u << i);
		assert_int_equal(notified[i], 1);
	}
}

static void nobody_there(void **state)
{
	struct apic_message m = fixed(9, false);

	(void)state;
	assert_int_equal(lapic_route(&route, NULL, &m), 0);
	assert_int_equal(receivers(), 0);
	m = fixed(0x80, true);
	m.mode = APIC_LOWEST_PRIORITY;
	assert_int_equal(lapic_route(&route, NULL, &m), 0);
}

static void logical_reaches_a_set(void **state)
{
	struct apic_message m = fixed(0x0A, true);

	(void)state;
	assert_int_equal(lapic_route(&route, NULL, &m), 2);
	assert_int_equal(receivers(), 0x0A);
}

static void broadcast_and_shorthands(void **state)
{
	struct apic_message m = fixed(APIC_BROADCAST, false);

	(void)state;
	assert_int_equal(lapic_route(&route, NULL, &m), 4);
	assert_int_equal(receivers(), 0x0F);
	m.dest = 0;
	m.shorthand = APIC_TO_OTHERS;
	assert_int_equal(lapic_route(&route, &apics[2], &m), 3);
	assert_int_equal(receivers(), 0x0B);
	m.shorthand = APIC_TO_ALL;
	assert_int_equal(lapic_route(&route, &apics[2], &m), 4);
	assert_int_equal(receivers(), 0x0F);
	m.shorthand = APIC_TO_SELF;
	assert_int_equal(lapic_route(&route, &apics[2], &m), 1);
	assert_int_equal(receivers(), 0x04);
}

static void ids_need_not_be_indices(void **state)
{
	struct apic_message m = fixed(0, false);

	(void)state;
	lapic_mmio_write(&apics[0], R_ID * 16, 4, 0x03000000, 0);
	lapic_mmio_write(&apics[3], R_ID * 16, 4, 0x00000000, 0);
	assert_int_equal(lapic_route(&route, NULL, &m), 1);
	assert_int_equal(receivers(), 0x08);
}

static void lowest_priority_picks_the_lowest_tpr(void **state)
{
	struct apic_message m = fixed(0x0E, true);

	(void)state;
	m.mode = APIC_LOWEST_PRIORITY;
	lapic_set_tpr(&apics[0], 0x00); /* not addressed */
	lapic_set_tpr(&apics[1], 0x40);
	lapic_set_tpr(&apics[2], 0x30);
	lapic_set_tpr(&apics[3], 0x40);
	assert_int_equal(lapic_route(&route, NULL, &m), 1);
	assert_int_equal(receivers(), 0x04);
	m.dest = 0x0F;
	assert_int_equal(lapic_route(&route, NULL, &m), 1);
	assert_int_equal(receivers(), 0x01);
}

static void notifies_only_the_first_post(void **state)
{
	struct apic_message m = fixed(1, false);

	(void)state;
	lapic_route(&route, NULL, &m);
	lapic_route(&route, NULL, &m);
	assert_int_equal(notified[1], 1);
	lapic_sync(&apics[1]);
	lapic_route(&route, NULL, &m);
	assert_int_equal(notified[1], 2);
}

/* Two posters against one owner: every level-triggered vector posted arrives, and none is lost
 * between `posted` and the bitmap. */
#define POSTS 200000

static void *poster(void *argument)
{
	unsigned base = *(const unsigned *)argument;

	for (unsigned i = 0; i < POSTS; i++) {
		uint8_t vector = (uint8_t)(base + i % 8);

		while (__atomic_load_n(&apics[0].pir[vector / 32], __ATOMIC_ACQUIRE) &
		       1u << vector % 32)
			;
		lapic_post(&apics[0], vector, vector & 1);
	}
	return NULL;
}

static unsigned count_pending(void)
{
	unsigned count = 0;
	int vector;

	lapic_sync(&apics[0]);
	while ((vector = lapic_pending_vector(&apics[0])) >= 0) {
		bool level = apics[0].tmr[vector / 32] & 1u << vector % 32;

		assert_int_equal(level, vector & 1);
		lapic_accept(&apics[0], (uint8_t)vector);
		lapic_eoi(&apics[0]);
		count++;
	}
	return count;
}

static void concurrent_posts_arrive(void **state)
{
	static const unsigned bases[2] = { 0x40, 0x80 };
	pthread_t threads[2];
	unsigned received = 0;

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, poster, (void *)(uintptr_t)(bases + i)),
			0);
	while (received < 2 * POSTS)
		received += count_pending();
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(count_pending(), 0);
	assert_int_equal(received, 2 * POSTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(physical_reaches_one, setup),
		cmocka_unit_test_setup(nobody_there, setup),
		cmocka_unit_test_setup(logical_reaches_a_set, setup),
		cmocka_unit_test_setup(broadcast_and_shorthands, setup),
		cmocka_unit_test_setup(ids_need_not_be_indices, setup),
		cmocka_unit_test_setup(lowest_priority_picks_the_lowest_tpr, setup),
		cmocka_unit_test_setup(notifies_only_the_first_post, setup),
		cmocka_unit_test_setup(concurrent_posts_arrive, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
