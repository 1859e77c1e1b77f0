#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/virt/uart16550.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };
enum { FCR = 2, DLL = 0, DLM = 1 };

static struct uart16550 u;
static char sent[256];
static unsigned sent_count, edges;
static bool line;

static void on_transmit(void *context, uint8_t byte)
{
	(void)context;
	sent[sent_count++ % sizeof(sent)] = (char)byte;
}

static void on_interrupt(void *context, bool level)
{
	(void)context;
	assert_int_not_equal(level, line);
	line = level;
	edges += level;
}

static const struct uart16550_ops ops = { on_transmit, on_interrupt };

static int setup(void **state)
{
	(void)state;
	sent_count = edges = 0;
	line = false;
	uart16550_init(&u, &ops, NULL);
	return 0;
}

static uint8_t in(unsigned reg)
{
	return uart16550_read(&u, reg);
}

static void out(unsigned reg, uint8_t value)
{
	uart16550_write(&u, reg, value);
}

static uint8_t bits(unsigned reg, uint8_t mask)
{
	return mask & in(reg);
}

static bool data_ready(void)
{
	return bits(LSR, 1);
}

/* FIFOs on, OUT2 on: as a driver leaves it. */
static void open_port(uint8_t fcr, uint8_t ier)
{
	out(FCR, fcr);
	out(MCR, 0x0B);
	out(IER, ier);
}

static unsigned receive(const char *text)
{
	return uart16550_receive(&u, (const uint8_t *)text, (unsigned)strlen(text));
}

static void registers_after_reset(void **state)
{
	(void)state;
	assert_int_equal(in(IER), 0);
	assert_int_equal(in(IIR), 0x01);
	assert_int_equal(in(LCR), 0);
	assert_int_equal(in(MCR), 0);
	assert_int_equal(in(LSR), 0x60);
	assert_int_equal(in(MSR), 0xB0);
	assert_int_equal(in(8), 0xFF);
	assert_false(line);
}

static void transmits_at_once(void **state)
{
	(void)state;
	for (const char *p = "hello"; *p; p++) {
		assert_int_equal(bits(LSR, 0x60), 0x60);
		out(DATA, (uint8_t)*p);
	}
	assert_int_equal(sent_count, 5);
	assert_memory_equal(sent, "hello", 5);
}

static void divisor_latch_hides_data_and_ier(void **state)
{
	(void)state;
	out(IER, 0x05);
	out(LCR, 0x83);
	out(DLL, 0x0C);
	out(DLM, 0x34);
	assert_int_equal(in(DLL), 0x0C);
	assert_int_equal(in(DLM), 0x34);
	out(LCR, 0x03);
	assert_int_equal(sent_count, 0);
	assert_int_equal(in(IER), 0x05);
	assert_int_equal(in(LCR), 0x03);
}

static void scratch_keeps_every_value(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		out(SCR, (uint8_t)v);
		assert_int_equal(in(SCR), v);
	}
}

/* What a driver does to tell the 16550A from its ancestors and successors. */
static void detected_as_16550a(void **state)
{
	(void)state;
	out(IER, 0xFF);
	assert_int_equal(in(IER), 0x0F);
	out(IER, 0);
	assert_int_equal(bits(IIR, 0xC0), 0x00);
	out(FCR, 0x01);
	assert_int_equal(bits(IIR, 0xC0), 0xC0);
	out(LCR, 0x80);
	out(FCR, 0x21);
	assert_int_equal(bits(IIR, 0x20), 0);
}

