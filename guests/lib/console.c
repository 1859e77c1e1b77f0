#include "guests/lib/console.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/sync.h"

#define UART_DIVISOR_115200 1
#define UART_PATIENCE	    1000000 /* polls of LSR before a byte is sent regardless */
#define SAY_MAX		    256

static struct spinlock console_lock;
static bool use_hypercall;

static void uart_init(void)
{
	outb(COM1_PORT + UART_LCR, UART_LCR_DLAB);
	outb(COM1_PORT + UART_DATA, UART_DIVISOR_115200);
	outb(COM1_PORT + UART_IER, 0);
	outb(COM1_PORT + UART_LCR, 3); /* 8 bits, no parity, 1 stop bit */
	outb(COM1_PORT + UART_MCR, 3); /* DTR, RTS */
}

void console_init(void)
{
	use_hypercall = under_augur() && !arg_is(guest_cmdline(), "console", "uart");
	if (!use_hypercall)
		uart_init();
}

static void uart_send(uint8_t byte)
{
	for (unsigned i = 0; i < UART_PATIENCE; i++)
		if (inb(COM1_PORT + UART_LSR) & UART_LSR_THR_EMPTY)
			break;
	outb(COM1_PORT + UART_DATA, byte);
}

static void hypercall_write(const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		size_t part = length < AUGUR_HC_WRITE_MAX ? length : AUGUR_HC_WRITE_MAX;

		augur_console_write((uintptr_t)bytes, part);
		bytes += part;
		length -= part;
	}
}

void console_write(const void *bytes, size_t length)
{
	const uint8_t *p = bytes;

	spin_lock(&console_lock);
	if (use_hypercall)
		hypercall_write(p, length);
	else
		for (size_t i = 0; i < length; i++)
			uart_send(p[i]);
	spin_unlock(&console_lock);
}

int console_read_byte(void)
{
	if (!(inb(COM1_PORT + UART_LSR) & UART_LSR_DATA_READY))
		return -1;
	return inb(COM1_PORT + UART_DATA);
}

void say(const char *format, ...)
{
	char line[SAY_MAX];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (length < 0)
		return;
	console_write(line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}
