/*
 * The guest's console. printf and the rest of stdio end here. Output goes by hypercall when there
 * is a hypervisor of ours, else (or with `console=uart` on the command line) through the 16550 at
 * COM1 byte by byte, polled.
 */
#ifndef GUESTS_LIB_CONSOLE_H
#define GUESTS_LIB_CONSOLE_H

#include <stddef.h>

#define COM1_PORT 0x3f8

enum uart_register {
	UART_DATA = 0, /* also divisor low */
	UART_IER = 1,  /* also divisor high */
	UART_IIR = 2,  /* written: FCR */
	UART_LCR = 3,
	UART_MCR = 4,
	UART_LSR = 5,
	UART_MSR = 6,
	UART_SCR = 7,
};

#define UART_LSR_DATA_READY 0x01
#define UART_LSR_THR_EMPTY  0x20
#define UART_LCR_DLAB	    0x80

void console_init(void);

/* Safe from any vCPU: one call's bytes stay together. */
void console_write(const void *bytes, size_t length);

/* The next byte received on COM1, -1: none. */
int console_read_byte(void);

/* printf for vCPUs other than 0 (stdio has no locks): at most 256 bytes a call. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
