/*
 * drivers/uart.c on a piece of memory in place of a device: which registers are programmed with
 * what, and who is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/uart.h"

#define STATUS_READY 0x60 /* transmitter and shift register empty */

static uint8_t registers[32];
static struct uart uart;

static int idle_device(void **state)
{
	(void)state;
	memset(registers, 0, sizeof(registers));
	registers[5] = STATUS_READY;
	return 0;
}

static void set_up_8n1_fifo_on_interrupts_off(void **state)
{
	(void)state;
	registers[1] = 0x0f;
	assert_int_equal(uart_init_mmio(&uart, registers, 0), OK);
	assert_int_equal(uart.stride, 1);
	assert_int_equal(registers[1], 0);
	assert_int_equal(registers[2], 0x07);
	assert_int_equal(registers[3], 0x03);
	assert_int_equal(registers[4], 0x03);
}

/* Without a real divisor latch the divisor stays where data go. */
static void divisor_is_115200_by_the_rate(void **state)
{
	(void)state;
	assert_int_equal(uart_init_mmio(&uart, registers, 9600), OK);
	assert_int_equal(registers[0], 12);
	assert_int_equal(uart_init_mmio(&uart, registers, 115200), OK);
	assert_int_equal(registers[0], 1);
}

static void impossible_rates_are_refused(void **state)
{
	(void)state;
	assert_int_equal(uart_init_mmio(&uart, registers, 100000), ERR_INVALID);
	assert_int_equal(uart_init_mmio(&uart, registers, 230400), ERR_INVALID);
}

static void nobody_there(void **state)
{
	(void)state;
	memset(registers, 0xff, sizeof(registers));
	assert_int_equal(uart_init_mmio(&uart, registers, 0), ERR_NOT_FOUND);
}

static void writes_only_what_fits(void **state)
{
	static const uint8_t text[20] = "0123456789abcdefghi";

	(void)state;
	assert_int_equal(uart_init_mmio(&uart, registers, 0), OK);
	assert_int_equal(uart_write(&uart, text, 3), 3);
	assert_int_equal(registers[0], '2');
	assert_int_equal(uart_write(&uart, text, sizeof(text)), 16);
	assert_int_equal(uart_write(&uart, text, 0), 0);
	registers[5] = 0;
	assert_int_equal(uart_write(&uart, text, 3), 0);
}

static void reads_only_what_came(void **state)
{
	(void)state;
	assert_int_equal(uart_init_mmio(&uart, registers, 0), OK);
	registers[0] = 0xe9;
	assert_int_equal(uart_read(&uart), -1);
	registers[5] |= 1;
	assert_int_equal(uart_read(&uart), 0xe9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(set_up_8n1_fifo_on_interrupts_off, idle_device),
		cmocka_unit_test_setup(divisor_is_115200_by_the_rate, idle_device),
		cmocka_unit_test_setup(impossible_rates_are_refused, idle_device),
		cmocka_unit_test_setup(nobody_there, idle_device),
		cmocka_unit_test_setup(writes_only_what_fits, idle_device),
		cmocka_unit_test_setup(reads_only_what_came, idle_device),
	};

	return cmocka_run_group_tests_name("uart", tests, NULL, NULL);
}
