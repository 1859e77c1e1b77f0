/*
 * Editing one command line on a terminal, as a state machine: bytes of keys in, bytes for the
 * terminal out through a callback. Keys: arrows, Home, End, Delete, Backspace; Ctrl-A/E begin and
 * end, Ctrl-B/F left and right, Ctrl-P/N older and newer line, Ctrl-D delete, Ctrl-K/U cut to the
 * end or the beginning, Ctrl-W cut the word before the cursor, Ctrl-L clear the screen, Ctrl-C give
 * the line up, Tab complete. Text is printable ASCII; other bytes are ignored. A line longer than
 * the terminal scrolls sideways, so that it always is one row. Pure.
 */
#ifndef HV_SHELL_LINE_EDIT_H
#define HV_SHELL_LINE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/shell/history.h"

#define LINE_EDIT_COLUMNS 80u

enum line_event {
	LINE_EDITING,	/* nothing for the caller to do */
	LINE_DONE,	/* Enter: `text` is the line; call line_edit_reset before the next byte */
	LINE_CANCELLED, /* Ctrl-C: the same, without a line */
	LINE_COMPLETE,	/* Tab: the caller may line_edit_insert and line_edit_draw */
};

struct line_edit {
	/* Set by line_edit_init. */
	const char *prompt;
	const struct history *history;
	void (*emit)(const char *bytes, size_t length);

	char text[SHELL_LINE_MAX]; /* with a zero */
	uint32_t length;
	uint32_t cursor; /* <= length */

	uint32_t browsing; /* 0: the line being written; n: the history line of age n - 1 */
	char put_aside[SHELL_LINE_MAX]; /* the line being written, while browsing */
	uint8_t escape;			/* within an escape sequence, see line_edit.c */
	uint8_t escape_number;
	bool after_return; /* a newline right after it belongs to the same key */
};

void line_edit_init(struct line_edit *edit, const char *prompt, const struct history *history,
		    void (*emit)(const char *bytes, size_t length));

/* Empties the line; draws nothing. */
void line_edit_reset(struct line_edit *edit);

enum line_event line_edit_feed(struct line_edit *edit, uint8_t byte);

/* Types text at the cursor, as far as there is room. */
void line_edit_insert(struct line_edit *edit, const char *text);

/* Draws prompt, line and cursor over the terminal's current row. */
void line_edit_draw(const struct line_edit *edit);

#endif
