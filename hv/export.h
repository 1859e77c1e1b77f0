/*
 * Sending frames to the export channel (hv/export_abi.h). Any core, IF=0. Without a transport
 * everything here returns at once. Lock order: the export lock is a leaf.
 */
#ifndef HV_EXPORT_H
#define HV_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/export_abi.h"

/*
 * How bytes leave the machine; called with the export lock held. `write` takes one whole frame or
 * refuses it. A transport that buffers has `poll`, which moves bytes on without waiting, `drain`,
 * which waits (a bounded time a byte) until all have left, and `room`, the bytes that `write` would
 * take now; else all three are NULL.
 */
struct export_transport {
	const char *name;
	bool (*write)(const uint8_t *bytes, size_t length);
	void (*poll)(void);
	void (*drain)(void);
	size_t (*room)(void);
};

/* NULL: the channel is off (as at the start). What was sent before is lost to it. */
void export_init(const struct export_transport *transport);
bool export_enabled(void);

/* Sends data as one frame, or as several if longer than EXPORT_PAYLOAD_MAX. */
void export_frame(enum export_type type, uint8_t channel, const void *data, size_t length);

/* A frame whose payload is text, at most 255 bytes. */
void export_text(enum export_type type, uint8_t channel, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* True if a frame with so much payload would be taken now; for what can wait. */
bool export_has_room(size_t length);

/* An EXPORT_FIGURE. */
void export_figure(const char *name, uint64_t value, const char *unit);

/* Moves buffered frames on; console_poll does it. */
void export_poll(void);

/* Waits until everything has left the machine: before power-off, before results, in a panic. */
void export_flush(void);

/* Frames that the transport refused since the start. */
uint64_t export_lost(void);

/* See log_enter_panic, which calls it. */
void export_enter_panic(void);

/*
 * Port 0xE9 if reading it answers 0xE9, else a 16550 at COM2 that is not the console's, else NULL
 * (hv/export_port.c).
 */
struct boot_info;
const struct export_transport *export_port_probe(const struct boot_info *info);

#endif
