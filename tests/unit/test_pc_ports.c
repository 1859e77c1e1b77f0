/* The PC's port map with all of its devices behind it, fw_cfg, test exit and power included. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/virt/pc_ports.h"

#define TSC_HZ 100000000ull

static struct uart16550 com1;
static struct pic pic;
static struct pit pit;
static struct rtc rtc;
static struct fwcfg fwcfg;
static struct testexit testexit;
static struct acpi_power power;
static struct ioapic ioapic;
static struct bus bus;
static struct bus_range ranges[PC_PORT_RANGES];

static uint8_t last_byte;
static uint32_t exit_value;
static unsigned exits, requests;
static enum acpi_power_request last_request;

static void on_transmit(void *context, uint8_t byte)
{
	(void)context;
	last_byte = byte;
}

static void on_level(void *context, bool level)
{
	(void)context, (void)level;
}

static void on_deliver(void *context, const struct apic_message *message)
{
	(void)context, (void)message;
}

static void on_exit_write(void *context, uint32_t value)
{
	(void)context;
	exit_value = value;
	exits++;
}

static void on_request(void *context, enum acpi_power_request request)
{
	(void)context;
	last_request = request;
	requests++;
}

static const struct uart16550_ops uart_ops = { on_transmit, on_level };
static const struct pic_ops pic_ops = { on_level };
static const struct pit_ops pit_ops = { on_level };
static const struct ioapic_ops ioapic_ops = { on_deliver };
static const uint8_t blob[3] = { 1, 2, 3 };
static const struct fwcfg_item items[] = { { 0x8000, blob, sizeof(blob) } };

static int setup(void **state)
{
	const struct pc_devices devices = { &com1, &pic, &pit, &rtc, &fwcfg, &testexit, &power };

	(void)state;
	exits = requests = 0;
	uart16550_init(&com1, &uart_ops, NULL);
	pic_init(&pic, &pic_ops, NULL);
	pit_init(&pit, TSC_HZ, &pit_ops, NULL);
	rtc_init(&rtc, TSC_HZ, 0, 0);
	fwcfg_init(&fwcfg, 3, 0x12345678, items, 1);
	testexit = (struct testexit) { on_exit_write, NULL };
	power = (struct acpi_power) { on_request, NULL };
	return bus_init(&bus, ranges, pc_ports_build(&devices, ranges));
}

static void out(uint16_t port, unsigned size, uint32_t value)
{
	bus_write(&bus, port, size, value, 0);
}

static uint32_t in(uint16_t port, unsigned size)
{
	return (uint32_t)bus_read(&bus, port, size, 0);
}

static void claims_exactly_the_known_ports(void **state)
{
	static const uint16_t claimed[][2] = { { 0x20, 0x21 },	 { 0x40, 0x43 },   { 0x61, 0x61 },
					       { 0x70, 0x71 },	 { 0xA0, 0xA1 },   { 0xF4, 0xF7 },
					       { 0x3F8, 0x3FF }, { 0x4D0, 0x4D1 }, { 0x510, 0x511 },
					       { 0x600, 0x602 } };

	(void)state;
	for (unsigned port = 0; port < 0x10000; port++) {
		bool expected = false;

		for (unsigned i = 0; i < sizeof(claimed) / sizeof(claimed[0]); i++)
			expected |= port >= claimed[i][0] && port <= claimed[i][1];
		assert_int_equal(bus_find(&bus, port) != NULL, expected);
	}
}

static void absent_devices_leave_holes(void **state)
{
	const struct pc_devices devices = { .com1 = &com1 };
	struct bus small;

	(void)state;
	assert_int_equal(pc_ports_build(&devices, ranges), 1);
	assert_int_equal(bus_init(&small, ranges, 1), OK);
	assert_int_equal(bus_read(&small, 0x21, 1, 0), 0xFF);
	assert_int_equal(bus_read(&small, 0x3FD, 1, 0), 0x60);
}

static void devices_answer_at_their_ports(void **state)
{
	(void)state;
	out(0x3F8, 1, 'A');
	assert_int_equal(last_byte, 'A');
	out(0x3FF, 1, 0x5A);
	assert_int_equal(in(0x3FF, 1), 0x5A);
	out(0xA1, 1, 0x77);
	assert_int_equal(in(0xA1, 1), 0x77);
	assert_int_equal(in(0x21, 1), 0xFF);
	out(0x4D1, 1, 0x0E);
	assert_int_equal(in(0x4D1, 1), 0x0E);
	out(0x70, 1, 0x0D);
	assert_int_equal(in(0x71, 1), 0x80);
	out(0x61, 1, 0x03);
	assert_int_equal(in(0x61, 1) & 3, 3);
	out(0x43, 1, 0x34);
	out(0x40, 1, 0x10);
	out(0x40, 1, 0x27);
	assert_true(pit_next_event(&pit) != PIT_NEVER);
}

static void word_access_reaches_two_registers(void **state)
{
	(void)state;
	out(0x70, 2, 0x5A0F); /* index 0x0F and its value in one OUT */
	assert_int_equal(in(0x71, 1), 0x5A);
}

