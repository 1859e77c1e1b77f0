/* The screen console: terminal grid, font, pixels, and the keyboard that belongs to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/framebuffer.h"
#include "drivers/ps2.h"

static struct text_screen screen;

static void write_text(const char *text)
{
	text_screen_write(&screen, (const uint8_t *)text, strlen(text));
}

static void expect_row(uint32_t row, const char *text)
{
	for (uint32_t i = 0; i < screen.columns; i++)
		assert_int_equal(screen.cells[row][i].character, i < strlen(text) ? text[i] : ' ');
}

static int small_screen(void **state)
{
	(void)state;
	text_screen_init(&screen, 10, 3);
	return 0;
}

static void lines_scroll(void **state)
{
	(void)state;
	write_text("one\r\ntwo\r\nthree\r\nfour");
	expect_row(0, "two");
	expect_row(1, "three");
	expect_row(2, "four");
	assert_int_equal(screen.column, 4);
}

static void full_row_wraps_with_the_next_character(void **state)
{
	(void)state;
	write_text("0123456789");
	assert_int_equal(screen.row, 0);
	write_text("\r\nx");
	expect_row(0, "0123456789");
	expect_row(1, "x");
	write_text("\r0123456789y");
	expect_row(2, "y");
}

static void cursor_movements_stay_on_the_screen(void **state)
{
	(void)state;
	write_text("\033[99;99Hz\033[50A\033[50D\033[2Ca\033[9Bb\tc");
	expect_row(0, "  a");
	expect_row(2, "   b    cz");
	write_text("\033[0;0f!\b?");
	expect_row(0, "? a");
}

static void erasing(void **state)
{
	(void)state;
	write_text("aaaaaaaaaa\r\nbbbbbbbbbb\r\ncccccccccc");
	write_text("\033[2;4H\033[K");
	expect_row(1, "bbb");
	write_text("\033[2;2H\033[1K");
	expect_row(1, "  b");
	write_text("\033[J");
	expect_row(1, "");
	expect_row(2, "");
	expect_row(0, "aaaaaaaaaa");
	write_text("\033[2J");
	expect_row(0, "");
}

static void colours_and_reverse(void **state)
{
	(void)state;
	write_text("\033[31;1;7mx\033[0my\033[27;22;39mz\033[32mg");
	assert_int_equal(screen.cells[0][0].look, 1 | SCREEN_LOOK_BRIGHT | SCREEN_LOOK_REVERSE);
	assert_int_equal(screen.cells[0][1].look, SCREEN_LOOK_PLAIN);
	assert_int_equal(screen.cells[0][2].look, SCREEN_LOOK_PLAIN);
	assert_int_equal(screen.cells[0][3].look, 2);
}

static void unknown_sequences_are_swallowed(void **state)
{
	(void)state;
	write_text("a\033[!pb\033[?25hc\033[1;2;3;4;5;6;7;99999999md\033=e\x01\xff");
	expect_row(0, "abcde?");
}

static void any_bytes_keep_the_cursor_inside(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		static const char likely[] = "\033[;0123459ABCDHJKm\n\r\t\bx";
		uint8_t byte;

		random = random * 1664525 + 1013904223;
		byte = random >> 31 ? (uint8_t)(random >> 16)
				    : (uint8_t)likely[(random >> 16) % (sizeof(likely) - 1)];
		text_screen_write(&screen, &byte, 1);
		assert_true(screen.row < screen.rows && screen.column <= screen.columns);
	}
}

/* ---- pixels ---- */

static uint8_t psf1[4 + 256 * 16];

static struct font make_font(void)
{
	struct font font;

	memcpy(psf1, "\x36\x04\x00\x10", 4);
	for (int i = 0; i < 256; i++)
		memset(psf1 + 4 + i * 16, i == ' ' ? 0 : i, 16);
	assert_int_equal(font_parse(&font, psf1, sizeof(psf1)), OK);
	return font;
}

