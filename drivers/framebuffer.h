/*
 * A text console on a linear framebuffer of 32-bit pixels. Writing changes the character grid only;
 * framebuffer_refresh draws the cells that differ from what is on the screen, a bounded number a
 * call, so that scrolling costs no more than the text that really changes. Video memory is written,
 * never read. Pure: pixels may be any memory.
 */
#ifndef DRIVERS_FRAMEBUFFER_H
#define DRIVERS_FRAMEBUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "drivers/text_screen.h"
#include "hv/error.h"

#define FONT_WIDTH 8u /* pixels */

/* Glyph i is for character i; a glyph is `height` bytes, bit 7 the leftmost pixel. */
struct font {
	const uint8_t *glyphs;
	uint32_t count;
	uint32_t height;
};

/* Reads a PC screen font, version 1 or 2, eight pixels wide. The font points into `psf`. */
enum error font_parse(struct font *font, const void *psf, size_t size);

/* The font that is built in (drivers/font.S). */
extern const uint8_t builtin_font[];
extern const uint8_t builtin_font_end[];

struct framebuffer {
	volatile uint32_t *pixels;
	uint32_t pitch; /* bytes a line */
	uint32_t scale; /* pixels of the screen for one of the font, each way */
	uint32_t bgr;	/* as in boot_info */
	struct font font;
	struct text_screen screen;
	struct screen_cell shown[SCREEN_ROWS_MAX][SCREEN_COLUMNS_MAX];
	uint32_t next_row; /* where the next refresh begins */
};

/*
 * `pixels` is where the memory that `mode` describes is mapped; the whole of it is cleared.
 * ERR_RANGE: the mode does not fit its own memory, or not even one character.
 */
enum error framebuffer_init(struct framebuffer *fb, const struct boot_framebuffer *mode,
			    volatile uint32_t *pixels, const struct font *font);

void framebuffer_write(struct framebuffer *fb, const uint8_t *bytes, size_t length);

/* Draws at most `budget` cells; returns how many it drew, less than `budget` if all is drawn. */
uint32_t framebuffer_refresh(struct framebuffer *fb, uint32_t budget);

#endif
