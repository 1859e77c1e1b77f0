/* hv/log.c and hv/export.c: lines, levels, readers that are overtaken, frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hv/export.h"
#include "hv/log.h"

static uint8_t sent[1 << 16];
static size_t sent_length;
static bool refuse;

static bool take_frame(const uint8_t *bytes, size_t length)
{
	if (refuse)
		return false;
	memcpy(sent + sent_length, bytes, length);
	sent_length += length;
	return true;
}

static const struct export_transport fake = { .name = "fake", .write = take_frame };

static uint64_t now_us;
static unsigned core;

static uint64_t fake_microseconds(void)
{
	return now_us;
}

static unsigned fake_core(void)
{
	return core;
}

static uint64_t cursor;

static int set_up(void **state)
{
	(void)state;
	log_set_source((struct log_source) { fake_microseconds, fake_core });
	log_set_level(LOG_INFO);
	now_us = 1234567;
	core = 3;
	cursor = log_end();
	sent_length = 0;
	refuse = false;
	export_init(NULL);
	return 0;
}

static const char *next_line(void)
{
	static char line[LOG_LINE_MAX + 1];
	uint64_t lost = 0;
	size_t length = log_read_line(&cursor, line, &lost);

	assert_int_equal(lost, 0);
	line[length] = '\0';
	return line;
}

static void line_carries_time_core_and_level(void **state)
{
	(void)state;
	log_info("hello %d", 42);
	log_warn("careful");
	log_error("bad\n");
	assert_string_equal(next_line(), "[    1.234567 c3] hello 42\n");
	assert_string_equal(next_line(), "[    1.234567 c3] warn: careful\n");
	assert_string_equal(next_line(), "[    1.234567 c3] error: bad\n");
	assert_string_equal(next_line(), "");
}

static void level_drops_lines(void **state)
{
	enum log_level level;

	(void)state;
	log_debug("not shown");
	assert_string_equal(next_line(), "");
	assert_int_equal(log_parse_level("debug", &level), OK);
	log_set_level(level);
	log_debug("shown");
	assert_string_equal(next_line(), "[    1.234567 c3] debug: shown\n");
	assert_int_equal(log_parse_level("loud", &level), ERR_INVALID);
	assert_string_equal(log_level_name(LOG_ERROR), "error");
}

static void control_characters_cannot_forge_a_line(void **state)
{
	(void)state;
	log_info("name=%s", "x\n[0] fake\033[2J\x80");
	assert_string_equal(next_line(), "[    1.234567 c3] name=x?[0] fake?[2J?\n");
	assert_string_equal(next_line(), "");
}

static void long_message_is_cut(void **state)
{
	char text[400];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	line = next_line();
	assert_int_equal(strlen(line), LOG_LINE_MAX);
	assert_string_equal(line + LOG_LINE_MAX - 6, "xx...\n");
}

static void message_of_exactly_the_room_is_whole(void **state)
{
	char text[LOG_LINE_MAX];
	size_t room = LOG_LINE_MAX - strlen("[    1.234567 c3] ") - 1;

	(void)state;
	memset(text, 'y', room);
	text[room] = '\0';
	log_info("%s", text);
	assert_null(strstr(next_line(), "..."));
}

static void overtaken_reader_resumes_at_a_whole_line(void **state)
{
	char line[LOG_LINE_MAX];
	uint64_t lost = 0;
	size_t length;

	(void)state;
	for (int i = 0; i < 5000; i++)
		log_info("line %d", i);
	length = log_read_line(&cursor, line, &lost);
	assert_true(length > 0 && lost > 0);
	assert_memory_equal(line, "[    1.", 7);
	assert_int_equal(line[length - 1], '\n');
}

static void log_lines_are_exported(void **state)
{
	const char *text = "[    1.234567 c3] hi\n";

	(void)state;
	export_init(&fake);
	log_info("hi");
	assert_int_equal(sent_length, sizeof(struct export_header) + strlen(text));
	assert_memory_equal(sent, "\xa5\x5a\x02\x00\x15\x00", 6);
	assert_memory_equal(sent + 6, text, strlen(text));
}

static void long_data_become_several_frames(void **state)
{
	static uint8_t data[EXPORT_PAYLOAD_MAX + 10];

	(void)state;
	export_init(&fake);
	data[EXPORT_PAYLOAD_MAX] = 0x77;
	export_frame(EXPORT_TRACE, 5, data, sizeof(data));
	assert_int_equal(sent_length, sizeof(data) + 2 * sizeof(struct export_header));
	assert_memory_equal(sent, "\xa5\x5a\x04\x05\x00\x10", 6);
	assert_memory_equal(sent + 6 + EXPORT_PAYLOAD_MAX, "\xa5\x5a\x04\x05\x0a\x00\x77", 7);
}

static void figure_is_name_value_unit(void **state)
{
	(void)state;
	export_init(&fake);
	export_figure("exit.cpuid", 150, "ticks");
	assert_int_equal(sent[2], EXPORT_FIGURE);
	assert_memory_equal(sent + 6, "exit.cpuid\t150\tticks", 20);
}

static void refused_frames_are_counted(void **state)
{
	uint64_t before = export_lost();

	(void)state;
	export_init(&fake);
	refuse = true;
	export_frame(EXPORT_LOG, 0, "x", 1);
	assert_int_equal(export_lost(), before + 1);
}

static void channel_off_takes_nothing(void **state)
{
	(void)state;
	assert_false(export_enabled());
	export_frame(EXPORT_LOG, 0, "x", 1);
	export_poll();
	export_flush();
	assert_int_equal(sent_length, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(line_carries_time_core_and_level, set_up),
		cmocka_unit_test_setup(level_drops_lines, set_up),
		cmocka_unit_test_setup(control_characters_cannot_forge_a_line, set_up),
		cmocka_unit_test_setup(long_message_is_cut, set_up),
		cmocka_unit_test_setup(message_of_exactly_the_room_is_whole, set_up),
		cmocka_unit_test_setup(overtaken_reader_resumes_at_a_whole_line, set_up),
		cmocka_unit_test_setup(log_lines_are_exported, set_up),
		cmocka_unit_test_setup(long_data_become_several_frames, set_up),
		cmocka_unit_test_setup(figure_is_name_value_unit, set_up),
		cmocka_unit_test_setup(refused_frames_are_counted, set_up),
		cmocka_unit_test_setup(channel_off_takes_nothing, set_up),
	};

	return cmocka_run_group_tests_name("log and export", tests, NULL, NULL);
}
