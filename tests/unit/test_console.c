/* hv/console.c with a fake line, a fake shell and fake guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hv/console.h"
#include "hv/export.h"
#include "hv/log.h"

static char shown[1 << 20];
static size_t shown_length;
static size_t room; /* bytes the fake line still takes */

static char typed[256];
static size_t typed_length, typed_at;

static size_t line_write(const uint8_t *bytes, size_t length)
{
	size_t count = length < room ? length : room;

	memcpy(shown + shown_length, bytes, count);
	shown_length += count;
	shown[shown_length] = '\0';
	room -= count;
	return count;
}

static int line_read(void)
{
	return typed_at < typed_length ? (uint8_t)typed[typed_at++] : -1;
}

static const struct console_line fake_line = { .name = "fake",
					       .write = line_write,
					       .read = line_read };

static char to_shell[256];
static size_t to_shell_length;
static bool prompt_drawn, shell_busy;

static void shell_input(uint8_t byte)
{
	to_shell[to_shell_length++] = (char)byte;
	to_shell[to_shell_length] = '\0';
}

static bool shell_is_busy(void)
{
	return shell_busy;
}

static void shell_hide(void)
{
	if (prompt_drawn)
		console_write("<hide>", 6);
	prompt_drawn = false;
}

static void shell_show(void)
{
	if (!prompt_drawn)
		console_write("<show>", 6);
	prompt_drawn = true;
}

static const struct console_shell fake_shell = { shell_input, shell_is_busy, shell_hide,
						 shell_show };

struct guest {
	struct vm_console console;
	char received[256];
	size_t length;
	size_t room;
};

static struct guest linux_vm, hog_vm;

static bool guest_input(void *context, uint8_t byte)
{
	struct guest *guest = context;

	if (!guest->room)
		return false;
	guest->room--;
	guest->received[guest->length++] = (char)byte;
	guest->received[guest->length] = '\0';
	return true;
}

static void add_guest(struct guest *guest, const char *name, uint8_t id)
{
	memset(guest, 0, sizeof(*guest));
	guest->room = SIZE_MAX;
	vm_console_init(&guest->console, name, id, guest_input, guest);
	console_add_vm(&guest->console);
}

static void forget_output(void)
{
	shown_length = 0;
	shown[0] = '\0';
}

static int set_up(void **state)
{
	(void)state;
	room = SIZE_MAX;
	console_init(&fake_line);
	console_set_shell(&fake_shell);
	console_run();
	add_guest(&linux_vm, "linux", 1);
	add_guest(&hog_vm, "hog", 2);
	console_follow(true);
	shell_busy = false;
	prompt_drawn = true;
	console_poll();
	forget_output();
	typed_length = typed_at = to_shell_length = 0;
	to_shell[0] = '\0';
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	console_remove_vm(&linux_vm.console);
	console_remove_vm(&hog_vm.console);
	return 0;
}

static void type(const char *text)
{
	typed_length = strlen(text);
	typed_at = 0;
	memcpy(typed, text, typed_length);
	console_poll();
}

static void say(struct guest *guest, const char *text)
{
	vm_console_output(&guest->console, text, strlen(text));
	console_poll();
}

static void log_line_goes_between_hide_and_show(void **state)
{
	(void)state;
	log_info("news");
	assert_string_equal(shown, "");
	console_poll();
	assert_string_equal(shown, "<hide>[    0.000000 c0] news\r\n<show>");
}

static void keys_go_to_the_shell(void **state)
{
	(void)state;
	type("help\r");
	assert_string_equal(to_shell, "help\r");
	assert_int_equal(linux_vm.length, 0);
}

static void followed_lines_carry_the_name(void **state)
{
	(void)state;
	say(&linux_vm, "boot");
	assert_string_equal(shown, "");
	say(&linux_vm, "ing\r\n");
	assert_string_equal(shown, "<hide>[linux] booting\r\n<show>");
}

