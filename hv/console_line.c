/* Which line a person sits at: serial port, else screen and keyboard. */
#include "drivers/uart.h"
#include "hv/console.h"
#include "hv/log.h"
#include "hv/paging.h"

#define DEFAULT_BAUD	115200u
#define UART_MMIO_BYTES 32u /* eight registers of four bytes */

static struct uart uart;

static size_t serial_write(const uint8_t *bytes, size_t length)
{
	return uart_write(&uart, bytes, length);
}

static int serial_read(void)
{
	return uart_read(&uart);
}

static void serial_drain(void)
{
	uart_drain(&uart);
}

static const struct console_line serial_line = {
	.name = "serial line",
	.write = serial_write,
	.read = serial_read,
	.drain = serial_drain,
};

/* A port number that boot_info names may be wrong (SPCR tables are); COM1 is tried then. */
static bool find_port(const struct boot_serial *serial)
{
	if (serial->kind == BOOT_SERIAL_IO && serial->base <= 0xfff8 &&
	    uart_init_port(&uart, (uint16_t)serial->base, serial->baud) == OK)
		return true;
	return uart_init_port(&uart, UART_COM1, DEFAULT_BAUD) == OK;
}

static bool find_mmio(const struct boot_serial *serial)
{
	volatile void *registers;

	if (serial->kind != BOOT_SERIAL_MMIO)
		return false;
	registers = mmio_map(serial->base, UART_MMIO_BYTES, MMIO_UNCACHED);
	return registers && uart_init_mmio(&uart, registers, serial->baud) == OK;
}

void console_start_early(const struct boot_info *info)
{
	if (info->serial.kind != BOOT_SERIAL_MMIO && find_port(&info->serial))
		console_init(&serial_line);
}

void console_start(const struct boot_info *info)
{
	if (find_mmio(&info->serial) || find_port(&info->serial))
		console_init(&serial_line);
	else
		log_warn("console: no serial port answers");
}
