/*
 * Any sequence of accesses and received bytes through a 16550: the interrupt line always says what
 * IIR would, and the FIFO gives back what was put in, in order.
 */
#include "drivers/virt/uart16550.h"
#include "tests/fuzz/fuzz_input.h"

enum { IIR = 2, LCR = 3, MCR = 4, LSR = 5 };

static bool line;

static void on_transmit(void *context, uint8_t byte)
{
	(void)context, (void)byte;
}

static void on_interrupt(void *context, bool level)
{
	(void)context;
	require(level != line);
	line = level;
}

static void ignore_interrupt(void *context, bool level)
{
	(void)context, (void)level;
}

static const struct uart16550_ops ops = { on_transmit, on_interrupt };
static const struct uart16550_ops silent = { on_transmit, ignore_interrupt };

/* Reads on a copy, since reading changes the registers. */
static uint8_t peek(const struct uart16550 *u, unsigned reg)
{
	struct uart16550 copy = *u;

	copy.ops = &silent;
	return uart16550_read(&copy, reg);
}

static void check(const struct uart16550 *u)
{
	bool wired = (u->mcr & 0x18) == 0x08;
	bool pending = !(peek(u, IIR) & 1);

	require(line == (wired && pending));
	require(u->rx_count <= (u->fcr & 1 ? UART16550_FIFO : 1));
	require((peek(u, LSR) & 1) == (u->rx_count != 0));
	require((peek(u, LSR) & 0x60) == 0x60);
	require(uart16550_room(u) <= UART16550_FIFO);
}

/* Received bytes come out in order, if the guest does nothing else in between. */
static void check_order(const struct uart16550 *u)
{
	struct uart16550 copy = *u;
	uint8_t bytes[UART16550_FIFO];
	unsigned accepted, before = u->rx_count;

	copy.ops = &silent;
	for (unsigned i = 0; i < UART16550_FIFO; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	accepted = uart16550_receive(&copy, bytes, UART16550_FIFO);
	require(accepted == uart16550_room(u));
	uart16550_write(&copy, LCR, 0);
	for (unsigned i = 0; i < before; i++)
		uart16550_read(&copy, 0);
	for (unsigned i = 0; i < accepted; i++)
		require(uart16550_read(&copy, 0) == bytes[i]);
	require(!copy.rx_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct uart16550 u;

	line = false;
	uart16550_init(&u, &ops, NULL);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);
		uint8_t value;

		if (what & 0x80) {
			uart16550_read(&u, what & 15);
		} else if (what & 0x40) {
			value = (uint8_t)take(&in, 1);
			uart16550_receive(&u, &value, 1);
		} else if (what & 0x20) {
			uart16550_receive_break(&u);
		} else {
			uart16550_write(&u, what & 15, (uint8_t)take(&in, 1));
		}
		check(&u);
	}
	check_order(&u);
	return 0;
}
