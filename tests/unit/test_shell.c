/* hv/shell/shell.c and the general commands on a fake console line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/console.h"
#include "hv/log.h"
#include "hv/shell/shell.h"

/* Nothing refers to a command by name, so an archive member would not be linked. */
#include "hv/shell/cmd_general.c"

static char shown[1 << 16];
static size_t shown_length;
static const char *typed = "";

static size_t line_write(const uint8_t *bytes, size_t length)
{
	memcpy(shown + shown_length, bytes, length);
	shown_length += length;
	shown[shown_length] = '\0';
	return length;
}

static int line_read(void)
{
	return *typed ? (uint8_t)*typed++ : -1;
}

static const struct console_line fake_line = { .name = "fake",
					       .write = line_write,
					       .read = line_read };

static int seen_argc;
static char seen_last[64];
static enum error answer;
static unsigned pictures;

static enum error run_probe(int argc, char **argv)
{
	seen_argc = argc;
	strncpy(seen_last, argv[argc - 1], sizeof(seen_last) - 1);
	return answer;
}

static void complete_probe(struct completion *completion, int index, char **argv)
{
	if (index == 1)
		completion_add(completion, "linux");
	if (index == 1)
		completion_add(completion, "list");
	if (index == 2 && strcmp(argv[1], "linux") == 0)
		completion_add(completion, "rip");
}

SHELL_COMMAND(probe, .area = "tests", .name = "probe", .params = "[WORD...]",
	      .summary = "remember the words", .help = "A longer text.", .run = run_probe,
	      .complete = complete_probe);

#define LINE_50 "A line of the help of a command, fifty characters\n"
SHELL_COMMAND(long_winded, .area = "tests", .name = "long", .params = "", .summary = "none",
	      .help = LINE_50 LINE_50 LINE_50 LINE_50 LINE_50 LINE_50 LINE_50 LINE_50 LINE_50
		      LINE_50 LINE_50 LINE_50 "and its end.",
	      .run = run_probe);

static void draw_picture(void)
{
	shell_printf("picture %u\n", ++pictures);
}

static enum error run_watch(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	shell_watch(draw_picture, 1000);
	return OK;
}

SHELL_COMMAND(watch, .area = "tests", .name = "watch", .params = "", .summary = "watch",
	      .run = run_watch);

static enum error run_number(int argc, char **argv)
{
	uint64_t value;

	if (argc != 2)
		return shell_usage();
	if (shell_number("size", argv[1], 1, 4096, &value))
		return ERR_INVALID;
	shell_printf("%lu\n", (unsigned long)value);
	return OK;
}

SHELL_COMMAND(number, .area = "tests", .name = "number", .params = "SIZE", .summary = "read it",
	      .run = run_number);

static void type(const char *keys)
{
	shown_length = 0;
	shown[0] = '\0';
	typed = keys;
	console_poll();
	console_poll();
}

static int set_up(void **state)
{
	(void)state;
	console_init(&fake_line);
	console_run();
	shell_start();
	type("\003");
	seen_argc = 0;
	answer = OK;
	pictures = 0;
	shown_length = 0;
	return 0;
}

static void command_gets_its_words(void **state)
{
	(void)state;
	type("probe 'a b' c\r");
	assert_int_equal(seen_argc, 3);
	assert_string_equal(seen_last, "c");
	assert_non_null(strstr(shown, "\r\n\raugur> "));
}

static void long_help_is_shown_whole(void **state)
{
	(void)state;
	type("help long\r");
	assert_non_null(strstr(shown, "and its end."));
}

static void errors_are_named(void **state)
{
	(void)state;
	answer = ERR_NOT_FOUND;
	type("probe\r");
	assert_non_null(strstr(shown, "error: "));
	assert_non_null(strstr(shown, error_name(ERR_NOT_FOUND)));
	type("nonsense\r");
	assert_non_null(strstr(shown, "error: no command \"nonsense\""));
	type("probe \"x\r");
	assert_non_null(strstr(shown, "left open"));
	assert_int_equal(seen_argc, 1);
	type("number\r");
	assert_non_null(strstr(shown, "usage: number SIZE\r\n"));
}

