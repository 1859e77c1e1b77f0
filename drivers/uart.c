#include "drivers/uart.h"

#include <stdbool.h>

#include "hv/io.h"

/* Registers, National PC16550D data sheet, table II. */
enum uart_register {
	REG_DATA = 0,	   /* DLAB=1: divisor, low byte */
	REG_INTERRUPT = 1, /* DLAB=1: divisor, high byte */
	REG_FIFO = 2,
	REG_LINE_CONTROL = 3,
	REG_MODEM_CONTROL = 4,
	REG_LINE_STATUS = 5,
	REG_SCRATCH = 7,
};

#define FIFO_ENABLE_AND_CLEAR 0x07u
#define LINE_8N1	      0x03u
#define LINE_DLAB	      0x80u
#define MODEM_DTR_RTS	      0x03u
#define STATUS_DATA	      0x01u
#define STATUS_ROOM	      0x20u /* transmit FIFO empty */
#define STATUS_IDLE	      0x40u /* transmit FIFO and shift register empty */

#define UART_FIFO  16u
#define BASE_RATE  115200u
#define DRAIN_SPIN 2000000u /* status reads: over a second even at one a microsecond and less */

static uint8_t read_register(const struct uart *uart, enum uart_register reg)
{
	return uart->mmio ? uart->mmio[reg * uart->stride] : io_read8(uart->port + reg);
}

static void write_register(const struct uart *uart, enum uart_register reg, uint8_t value)
{
	if (uart->mmio)
		uart->mmio[reg * uart->stride] = value;
	else
		io_write8(uart->port + reg, value);
}

static bool scratch_keeps(const struct uart *uart, uint8_t value)
{
	write_register(uart, REG_SCRATCH, value);
	return read_register(uart, REG_SCRATCH) == value;
}

/* An absent device reads all ones or the last byte on the bus; no 16550 has all status bits set. */
static bool is_there(const struct uart *uart)
{
	return scratch_keeps(uart, 0x5a) && scratch_keeps(uart, 0xa6) &&
	       read_register(uart, REG_LINE_STATUS) != 0xff;
}

static void set_divisor(const struct uart *uart, uint16_t divisor)
{
	write_register(uart, REG_LINE_CONTROL, LINE_8N1 | LINE_DLAB);
	write_register(uart, REG_DATA, (uint8_t)divisor);
	write_register(uart, REG_INTERRUPT, (uint8_t)(divisor >> 8));
}

static enum error set_up(const struct uart *uart, uint32_t baud)
{
	if (baud > BASE_RATE || (baud && BASE_RATE % baud))
		return ERR_INVALID;
	uart_drain(uart); /* clearing the FIFO would eat what somebody wrote just before */
	if (baud)
		set_divisor(uart, (uint16_t)(BASE_RATE / baud));
	write_register(uart, REG_LINE_CONTROL, LINE_8N1);
	write_register(uart, REG_INTERRUPT, 0);
	write_register(uart, REG_FIFO, FIFO_ENABLE_AND_CLEAR);
	write_register(uart, REG_MODEM_CONTROL, MODEM_DTR_RTS);
	return OK;
}

enum error uart_init_port(struct uart *uart, uint16_t port, uint32_t baud)
{
	*uart = (struct uart) { .port = port };
	return is_there(uart) ? set_up(uart, baud) : ERR_NOT_FOUND;
}

enum error uart_init_mmio(struct uart *uart, volatile void *registers, uint32_t baud)
{
	*uart = (struct uart) { .mmio = registers, .stride = 1 };
	if (is_there(uart))
		return set_up(uart, baud);
	uart->stride = 4;
	return is_there(uart) ? set_up(uart, baud) : ERR_NOT_FOUND;
}

size_t uart_write(const struct uart *uart, const uint8_t *bytes, size_t length)
{
	size_t count = length < UART_FIFO ? length : UART_FIFO;

	if (!count || !(read_register(uart, REG_LINE_STATUS) & STATUS_ROOM))
		return 0;
	for (size_t i = 0; i < count; i++)
		write_register(uart, REG_DATA, bytes[i]);
	return count;
}

int uart_read(const struct uart *uart)
{
	if (!(read_register(uart, REG_LINE_STATUS) & STATUS_DATA))
		return -1;
	return read_register(uart, REG_DATA);
}

void uart_drain(const struct uart *uart)
{
	for (uint32_t i = 0; i < DRAIN_SPIN; i++)
		if (read_register(uart, REG_LINE_STATUS) & STATUS_IDLE)
			return;
}
