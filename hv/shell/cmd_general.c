/* Commands about the shell itself and the log. */
#include <stdlib.h>
#include <string.h>

#include "hv/console.h"
#include "hv/log.h"
#include "hv/shell/history.h"
#include "hv/shell/shell.h"
#include "hv/version.h"

#define AREA "general"

/* ---- help ---- */

#define COMMANDS_MAX 128

static int by_area_and_name(const void *left, const void *right)
{
	const struct shell_command *a = *(const struct shell_command *const *)left;
	const struct shell_command *b = *(const struct shell_command *const *)right;
	int order = strcmp(a->area, b->area);

	return order ? order : strcmp(a->name, b->name);
}

static void list_sorted(const struct shell_command *const *commands, size_t count)
{
	const char *area = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(commands[i]->area, area) != 0)
			shell_printf("%s\n", commands[i]->area);
		area = commands[i]->area;
		shell_printf("  %-8s %-24s %s\n", commands[i]->name, commands[i]->params,
			     commands[i]->summary);
	}
}

/* The linker's order is that of nothing in particular. */
static void list_commands(void)
{
	static const struct shell_command *sorted[COMMANDS_MAX];
	size_t count;
	const struct shell_command *const *commands = shell_commands(&count);

	if (count > COMMANDS_MAX)
		count = COMMANDS_MAX;
	memcpy(sorted, commands, count * sizeof(sorted[0]));
	qsort(sorted, count, sizeof(sorted[0]), by_area_and_name);
	list_sorted(sorted, count);
	shell_puts("`help COMMAND` says more. Tab completes, the up arrow brings lines back.\n"
		   "In a guest's console, Ctrl-] comes back here.\n");
}

static enum error cmd_help(int argc, char **argv)
{
	const struct shell_command *command;

	if (argc > 2)
		return shell_usage();
	if (argc == 1) {
		list_commands();
		return OK;
	}
	command = shell_find(argv[1]);
	if (!command)
		return shell_error("no command \"%s\"; `help` lists them", argv[1]);
	shell_printf("%s %s: %s\n", command->name, command->params, command->summary);
	if (command->help) {
		shell_puts(command->help); /* longer than what shell_printf takes */
		shell_puts("\n");
	}
	return OK;
}

SHELL_COMMAND(help, .area = AREA, .name = "help", .params = "[COMMAND]",
	      .summary = "list the commands, or explain one", .run = cmd_help,
	      .complete = shell_complete_command);

/* ---- history, echo, clear ---- */

static enum error cmd_history(int argc, char **argv)
{
	const struct history *history = shell_history();

	(void)argv;
	if (argc != 1)
		return shell_usage();
	for (uint32_t age = history_count(history); age-- > 0;)
		shell_printf("%5u  %s\n", (unsigned)(history->added - age),
			     history_get(history, age));
	return OK;
}

SHELL_COMMAND(history, .area = AREA, .name = "history", .params = "",
	      .summary = "show the last command lines", .run = cmd_history);

static enum error cmd_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		shell_printf("%s%s", i > 1 ? " " : "", argv[i]);
	shell_puts("\n");
	return OK;
}

SHELL_COMMAND(echo, .area = AREA, .name = "echo", .params = "[WORD...]",
	      .summary = "print the words", .run = cmd_echo);

static enum error cmd_clear(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return shell_usage();
	shell_puts("\033[2J\033[H");
	return OK;
}

SHELL_COMMAND(clear, .area = AREA, .name = "clear", .params = "", .summary = "clear the screen",
	      .run = cmd_clear);

/* ---- version, uptime ---- */

static enum error cmd_version(int argc, char **argv)
{
	(void)argv;
	if (argc != 1)
		return shell_usage();
	shell_printf("Augur %s\n", augur_version);
	return OK;
}

SHELL_COMMAND(version, .area = AREA, .name = "version", .params = "",
	      .summary = "which Augur this is", .run = cmd_version);

static enum error cmd_uptime(int argc, char **argv)
{
	uint64_t seconds = log_microseconds() / 1000000;

	(void)argv;
	if (argc != 1)
		return shell_usage();
	shell_printf("%lu:%02lu:%02lu (%lu us)\n", (unsigned long)(seconds / 3600),
		     (unsigned long)(seconds / 60 % 60), (unsigned long)(seconds % 60),
		     (unsigned long)log_microseconds());
	return OK;
}

SHELL_COMMAND(uptime, .area = AREA, .name = "uptime", .params = "",
	      .summary = "time since the clock was set, h:mm:ss", .run = cmd_uptime);

/* ---- the log ---- */

/* The cursor that has `wanted` lines, or fewer, between itself and the log's end. */
static uint64_t cursor_of_last(uint64_t wanted)
{
	char line[LOG_LINE_MAX];
	uint64_t lost = 0, count = 0, cursor = 0;

	while (log_read_line(&cursor, line, &lost))
		count++;
	cursor = 0;
	for (; count > wanted; count--)
		log_read_line(&cursor, line, &lost);
	return cursor;
}

static enum error cmd_dmesg(int argc, char **argv)
{
	char line[LOG_LINE_MAX + 1];
	uint64_t lines = UINT64_MAX, lost = 0, cursor;
	size_t length;

	if (argc > 2)
		return shell_usage();
	if (argc == 2 && shell_number("lines", argv[1], 1, UINT64_MAX, &lines))
		return ERR_INVALID;
	cursor = cursor_of_last(lines);
	while ((length = log_read_line(&cursor, line, &lost)) != 0) {
		line[length] = '\0';
		shell_puts(line);
	}
	return OK;
}

SHELL_COMMAND(dmesg, .area = AREA, .name = "dmesg", .params = "[LINES]",
	      .summary = "print the kept log again, or its last lines", .run = cmd_dmesg);

static enum error cmd_loglevel(int argc, char **argv)
{
	enum log_level level;

	if (argc > 2)
		return shell_usage();
	if (argc == 2) {
		if (log_parse_level(argv[1], &level))
			return shell_error("\"%s\" is none of error warn info debug", argv[1]);
		log_set_level(level);
	}
	shell_printf("%s\n", log_level_name(log_get_level()));
	return OK;
}

static void complete_level(struct completion *completion, int index, char **argv)
{
	(void)argv;
	for (unsigned i = 0; i < LOG_LEVELS && index == 1; i++)
		completion_add(completion, log_level_name(i));
}

SHELL_COMMAND(loglevel, .area = AREA, .name = "loglevel", .params = "[error|warn|info|debug]",
	      .summary = "show or set what the log takes", .run = cmd_loglevel,
	      .complete = complete_level);

/* ---- follow ---- */

static const char *const on_off[] = { "off", "on" };

static enum error cmd_follow(int argc, char **argv)
{
	size_t on;

	if (argc > 2)
		return shell_usage();
	if (argc == 2) {
		if (shell_choice("follow", argv[1], on_off, 2, &on))
			return ERR_INVALID;
		console_follow(on);
	}
	shell_printf("%s\n", on_off[console_following()]);
	return OK;
}

static void complete_follow(struct completion *completion, int index, char **argv)
{
	(void)argv;
	for (size_t i = 0; i < 2 && index == 1; i++)
		completion_add(completion, on_off[i]);
}

SHELL_COMMAND(
	follow, .area = AREA, .name = "follow", .params = "[on|off]",
	.summary = "show what guests print, line by line",
	.help = "Lines carry the guest's name. Escape sequences and other control characters\n"
		"are left out: only the console of an attached guest gets them.",
	.run = cmd_follow, .complete = complete_follow);