static void fonts_are_checked(void **state)
{
	uint8_t psf2[32 + 2 * 16] = { 0x72, 0xb5, 0x4a, 0x86 };
	struct font font = make_font();

	(void)state;
	assert_int_equal(font.height, 16);
	assert_ptr_equal(font.glyphs, psf1 + 4);
	assert_int_equal(font_parse(&font, psf1, sizeof(psf1) - 1), ERR_TRUNCATED);
	assert_int_equal(font_parse(&font, "PNG!", 4), ERR_FORMAT);
	assert_int_equal(font_parse(&font, psf1, 3), ERR_TRUNCATED);
	psf2[8] = 32;
	psf2[16] = 2;
	psf2[20] = psf2[24] = 16;
	psf2[28] = 8;
	assert_int_equal(font_parse(&font, psf2, sizeof(psf2)), OK);
	assert_int_equal(font.count, 2);
	psf2[16] = 3;
	assert_int_equal(font_parse(&font, psf2, sizeof(psf2)), ERR_TRUNCATED);
	psf2[28] = 12;
	assert_int_equal(font_parse(&font, psf2, sizeof(psf2)), ERR_UNSUPPORTED);
}

#define WIDTH  80u
#define HEIGHT 32u
#define PITCH  (WIDTH + 4)

static uint32_t pixels[PITCH * HEIGHT];
static const struct boot_framebuffer mode = {
	.size = sizeof(pixels),
	.width = WIDTH,
	.height = HEIGHT,
	.pitch = PITCH * 4,
	.bgr = 1,
};
static struct framebuffer fb;

static void write_screen(const char *text)
{
	framebuffer_write(&fb, (const uint8_t *)text, strlen(text));
}

static int two_rows_of_ten(void **state)
{
	struct font font = make_font();

	(void)state;
	memset(pixels, 0x55, sizeof(pixels));
	assert_int_equal(framebuffer_init(&fb, &mode, pixels, &font), OK);
	assert_int_equal(fb.screen.columns, 10);
	assert_int_equal(fb.screen.rows, 2);
	return 0;
}

static uint8_t glyph_line(uint32_t row, uint32_t column, uint32_t y, uint32_t ink)
{
	uint8_t bits = 0;

	for (uint32_t x = 0; x < 8; x++)
		bits |= (pixels[(row * 16 + y) * PITCH + column * 8 + x] == ink) << (7 - x);
	return bits;
}

static void glyphs_become_pixels(void **state)
{
	(void)state;
	assert_int_equal(pixels[0], 0);
	write_screen("A\r\n \033[31mB");
	assert_true(framebuffer_refresh(&fb, 100) < 100);
	assert_int_equal(glyph_line(0, 0, 0, 0xbbbbbb), 'A');
	assert_int_equal(glyph_line(0, 0, 15, 0xbbbbbb), 'A');
	assert_int_equal(glyph_line(1, 1, 7, 0xaa0000), 'B');
	assert_int_equal(glyph_line(1, 2, 0, 0xbbbbbb), 0xff);
	assert_int_equal(pixels[WIDTH], 0x55555555);
}

static void only_changed_cells_are_drawn(void **state)
{
	(void)state;
	write_screen("abc");
	assert_int_equal(framebuffer_refresh(&fb, 100), 4);
	memset(pixels, 0, sizeof(pixels));
	write_screen("\rabc");
	assert_int_equal(framebuffer_refresh(&fb, 100), 0);
	write_screen("\rxbc");
	assert_int_equal(framebuffer_refresh(&fb, 100), 1);
	assert_int_equal(glyph_line(0, 0, 3, 0xbbbbbb), 'x');
	assert_int_equal(glyph_line(0, 1, 3, 0xbbbbbb), 0);
}

static void budget_bounds_one_refresh_and_the_next_goes_on(void **state)
{
	(void)state;
	write_screen("0123456789abcdefghi");
	assert_int_equal(framebuffer_refresh(&fb, 5), 10);
	assert_int_equal(glyph_line(1, 0, 0, 0xbbbbbb), 0);
	framebuffer_refresh(&fb, 5);
	assert_int_equal(glyph_line(1, 0, 0, 0xbbbbbb), 'a');
}

static void red_first_modes_swap_colours(void **state)
{
	struct boot_framebuffer rgb = mode;
	struct font font = make_font();

	(void)state;
	rgb.bgr = 0;
	assert_int_equal(framebuffer_init(&fb, &rgb, pixels, &font), OK);
	write_screen("\033[31mA");
	framebuffer_refresh(&fb, 100);
	assert_int_equal(glyph_line(0, 0, 0, 0x0000aa), 'A');
}

static void impossible_modes_are_refused(void **state)
{
	struct font font = make_font();
	struct boot_framebuffer bad = mode;

	(void)state;
	bad.size--;
	assert_int_equal(framebuffer_init(&fb, &bad, pixels, &font), ERR_RANGE);
	bad = mode;
	bad.pitch = WIDTH * 4 - 4;
	assert_int_equal(framebuffer_init(&fb, &bad, pixels, &font), ERR_RANGE);
	bad = mode;
	bad.height = 15;
	assert_int_equal(framebuffer_init(&fb, &bad, pixels, &font), ERR_RANGE);
}