static void numbers_are_checked(void **state)
{
	(void)state;
	type("number 0x10\r");
	assert_non_null(strstr(shown, "\n16\r\n"));
	type("number 4K\r");
	assert_non_null(strstr(shown, "\n4096\r\n"));
	type("number 4097\r");
	assert_non_null(strstr(shown, "error: size: 4097 is not within 1..4096\r\n"));
	type("number 12x\r");
	assert_non_null(strstr(shown, "error: size: \"12x\" is not a number"));
}

static void help_lists_every_command_by_area(void **state)
{
	(void)state;
	type("help\r");
	assert_non_null(strstr(shown, "\ntests\r\n"));
	assert_non_null(strstr(shown, "remember the words"));
	type("help probe\r");
	assert_non_null(strstr(shown, "A longer text."));
	type("help nothing\r");
	assert_non_null(strstr(shown, "error: "));
}

static void tab_completes_commands_and_arguments(void **state)
{
	(void)state;
	type("pro\t");
	assert_non_null(strstr(shown, "probe "));
	type("l\t");
	assert_non_null(strstr(shown, "li"));
	type("\t");
	assert_non_null(strstr(shown, "linux  list"));
	type("n\tr\t\r");
	assert_int_equal(seen_argc, 3);
	assert_string_equal(seen_last, "rip");
}

static void tab_without_a_match_rings(void **state)
{
	(void)state;
	type("probe zzz\t");
	assert_non_null(strstr(shown, "\a"));
	type("\003");
}

static void log_does_not_disturb_the_line_being_typed(void **state)
{
	(void)state;
	type("prob");
	shown_length = 0;
	log_info("news");
	console_poll();
	assert_string_equal(shown, "\r\033[K[    0.000000 c0] news\r\n\raugur> prob\033[K");
	type("e\r");
	assert_int_equal(seen_argc, 1);
}

static void watch_redraws_until_a_key(void **state)
{
	(void)state;
	type("watch\r");
	shell_poll(0);
	shell_poll(500000);
	shell_poll(1000000);
	console_poll();
	assert_int_equal(pictures, 1);
	shell_poll(1000000);
	console_poll();
	assert_int_equal(pictures, 2);
	assert_non_null(strstr(shown, "\033[Hpicture 2\033[K\r\n"));
	log_info("held back");
	console_poll();
	assert_null(strstr(shown, "held back"));
	type("q");
	assert_non_null(strstr(shown, "held back"));
	assert_non_null(strstr(shown, "augur> "));
	shell_poll(9000000);
	assert_int_equal(pictures, 2);
}

static void follow_and_loglevel_show_and_set(void **state)
{
	(void)state;
	type("follow off\r");
	assert_false(console_following());
	type("follow maybe\r");
	assert_non_null(strstr(shown, "error: follow: \"maybe\" is none of off on\r\n"));
	type("loglevel debug\r");
	assert_int_equal(log_get_level(), LOG_DEBUG);
	type("loglevel info\r");
	assert_int_equal(log_get_level(), LOG_INFO);
}

static void dmesg_prints_the_last_lines(void **state)
{
	(void)state;
	log_info("older");
	log_info("newer");
	type("\003");
	type("dmesg 1\r");
	assert_null(strstr(shown, "older"));
	assert_non_null(strstr(shown, "newer"));
}

static void history_lists_lines(void **state)
{
	(void)state;
	type("echo one\r");
	type("history\r");
	assert_non_null(strstr(shown, "  echo one\r\n"));
	type("\033[A\033[A\r");
	assert_non_null(strstr(shown, "\none\r\n"));
}

#define SHELL_TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SHELL_TEST(command_gets_its_words),
		SHELL_TEST(long_help_is_shown_whole),
		SHELL_TEST(errors_are_named),
		SHELL_TEST(numbers_are_checked),
		SHELL_TEST(help_lists_every_command_by_area),
		SHELL_TEST(tab_completes_commands_and_arguments),
		SHELL_TEST(tab_without_a_match_rings),
		SHELL_TEST(log_does_not_disturb_the_line_being_typed),
		SHELL_TEST(watch_redraws_until_a_key),
		SHELL_TEST(follow_and_loglevel_show_and_set),
		SHELL_TEST(dmesg_prints_the_last_lines),
		SHELL_TEST(history_lists_lines),
	};

	return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
