#include "boot/serial.h"

#include <stdbool.h>

#include "boot/acpi.h"
#include "hv/io.h"

#define COM1		 0x3f8
#define UART_SCRATCH	 7
#define UART_LINE_STATUS 5
#define UART_THR_EMPTY	 0x20
#define UART_WAIT	 100000 /* status reads before a byte is given up */

/* The scratch register keeps what is written; a port without a device does not. */
static bool com1_answers(void)
{
	io_write8(COM1 + UART_SCRATCH, 0x5a);
	if (io_read8(COM1 + UART_SCRATCH) != 0x5a)
		return false;
	io_write8(COM1 + UART_SCRATCH, 0xa5);
	return io_read8(COM1 + UART_SCRATCH) == 0xa5;
}

struct boot_serial serial_find(uint64_t rsdp)
{
	struct boot_serial serial = { .kind = BOOT_SERIAL_NONE };

	if (acpi_find_serial(rsdp, &serial))
		return serial;
	if (com1_answers())
		serial = (struct boot_serial) { .kind = BOOT_SERIAL_IO, .base = COM1 };
	return serial;
}

static void write_byte(uint8_t byte)
{
	for (unsigned i = 0; i < UART_WAIT; i++)
		if (io_read8(COM1 + UART_LINE_STATUS) & UART_THR_EMPTY)
			break;
	io_write8(COM1, byte);
}

void serial_write(const char *text)
{
	if (!com1_answers())
		return;
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			write_byte('\r');
		write_byte((uint8_t)*text);
	}
}
