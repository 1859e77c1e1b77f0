/*
 * The device models wired together as in a VM, with a driver's view on top: interrupts travel from
 * device to handler by both roads (PIC and LINT0, I/O APIC), and none is lost or invented.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/virt/lapic_route.h"
#include "drivers/virt/pc_ports.h"

#define TSC_HZ	    (10ull * PIT_HZ)
#define UART_VECTOR 0x34
#define PIT_VECTOR  0x30
#define PIC_BASE    0x20

static struct lapic apic;
static struct lapic *all[1] = { &apic };
static struct uart16550 uart;
static struct ioapic ioapic;
static struct pic pic;
static struct pit pit;

static uint8_t sent[4096];
static unsigned sent_count, notified;
static unsigned handled[256];

static void on_notify(void *context, unsigned index)
{
	(void)context, (void)index;
	notified++;
}

static const struct lapic_route route = { all, 1, on_notify, NULL };

static void on_send(void *context, const struct apic_message *message)
{
	(void)context;
	lapic_route(&route, &apic, message);
}

static void on_eoi(void *context, uint8_t vector)
{
	(void)context;
	ioapic_eoi(&ioapic, vector);
}

static void on_deliver(void *context, const struct apic_message *message)
{
	(void)context;
	lapic_route(&route, NULL, message);
}

static void on_pic(void *context, bool level)
{
	(void)context;
	lapic_post_lint(&apic, 0, level);
}

static void on_uart(void *context, bool level)
{
	(void)context;
	pic_set_irq(&pic, 4, level);
	ioapic_set_pin(&ioapic, 4, level);
}

static void on_pit(void *context, bool level)
{
	(void)context;
	pic_set_irq(&pic, 0, level);
	ioapic_set_pin(&ioapic, 2, level);
}

static void on_transmit(void *context, uint8_t byte)
{
	(void)context;
	sent[sent_count++] = byte;
}

static const struct lapic_ops lapic_ops = { on_send, on_eoi };
static const struct ioapic_ops ioapic_ops = { on_deliver };
static const struct pic_ops pic_ops = { on_pic };
static const struct uart16550_ops uart_ops = { on_transmit, on_uart };
static const struct pit_ops pit_ops = { on_pit };

static int setup(void **state)
{
	const struct lapic_config config = { .ops = &lapic_ops,
					     .numerator = 4,
					     .denominator = 1,
					     .phys_bits = 39,
					     .bsp = true,
					     .x2apic = true };

	(void)state;
	sent_count = notified = 0;
	memset(handled, 0, sizeof(handled));
	lapic_init(&apic, &config);
	ioapic_init(&ioapic, 1, &ioapic_ops, NULL);
	pic_init(&pic, &pic_ops, NULL);
	uart16550_init(&uart, &uart_ops, NULL);
	pit_init(&pit, TSC_HZ, &pit_ops, NULL);
	lapic_virtual_wire(&apic);
	return 0;
}

static void program_ioapic(unsigned pin, uint32_t low)
{
	ioapic_write(&ioapic, 0, 4, 0x10 + 2 * pin);
	ioapic_write(&ioapic, 0x10, 4, low);
}

static void program_pic(uint8_t mask)
{
	static const uint8_t words[] = { 0x11, PIC_BASE, 0x04, 0x01 };

	for (unsigned i = 0; i < sizeof(words); i++)
		pic_write(&pic, i ? 0x21 : 0x20, words[i]);
	pic_write(&pic, 0x21, mask);
}

/* What the VM-entry path does: the vector that is injected next, or -1. */
static int next_vector(void)
{
	int vector;

	if (lapic_has_posted(&apic))
		lapic_sync(&apic);
	vector = lapic_pending_vector(&apic);
	if (vector >= 0)
		lapic_accept(&apic, (uint8_t)vector);
	else if (lapic_take_event(&apic, LAPIC_EVENT_EXTINT))
		vector = pic_acknowledge(&pic);
	if (vector >= 0)
		handled[vector]++;
	return vector;
}

static void end_of_interrupt(int vector)
{
	if (vector >= PIC_BASE && vector < PIC_BASE + 8)
		pic_write(&pic, 0x20, 0x20);
	else
		lapic_eoi(&apic);
}

/* Runs handlers until nothing is pending. */
static void run(void (*handler)(void))
{
	int vector;

	while ((vector = next_vector()) >= 0) {
		if (handler)
			handler();
		end_of_interrupt(vector);
	}
}

static void start_pit(uint16_t count)
{
	pit_write(&pit, 0x43, 0x34, 0);
	pit_write(&pit, 0x40, (uint8_t)count, 0);
	pit_write(&pit, 0x40, (uint8_t)(count >> 8), 0);
}

static void pit_ticks_through_the_pic(void **state)
{
	(void)state;
	program_pic(0xFE);
	start_pit(100);
	for (uint64_t now = 1; now <= 50000; now++) {
		pit_advance(&pit, now);
		if (now % 300 == 7) /* the CPU looks only now and then */
			run(NULL);
	}
	assert_int_equal(handled[PIC_BASE], 49); /* the fiftieth comes after the last look */
	assert_int_equal(handled[PIC_BASE + 7], 0);
	run(NULL);
	assert_int_equal(handled[PIC_BASE], 50);
}

