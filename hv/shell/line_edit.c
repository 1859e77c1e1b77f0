#include "hv/shell/line_edit.h"

#include <stdio.h>
#include <string.h>

#define ESCAPE	  0x1b
#define BACKSPACE 0x7f
#define CTRL(key) ((key)&0x1f)

enum escape_state {
	NO_ESCAPE,
	AFTER_ESCAPE,  /* ESC */
	AFTER_BRACKET, /* ESC [ and digits or semicolons */
	AFTER_O,       /* ESC O */
};

void line_edit_init(struct line_edit *edit, const char *prompt, const struct history *history,
		    void (*emit)(const char *bytes, size_t length))
{
	*edit = (struct line_edit) { .prompt = prompt, .history = history, .emit = emit };
}

void line_edit_reset(struct line_edit *edit)
{
	edit->text[0] = '\0';
	edit->length = 0;
	edit->cursor = 0;
	edit->browsing = 0;
	edit->escape = NO_ESCAPE;
}

static void emit_text(const struct line_edit *edit, const char *text)
{
	edit->emit(text, strlen(text));
}

/* Columns for the text; the last one stays free, where terminals begin to wrap. */
static uint32_t text_columns(const struct line_edit *edit)
{
	return LINE_EDIT_COLUMNS - 1 - (uint32_t)strlen(edit->prompt);
}

/* Index of the leftmost character shown: 0 unless the cursor would leave the row. */
static uint32_t first_shown(const struct line_edit *edit)
{
	uint32_t columns = text_columns(edit);

	return edit->cursor < columns ? 0 : edit->cursor - columns + 1;
}

void line_edit_draw(const struct line_edit *edit)
{
	uint32_t first = first_shown(edit);
	uint32_t shown = edit->length - first;
	char move[16];

	if (shown > text_columns(edit))
		shown = text_columns(edit);
	emit_text(edit, "\r");
	emit_text(edit, edit->prompt);
	edit->emit(edit->text + first, shown);
	emit_text(edit, "\033[K");
	if (edit->cursor - first == shown)
		return;
	snprintf(move, sizeof(move), "\033[%uD", (unsigned)(shown - (edit->cursor - first)));
	emit_text(edit, move);
}

static void set_text(struct line_edit *edit, const char *text)
{
	snprintf(edit->text, sizeof(edit->text), "%s", text);
	edit->length = (uint32_t)strlen(edit->text);
	edit->cursor = edit->length;
	line_edit_draw(edit);
}

static void insert_character(struct line_edit *edit, char c)
{
	if (edit->length == SHELL_LINE_MAX - 1)
		return;
	memmove(edit->text + edit->cursor + 1, edit->text + edit->cursor,
		edit->length - edit->cursor + 1);
	edit->text[edit->cursor++] = c;
	edit->length++;
	/* The usual case, a letter at the end of a short line, costs one byte of output. */
	if (edit->cursor == edit->length && first_shown(edit) == 0)
		edit->emit(&c, 1);
	else
		line_edit_draw(edit);
}

void line_edit_insert(struct line_edit *edit, const char *text)
{
	for (; *text; text++)
		if (*text >= ' ' && *text < BACKSPACE)
			insert_character(edit, *text);
}

/* Removes the characters from `from` up to `to`; the cursor ends at `from`. */
static void cut(struct line_edit *edit, uint32_t from, uint32_t to)
{
	memmove(edit->text + from, edit->text + to, edit->length - to + 1);
	edit->length -= to - from;
	edit->cursor = from;
	line_edit_draw(edit);
}

static void move_to(struct line_edit *edit, uint32_t cursor)
{
	edit->cursor = cursor;
	line_edit_draw(edit);
}

static uint32_t word_before(const struct line_edit *edit)
{
	uint32_t at = edit->cursor;

	while (at && edit->text[at - 1] == ' ')
		at--;
	while (at && edit->text[at - 1] != ' ')
		at--;
	return at;
}

static void to_begin(struct line_edit *edit)
{
	move_to(edit, 0);
}

static void to_end(struct line_edit *edit)
{
	move_to(edit, edit->length);
}

static void to_left(struct line_edit *edit)
{
	if (edit->cursor)
		move_to(edit, edit->cursor - 1);
}

static void to_right(struct line_edit *edit)
{
	if (edit->cursor < edit->length)
		move_to(edit, edit->cursor + 1);
}

static void delete_left(struct line_edit *edit)
{
	if (edit->cursor)
		cut(edit, edit->cursor - 1, edit->cursor);
}

static void delete_right(struct line_edit *edit)
{
	if (edit->cursor < edit->length)
		cut(edit, edit->cursor, edit->cursor + 1);
}

