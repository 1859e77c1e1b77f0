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
	/* Output of channel 0 (ISA IRQ 0). Both edges of a pulse come from the same call. */
	void (*interrupt)(void *context, bool level);
};

struct pit_channel {
	uint64_t start; /* TSC when the current count was loaded */
	uint32_t count; /* 1..65536 (10000 in BCD), once loaded */
	uint8_t mode;	/* 0..5 */
	uint8_t access; /* 1 low byte, 2 high byte, 3 both */
	bool bcd, gate;
	bool loaded; /* counting: a count was written, and a trigger seen if the mode wants one */
	bool armed;  /* a count was written since the mode was set */
	bool write_high, read_high; /* next byte of a two-byte access */
	uint8_t write_low;
	bool count_latched, status_latched;
	uint16_t latch;
	uint8_t status;
	uint64_t fired; /* channel 0: output edges up to here have been delivered */
};

struct pit {
	const struct pit_ops *ops;
	void *context;
	uint64_t tsc_hz;
	struct pit_channel channel[3];
	bool speaker;
};

/* tsc_hz below 2^40. All channels stopped, as after reset. */
void pit_init(struct pit *p, uint64_t tsc_hz, uint64_t now, const struct pit_ops *ops,
	      void *context);

/* Guest access to 0x40..0x43 and 0x61; other ports read 0xFF. */
uint8_t pit_read(struct pit *p, uint16_t port, uint64_t now);
void pit_write(struct pit *p, uint16_t port, uint8_t value, uint64_t now);

/* TSC tick of channel 0's next interrupt, or PIT_NEVER. */
uint64_t pit_next_event(const struct pit *p);

/* Delivers channel 0's interrupt if one is due; missed ones merge. Afterwards
 * pit_next_event() > now. */
void pit_advance(struct pit *p, uint64_t now);

#endif
