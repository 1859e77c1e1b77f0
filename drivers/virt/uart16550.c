#include "drivers/virt/uart16550.h"

#include <string.h>

enum { REG_DATA, REG_IER, REG_IIR_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR, REG_SCR };

enum {
	IER_RX = 1 << 0,
	IER_THR_EMPTY = 1 << 1,
	IER_LINE = 1 << 2,
	IER_MODEM = 1 << 3,
	IER_ALL = 0x0F,

	IIR_NONE = 0x01,
	IIR_MODEM = 0x00,
	IIR_THR_EMPTY = 0x02,
	IIR_RX = 0x04,
	IIR_LINE = 0x06,
	IIR_RX_TIMEOUT = 0x0C,
	IIR_FIFO_ON = 0xC0,

	FCR_ENABLE = 1 << 0,
	FCR_CLEAR_RX = 1 << 1,
	FCR_KEPT = 0xC9, /* enable, DMA mode, trigger level */

	LCR_DLAB = 1 << 7,

	MCR_DTR = 1 << 0,
	MCR_RTS = 1 << 1,
	MCR_OUT1 = 1 << 2,
	MCR_OUT2 = 1 << 3,
	MCR_LOOP = 1 << 4,
	MCR_ALL = 0x1F,

	LSR_DATA_READY = 1 << 0,
	LSR_OVERRUN = 1 << 1,
	LSR_BREAK = 1 << 4,
	LSR_TX_EMPTY = 0x60, /* holding register and shifter */
	LSR_FIFO_ERROR = 1 << 7,

	MSR_DELTAS = 0x0F,
	MSR_CTS = 1 << 4,
	MSR_DSR = 1 << 5,
	MSR_RING = 1 << 6,
	MSR_CARRIER = 1 << 7,
	MSR_LINES = 0xF0,
};

static bool fifo_on(const struct uart16550 *u)
{
	return u->fcr & FCR_ENABLE;
}

static unsigned rx_capacity(const struct uart16550 *u)
{
	return fifo_on(u) ? UART16550_FIFO : 1;
}

static unsigned rx_trigger(const struct uart16550 *u)
{
	static const uint8_t levels[4] = { 1, 4, 8, 14 };

	return fifo_on(u) ? levels[u->fcr >> 6] : 1;
}

/* The interrupt of highest priority as IIR shows it, without the FIFO bits. */
static uint8_t interrupt_source(const struct uart16550 *u)
{
	if ((u->ier & IER_LINE) && u->line_errors)
		return IIR_LINE;
	if ((u->ier & IER_RX) && u->rx_count)
		return u->rx_count >= rx_trigger(u) ? IIR_RX : IIR_RX_TIMEOUT;
	if ((u->ier & IER_THR_EMPTY) && u->thr_empty_event)
		return IIR_THR_EMPTY;
	if ((u->ier & IER_MODEM) && (u->msr & MSR_DELTAS))
		return IIR_MODEM;
	return IIR_NONE;
}