static void pit_ticks_through_the_ioapic(void **state)
{
	(void)state;
	program_ioapic(2, PIT_VECTOR);
	start_pit(100);
	for (uint64_t now = 1; now <= 50000; now++) {
		pit_advance(&pit, now);
		run(NULL);
	}
	assert_int_equal(handled[PIT_VECTOR], 50);
	assert_true(notified >= 50);
}

static void masked_pic_line_stays_out(void **state)
{
	(void)state;
	program_pic(0xFF);
	start_pit(100);
	pit_advance(&pit, 5000);
	assert_int_equal(next_vector(), -1);
}

/* A closed LINT0 keeps the PIC's request until the guest opens it. */
static void pic_waits_behind_a_masked_lint0(void **state)
{
	(void)state;
	lapic_mmio_write(&apic, 0x350, 4, 0x10700, 0);
	program_pic(0xFE);
	start_pit(100);
	pit_advance(&pit, 5000);
	assert_int_equal(next_vector(), -1);
	lapic_mmio_write(&apic, 0x350, 4, 0x00700, 0);
	assert_int_equal(next_vector(), PIC_BASE);
}

/* --- A UART driver that works by interrupts alone ------------------------------------------- */

static const char *to_send;
static uint8_t received[4096];
static unsigned received_count;

static void send_some(void)
{
	for (unsigned i = 0; i < UART16550_FIFO && *to_send; i++)
		uart16550_write(&uart, 0, (uint8_t)*to_send++);
	if (!*to_send)
		uart16550_write(&uart, 1, uart16550_read(&uart, 1) & ~2);
}

/* As the Linux driver: one look at the line status for each pass, until IIR says nothing. */
static void uart_handler(void)
{
	while (!(uart16550_read(&uart, 2) & 1)) {
		uint8_t lsr = uart16550_read(&uart, 5);

		while (lsr & 1) {
			received[received_count++] = uart16550_read(&uart, 0);
			lsr = uart16550_read(&uart, 5);
		}
		if (lsr & 0x20 && uart16550_read(&uart, 1) & 2)
			send_some();
	}
}

static void open_uart(bool by_pic)
{
	if (by_pic)
		program_pic(0xEF);
	else
		program_ioapic(4, UART_VECTOR);
	received_count = 0;
	to_send = "";
	uart16550_write(&uart, 2, 0x81); /* FIFO, trigger at 8 */
	uart16550_write(&uart, 4, 0x0B);
	uart16550_write(&uart, 1, 0x05);
}

static void transmits_by_interrupts(void **state)
{
	static const char text[] = "All work and no play makes a dull virtual machine. "
				   "All work and no play makes a dull virtual machine.";

	(void)state;
	for (unsigned by_pic = 0; by_pic < 2; by_pic++) {
		setup(NULL);
		open_uart(by_pic);
		for (unsigned turn = 1; turn <= 3; turn++) {
			to_send = text;
			uart16550_write(&uart, 1, 0x07);
			run(uart_handler);
			assert_int_equal(sent_count, turn * (sizeof(text) - 1));
		}
		for (unsigned turn = 0; turn < 3; turn++)
			assert_memory_equal(sent + turn * (sizeof(text) - 1), text,
					    sizeof(text) - 1);
		assert_false(uart.irq_level);
	}
}

/* The host offers bytes in lumps of all sizes, again and again, until all have gone. */
static void receives_by_interrupts(void **state)
{
	uint8_t text[2000];

	(void)state;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 + 7);
	for (unsigned by_pic = 0; by_pic < 2; by_pic++) {
		unsigned offered = 0;

		setup(NULL);
		open_uart(by_pic);
		for (unsigned turn = 0; offered < sizeof(text); turn++) {
			unsigned left = (unsigned)sizeof(text) - offered, lump = turn % 23 + 1;

			offered +=
				uart16550_receive(&uart, text + offered, lump < left ? lump : left);
			if (turn % 3 == 0)
				run(uart_handler);
		}
		run(uart_handler);
		assert_int_equal(received_count, sizeof(text));
		assert_memory_equal(received, text, sizeof(text));
	}
}

/* A level-triggered device: the EOI finds the line still up and brings the interrupt again. */
static unsigned level_left;

static void level_handler(void)
{
	if (--level_left == 0)
		ioapic_set_pin(&ioapic, 9, false);
}

static void level_interrupts_repeat_until_served(void **state)
{
	(void)state;
	program_ioapic(9, 0x59 | 1u << 15);
	level_left = 5;
	ioapic_set_pin(&ioapic, 9, true);
	run(level_handler);
	assert_int_equal(handled[0x59], 5);
	level_left = 2;
	ioapic_set_pin(&ioapic, 9, true);
	run(level_handler);
	assert_int_equal(handled[0x59], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pit_ticks_through_the_pic, setup),
		cmocka_unit_test_setup(pit_ticks_through_the_ioapic, setup),
		cmocka_unit_test_setup(masked_pic_line_stays_out, setup),
		cmocka_unit_test_setup(pic_waits_behind_a_masked_lint0, setup),
		cmocka_unit_test_setup(transmits_by_interrupts, setup),
		cmocka_unit_test_setup(receives_by_interrupts, setup),
		cmocka_unit_test_setup(level_interrupts_repeat_until_served, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
