#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/virt/ioapic.h"

enum { LOGICAL = 1 << 11, REMOTE_IRR = 1 << 14, LEVEL = 1 << 15, MASKED = 1 << 16 };

static struct ioapic io;
static struct apic_message last;
static unsigned delivered;

static void on_deliver(void *context, const struct apic_message *message)
{
	(void)context;
	last = *message;
	delivered++;
}

static const struct ioapic_ops ops = { on_deliver };

static int setup(void **state)
{
	(void)state;
	delivered = 0;
	ioapic_init(&io, 2, &ops, NULL);
	return 0;
}

static uint32_t reg_read(uint8_t index)
{
	ioapic_write(&io, 0x00, 4, index);
	return ioapic_read(&io, 0x10, 4);
}

static void reg_write(uint8_t index, uint32_t value)
{
	ioapic_write(&io, 0x00, 4, index);
	ioapic_write(&io, 0x10, 4, value);
}

static void program(unsigned pin, uint32_t low, uint8_t dest)
{
	reg_write((uint8_t)(0x11 + 2 * pin), (uint32_t)dest << 24);
	reg_write((uint8_t)(0x10 + 2 * pin), low);
}

static uint32_t entry_low(unsigned pin)
{
	return reg_read((uint8_t)(0x10 + 2 * pin));
}

static void registers_after_reset(void **state)
{
	(void)state;
	assert_int_equal(reg_read(0), 2u << 24);
	assert_int_equal(reg_read(1), 0x00170020);
	assert_int_equal(reg_read(2), 2u << 24);
	assert_int_equal(ioapic_read(&io, 0, 4), 2);
	for (unsigned pin = 0; pin < 24; pin++)
		assert_int_equal(entry_low(pin), MASKED);
	assert_int_equal(reg_read(0x40), 0);
	assert_int_equal(reg_read(0xFF), 0);
}

static void id_has_four_bits(void **state)
{
	(void)state;
	reg_write(0, 0xFFFFFFFF);
	assert_int_equal(reg_read(0), 0x0F000000);
	reg_write(1, 0);
	assert_int_equal(reg_read(1), 0x00170020);
}

static void entry_keeps_writable_bits_only(void **state)
{
	(void)state;
	reg_write(0x10, 0xFFFFFFFF);
	reg_write(0x11, 0xFFFFFFFF);
	assert_int_equal(reg_read(0x10), 0x0001AFFF);
	assert_int_equal(reg_read(0x11), 0xFF000000);
	reg_write(0x11, 0x05000000); /* the halves are apart */
	assert_int_equal(reg_read(0x10), 0x0001AFFF);
	assert_int_equal(reg_read(0x11), 0x05000000);
	reg_write(0x10, 0x00010000);
	assert_int_equal(reg_read(0x10), 0x00010000);
	assert_int_equal(reg_read(0x11), 0x05000000);
}

static void odd_accesses_do_nothing(void **state)
{
	(void)state;
	ioapic_write(&io, 0x00, 1, 0x10);
	assert_int_equal(ioapic_read(&io, 0x00, 4), 0);
	assert_int_equal(ioapic_read(&io, 0x00, 2), 0);
	assert_int_equal(ioapic_read(&io, 0x04, 4), 0);
	ioapic_write(&io, 0xFFC, 4, 1);
	ioapic_set_pin(&io, 24, true);
	ioapic_set_pin(&io, 0xFFFFFFFF, true);
	assert_int_equal(delivered, 0);
}

static void edge_delivers_once_per_rise(void **state)
{
	(void)state;
	program(4, 0x31, 1);
	ioapic_set_pin(&io, 4, true);
	assert_int_equal(delivered, 1);
	assert_int_equal(last.vector, 0x31);
	assert_int_equal(last.dest, 1);
	assert_int_equal(last.mode, APIC_FIXED);
	assert_false(last.dest_logical);
	assert_false(last.level_triggered);
	assert_true(last.assert_level);
	ioapic_set_pin(&io, 4, true);
	assert_int_equal(delivered, 1);
	ioapic_set_pin(&io, 4, false);
	ioapic_set_pin(&io, 4, true);
	assert_int_equal(delivered, 2);
	assert_int_equal(entry_low(4) & REMOTE_IRR, 0);
}

static void message_carries_mode_and_destination(void **state)
{
	(void)state;
	program(7, 0x45 | APIC_LOWEST_PRIORITY << 8 | LOGICAL, 0x03);
	ioapic_set_pin(&io, 7, true);
	assert_int_equal(last.mode, APIC_LOWEST_PRIORITY);
	assert_true(last.dest_logical);
	assert_int_equal(last.dest, 0x03);
	program(8, 0x45, 0xFF);
	ioapic_set_pin(&io, 8, true);
	assert_int_equal(last.dest, APIC_BROADCAST);
}