static void cut_to_end(struct line_edit *edit)
{
	cut(edit, edit->cursor, edit->length);
}

static void cut_to_begin(struct line_edit *edit)
{
	cut(edit, 0, edit->cursor);
}

static void cut_word(struct line_edit *edit)
{
	cut(edit, word_before(edit), edit->cursor);
}

static void clear_screen(struct line_edit *edit)
{
	emit_text(edit, "\033[2J\033[H");
	line_edit_draw(edit);
}

static void older_line(struct line_edit *edit)
{
	const char *line = history_get(edit->history, edit->browsing);

	if (!line)
		return;
	if (edit->browsing++ == 0)
		memcpy(edit->put_aside, edit->text, sizeof(edit->put_aside));
	set_text(edit, line);
}

static void newer_line(struct line_edit *edit)
{
	if (!edit->browsing)
		return;
	edit->browsing--;
	set_text(edit,
		 edit->browsing ? history_get(edit->history, edit->browsing - 1) : edit->put_aside);
}

struct key {
	uint8_t code;
	void (*act)(struct line_edit *edit);
};

static const struct key control_keys[] = {
	{ CTRL('a'), to_begin },    { CTRL('b'), to_left },	 { CTRL('d'), delete_right },
	{ CTRL('e'), to_end },	    { CTRL('f'), to_right },	 { CTRL('h'), delete_left },
	{ CTRL('k'), cut_to_end },  { CTRL('l'), clear_screen }, { CTRL('n'), newer_line },
	{ CTRL('p'), older_line },  { CTRL('u'), cut_to_begin }, { CTRL('w'), cut_word },
	{ BACKSPACE, delete_left },
};

/* Last byte of ESC [ x and ESC O x. */
static const struct key letter_keys[] = {
	{ 'A', older_line }, { 'B', newer_line }, { 'C', to_right },
	{ 'D', to_left },    { 'H', to_begin },	  { 'F', to_end },
};

/* The number of ESC [ n ~. */
static const struct key number_keys[] = {
	{ 1, to_begin }, { 3, delete_right }, { 4, to_end }, { 7, to_begin }, { 8, to_end },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void press(struct line_edit *edit, const struct key *keys, size_t count, uint8_t code)
{
	for (size_t i = 0; i < count; i++)
		if (keys[i].code == code)
			keys[i].act(edit);
}

static void bracket_byte(struct line_edit *edit, uint8_t byte)
{
	if (byte >= '0' && byte <= '9') {
		edit->escape_number = (uint8_t)(edit->escape_number * 10 + byte - '0');
		return;
	}
	if (byte < 0x40)
		return;
	edit->escape = NO_ESCAPE;
	if (byte == '~')
		press(edit, number_keys, COUNT(number_keys), edit->escape_number);
	else
		press(edit, letter_keys, COUNT(letter_keys), byte);
}

static void escape_byte(struct line_edit *edit, uint8_t byte)
{
	switch (edit->escape) {
	case AFTER_ESCAPE:
		edit->escape = byte == '[' ? AFTER_BRACKET : byte == 'O' ? AFTER_O : NO_ESCAPE;
		edit->escape_number = 0;
		break;
	case AFTER_BRACKET:
		bracket_byte(edit, byte);
		break;
	default:
		edit->escape = NO_ESCAPE;
		press(edit, letter_keys, COUNT(letter_keys), byte);
	}
}

static enum line_event finish(struct line_edit *edit, const char *shown, enum line_event event)
{
	if (edit->cursor != edit->length)
		to_end(edit);
	emit_text(edit, shown);
	return event;
}

static enum line_event plain_byte(struct line_edit *edit, uint8_t byte)
{
	if (byte == CTRL('c'))
		return finish(edit, "^C\n", LINE_CANCELLED);
	if (byte == '\t')
		return LINE_COMPLETE;
	if (byte >= ' ' && byte < BACKSPACE)
		insert_character(edit, (char)byte);
	else
		press(edit, control_keys, COUNT(control_keys), byte);
	return LINE_EDITING;
}

enum line_event line_edit_feed(struct line_edit *edit, uint8_t byte)
{
	bool after_return = edit->after_return;

	edit->after_return = byte == '\r';
	if (byte == ESCAPE) {
		edit->escape = AFTER_ESCAPE;
		return LINE_EDITING;
	}
	if (byte == '\n' && after_return)
		return LINE_EDITING;
	if (byte == '\r' || byte == '\n')
		return finish(edit, "\n", LINE_DONE);
	if (edit->escape == NO_ESCAPE)
		return plain_byte(edit, byte);
	escape_byte(edit, byte);
	return LINE_EDITING;
}
