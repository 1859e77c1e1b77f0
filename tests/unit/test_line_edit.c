/* hv/shell: line editor, history, words and completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hv/shell/completion.h"
#include "hv/shell/line_edit.h"
#include "hv/shell/tokens.h"

/* A terminal of one row: enough to see what a person would see. */
static char row[LINE_EDIT_COLUMNS + 1];
static uint32_t column;
static uint32_t rows_fed; /* newlines seen */
static char escape[16];
static size_t escape_length;

static void end_escape(void)
{
	int number = 0;

	sscanf(escape, "\033[%d", &number);
	switch (escape[escape_length - 1]) {
	case 'K':
		memset(row + column, ' ', LINE_EDIT_COLUMNS - column);
		break;
	case 'D':
		assert_true(number > 0 && (uint32_t)number <= column);
		column -= (uint32_t)number;
		break;
	case 'J':
	case 'H':
		break;
	default:
		fail_msg("unexpected escape sequence");
	}
	escape_length = 0;
}

static void terminal_byte(char c)
{
	if (escape_length || c == '\033') {
		escape[escape_length++] = c;
		escape[escape_length] = '\0';
		if (escape_length > 2 && c >= 0x40)
			end_escape();
	} else if (c == '\r') {
		column = 0;
	} else if (c == '\n') {
		rows_fed++;
	} else {
		assert_true(column < LINE_EDIT_COLUMNS - 1);
		row[column++] = c;
	}
}

static void terminal(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		terminal_byte(bytes[i]);
}

static struct history history;
static struct line_edit edit;

static int set_up(void **state)
{
	(void)state;
	memset(row, ' ', sizeof(row) - 1);
	column = rows_fed = 0;
	escape_length = 0;
	memset(&history, 0, sizeof(history));
	line_edit_init(&edit, "> ", &history, terminal);
	line_edit_draw(&edit);
	return 0;
}

static enum line_event type(const char *keys)
{
	enum line_event event = LINE_EDITING;

	for (; *keys; keys++)
		event = line_edit_feed(&edit, (uint8_t)*keys);
	return event;
}

/* Line, cursor and picture must agree. */
static void expect(const char *text, uint32_t cursor)
{
	char picture[LINE_EDIT_COLUMNS + 1];

	assert_string_equal(edit.text, text);
	assert_int_equal(edit.length, strlen(text));
	assert_int_equal(edit.cursor, cursor);
	snprintf(picture, sizeof(picture), "> %-78s", text);
	assert_string_equal(row, picture);
	assert_int_equal(column, 2 + cursor);
}

static void letters_and_enter(void **state)
{
	(void)state;
	assert_int_equal(type("list"), LINE_EDITING);
	expect("list", 4);
	assert_int_equal(type("\r"), LINE_DONE);
	assert_string_equal(edit.text, "list");
	line_edit_reset(&edit);
	assert_int_equal(type("\n"), LINE_EDITING);
	assert_int_equal(rows_fed, 1);
	assert_int_equal(type("\n"), LINE_DONE);
}

static void arrows_insert_in_the_middle(void **state)
{
	(void)state;
	type("ac\033[Db");
	expect("abc", 2);
	type("\033[C\033[C!");
	expect("abc!", 4);
	type("\033[D\033[D\033[D\033[D\033[D?");
	expect("?abc!", 1);
}

static void home_end_in_all_dialects(void **state)
{
	static const char *const home[] = { "\033[H", "\033OH", "\033[1~", "\033[7~", "\001" };
	static const char *const end[] = { "\033[F", "\033OF", "\033[4~", "\033[8~", "\005" };

	(void)state;
	type("word");
	for (int i = 0; i < 5; i++) {
		type(home[i]);
		expect("word", 0);
		type(end[i]);
		expect("word", 4);
	}
}

static void deleting(void **state)
{
	(void)state;
	type("abcdef\177");
	expect("abcde", 5);
	type("\001\033[3~");
	expect("bcde", 0);
	type("\004\177\010");
	expect("cde", 0);
	type("\005\004");
	expect("cde", 3);
}

static void cutting(void **state)
{
	(void)state;
	type("one two  three\027");
	expect("one two  ", 9);
	type("\027");
	expect("one ", 4);
	type("\002\002\013");
	expect("on", 2);
	type("xyz\002\025");
	expect("z", 0);
}

static void history_keeps_the_line_being_written(void **state)
{
	(void)state;
	history_add(&history, "first");
	history_add(&history, "second");
	type("unfini\033[A");
	expect("second", 6);
	type("\033[A\033[A");
	expect("first", 5);
	type("\033[B\033[B");
	expect("unfini", 6);
	type("\033[B");
	expect("unfini", 6);
}

static void history_forgets_the_oldest_and_skips_repetitions(void **state)
{
	char line[32];

	(void)state;
	history_add(&history, "");
	history_add(&history, "   ");
	assert_int_equal(history_count(&history), 0);
	for (int i = 0; i < HISTORY_ENTRIES + 5; i++) {
		snprintf(line, sizeof(line), "line %d", i);
		history_add(&history, line);
		history_add(&history, line);
	}
	assert_int_equal(history_count(&history), HISTORY_ENTRIES);
	assert_string_equal(history_get(&history, 0), "line 68");
	assert_string_equal(history_get(&history, HISTORY_ENTRIES - 1), "line 5");
	assert_null(history_get(&history, HISTORY_ENTRIES));
}

