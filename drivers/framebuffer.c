#include "drivers/framebuffer.h"

#include <stdbool.h>
#include <string.h>

#define WIDTH_PER_SCALE 1280u /* a screen twice as wide gets pixels twice as wide */

#define PSF1_MAGIC	0x0436u
#define PSF1_512_GLYPHS 0x01u
#define PSF2_MAGIC	0x864ab572u

struct psf1_header {
	uint16_t magic;
	uint8_t mode;
	uint8_t height;
};

struct psf2_header {
	uint32_t magic;
	uint32_t version;
	uint32_t header_size;
	uint32_t flags;
	uint32_t count;
	uint32_t glyph_size;
	uint32_t height;
	uint32_t width;
};

_Static_assert(sizeof(struct psf1_header) == 4, "file format");
_Static_assert(sizeof(struct psf2_header) == 32, "file format");

static enum error parse_psf1(struct font *font, const uint8_t *psf, size_t size)
{
	struct psf1_header header;

	memcpy(&header, psf, sizeof(header));
	font->count = header.mode & PSF1_512_GLYPHS ? 512 : 256;
	font->height = header.height;
	font->glyphs = psf + sizeof(header);
	if (!font->height)
		return ERR_FORMAT;
	return size - sizeof(header) < font->count * font->height ? ERR_TRUNCATED : OK;
}

static enum error parse_psf2(struct font *font, const uint8_t *psf, size_t size)
{
	struct psf2_header header;

	if (size < sizeof(header))
		return ERR_TRUNCATED;
	memcpy(&header, psf, sizeof(header));
	if (header.width != FONT_WIDTH || header.glyph_size != header.height)
		return ERR_UNSUPPORTED;
	if (!header.height || header.height > 255 || header.header_size > size)
		return ERR_FORMAT;
	if ((size - header.header_size) / header.height < header.count)
		return ERR_TRUNCATED;
	font->count = header.count;
	font->height = header.height;
	font->glyphs = psf + header.header_size;
	return OK;
}

enum error font_parse(struct font *font, const void *psf, size_t size)
{
	uint32_t magic;

	if (size < sizeof(magic))
		return ERR_TRUNCATED;
	memcpy(&magic, psf, sizeof(magic));
	if (magic == PSF2_MAGIC)
		return parse_psf2(font, psf, size);
	return (uint16_t)magic == PSF1_MAGIC ? parse_psf1(font, psf, size) : ERR_FORMAT;
}

/* Colours 0..7 as in SGR 30..37, then bright, 0xRRGGBB. */
static const uint32_t palette[16] = {
	0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x3333cc, 0xaa00aa, 0x00aaaa, 0xbbbbbb,
	0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x7777ff, 0xff55ff, 0x55ffff, 0xffffff,
};

static uint32_t pixel(const struct framebuffer *fb, uint32_t rgb)
{
	if (fb->bgr)
		return rgb;
	return (rgb & 0xff) << 16 | (rgb & 0xff00) | rgb >> 16;
}

static volatile uint32_t *line_of(const struct framebuffer *fb, uint32_t y)
{
	return (volatile uint32_t *)((volatile uint8_t *)fb->pixels + (size_t)y * fb->pitch);
}

static void draw_glyph_line(const struct framebuffer *fb, volatile uint32_t *to, uint8_t bits,
			    const uint32_t colours[2])
{
	for (uint32_t x = 0; x < FONT_WIDTH; x++)
		for (uint32_t i = 0; i < fb->scale; i++)
			*to++ = colours[bits >> (FONT_WIDTH - 1 - x) & 1];
}

static void draw_cell(const struct framebuffer *fb, uint32_t row, uint32_t column,
		      struct screen_cell cell)
{
	uint32_t character = cell.character < fb->font.count ? cell.character : 0;
	const uint8_t *glyph = fb->font.glyphs + character * fb->font.height;
	uint32_t ink = pixel(fb, palette[cell.look & 15]);
	bool reversed = cell.look & SCREEN_LOOK_REVERSE;
	const uint32_t colours[2] = { reversed ? ink : 0, reversed ? 0 : ink };
	uint32_t height = fb->font.height * fb->scale;

	for (uint32_t y = 0; y < height; y++)
		draw_glyph_line(fb, line_of(fb, row * height + y) + column * FONT_WIDTH * fb->scale,
				glyph[y / fb->scale], colours);
}

static void clear_pixels(const struct framebuffer *fb, const struct boot_framebuffer *mode)
{
	for (uint32_t y = 0; y < mode->height; y++)
		for (uint32_t x = 0; x < mode->width; x++)
			line_of(fb, y)[x] = 0;
}

enum error framebuffer_init(struct framebuffer *fb, const struct boot_framebuffer *mode,
			    volatile uint32_t *pixels, const struct font *font)
{
	uint32_t scale = mode->width / WIDTH_PER_SCALE ? mode->width / WIDTH_PER_SCALE : 1;

	if (mode->pitch / 4 < mode->width || (uint64_t)mode->pitch * mode->height > mode->size ||
	    mode->width < FONT_WIDTH || mode->height < font->height * scale)
		return ERR_RANGE;
	memset(fb, 0, sizeof(*fb));
	fb->pixels = pixels;
	fb->pitch = mode->pitch;
	fb->bgr = mode->bgr;
	fb->scale = scale;
	fb->font = *font;
	text_screen_init(&fb->screen, mode->width / (FONT_WIDTH * scale),
			 mode->height / (font->height * scale));
	clear_pixels(fb, mode);
	for (uint32_t row = 0; row < fb->screen.rows; row++)
		memcpy(fb->shown[row], fb->screen.cells[row], sizeof(fb->shown[row]));
	return OK;
}

void framebuffer_write(struct framebuffer *fb, const uint8_t *bytes, size_t length)
{
	text_screen_write(&fb->screen, bytes, length);
}

/* The cell as it should look, with the cursor on it. */
static struct screen_cell wanted(const struct text_screen *screen, uint32_t row, uint32_t column)
{
	struct screen_cell cell = screen->cells[row][column];

	if (row == screen->row && column == screen->column)
		cell.look ^= SCREEN_LOOK_REVERSE;
	return cell;
}

static uint32_t refresh_row(struct framebuffer *fb, uint32_t row)
{
	uint32_t drawn = 0;

	for (uint32_t column = 0; column < fb->screen.columns; column++) {
		struct screen_cell cell = wanted(&fb->screen, row, column);
		struct screen_cell *shown = &fb->shown[row][column];

		if (cell.character == shown->character && cell.look == shown->look)
			continue;
		draw_cell(fb, row, column, cell);
		*shown = cell;
		drawn++;
	}
	return drawn;
}

uint32_t framebuffer_refresh(struct framebuffer *fb, uint32_t budget)
{
	uint32_t drawn = 0;

	for (uint32_t i = 0; i < fb->screen.rows; i++) {
		if (drawn >= budget)
			return drawn;
		drawn += refresh_row(fb, fb->next_row);
		fb->next_row = (fb->next_row + 1) % fb->screen.rows;
	}
	return drawn < budget ? drawn : budget - 1;
}
