#include "hv/shell/shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv/config_value.h"
#include "hv/console.h"
#include "hv/shell/history.h"
#include "hv/shell/line_edit.h"
#include "hv/shell/tokens.h"

#define PROMPT	     "augur> "
#define PRINT_MAX    512u
#define LIST_COLUMNS 76u

#define ERASE_ROW  "\r\033[K"
#define ERASE_REST "\033[K" /* of the row */
#define ERASE_DOWN "\033[J"
#define CLEAR	   "\033[2J"
#define HOME	   "\033[H"

/* Made by the linker around the section that SHELL_COMMAND fills; absent if nothing does. */
extern const struct shell_command *const __start_registry_shell_commands[] __attribute__((weak));
extern const struct shell_command *const __stop_registry_shell_commands[] __attribute__((weak));

static struct line_edit edit;
static struct history history;
static struct completion completion;

static bool started;
static bool drawn;	   /* prompt and line stand on the terminal's last row */
static bool error_printed; /* by the running command */
static const struct shell_command *current;

static struct {
	void (*draw)(void); /* NULL: no watch */
	uint64_t period_us;
	uint64_t due_us;
	bool drawing;
} watch;

/* ---- output ---- */

/* While a watch draws over its last picture, what is left of each old row has to go. */
static void write_watch(const char *text, size_t length)
{
	const char *end;

	while ((end = memchr(text, '\n', length)) != NULL) {
		console_write(text, (size_t)(end - text));
		console_write(ERASE_REST "\n", sizeof(ERASE_REST));
		length -= (size_t)(end + 1 - text);
		text = end + 1;
	}
	console_write(text, length);
}

static void write_bytes(const char *text, size_t length)
{
	if (watch.drawing)
		write_watch(text, length);
	else
		console_write(text, length);
}

void shell_puts(const char *text)
{
	write_bytes(text, strlen(text));
}

static void print(const char *format, va_list arguments)
{
	char text[PRINT_MAX];

	vsnprintf(text, sizeof(text), format, arguments);
	shell_puts(text);
}

void shell_printf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
}

enum error shell_error(const char *format, ...)
{
	va_list arguments;

	shell_puts("error: ");
	va_start(arguments, format);
	print(format, arguments);
	va_end(arguments);
	shell_puts("\n");
	error_printed = true;
	return ERR_INVALID;
}

enum error shell_usage(void)
{
	if (current)
		shell_printf("usage: %s %s\n", current->name, current->params);
	error_printed = true;
	return ERR_INVALID;
}

/* ---- commands ---- */

const struct shell_command *const *shell_commands(size_t *count)
{
	*count = (size_t)(__stop_registry_shell_commands - __start_registry_shell_commands);
	return __start_registry_shell_commands;
}

const struct shell_command *shell_find(const char *name)
{
	size_t count;
	const struct shell_command *const *commands = shell_commands(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

const struct history *shell_history(void)
{
	return &history;
}

static enum error run_words(int count, char **words)
{
	enum error error;

	if (count == 0)
		return OK;
	current = shell_find(words[0]);
	error_printed = false;
	if (!current)
		return shell_error("no command \"%s\"; `help` lists them", words[0]);
	error = current->run(count, words);
	if (error && !error_printed)
		shell_printf("error: %s\n", error_name(error));
	current = NULL;
	return error;
}

enum error shell_execute(const char *line)
{
	struct tokens tokens;

	switch (tokens_split(&tokens, line, strlen(line))) {
	case OK:
		return run_words(tokens.count, tokens.words);
	case ERR_FORMAT:
		return shell_error("a quote or backslash is left open");
	default:
		return shell_error("a line has at most %d words and %d characters", TOKENS_MAX,
				   SHELL_LINE_MAX - 1);
	}
}

/* ---- arguments ---- */

enum error shell_number(const char *what, const char *text, uint64_t low, uint64_t high,
			uint64_t *value)
{
	struct span span = { text, strlen(text) };
	uint64_t number;

	if (!value_number(span, &number) && !value_size(span, &number))
		return shell_error(
			"%s: \"%.40s\" is not a number (decimal, 0x..., or with K, M, G)", what,
			text);
	if (number < low || number > high)
		return shell_error("%s: %.40s is not within %lu..%lu", what, text,
				   (unsigned long)low, (unsigned long)high);
	*value = number;
	return OK;
}

enum error shell_choice(const char *what, const char *text, const char *const *words, size_t count,
			size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(words[i], text) == 0) {
			*index = i;
			return OK;
		}
	}
	shell_printf("error: %s: \"%.40s\" is none of", what, text);
	for (size_t i = 0; i < count; i++)
		shell_printf(" %s", words[i]);
	shell_puts("\n");
	error_printed = true;
	return ERR_INVALID;
}

