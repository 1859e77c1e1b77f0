#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/virt/pic.h"

static struct pic p;
static bool line;
static unsigned rises;

static void on_interrupt(void *context, bool level)
{
	(void)context;
	assert_int_not_equal(level, line);
	line = level;
	rises += level;
}

static const struct pic_ops ops = { on_interrupt };

static void out(uint16_t port, uint8_t value)
{
	pic_write(&p, port, value);
}

static uint8_t in(uint16_t port)
{
	return pic_read(&p, port);
}

/* As an operating system sets the pair up: vectors 0x20 and 0x28, everything unmasked. */
static void initialise(uint8_t icw4)
{
	out(0x20, 0x11);
	out(0x21, 0x20);
	out(0x21, 0x04);
	out(0x21, icw4);
	out(0xA0, 0x11);
	out(0xA1, 0x28);
	out(0xA1, 0x02);
	out(0xA1, 0x01);
	out(0x21, 0x00);
	out(0xA1, 0x00);
}

static int setup(void **state)
{
	(void)state;
	line = false;
	rises = 0;
	pic_init(&p, &ops, NULL);
	initialise(0x01);
	return 0;
}

static void pulse(unsigned irq)
{
	pic_set_irq(&p, irq, false);
	pic_set_irq(&p, irq, true);
}

static uint8_t isr(uint16_t command)
{
	out(command, 0x0B);
	return in(command);
}

static uint8_t irr(uint16_t command)
{
	out(command, 0x0A);
	return in(command);
}

static void silent_before_initialisation(void **state)
{
	(void)state;
	pic_init(&p, &ops, NULL);
	pulse(0);
	assert_false(pic_output(&p));
	assert_int_equal(in(0x21), 0xFF);
	out(0x21, 0x00); /* the mask alone lets it through: the chip needs no more */
	assert_true(pic_output(&p));
	out(0x20, 0x11);
	assert_false(pic_output(&p));
}

static void every_line_has_its_vector(void **state)
{
	(void)state;
	for (unsigned irq = 0; irq < 16; irq++) {
		if (irq == 2)
			continue;
		pulse(irq);
		assert_true(line);
		assert_int_equal(pic_acknowledge(&p), 0x20 + irq);
		assert_false(line);
		assert_int_equal(isr(0x20), irq < 8 ? 1u << irq : 4);
		assert_int_equal(isr(0xA0), irq < 8 ? 0 : 1u << (irq - 8));
		if (irq >= 8)
			out(0xA0, 0x20);
		out(0x20, 0x20);
		assert_int_equal(isr(0x20), 0);
		assert_int_equal(isr(0xA0), 0);
	}
	pulse(2);
	pulse(16);
	assert_false(line);
}

static void mask_register(void **state)
{
	(void)state;
	out(0x21, 0x10);
	assert_int_equal(in(0x21), 0x10);
	pulse(4);
	assert_false(line);
	assert_int_equal(irr(0x20), 0x10);
	out(0x21, 0x00); /* requests wait behind the mask */
	assert_true(line);
}

static void edges_need_the_line_to_stay(void **state)
{
	(void)state;
	pulse(4);
	pic_set_irq(&p, 4, false);
	assert_false(line);
	assert_int_equal(pic_acknowledge(&p), 0x27); /* spurious */
	assert_int_equal(isr(0x20), 0);
}

static void an_edge_counts_once(void **state)
{
	(void)state;
	pulse(4);
	assert_int_equal(pic_acknowledge(&p), 0x24);
	out(0x20, 0x20);
	pic_set_irq(&p, 1, true);
	pic_acknowledge(&p);
	out(0x20, 0x20);
	pic_set_irq(&p, 4, true);
	assert_false(line); /* still high, but no new edge */
	pulse(4);
	assert_true(line);
}

static void level_triggered_repeats(void **state)
{
	(void)state;
	out(0x4D1, 0xFF);
	assert_int_equal(in(0x4D1), 0xDE);
	out(0x4D0, 0xFF);
	assert_int_equal(in(0x4D0), 0xF8);
	pic_set_irq(&p, 11, true);
	assert_int_equal(pic_acknowledge(&p), 0x2B);
	out(0xA0, 0x20);
	out(0x20, 0x20);
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x2B);
	pic_set_irq(&p, 11, false);
	out(0xA0, 0x20);
	out(0x20, 0x20);
	assert_false(line);
}

static void priority_nests(void **state)
{
	(void)state;
	pulse(4);
	assert_int_equal(pic_acknowledge(&p), 0x24);
	pulse(6);
	assert_false(line);
	pulse(1);
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x21);
	assert_int_equal(isr(0x20), 0x12);
	out(0x20, 0x20); /* ends the highest: 1 */
	assert_int_equal(isr(0x20), 0x10);
	assert_false(line);
	out(0x20, 0x20);
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x26);
}

static void a_plain_eoi_does_not_rotate(void **state)
{
	(void)state;
	pulse(3);
	pic_acknowledge(&p);
	out(0x20, 0x20);
	pulse(3);
	pulse(4);
	assert_int_equal(pic_acknowledge(&p), 0x23);
}

static void each_line_has_its_own_trigger(void **state)
{
	(void)state;
	out(0x4D0, 0x20); /* 5 by level, 4 by edge */
	pic_set_irq(&p, 4, true);
	assert_int_equal(pic_acknowledge(&p), 0x24);
	out(0x20, 0x20);
	assert_false(line);
	pic_set_irq(&p, 5, true);
	assert_int_equal(pic_acknowledge(&p), 0x25);
	out(0x20, 0x20);
	assert_true(line);
	out(0x20, 0x11); /* not while it is being initialised */
	assert_false(line);
}

