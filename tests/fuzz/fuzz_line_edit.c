/*
 * The line editor and what follows it: the input is what a person or a line full of noise sends.
 * Line and cursor must stay within bounds, lines must be printable ASCII, and words must be inside
 * their line.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hv/shell/line_edit.h"
#include "hv/shell/tokens.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void discard(const char *bytes, size_t length)
{
	require(length == 0 || bytes != NULL);
}

static void check_line(const struct line_edit *edit)
{
	require(edit->length < SHELL_LINE_MAX && edit->cursor <= edit->length);
	require(strlen(edit->text) == edit->length);
	for (uint32_t i = 0; i < edit->length; i++)
		require(edit->text[i] >= ' ' && edit->text[i] < 0x7f);
}

static void check_words(const char *line, size_t length)
{
	struct tokens tokens;

	if (tokens_split(&tokens, line, length) == ERR_LIMIT)
		return;
	require(tokens.count <= TOKENS_MAX && tokens.last_start <= length);
	for (int i = 0; i < tokens.count; i++)
		require(strlen(tokens.words[i]) <= length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct history history;
	static struct line_edit edit;

	memset(&history, 0, sizeof(history));
	line_edit_init(&edit, "augur> ", &history, discard);
	for (size_t i = 0; i < size; i++) {
		enum line_event event = line_edit_feed(&edit, data[i]);

		check_line(&edit);
		if (event == LINE_COMPLETE)
			line_edit_insert(&edit, "completed");
		check_words(edit.text, edit.cursor);
		if (event == LINE_DONE)
			history_add(&history, edit.text);
		if (event == LINE_DONE || event == LINE_CANCELLED)
			line_edit_reset(&edit);
	}
	return 0;
}