static void large_screens_get_large_pixels(void **state)
{
	struct boot_framebuffer large = {
		.size = 2560 * 4 * 64,
		.width = 2560,
		.height = 64,
		.pitch = 2560 * 4,
		.bgr = 1,
	};
	struct font font = make_font();
	uint32_t *memory = calloc(1, large.size);

	(void)state;
	assert_int_equal(framebuffer_init(&fb, &large, memory, &font), OK);
	assert_int_equal(fb.screen.columns, 160);
	assert_int_equal(fb.screen.rows, 2);
	write_screen("@");
	framebuffer_refresh(&fb, 1000);
	assert_int_equal(memory[2], 0xbbbbbb);
	assert_int_equal(memory[3], 0xbbbbbb);
	assert_int_equal(memory[2560 + 2], 0xbbbbbb);
	assert_int_equal(memory[4], 0);
	free(memory);
}

/* ---- keyboard ---- */

static struct ps2_keys keys;

static const char *scan(const char *codes)
{
	const char *text = "";

	for (; *codes; codes++)
		text = ps2_decode(&keys, (uint8_t)*codes);
	return text;
}

static int new_keyboard(void **state)
{
	(void)state;
	memset(&keys, 0, sizeof(keys));
	return 0;
}

static void keys_send_characters(void **state)
{
	(void)state;
	assert_string_equal(scan("\x1e"), "a");
	assert_string_equal(scan("\x9e"), "");
	assert_string_equal(scan("\x39"), " ");
	assert_string_equal(scan("\x1c"), "\r");
	assert_string_equal(scan("\x0e"), "\177");
	assert_string_equal(scan("\x3b"), "");
	assert_string_equal(scan("\x58"), "");
}

static void modifiers_change_them(void **state)
{
	(void)state;
	assert_string_equal(scan("\x2a\x1e"), "A");
	assert_string_equal(scan("\x03"), "@");
	assert_string_equal(scan("\xaa\x1e"), "a");
	assert_string_equal(scan("\x1d\x2e"), "\003");
	assert_string_equal(scan("\x1b"), "\035");
	assert_string_equal(scan("\x9d\x3a\xba\x1e"), "A");
	assert_string_equal(scan("\x02"), "1");
	assert_string_equal(scan("\x36\x1e"), "a");
}

static void arrows_send_escape_sequences(void **state)
{
	(void)state;
	assert_string_equal(scan("\xe0\x48"), "\033[A");
	assert_string_equal(scan("\xe0\xc8"), "");
	assert_string_equal(scan("\xe0\x2a\xe0\x53"), "\033[3~");
	assert_string_equal(scan("\x1e"), "a");
	assert_string_equal(scan("\xe0\x1d\x2e"), "\003");
	assert_string_equal(scan("\xe0\x9d\x2e"), "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_scroll, small_screen),
		cmocka_unit_test_setup(full_row_wraps_with_the_next_character, small_screen),
		cmocka_unit_test_setup(cursor_movements_stay_on_the_screen, small_screen),
		cmocka_unit_test_setup(erasing, small_screen),
		cmocka_unit_test_setup(colours_and_reverse, small_screen),
		cmocka_unit_test_setup(unknown_sequences_are_swallowed, small_screen),
		cmocka_unit_test_setup(any_bytes_keep_the_cursor_inside, small_screen),
		cmocka_unit_test(fonts_are_checked),
		cmocka_unit_test_setup(glyphs_become_pixels, two_rows_of_ten),
		cmocka_unit_test_setup(only_changed_cells_are_drawn, two_rows_of_ten),
		cmocka_unit_test_setup(budget_bounds_one_refresh_and_the_next_goes_on,
				       two_rows_of_ten),
		cmocka_unit_test(red_first_modes_swap_colours),
		cmocka_unit_test(impossible_modes_are_refused),
		cmocka_unit_test(large_screens_get_large_pixels),
		cmocka_unit_test_setup(keys_send_characters, new_keyboard),
		cmocka_unit_test_setup(modifiers_change_them, new_keyboard),
		cmocka_unit_test_setup(arrows_send_escape_sequences, new_keyboard),
	};

	return cmocka_run_group_tests_name("screen", tests, NULL, NULL);
}