static void specific_eoi(void **state)
{
	(void)state;
	pulse(4);
	pic_acknowledge(&p);
	pulse(1);
	pic_acknowledge(&p);
	out(0x20, 0x64);
	assert_int_equal(isr(0x20), 0x02);
}

static void rotation(void **state)
{
	(void)state;
	pulse(3);
	pic_acknowledge(&p);
	out(0x20, 0xA0); /* rotate on non-specific EOI: 3 becomes the lowest */
	pulse(3);
	pulse(4);
	assert_int_equal(pic_acknowledge(&p), 0x24);
	out(0x20, 0xE4); /* rotate on specific EOI */
	assert_int_equal(pic_acknowledge(&p), 0x23);
	out(0x20, 0x20);
	out(0x20, 0xC7); /* set priority: 7 the lowest again */
	pulse(0);
	pulse(5);
	assert_int_equal(pic_acknowledge(&p), 0x20);
}

static void auto_eoi(void **state)
{
	(void)state;
	initialise(0x03);
	pulse(4);
	pulse(5);
	assert_int_equal(pic_acknowledge(&p), 0x24);
	assert_int_equal(isr(0x20), 0);
	assert_true(line); /* dropped and rose again */
	assert_int_equal(rises, 2);
	assert_int_equal(pic_acknowledge(&p), 0x25);
	assert_false(line);
	out(0x20, 0x80); /* rotate in automatic EOI mode */
	pulse(0);
	assert_int_equal(pic_acknowledge(&p), 0x20);
	pulse(0);
	pulse(7);
	assert_int_equal(pic_acknowledge(&p), 0x27);
}

static void slave_nests_under_master(void **state)
{
	(void)state;
	pulse(12);
	assert_int_equal(pic_acknowledge(&p), 0x2C);
	pulse(8); /* higher on the slave, but the master's line 2 is in service */
	assert_false(line);
	pulse(1);
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x21);
	out(0x20, 0x20);
	out(0xA0, 0x20);
	out(0x20, 0x20);
	assert_int_equal(pic_acknowledge(&p), 0x28);
}

static void special_fully_nested_lets_the_slave_in_again(void **state)
{
	(void)state;
	initialise(0x11);
	pulse(12);
	assert_int_equal(pic_acknowledge(&p), 0x2C);
	pulse(14); /* lower on the slave */
	assert_false(line);
	pulse(5); /* lower on the master */
	assert_false(line);
	pulse(8);
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x28);
}

static void special_mask_lets_lower_lines_in(void **state)
{
	(void)state;
	pulse(4);
	pic_acknowledge(&p);
	pulse(6);
	assert_false(line);
	out(0x21, 0x10);
	out(0x20, 0x68); /* special mask mode on */
	assert_true(line);
	assert_int_equal(pic_acknowledge(&p), 0x26);
	out(0x20, 0x20); /* non-specific: not the masked one */
	assert_int_equal(isr(0x20), 0x10);
	out(0x20, 0x48); /* off */
	out(0x20, 0x64);
	assert_int_equal(isr(0x20), 0);
}

static void poll_command_acts_as_acknowledge(void **state)
{
	(void)state;
	out(0x20, 0x0C);
	assert_int_equal(in(0x20), 0x00);
	pulse(4);
	out(0x20, 0x0C);
	assert_int_equal(in(0x20), 0x84);
	assert_int_equal(isr(0x20), 0x10);
	assert_false(line);
	pulse(9);
	out(0x20, 0x64);
	out(0xA0, 0x0C);
	assert_int_equal(in(0xA0), 0x81);
}

static void initialisation_clears(void **state)
{
	(void)state;
	pulse(4);
	pic_acknowledge(&p);
	pulse(1);
	out(0x21, 0xFE);
	initialise(0x01);
	assert_int_equal(isr(0x20), 0);
	assert_int_equal(irr(0x20), 0);
	assert_int_equal(in(0x21), 0);
	out(0x20, 0x10); /* without ICW4 */
	out(0x21, 0x47); /* only the upper five bits count */
	out(0x21, 0x04);
	out(0x21, 0x00);
	pulse(3);
	assert_int_equal(pic_acknowledge(&p), 0x43);
	out(0x20, 0x12); /* single: no ICW3 */
	out(0x21, 0x50);
	assert_int_equal(in(0x21), 0);
	out(0x21, 0xAA);
	assert_int_equal(in(0x21), 0xAA);
}

static void unclaimed_port(void **state)
{
	(void)state;
	assert_int_equal(in(0x22), 0xFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(silent_before_initialisation, setup),
		cmocka_unit_test_setup(every_line_has_its_vector, setup),
		cmocka_unit_test_setup(mask_register, setup),
		cmocka_unit_test_setup(edges_need_the_line_to_stay, setup),
		cmocka_unit_test_setup(an_edge_counts_once, setup),
		cmocka_unit_test_setup(level_triggered_repeats, setup),
		cmocka_unit_test_setup(priority_nests, setup),
		cmocka_unit_test_setup(a_plain_eoi_does_not_rotate, setup),
		cmocka_unit_test_setup(each_line_has_its_own_trigger, setup),
		cmocka_unit_test_setup(specific_eoi, setup),
		cmocka_unit_test_setup(rotation, setup),
		cmocka_unit_test_setup(auto_eoi, setup),
		cmocka_unit_test_setup(slave_nests_under_master, setup),
		cmocka_unit_test_setup(special_fully_nested_lets_the_slave_in_again, setup),
		cmocka_unit_test_setup(special_mask_lets_lower_lines_in, setup),
		cmocka_unit_test_setup(poll_command_acts_as_acknowledge, setup),
		cmocka_unit_test_setup(initialisation_clears, setup),
		cmocka_unit_test_setup(unclaimed_port, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