static void follow_strips_what_steers_a_terminal(void **state)
{
	(void)state;
	say(&linux_vm, "\033[2J\033[1;1Haugur> \033]0;title\007ok\x9b\r\n");
	assert_string_equal(shown, "<hide>[linux] augur> ok?\r\n<show>");
}

static void guests_do_not_mix_within_a_line(void **state)
{
	(void)state;
	say(&linux_vm, "one ");
	say(&hog_vm, "two\n");
	say(&linux_vm, "three\n");
	assert_string_equal(shown, "<hide>[hog] two\r\n<show><hide>[linux] one three\r\n<show>");
}

static void long_lines_are_cut_up(void **state)
{
	char text[VM_CONSOLE_LINE + 11];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	say(&linux_vm, text);
	assert_int_equal(shown_length, strlen("<hide>[linux] \r\n<show>") + VM_CONSOLE_LINE);
	forget_output();
	say(&linux_vm, "\n");
	assert_string_equal(shown, "<hide>[linux] aaaaaaaaaa\r\n<show>");
}

static void follow_off_keeps_quiet(void **state)
{
	(void)state;
	console_follow(false);
	say(&linux_vm, "nobody listens\n");
	assert_string_equal(shown, "");
	assert_false(console_pending());
	console_follow(true);
	say(&linux_vm, "again\n");
	assert_string_equal(shown, "<hide>[linux] again\r\n<show>");
}

static void busy_shell_holds_other_output_back(void **state)
{
	(void)state;
	shell_busy = true;
	log_info("later");
	say(&linux_vm, "later too\n");
	assert_string_equal(shown, "");
	shell_busy = false;
	console_poll();
	assert_non_null(strstr(shown, "later\r\n"));
	assert_non_null(strstr(shown, "[linux] later too\r\n"));
}

static void attaching_shows_kept_output_raw(void **state)
{
	(void)state;
	say(&linux_vm, "\033[31mlogin: ");
	forget_output();
	console_attach(&linux_vm.console);
	console_poll();
	assert_string_equal(shown, "<hide>-- console of linux; Ctrl-] returns to the shell --\r\n"
				   "\033[31mlogin: ");
	forget_output();
	say(&hog_vm, "other\n");
	log_info("held");
	console_poll();
	assert_string_equal(shown, "");
}

static void attached_keys_go_to_the_guest_until_detached(void **state)
{
	(void)state;
	console_attach(&linux_vm.console);
	type("ls\r\x1dhi");
	console_poll();
	assert_null(console_attached());
	assert_string_equal(to_shell, "hi");
	assert_non_null(strstr(shown, "-- left the console of linux --\r\n<"));
}

static void guest_without_room_gets_its_keys_later(void **state)
{
	(void)state;
	console_attach(&linux_vm.console);
	linux_vm.room = 2;
	type("abcd");
	assert_string_equal(linux_vm.received, "ab");
	linux_vm.room = 5;
	console_poll();
	assert_string_equal(linux_vm.received, "abcd");
}

static void attached_guest_that_writes_too_much_loses_the_oldest(void **state)
{
	static char flood[VM_CONSOLE_KEEP + 100];

	(void)state;
	console_attach(&linux_vm.console);
	console_poll();
	forget_output();
	memset(flood, '.', sizeof(flood));
	vm_console_output(&linux_vm.console, flood, sizeof(flood));
	for (int i = 0; i < 100; i++)
		console_poll();
	assert_non_null(strstr(shown, "(100 bytes of guest output were lost)\r\n"));
}

static void flood_in_follow_mode_leaves_room_for_others(void **state)
{
	(void)state;
	room = 0;
	for (int i = 0; i < 3000; i++)
		say(&hog_vm, "I write and write and write\n");
	say(&linux_vm, "me too\n");
	room = 8192;
	for (int i = 0; i < 8; i++)
		console_poll();
	assert_non_null(strstr(shown, "[linux] me too\r\n"));
	assert_non_null(strstr(shown, "[hog] ("));
}

