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

/* One call takes one whole frame. `drain`, if not NULL, waits until all bytes have left. */
struct export_transport {
	const char *name;
	void (*write)(const uint8_t *bytes, size_t length);
	void (*drain)(void);
};

/* NULL: the channel is off (as at the start). Log lines written before are lost to it. */
void export_init(const struct export_transport *transport);
bool export_enabled(void);

/* Sends data as one frame, or as several if longer than EXPORT_PAYLOAD_MAX. */
void export_frame(enum export_type type, uint8_t channel, const void *data, size_t length);

/* A frame whose payload is text, at most 255 bytes. */
void export_text(enum export_type type, uint8_t channel, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* An EXPORT_FIGURE. */
void export_figure(const char *name, uint64_t value, const char *unit);

/* Waits until everything has left the machine: before power-off and after a panic. */
void export_flush(void);

/* See log_enter_panic. */
void export_enter_panic(void);

/*
 * Port 0xE9 if reading it answers 0xE9, else a 16550 at COM2, else NULL (hv/export_port.c). COM2
 * output is buffered; export_port_poll, called with console_poll, moves it on.
 */
const struct export_transport *export_port_probe(void);
void export_port_poll(void);

#endif
