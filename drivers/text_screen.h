/*
 * A terminal without pixels: a grid of characters, a cursor, and as much of ECMA-48 as the shell,
 * a Linux console login and busybox use: CR LF BS TAB; CSI A B C D H f J K m. Other sequences are
 * swallowed. Pure.
 */
#ifndef DRIVERS_TEXT_SCREEN_H
#define DRIVERS_TEXT_SCREEN_H

#include <stddef.h>
#include <stdint.h>

#define SCREEN_COLUMNS_MAX 240u
#define SCREEN_ROWS_MAX	   135u
#define SCREEN_PARAMS	   4u

/* look: bits 0-2 colour as in SGR 30..37, bit 3 bright, bit 4 reversed. */
#define SCREEN_LOOK_PLAIN   7u
#define SCREEN_LOOK_BRIGHT  8u
#define SCREEN_LOOK_REVERSE 16u

struct screen_cell {
	uint8_t character; /* 0x20..0x7e */
	uint8_t look;
};

struct text_screen {
	uint32_t columns, rows;
	uint32_t column, row; /* of the cursor; column == columns: the next character wraps */
	struct screen_cell cells[SCREEN_ROWS_MAX][SCREEN_COLUMNS_MAX];
	uint8_t look;
	uint8_t escape; /* within an escape sequence, see text_screen.c */
	uint8_t param;	/* the one being read */
	uint16_t params[SCREEN_PARAMS];
};

/* Sizes above the maximum are cut down to it; both are at least 1. */
void text_screen_init(struct text_screen *screen, uint32_t columns, uint32_t rows);
void text_screen_write(struct text_screen *screen, const uint8_t *bytes, size_t length);

#endif
