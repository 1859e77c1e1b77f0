/*
 * A guest's 8254 timer: channel 0 on ISA IRQ 0, channel 2 behind the speaker port 0x61. Modes 0
 * to 5. Counts follow from the time alone. `now` is in TSC ticks and never runs backwards; the
 * caller serialises calls.
 */
#ifndef DRIVERS_VIRT_PIT_H
#define DRIVERS_VIRT_PIT_H

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ	  1193182u
#define PIT_NEVER UINT64_MAX

struct pit_ops {
	/* Output of channel 0 (ISA IRQ 0), when it changes. Events are a fall and a rise at once.
	 */
	void (*interrupt)(void *context, bool level);
};

struct pit_channel {
	uint64_t start;	 /* TSC tick when the current count began */
	uint64_t frozen; /* PIT clocks counted when a low gate stopped the count */
	uint64_t edges;	 /* channel 0: rising output edges delivered since `start` */
	uint32_t count;	 /* 1..65536, as loaded */
	uint8_t mode;	 /* 0..5 */
	uint8_t access;	 /* 1 low byte, 2 high byte, 3 both */
	bool bcd, gate;
	bool loaded;  /* a count was written since the mode was set */
	bool started; /* and counting has begun (modes 1 and 5 wait for a rising gate) */
	bool write_high, read_high; /* the next byte of a two-byte access is the high one */
	bool count_latched, status_latched;
	uint8_t write_low;
	uint8_t status;
	uint16_t latch;
};

struct pit {
	const struct pit_ops *ops;
	void *context;
	uint64_t tsc_hz;
	struct pit_channel channel[3];
	bool speaker;
	bool output; /* of channel 0, as last told to `interrupt` */
};

/* tsc_hz is from 10^6 to 2^40 - 1. All channels stopped, as after reset. */
void pit_init(struct pit *p, uint64_t tsc_hz, const struct pit_ops *ops, void *context);

/* Guest access to 0x40..0x43 and 0x61; other ports read 0xFF. */
uint8_t pit_read(struct pit *p, uint16_t port, uint64_t now);
void pit_write(struct pit *p, uint16_t port, uint8_t value, uint64_t now);

/* TSC tick of channel 0's next interrupt, or PIT_NEVER. */
uint64_t pit_next_event(const struct pit *p);

/* Delivers channel 0's interrupt if one is due; missed ones merge. Afterwards
 * pit_next_event() > now. */
void pit_advance(struct pit *p, uint64_t now);

#endif
