#include "drivers/text_screen.h"

#include <string.h>

#define ESCAPE	  0x1bu
#define TAB_STOPS 8u

enum escape_state { PLAIN, AFTER_ESCAPE, IN_CONTROL };

static void blank(struct text_screen *screen, uint32_t row, uint32_t from, uint32_t to)
{
	for (uint32_t column = from; column < to; column++)
		screen->cells[row][column] = (struct screen_cell) { ' ', SCREEN_LOOK_PLAIN };
}

static void blank_rows(struct text_screen *screen, uint32_t from, uint32_t to)
{
	for (uint32_t row = from; row < to; row++)
		blank(screen, row, 0, screen->columns);
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

void text_screen_init(struct text_screen *screen, uint32_t columns, uint32_t rows)
{
	memset(screen, 0, sizeof(*screen));
	screen->columns = columns ? at_most(columns, SCREEN_COLUMNS_MAX) : 1;
	screen->rows = rows ? at_most(rows, SCREEN_ROWS_MAX) : 1;
	screen->look = SCREEN_LOOK_PLAIN;
	blank_rows(screen, 0, screen->rows);
}

static void line_feed(struct text_screen *screen)
{
	if (screen->row + 1 < screen->rows) {
		screen->row++;
		return;
	}
	memmove(screen->cells[0], screen->cells[1], (screen->rows - 1) * sizeof(screen->cells[0]));
	blank_rows(screen, screen->rows - 1, screen->rows);
}

static void put_character(struct text_screen *screen, uint8_t character)
{
	if (screen->column == screen->columns) {
		screen->column = 0;
		line_feed(screen);
	}
	screen->cells[screen->row][screen->column++] =
		(struct screen_cell) { character, screen->look };
}

static void plain_byte(struct text_screen *screen, uint8_t byte)
{
	switch (byte) {
	case ESCAPE:
		screen->escape = AFTER_ESCAPE;
		break;
	case '\n':
		line_feed(screen);
		break;
	case '\r':
		screen->column = 0;
		break;
	case '\b':
		if (screen->column)
			screen->column--;
		break;
	case '\t':
		screen->column =
			at_most((screen->column / TAB_STOPS + 1) * TAB_STOPS, screen->columns - 1);
		break;
	default:
		if (byte >= ' ')
			put_character(screen, byte < 0x7f ? byte : '?');
	}
}

/* Parameter `index` of the control sequence; `missing` if it is absent or 0. */
static uint32_t param(const struct text_screen *screen, uint32_t index, uint32_t missing)
{
	return screen->params[index] ? screen->params[index] : missing;
}

static void move_up(struct text_screen *screen)
{
	uint32_t count = at_most(param(screen, 0, 1), screen->row);

	screen->row -= count;
}

static void move_down(struct text_screen *screen)
{
	screen->row = at_most(screen->row + param(screen, 0, 1), screen->rows - 1);
}

static void move_right(struct text_screen *screen)
{
	screen->column = at_most(screen->column + param(screen, 0, 1), screen->columns - 1);
}

static void move_left(struct text_screen *screen)
{
	uint32_t count = at_most(param(screen, 0, 1), screen->column);

	screen->column -= count;
}

static void move_to(struct text_screen *screen)
{
	screen->row = at_most(param(screen, 0, 1), screen->rows) - 1;
	screen->column = at_most(param(screen, 1, 1), screen->columns) - 1;
}

static void erase_row(struct text_screen *screen)
{
	uint32_t mode = screen->params[0];
	uint32_t from = mode == 0 ? screen->column : 0;
	uint32_t to = mode == 1 ? at_most(screen->column + 1, screen->columns) : screen->columns;

	blank(screen, screen->row, from, to);
}

static void erase_screen(struct text_screen *screen)
{
	uint32_t mode = screen->params[0];

	if (mode <= 1)
		erase_row(screen);
	if (mode != 0)
		blank_rows(screen, 0, mode == 1 ? screen->row : screen->rows);
	if (mode == 0)
		blank_rows(screen, screen->row + 1, screen->rows);
}

static void set_look(struct text_screen *screen, uint32_t code)
{
	uint8_t extras = screen->look & (SCREEN_LOOK_BRIGHT | SCREEN_LOOK_REVERSE);

	if (code == 0)
		screen->look = SCREEN_LOOK_PLAIN;
	else if (code == 1)
		screen->look |= SCREEN_LOOK_BRIGHT;
	else if (code == 7)
		screen->look |= SCREEN_LOOK_REVERSE;
	else if (code == 22)
		screen->look &= (uint8_t)~SCREEN_LOOK_BRIGHT;
	else if (code == 27)
		screen->look &= (uint8_t)~SCREEN_LOOK_REVERSE;
	else if (code >= 30 && code <= 37)
		screen->look = (uint8_t)(extras | (code - 30));
	else if (code == 39)
		screen->look = (uint8_t)(extras | SCREEN_LOOK_PLAIN);
}

static void set_looks(struct text_screen *screen)
{
	for (uint32_t i = 0; i <= screen->param; i++)
		set_look(screen, screen->params[i]);
}

static const struct {
	char last;
	void (*act)(struct text_screen *screen);
} controls[] = {
	{ 'A', move_up },      { 'B', move_down }, { 'C', move_right },
	{ 'D', move_left },    { 'H', move_to },   { 'f', move_to },
	{ 'J', erase_screen }, { 'K', erase_row }, { 'm', set_looks },
};

static void control_byte(struct text_screen *screen, uint8_t byte)
{
	uint16_t *value = &screen->params[screen->param];

	if (byte >= '0' && byte <= '9') {
		*value = (uint16_t)at_most(*value * 10u + byte - '0', 9999);
	} else if (byte == ';') {
		screen->param = (uint8_t)at_most(screen->param + 1u, SCREEN_PARAMS - 1);
		screen->params[screen->param] = 0;
	} else if (byte >= 0x40) {
		screen->escape = PLAIN;
		for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
			if (controls[i].last == (char)byte)
				controls[i].act(screen);
	}
}

static void write_byte(struct text_screen *screen, uint8_t byte)
{
	if (screen->escape == PLAIN || byte == ESCAPE) {
		plain_byte(screen, byte);
	} else if (screen->escape == IN_CONTROL) {
		control_byte(screen, byte);
	} else {
		screen->escape = byte == '[' ? IN_CONTROL : PLAIN;
		screen->param = 0;
		memset(screen->params, 0, sizeof(screen->params));
	}
}

void text_screen_write(struct text_screen *screen, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		write_byte(screen, bytes[i]);
}