/* ---- completion ---- */

void shell_complete_command(struct completion *words, int index, char **argv)
{
	size_t count;
	const struct shell_command *const *commands = shell_commands(&count);

	(void)argv;
	for (size_t i = 0; i < count && index <= 1; i++)
		completion_add(words, commands[i]->name);
}

static void collect(struct tokens *tokens, const char *word)
{
	int index = tokens->last_open ? tokens->count - 1 : tokens->count;
	const struct shell_command *command;

	completion_begin(&completion, word);
	if (index == 0) {
		shell_complete_command(&completion, 0, tokens->words);
		return;
	}
	command = shell_find(tokens->words[0]);
	if (command && command->complete)
		command->complete(&completion, index, tokens->words);
}

static void list_completions(void)
{
	uint32_t column = 0;

	shell_puts("\n");
	for (size_t at = 0; at < completion.text_length;) {
		uint32_t size = (uint32_t)strlen(completion.text + at) + 1;

		if (column && column + size > LIST_COLUMNS) {
			shell_puts("\n");
			column = 0;
		}
		shell_printf("%s  ", completion.text + at);
		column += size + 1;
		at += size;
	}
	shell_puts("\n");
	line_edit_draw(&edit);
}

/* Words are completed up to the cursor, as long as quotes are not involved. */
static void complete(void)
{
	struct tokens tokens;
	const char *word;

	if (tokens_split(&tokens, edit.text, edit.cursor))
		return;
	word = tokens.last_open ? tokens.words[tokens.count - 1] : "";
	if (strlen(word) != edit.cursor - tokens.last_start)
		return;
	collect(&tokens, word);
	if (*completion_rest(&completion))
		line_edit_insert(&edit, completion_rest(&completion));
	else if (completion.count > 1)
		list_completions();
	if (completion.count == 1)
		line_edit_insert(&edit, " ");
	if (completion.count == 0)
		shell_puts("\a");
}

/* ---- the prompt ---- */

static void show_prompt(void)
{
	if (!started || drawn || watch.draw || console_attached())
		return;
	line_edit_draw(&edit);
	drawn = true;
}

static void hide_prompt(void)
{
	if (drawn)
		shell_puts(ERASE_ROW);
	drawn = false;
}

static void run_line(void)
{
	char line[SHELL_LINE_MAX];

	memcpy(line, edit.text, sizeof(line));
	line_edit_reset(&edit);
	drawn = false;
	history_add(&history, line);
	shell_execute(line);
	show_prompt();
}

static void edit_byte(uint8_t byte)
{
	switch (line_edit_feed(&edit, byte)) {
	case LINE_DONE:
		run_line();
		break;
	case LINE_CANCELLED:
		line_edit_reset(&edit);
		drawn = false;
		show_prompt();
		break;
	case LINE_COMPLETE:
		complete();
		break;
	case LINE_EDITING:
		break;
	}
}

/* ---- watching ---- */

static void draw_watch(void)
{
	watch.drawing = true;
	console_write(HOME, sizeof(HOME) - 1);
	watch.draw();
	shell_puts("(any key ends this)\n");
	console_write(ERASE_DOWN, sizeof(ERASE_DOWN) - 1);
	watch.drawing = false;
}

void shell_watch(void (*draw)(void), uint32_t period_ms)
{
	console_write(CLEAR, sizeof(CLEAR) - 1);
	watch.draw = draw;
	watch.period_us = (uint64_t)period_ms * 1000;
	watch.due_us = 0;
}

/* A picture that the line has not taken yet is not followed by the next. */
void shell_poll(uint64_t now_us)
{
	if (!watch.draw || now_us < watch.due_us || console_backlog())
		return;
	watch.due_us = now_us + watch.period_us;
	draw_watch();
}

static void end_watch(void)
{
	watch.draw = NULL;
	show_prompt();
}

/* ---- the console's side ---- */

static void take_byte(uint8_t byte)
{
	if (watch.draw)
		end_watch();
	else
		edit_byte(byte);
}

static bool is_watching(void)
{
	return watch.draw != NULL;
}

static const struct console_shell console_side = {
	.input = take_byte,
	.busy = is_watching,
	.hide = hide_prompt,
	.show = show_prompt,
};

void shell_start(void)
{
	line_edit_init(&edit, PROMPT, &history, console_write);
	started = true;
	drawn = false;
	console_set_shell(&console_side);
	show_prompt();
}