static void loopback_reflects_modem_lines(void **state)
{
	static const struct {
		uint8_t mcr, msr;
	} cases[] = {
		{ 0x10, 0x00 }, { 0x11, 0x20 }, { 0x12, 0x10 },
		{ 0x14, 0x40 }, { 0x18, 0x80 }, { 0x1A, 0x90 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out(MCR, cases[i].mcr);
		assert_int_equal(bits(MSR, 0xF0), cases[i].msr);
	}
	out(MCR, 0);
	assert_int_equal(bits(MSR, 0xF0), 0xB0);
}

static void modem_deltas_clear_on_read(void **state)
{
	(void)state;
	out(MCR, 0x10); /* CTS, DSR and carrier drop */
	assert_int_equal(in(MSR), 0x0B);
	assert_int_equal(in(MSR), 0x00);
	out(MCR, 0x14); /* a ring that begins is no delta */
	assert_int_equal(in(MSR), 0x40);
	out(MCR, 0x10); /* its end is */
	assert_int_equal(in(MSR), 0x04);
}

static void loopback_returns_data_and_overruns(void **state)
{
	(void)state;
	out(FCR, 0x01);
	out(MCR, 0x10);
	for (unsigned i = 0; i < 16; i++)
		out(DATA, (uint8_t)('a' + i));
	assert_int_equal(in(LSR), 0x61);
	out(DATA, 'q');
	assert_int_equal(sent_count, 0);
	assert_int_equal(in(LSR), 0x63);
	assert_int_equal(in(LSR), 0x61);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(in(DATA), 'a' + i);
	assert_int_equal(in(LSR), 0x60);
	assert_int_equal(receive("x"), 0);
}

static void fifo_takes_sixteen_and_refuses_the_rest(void **state)
{
	(void)state;
	open_port(0x01, 0);
	assert_int_equal(uart16550_room(&u), 16);
	assert_int_equal(receive("0123456789abcdefXY"), 16);
	assert_int_equal(uart16550_room(&u), 0);
	assert_int_equal(receive("Z"), 0);
	assert_int_equal(bits(LSR, 0x02), 0); /* no overrun */
	assert_int_equal(in(DATA), '0');
	assert_int_equal(receive("gh"), 1);
	for (const char *p = "123456789abcdefg"; *p; p++)
		assert_int_equal(in(DATA), *p);
	assert_int_equal(in(LSR), 0x60);
}

static void without_fifo_one_byte(void **state)
{
	(void)state;
	open_port(0x00, 0x01);
	assert_int_equal(receive("ab"), 1);
	assert_int_equal(in(IIR), 0x04);
	assert_true(line);
	assert_int_equal(in(DATA), 'a');
	assert_false(line);
	assert_int_equal(in(DATA), 'a'); /* the holding register keeps it */
}

static void fifo_reset_clears_only_when_asked(void **state)
{
	(void)state;
	open_port(0x01, 0);
	receive("abc");
	out(FCR, 0xC1);
	assert_true(data_ready());
	uart16550_receive_break(&u);
	out(FCR, 0xC3);
	assert_int_equal(in(LSR), 0x60);
	receive("abc");
	out(FCR, 0x00); /* switching FIFOs off clears them */
	assert_false(data_ready());
	assert_int_equal(in(IIR), 0x01);
}

static void trigger_levels_and_timeout(void **state)
{
	static const struct {
		uint8_t fcr, level;
	} cases[] = { { 0x01, 1 }, { 0x41, 4 }, { 0x81, 8 }, { 0xC1, 14 } };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		setup(NULL);
		open_port(cases[i].fcr, 0x01);
		for (unsigned n = 1; n <= 16; n++) {
			assert_int_equal(receive("x"), 1);
			assert_int_equal(in(IIR), n < cases[i].level ? 0xCC : 0xC4);
			assert_true(line);
		}
	}
}

/* The Linux driver's test at start-up: enabling the interrupt twice must raise it twice. */
static void thre_interrupt_rises_at_each_enable(void **state)
{
	(void)state;
	open_port(0x01, 0x00);
	for (unsigned i = 1; i <= 3; i++) {
		out(IER, 0x02);
		assert_true(line);
		assert_int_equal(edges, i);
		assert_int_equal(in(IIR), 0xC2);
		assert_false(line);
		assert_int_equal(in(IIR), 0xC1);
		out(IER, 0x02); /* already enabled: nothing new */
		assert_false(line);
		out(IER, 0x00);
	}
}

static void thre_interrupt_after_each_write(void **state)
{
	(void)state;
	open_port(0x01, 0x02);
	in(IIR);
	assert_false(line);
	edges = 0;
	out(DATA, 'a');
	assert_true(line);
	out(DATA, 'b'); /* without an IIR read in between: still a new edge */
	assert_true(line);
	assert_int_equal(edges, 2);
	assert_int_equal(in(IIR), 0xC2);
	assert_false(line);
}