static void masked_edges_are_lost(void **state)
{
	(void)state;
	program(4, 0x31 | MASKED, 0);
	ioapic_set_pin(&io, 4, true);
	program(4, 0x31, 0);
	assert_int_equal(delivered, 0);
	ioapic_set_pin(&io, 4, false);
	ioapic_set_pin(&io, 4, true);
	assert_int_equal(delivered, 1);
}

static void masked_level_is_delivered_when_unmasked(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL | MASKED, 0);
	ioapic_set_pin(&io, 5, true);
	assert_int_equal(delivered, 0);
	program(5, 0x51 | LEVEL, 0);
	assert_int_equal(delivered, 1);
	assert_true(last.level_triggered);
}

static void level_waits_for_its_eoi(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL, 0);
	ioapic_set_pin(&io, 5, true);
	assert_int_equal(delivered, 1);
	assert_int_equal(entry_low(5) & REMOTE_IRR, REMOTE_IRR);
	ioapic_set_pin(&io, 5, false);
	ioapic_set_pin(&io, 5, true);
	assert_int_equal(delivered, 1);
	ioapic_eoi(&io, 0x52);
	assert_int_equal(delivered, 1);
	ioapic_eoi(&io, 0x51); /* still asserted: again */
	assert_int_equal(delivered, 2);
	ioapic_set_pin(&io, 5, false);
	ioapic_eoi(&io, 0x51);
	assert_int_equal(delivered, 2);
	assert_int_equal(entry_low(5) & REMOTE_IRR, 0);
}

static void lowest_priority_can_be_level_triggered(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL | APIC_LOWEST_PRIORITY << 8, 0);
	ioapic_set_pin(&io, 5, true);
	assert_true(last.level_triggered);
	assert_int_equal(entry_low(5) & REMOTE_IRR, REMOTE_IRR);
}

static void eoi_serves_all_pins_of_the_vector(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL, 0);
	program(6, 0x51 | LEVEL, 0);
	ioapic_set_pin(&io, 5, true);
	ioapic_set_pin(&io, 6, true);
	assert_int_equal(delivered, 2);
	ioapic_eoi(&io, 0x51);
	assert_int_equal(delivered, 4);
}

static void eoi_register_works(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL, 0);
	ioapic_set_pin(&io, 5, true);
	ioapic_set_pin(&io, 5, false);
	ioapic_write(&io, 0x40, 4, 0x51);
	assert_int_equal(entry_low(5) & REMOTE_IRR, 0);
}

static void masking_keeps_remote_irr(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL, 0);
	ioapic_set_pin(&io, 5, true);
	program(5, 0x51 | LEVEL | MASKED, 0);
	assert_int_equal(entry_low(5), 0x51 | LEVEL | MASKED | REMOTE_IRR);
	ioapic_eoi(&io, 0x51);
	assert_int_equal(delivered, 1);
	program(5, 0x51 | LEVEL, 0);
	assert_int_equal(delivered, 2);
}

static void turning_a_pin_to_edge_frees_it(void **state)
{
	(void)state;
	program(5, 0x51 | LEVEL, 0);
	ioapic_set_pin(&io, 5, true);
	program(5, 0x51 | MASKED, 0);
	assert_int_equal(entry_low(5) & REMOTE_IRR, 0);
	program(5, 0x51 | LEVEL, 0);
	assert_int_equal(delivered, 2);
}

static void other_modes_are_edges(void **state)
{
	(void)state;
	program(3, APIC_NMI << 8 | LEVEL, 0);
	ioapic_set_pin(&io, 3, true);
	assert_int_equal(delivered, 1);
	assert_int_equal(last.mode, APIC_NMI);
	assert_false(last.level_triggered);
	program(3, APIC_NMI << 8 | LEVEL, 0);
	assert_int_equal(delivered, 1);
	assert_int_equal(entry_low(3) & REMOTE_IRR, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_after_reset, setup),
		cmocka_unit_test_setup(id_has_four_bits, setup),
		cmocka_unit_test_setup(entry_keeps_writable_bits_only, setup),
		cmocka_unit_test_setup(odd_accesses_do_nothing, setup),
		cmocka_unit_test_setup(edge_delivers_once_per_rise, setup),
		cmocka_unit_test_setup(message_carries_mode_and_destination, setup),
		cmocka_unit_test_setup(masked_edges_are_lost, setup),
		cmocka_unit_test_setup(masked_level_is_delivered_when_unmasked, setup),
		cmocka_unit_test_setup(level_waits_for_its_eoi, setup),
		cmocka_unit_test_setup(lowest_priority_can_be_level_triggered, setup),
		cmocka_unit_test_setup(eoi_serves_all_pins_of_the_vector, setup),
		cmocka_unit_test_setup(eoi_register_works, setup),
		cmocka_unit_test_setup(masking_keeps_remote_irr, setup),
		cmocka_unit_test_setup(turning_a_pin_to_edge_frees_it, setup),
		cmocka_unit_test_setup(other_modes_are_edges, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