/* On a PC the interrupt reaches the controller through OUT2, which loopback disconnects. */
static void update_interrupt(struct uart16550 *u)
{
	bool wired = (u->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
	bool level = wired && interrupt_source(u) != IIR_NONE;

	if (level == u->irq_level)
		return;
	u->irq_level = level;
	u->ops->interrupt(u->context, level);
}

static void rx_reveal_break(struct uart16550 *u)
{
	if (u->rx_count && (u->rx_break & 1u << u->rx_head))
		u->line_errors |= LSR_BREAK;
}

static void rx_clear(struct uart16550 *u)
{
	u->rx_head = 0;
	u->rx_count = 0;
	u->rx_break = 0;
}

static bool rx_push(struct uart16550 *u, uint8_t byte, bool is_break)
{
	unsigned slot = (u->rx_head + u->rx_count) % UART16550_FIFO;

	if (u->rx_count >= rx_capacity(u))
		return false;
	u->rx[slot] = byte;
	u->rx_break &= ~(1u << slot);
	u->rx_break |= (uint16_t)(is_break << slot);
	if (++u->rx_count == 1)
		rx_reveal_break(u);
	return true;
}

/* An empty FIFO gives the last byte again, as the holding register does. */
static uint8_t rx_pop(struct uart16550 *u)
{
	uint8_t byte;

	if (!u->rx_count)
		return u->rx[(u->rx_head + UART16550_FIFO - 1) % UART16550_FIFO];
	byte = u->rx[u->rx_head];
	u->rx_break &= ~(1u << u->rx_head);
	u->rx_head = (u->rx_head + 1) % UART16550_FIFO;
	u->rx_count--;
	rx_reveal_break(u);
	update_interrupt(u);
	return byte;
}

/* The modem lines the guest sees: a ready peer, or its own outputs in loopback. */
static uint8_t modem_lines(const struct uart16550 *u)
{
	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_CARRIER;
	return (u->mcr & MCR_RTS ? MSR_CTS : 0) | (u->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (u->mcr & MCR_OUT1 ? MSR_RING : 0) | (u->mcr & MCR_OUT2 ? MSR_CARRIER : 0);
}

/* Delta bits tell changes; the ring indicator's tells only its end. */
static void update_modem(struct uart16550 *u)
{
	uint8_t lines = modem_lines(u);
	uint8_t changed = (lines ^ u->msr) & MSR_LINES;

	if (lines & MSR_RING)
		changed &= ~MSR_RING;
	u->msr = lines | (u->msr & MSR_DELTAS) | changed >> 4;
}

void uart16550_init(struct uart16550 *u, const struct uart16550_ops *ops, void *context)
{
	memset(u, 0, sizeof(*u));
	u->ops = ops;
	u->context = context;
	u->divisor_low = 1;
	u->msr = modem_lines(u);
}

static uint8_t read_iir(struct uart16550 *u)
{
	uint8_t source = interrupt_source(u);

	if (source == IIR_THR_EMPTY) {
		u->thr_empty_event = false;
		update_interrupt(u);
	}
	return source | (fifo_on(u) ? IIR_FIFO_ON : 0);
}

static uint8_t read_lsr(struct uart16550 *u)
{
	uint8_t value = LSR_TX_EMPTY | u->line_errors;

	if (u->rx_count)
		value |= LSR_DATA_READY;
	if (fifo_on(u) && u->rx_break)
		value |= LSR_FIFO_ERROR;
	if (u->line_errors) {
		u->line_errors = 0;
		update_interrupt(u);
	}
	return value;
}

static uint8_t read_msr(struct uart16550 *u)
{
	uint8_t value = u->msr;

	u->msr &= MSR_LINES;
	update_interrupt(u);
	return value;
}

uint8_t uart16550_read(struct uart16550 *u, unsigned reg)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		return dlab ? u->divisor_low : rx_pop(u);
	case REG_IER:
		return dlab ? u->divisor_high : u->ier;
	case REG_IIR_FCR:
		return read_iir(u);
	case REG_LCR:
		return u->lcr;
	case REG_MCR:
		return u->mcr;
	case REG_LSR:
		return read_lsr(u);
	case REG_MSR:
		return read_msr(u);
	case REG_SCR:
		return u->scr;
	}
	return 0xFF;
}

/*
 * The byte is gone before the write returns. The interrupt line still drops and rises again, so
 * that a guest with an edge-triggered input gets one edge for each write, as on hardware.
 */
static void write_data(struct uart16550 *u, uint8_t value)
{
	u->thr_empty_event = false;
	if (u->irq_level)
		update_interrupt(u);
	if (!(u->mcr & MCR_LOOP))
		u->ops->transmit(u->context, value);
	else if (!rx_push(u, value, false))
		u->line_errors |= LSR_OVERRUN;
	u->thr_empty_event = true;
	update_interrupt(u);
}

/* Enabling the THRE interrupt while the holding register is empty, which it always is, raises it.
 */
static void write_ier(struct uart16550 *u, uint8_t value)
{
	if (value & ~u->ier & IER_THR_EMPTY)
		u->thr_empty_event = true;
	u->ier = value & IER_ALL;
	update_interrupt(u);
}

static void write_fcr(struct uart16550 *u, uint8_t value)
{
	bool toggled = (value ^ u->fcr) & FCR_ENABLE;

	if (toggled || ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX)))
		rx_clear(u);
	u->fcr = value & FCR_ENABLE ? value & FCR_KEPT : 0;
	update_interrupt(u);
}

static void write_mcr(struct uart16550 *u, uint8_t value)
{
	u->mcr = value & MCR_ALL;
	update_modem(u);
	update_interrupt(u);
}

void uart16550_write(struct uart16550 *u, unsigned reg, uint8_t value)
{
	bool dlab = u->lcr & LCR_DLAB;

	switch (reg) {
	case REG_DATA:
		if (dlab)
			u->divisor_low = value;
		else
			write_data(u, value);
		break;
	case REG_IER:
		if (dlab)
			u->divisor_high = value;
		else
			write_ier(u, value);
		break;
	case REG_IIR_FCR:
		write_fcr(u, value);
		break;
	case REG_LCR:
		u->lcr = value;
		break;
	case REG_MCR:
		write_mcr(u, value);
		break;
	case REG_SCR:
		u->scr = value;
		break;
	}
}

unsigned uart16550_room(const struct uart16550 *u)
{
	return u->mcr & MCR_LOOP ? 0 : rx_capacity(u) - u->rx_count;
}

unsigned uart16550_receive(struct uart16550 *u, const uint8_t *bytes, unsigned count)
{
	unsigned room = uart16550_room(u);
	unsigned accepted = count < room ? count : room;

	for (unsigned i = 0; i < accepted; i++)
		rx_push(u, bytes[i], false);
	update_interrupt(u);
	return accepted;
}

bool uart16550_receive_break(struct uart16550 *u)
{
	if (!uart16550_room(u))
		return false;
	rx_push(u, 0, true);
	update_interrupt(u);
	return true;
}