static void slow_line_gets_everything_in_order(void **state)
{
	(void)state;
	room = 0;
	console_write("abcdefgh\n", 9);
	for (int i = 0; i < 5; i++) {
		room = 2;
		console_poll();
	}
	assert_string_equal(shown, "abcdefgh\r\n");
	assert_false(console_pending());
}

static void flush_shows_the_log_at_once(void **state)
{
	(void)state;
	log_info("last words");
	console_flush();
	assert_non_null(strstr(shown, "last words\r\n"));
}

static void removing_the_attached_guest_detaches(void **state)
{
	(void)state;
	console_attach(&linux_vm.console);
	console_remove_vm(&linux_vm.console);
	assert_null(console_attached());
	say(&linux_vm, "ghost\n");
	assert_null(strstr(shown, "ghost"));
}

static void reattaching_replays_from_a_line_start(void **state)
{
	char line[32];

	(void)state;
	console_follow(false);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "line %d\r\n", i);
		say(&linux_vm, line);
	}
	console_attach(&linux_vm.console);
	for (int i = 0; i < 20; i++)
		console_poll();
	assert_memory_equal(strchr(shown, '\n') + 1, "line ", 5);
	assert_non_null(strstr(shown, "line 999\r\n"));
	assert_null(strstr(shown, "line 100\r\n"));
}

static uint8_t sent[1024];
static size_t sent_length;

static bool take_frame(const uint8_t *bytes, size_t length)
{
	memcpy(sent + sent_length, bytes, length);
	sent_length += length;
	return true;
}

static const struct export_transport fake_transport = { .name = "fake", .write = take_frame };

static void guest_output_is_exported_by_lines_and_prompts_a_poll_later(void **state)
{
	(void)state;
	sent_length = 0;
	export_init(&fake_transport);
	say(&hog_vm, "one");
	assert_int_equal(sent_length, 0);
	vm_console_output(&hog_vm.console, " line\n", 6);
	assert_memory_equal(sent, "\xa5\x5a\x01\x02\x09\x00one line\n", sent_length);
	assert_int_equal(sent_length, 15);
	sent_length = 0;
	say(&hog_vm, "# ");
	assert_int_equal(sent_length, 0);
	console_poll();
	assert_int_equal(sent_length, 8);
	assert_memory_equal(sent, "\xa5\x5a\x01\x02\x02\x00# ", 8);
	export_init(NULL);
}

static void notice_is_shown_to_whoever_is_attached(void **state)
{
	(void)state;
	console_attach(&hog_vm.console);
	console_poll();
	forget_output();
	vm_console_notice(&hog_vm.console, "stopped: triple fault");
	console_poll();
	assert_string_equal(shown, "\r\n-- stopped: triple fault --\r\n");
}

#define CONSOLE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(log_line_goes_between_hide_and_show),
		CONSOLE_TEST(keys_go_to_the_shell),
		CONSOLE_TEST(followed_lines_carry_the_name),
		CONSOLE_TEST(follow_strips_what_steers_a_terminal),
		CONSOLE_TEST(guests_do_not_mix_within_a_line),
		CONSOLE_TEST(long_lines_are_cut_up),
		CONSOLE_TEST(follow_off_keeps_quiet),
		CONSOLE_TEST(busy_shell_holds_other_output_back),
		CONSOLE_TEST(attaching_shows_kept_output_raw),
		CONSOLE_TEST(attached_keys_go_to_the_guest_until_detached),
		CONSOLE_TEST(guest_without_room_gets_its_keys_later),
		CONSOLE_TEST(attached_guest_that_writes_too_much_loses_the_oldest),
		CONSOLE_TEST(flood_in_follow_mode_leaves_room_for_others),
		CONSOLE_TEST(slow_line_gets_everything_in_order),
		CONSOLE_TEST(flush_shows_the_log_at_once),
		CONSOLE_TEST(removing_the_attached_guest_detaches),
		CONSOLE_TEST(reattaching_replays_from_a_line_start),
		CONSOLE_TEST(guest_output_is_exported_by_lines_and_prompts_a_poll_later),
		CONSOLE_TEST(notice_is_shown_to_whoever_is_attached),
	};

	return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
