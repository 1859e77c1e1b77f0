/*
 * The host's 16550 serial port, polled: no interrupts. Registers by ports or by memory. No lock
 * inside: the caller owns the line.
 */
#ifndef DRIVERS_UART_H
#define DRIVERS_UART_H

#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

#define UART_COM1 0x3f8u
#define UART_COM2 0x2f8u

struct uart {
	uint16_t port;		/* 0: by memory */
	volatile uint8_t *mmio; /* NULL: by ports */
	uint8_t stride;		/* bytes from one register to the next, MMIO only */
};

/*
 * Looks whether a 16550 answers there (scratch register, then the line status) and sets it to
 * 8N1, FIFOs on, interrupts off, and to `baud` (0: the rate it has). ERR_NOT_FOUND: nobody there;
 * ERR_INVALID: 115200 is no multiple of the rate. MMIO ports are tried with one and with four
 * bytes a register.
 */
enum error uart_init_port(struct uart *uart, uint16_t port, uint32_t baud);
enum error uart_init_mmio(struct uart *uart, volatile void *registers, uint32_t baud);

/* Gives the transmitter as many bytes as it takes without waiting; returns how many. */
size_t uart_write(const struct uart *uart, const uint8_t *bytes, size_t length);

/* The next received byte, or -1. */
int uart_read(const struct uart *uart);

/* Waits, a bounded time, until the last byte has left. */
void uart_drain(const struct uart *uart);

#endif
