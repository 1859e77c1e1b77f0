/*
 * A guest's 16550A UART. A transmitted byte leaves at once, so the transmitter is always empty;
 * received bytes wait in a 16-byte FIFO. There is no baud-rate time: fewer bytes in the FIFO than
 * the trigger level raise the character time-out interrupt at once. The caller serialises calls.
 */
#ifndef DRIVERS_VIRT_UART16550_H
#define DRIVERS_VIRT_UART16550_H

#include <stdbool.h>
#include <stdint.h>

#define UART16550_FIFO	16
#define UART16550_PORTS 8

/* Callbacks run inside the uart16550_ call that caused them and must not call back. */
struct uart16550_ops {
	void (*transmit)(void *context, uint8_t byte);
	/* Level of the interrupt line; called only when it changes. */
	void (*interrupt)(void *context, bool level);
};

struct uart16550 {
	const struct uart16550_ops *ops;
	void *context;
	uint8_t ier, fcr, lcr, mcr, msr, scr;
	uint8_t divisor_low, divisor_high;
	uint8_t line_errors;  /* overrun and break bits of LSR, until read */
	bool thr_empty_event; /* THRE interrupt not yet acknowledged */
	bool irq_level;
	uint8_t rx_head, rx_count;
	uint8_t rx[UART16550_FIFO];
	uint16_t rx_break; /* bit n: rx[n] stands for a break */
};

void uart16550_init(struct uart16550 *u, const struct uart16550_ops *ops, void *context);

/* Guest access to register 0..7 (port - base), one byte. */
uint8_t uart16550_read(struct uart16550 *u, unsigned reg);
void uart16550_write(struct uart16550 *u, unsigned reg, uint8_t value);

/*
 * The host sends `count` bytes to the guest. Returns how many fitted into the FIFO (0 while the
 * guest loops the line back to itself); offer the rest again once uart16550_room() is not zero,
 * for instance after each guest read. Never overruns.
 */
unsigned uart16550_receive(struct uart16550 *u, const uint8_t *bytes, unsigned count);
unsigned uart16550_room(const struct uart16550 *u);

/* The host sends a break condition: a zero byte with LSR's break bit. False if the FIFO is full. */
bool uart16550_receive_break(struct uart16550 *u);

#endif