static void long_line_scrolls_sideways(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		type("0123456789");
	assert_int_equal(edit.length, SHELL_LINE_MAX - 1);
	assert_int_equal(column, LINE_EDIT_COLUMNS - 2);
	type("\001");
	assert_int_equal(column, 2);
	assert_memory_equal(row, "> 0123456789", 12);
}

static void cancel_and_noise(void **state)
{
	(void)state;
	type("abc\033[5~\033[1;9Z\033x\200\377\002");
	expect("abc", 2);
	assert_int_equal(type("\003"), LINE_CANCELLED);
	line_edit_reset(&edit);
	line_edit_draw(&edit);
	expect("", 0);
	assert_int_equal(type("\t"), LINE_COMPLETE);
}

static void inserting_drops_control_characters(void **state)
{
	(void)state;
	line_edit_insert(&edit, "a\033[2J\nb");
	expect("a[2Jb", 5);
}

static void words(void **state)
{
	static const char line[] = " mem \"two words\" 'it\"s' a\\ b\"c\"  ";
	struct tokens tokens;

	(void)state;
	assert_int_equal(tokens_split(&tokens, line, strlen(line)), OK);
	assert_int_equal(tokens.count, 4);
	assert_string_equal(tokens.words[0], "mem");
	assert_string_equal(tokens.words[1], "two words");
	assert_string_equal(tokens.words[2], "it\"s");
	assert_string_equal(tokens.words[3], "a bc");
	assert_null(tokens.words[4]);
	assert_false(tokens.last_open);
	assert_int_equal(tokens.last_start, strlen(line));
}

static void words_left_open(void **state)
{
	struct tokens tokens;

	(void)state;
	assert_int_equal(tokens_split(&tokens, "a \"b c", 6), ERR_FORMAT);
	assert_int_equal(tokens_split(&tokens, "a \\", 3), ERR_FORMAT);
	assert_int_equal(tokens_split(&tokens, "''", 2), OK);
	assert_int_equal(tokens.count, 1);
	assert_string_equal(tokens.words[0], "");
	assert_int_equal(tokens_split(&tokens, "start lin", 9), OK);
	assert_true(tokens.last_open);
	assert_int_equal(tokens.last_start, 6);
}

static void words_have_a_limit(void **state)
{
	struct tokens tokens;
	char line[SHELL_LINE_MAX + 1];

	(void)state;
	for (int i = 0; i <= TOKENS_MAX; i++)
		memcpy(line + 2 * i, "x ", 2);
	assert_int_equal(tokens_split(&tokens, line, 2 * TOKENS_MAX), OK);
	assert_int_equal(tokens_split(&tokens, line, 2 * TOKENS_MAX + 2), ERR_LIMIT);
	memset(line, 'y', sizeof(line));
	assert_int_equal(tokens_split(&tokens, line, SHELL_LINE_MAX), ERR_LIMIT);
	assert_int_equal(tokens_split(&tokens, line, SHELL_LINE_MAX - 1), OK);
}

static void completion_finds_the_common_beginning(void **state)
{
	struct completion completion;

	(void)state;
	completion_begin(&completion, "st");
	completion_add(&completion, "stats");
	completion_add(&completion, "start");
	completion_add(&completion, "list");
	assert_int_equal(completion.count, 2);
	assert_string_equal(completion_rest(&completion), "a");
	completion_add(&completion, "stop");
	assert_string_equal(completion_rest(&completion), "");
	completion_begin(&completion, "z");
	assert_string_equal(completion_rest(&completion), "");
}

static void completion_survives_too_much(void **state)
{
	struct completion completion;
	char word[COMPLETION_WORD + 1];

	(void)state;
	completion_begin(&completion, "");
	for (int i = 0; i < 1000; i++) {
		snprintf(word, sizeof(word), "word%d", i);
		completion_add(&completion, word);
	}
	assert_int_equal(completion.count, 1000);
	assert_true(completion.text_length <= COMPLETION_TEXT);
	memset(word, 'w', COMPLETION_WORD);
	word[COMPLETION_WORD] = '\0';
	completion_add(&completion, word);
	assert_int_equal(completion.count, 1000);
}

#define EDIT_TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDIT_TEST(letters_and_enter),
		EDIT_TEST(arrows_insert_in_the_middle),
		EDIT_TEST(home_end_in_all_dialects),
		EDIT_TEST(deleting),
		EDIT_TEST(cutting),
		EDIT_TEST(history_keeps_the_line_being_written),
		EDIT_TEST(history_forgets_the_oldest_and_skips_repetitions),
		EDIT_TEST(long_line_scrolls_sideways),
		EDIT_TEST(cancel_and_noise),
		EDIT_TEST(inserting_drops_control_characters),
		EDIT_TEST(words),
		EDIT_TEST(words_left_open),
		EDIT_TEST(words_have_a_limit),
		EDIT_TEST(completion_finds_the_common_beginning),
		EDIT_TEST(completion_survives_too_much),
	};

	return cmocka_run_group_tests_name("line editor", tests, NULL, NULL);
}