static void interrupt_priorities(void **state)
{
	(void)state;
	open_port(0x01, 0x0F);
	out(MCR, 0x18);
	out(MCR, 0x0B); /* leaves deltas */
	assert_true(uart16550_receive_break(&u));
	assert_int_equal(in(IIR), 0xC6);
	assert_int_equal(in(IIR), 0xC6); /* only THRE is acknowledged by IIR */
	assert_int_equal(in(LSR), 0xF1);
	assert_int_equal(in(IIR), 0xC4);
	assert_int_equal(in(DATA), 0);
	assert_int_equal(in(IIR), 0xC2);
	assert_int_equal(in(IIR), 0xC0);
	assert_true(line);
	in(MSR);
	assert_int_equal(in(IIR), 0xC1);
	assert_false(line);
}

static void each_interrupt_has_its_own_enable(void **state)
{
	static const uint8_t source[4] = { 0xC4, 0xC2, 0xC6, 0xC0 };

	(void)state;
	for (unsigned bit = 0; bit < 4; bit++) {
		setup(NULL);
		open_port(0x01, 0x00);
		out(MCR, 0x18);
		out(MCR, 0x0B);
		uart16550_receive_break(&u);
		out(DATA, 'x');
		assert_false(line);
		assert_int_equal(in(IIR), 0xC1);
		out(IER, (uint8_t)(1u << bit));
		assert_true(line);
		assert_int_equal(in(IIR), source[bit]);
	}
}

static void break_belongs_to_its_byte(void **state)
{
	(void)state;
	open_port(0x01, 0x05);
	receive("a");
	assert_true(uart16550_receive_break(&u));
	receive("b");
	assert_int_equal(in(LSR), 0xE1); /* somewhere in the FIFO, but not at its head */
	assert_int_equal(in(DATA), 'a');
	assert_int_equal(in(LSR), 0xF1);
	assert_int_equal(in(DATA), 0);
	assert_int_equal(in(LSR), 0x61);
	assert_int_equal(in(DATA), 'b');
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(uart16550_receive_break(&u), true);
	assert_false(uart16550_receive_break(&u));
}

static void out2_and_loopback_gate_the_line(void **state)
{
	(void)state;
	out(FCR, 0x01);
	out(IER, 0x01);
	receive("x");
	assert_false(line);
	out(MCR, 0x08);
	assert_true(line);
	out(MCR, 0x18);
	assert_false(line);
	out(MCR, 0x08);
	assert_true(line);
	out(MCR, 0x00);
	assert_false(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(registers_after_reset, setup),
		cmocka_unit_test_setup(transmits_at_once, setup),
		cmocka_unit_test_setup(divisor_latch_hides_data_and_ier, setup),
		cmocka_unit_test_setup(scratch_keeps_every_value, setup),
		cmocka_unit_test_setup(detected_as_16550a, setup),
		cmocka_unit_test_setup(loopback_reflects_modem_lines, setup),
		cmocka_unit_test_setup(modem_deltas_clear_on_read, setup),
		cmocka_unit_test_setup(loopback_returns_data_and_overruns, setup),
		cmocka_unit_test_setup(fifo_takes_sixteen_and_refuses_the_rest, setup),
		cmocka_unit_test_setup(without_fifo_one_byte, setup),
		cmocka_unit_test_setup(fifo_reset_clears_only_when_asked, setup),
		cmocka_unit_test_setup(trigger_levels_and_timeout, setup),
		cmocka_unit_test_setup(thre_interrupt_rises_at_each_enable, setup),
		cmocka_unit_test_setup(thre_interrupt_after_each_write, setup),
		cmocka_unit_test_setup(interrupt_priorities, setup),
		cmocka_unit_test_setup(each_interrupt_has_its_own_enable, setup),
		cmocka_unit_test_setup(break_belongs_to_its_byte, setup),
		cmocka_unit_test_setup(out2_and_loopback_gate_the_line, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