static uint32_t fwcfg_value(uint16_t selector, unsigned bytes)
{
	uint32_t value = 0;

	out(0x510, 2, selector);
	for (unsigned i = 0; i < bytes; i++)
		value |= in(0x511, 1) << 8 * i;
	return value;
}

static void fwcfg_items(void **state)
{
	(void)state;
	assert_int_equal(in(0x511, 1), 0);		 /* nothing selected yet */
	assert_int_equal(in(0x510, 1), 0xFF);		 /* write-only */
	assert_int_equal(fwcfg_value(0, 4), 0x554D4551); /* "QEMU" */
	assert_int_equal(in(0x511, 1), 0);		 /* behind the end */
	assert_int_equal(fwcfg_value(1, 4), 1);
	assert_int_equal(fwcfg_value(3, 4), 0x12345678);
	assert_int_equal(fwcfg_value(5, 2), 3);
	assert_int_equal(fwcfg_value(0x0F, 2), 3);
	assert_int_equal(fwcfg_value(0x19, 4), 0);
	assert_int_equal(fwcfg_value(0x8000, 4), 0x030201);
	assert_int_equal(fwcfg_value(0x4242, 4), 0);
	assert_int_equal(fwcfg_value(5, 2), 3); /* a selection starts from the beginning */
	out(0x510, 1, 0);			/* the selector takes words only */
	assert_int_equal(in(0x511, 1), 0);
}

static void test_exit_takes_all_widths(void **state)
{
	(void)state;
	out(0xF4, 4, 0x12345678);
	assert_int_equal(exit_value, 0x12345678);
	out(0xF4, 1, 38);
	assert_int_equal(exit_value, 38);
	out(0xF4, 2, 0x101);
	assert_int_equal(exit_value, 0x101);
	assert_int_equal(exits, 3);
	out(0xF5, 1, 9);
	assert_int_equal(exits, 3);
	assert_true(in(0xF4, 4) == 0xFFFFFFFF);
}

static void power_and_reset(void **state)
{
	(void)state;
	out(0x600, 1, 5 << 2);	      /* S5, but not enabled */
	out(0x600, 1, 1 << 2 | 0x20); /* another state */
	out(0x601, 1, 0x80);
	out(0x602, 1, 0x41);
	assert_int_equal(requests, 0);
	out(0x600, 1, 5 << 2 | 0x20);
	assert_int_equal(requests, 1);
	assert_int_equal(last_request, ACPI_POWER_OFF);
	out(0x602, 1, ACPI_POWER_RESET_CODE);
	assert_int_equal(requests, 2);
	assert_int_equal(last_request, ACPI_POWER_RESET);
	assert_int_equal(in(0x601, 1), 0);
}

static void ioapic_page(void **state)
{
	struct bus_range range = pc_ioapic_range(&ioapic);
	struct bus mmio;

	(void)state;
	ioapic_init(&ioapic, 7, &ioapic_ops, NULL);
	assert_int_equal(bus_init(&mmio, &range, 1), OK);
	bus_write(&mmio, 0xFEC00000, 4, 0, 0);
	assert_int_equal(bus_read(&mmio, 0xFEC00010, 4, 0), 7u << 24);
	bus_write(&mmio, 0xFEC00000, 4, 1, 0);
	assert_int_equal(bus_read(&mmio, 0xFEC00010, 4, 0), 0x00170020);
	assert_true(bus_read(&mmio, 0xFEC01000, 4, 0) == 0xFFFFFFFF);
	assert_int_equal(bus_read(&mmio, 0xFEC00FFC, 4, 0), 0);
	assert_null(bus_find(&mmio, 0xFEC01000));
	assert_non_null(bus_find(&mmio, 0xFEC00FFF));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(claims_exactly_the_known_ports, setup),
		cmocka_unit_test_setup(absent_devices_leave_holes, setup),
		cmocka_unit_test_setup(devices_answer_at_their_ports, setup),
		cmocka_unit_test_setup(word_access_reaches_two_registers, setup),
		cmocka_unit_test_setup(fwcfg_items, setup),
		cmocka_unit_test_setup(test_exit_takes_all_widths, setup),
		cmocka_unit_test_setup(power_and_reset, setup),
		cmocka_unit_test_setup(ioapic_page, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
