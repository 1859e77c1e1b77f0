/*
 * The debug shell on the host line. Commands register themselves from the file they live in:
 *
 *	static enum error cmd_cores(int argc, char **argv) { shell_printf(...); return OK; }
 *	SHELL_COMMAND(cores, .area = "cores", .name = "cores", .params = "",
 *		      .summary = "show every core", .help = "longer text", .run = cmd_cores);
 *
 * Commands run on the boot core with interrupts off, between two guest slices: they must not wait.
 * What should go on showing uses shell_watch.
 */
#ifndef HV_SHELL_SHELL_H
#define HV_SHELL_SHELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/shell/completion.h"

struct shell_command {
	const char *area;    /* heading in `help`: "general", "vm", "vcpu", "cores", ... */
	const char *name;    /* a single word; unique */
	const char *params;  /* synopsis, e.g. "VM [VCPU]"; "" for none */
	const char *summary; /* one line without a full stop */
	const char *help;    /* paragraphs for `help NAME`, or NULL */

	/* argv[0] is the name. A returned error is shown with its error_name; to say more, print it
	   with shell_error, which returns ERR_INVALID. */
	enum error (*run)(int argc, char **argv);

	/* Proposes words for argument `index` (1 is the first) by completion_add; may be NULL.
	   argv[1] .. argv[index - 1] are the words before it. */
	void (*complete)(struct completion *completion, int index, char **argv);
};

/* Puts the command into the linker section that shell.c walks. `id` only has to be unique. */
#define SHELL_COMMAND(id, ...)                                                                     \
	static const struct shell_command shell_command_##id = { __VA_ARGS__ };                    \
	static const struct shell_command *const shell_command_entry_##id                          \
		__attribute__((used, section("registry_shell_commands"))) = &shell_command_##id

/* Starts the shell on the console and prints its first prompt. */
void shell_start(void);

/* Redraws a watch that is due. The boot core's loop calls it beside console_poll. */
void shell_poll(uint64_t now_us);

/* Output of a command; at most 255 bytes a call. */
void shell_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void shell_puts(const char *text);

/* Prints "error: ..." and returns ERR_INVALID, so a command ends with `return shell_error(...)`. */
enum error shell_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs one command line as if it had been typed. */
enum error shell_execute(const char *line);

/*
 * Calls draw now and every period_ms milliseconds until any key is pressed; the screen is cleared
 * before the first and the cursor is home before each. draw prints with shell_printf.
 */
void shell_watch(void (*draw)(void), uint32_t period_ms);

/*
 * Reads a number: decimal, 0x hexadecimal, with K, M or G for powers of 1024. On failure prints
 * what is wrong, naming `what`, and returns an error. The value lies in [low, high].
 */
enum error shell_number(const char *what, const char *text, uint64_t low, uint64_t high,
			uint64_t *value);

/* Index of `text` in words[0..count), or an error that lists what it may be. */
enum error shell_choice(const char *what, const char *text, const char *const *words, size_t count,
			size_t *index);

/* Prints the synopsis of the running command; returns ERR_INVALID. */
enum error shell_usage(void);

struct history;

/* The commands, for `help`: walk from first to last, in link order. */
const struct shell_command *const *shell_commands(size_t *count);
const struct shell_command *shell_find(const char *name);
const struct history *shell_history(void);

/* A completer for commands whose arguments are commands. */
void shell_complete_command(struct completion *completion, int index, char **argv);

#endif
