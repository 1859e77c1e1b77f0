/*
 * The PS/2 keyboard behind an i8042, polled, US layout; for machines without a serial line. Keys
 * come out as a terminal would send them: ASCII, control characters, escape sequences.
 */
#ifndef DRIVERS_PS2_H
#define DRIVERS_PS2_H

#include <stdbool.h>
#include <stdint.h>

#define PS2_KEY_MAX 5 /* bytes of a key's text, with the zero */

struct ps2_keys {
	bool shift, control, caps_lock;
	bool extended; /* the last byte was 0xe0 */
};

/* One byte of scan code set 1 to what the key sends, valid until the next call; "" for nothing. */
const char *ps2_decode(struct ps2_keys *keys, uint8_t scan_code);

/* True if a controller answers. Enables the keyboard, with firmware's translation to set 1. */
bool ps2_init(void);

/* The next byte, or -1. */
int ps2_read(void);

#endif
