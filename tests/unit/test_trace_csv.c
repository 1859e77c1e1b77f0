/* Trace files: good ones are read, bad ones are refused with file, line and reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/sim/trace_csv.h"

static struct trace_csv trace;
static char message[256];

static enum error load(const char *text)
{
	char path[] = "/tmp/trace_csv_XXXXXX";
	int fd = mkstemp(path);
	enum error error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	message[0] = '\0';
	error = trace_csv_load(&trace, path, message, sizeof(message));
	unlink(path);
	return error;
}

static void reads_columns_by_name(void **state)
{
	(void)state;
	assert_int_equal(load("wait_us,x,t_us,cpu_us\n5,9,100,20\r\n0,9,250,999\n"), OK);
	assert_int_equal(trace.rows, 2);
	assert_int_equal(trace.row[0].length_us, 100);
	assert_int_equal(trace.row[0].demand_us, 25);
	assert_int_equal(trace.row[1].length_us, 150);
	assert_int_equal(trace.row[1].demand_us, 150); /* one vCPU cannot want more */
	trace_csv_free(&trace);
}

static void refuses_bad_files(void **state)
{
	static const struct {
		const char *text;
		const char *reason;
	} cases[] = {
		{ "", "empty file" },
		{ "t_us,cpu_us\n1,2\n", ":1: missing column wait_us" },
		{ "cpu_us,wait_us\n1,2\n", ":1: missing column t_us" },
		{ "t_us,cpu_us,wait_us\n10,1,0\n9,1,0\n", ":3: time does not advance" },
		{ "t_us,cpu_us,wait_us\n10,1,0\n10,1,0\n", ":3: time does not advance" },
		{ "t_us,cpu_us,wait_us\n10,-1,0\n", ":2: not a number in column cpu_us" },
		{ "t_us,cpu_us,wait_us\n10,1x,0\n", ":2: not a number in column cpu_us" },
		{ "t_us,cpu_us,wait_us\n10,99999999999999999999999,0\n",
		  ":2: more than 1e12 us in column cpu_us" },
		{ "t_us,cpu_us,wait_us\n10,1,18446744073709551615\n",
		  ":2: more than 1e12 us in column wait_us" },
		{ "t_us,cpu_us,wait_us\n10000000000000000,1,0\n",
		  ":2: more than 1e12 us in column t_us" },
		{ "t_us,cpu_us,t_us,wait_us\n10,1,10,0\n", ":1: twice there is a column t_us" },
		{ "t_us,cpu_us,wait_us\n10,1\n", ":2: too few columns" },
		{ "t_us,cpu_us,wait_us\n10,0,0\n", "no demand in any row" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(load(cases[i].text), ERR_FORMAT);
		assert_non_null(strstr(message, cases[i].reason));
		assert_null(trace.row);
	}
	assert_int_equal(trace_csv_load(&trace, "/no/such/file", message, sizeof(message)),
			 ERR_NOT_FOUND);
	assert_string_equal(message, "/no/such/file: No such file or directory");
	assert_int_equal(trace_csv_load(&trace, "/", message, sizeof(message)), ERR_FORMAT);
	assert_string_equal(message, "/: Is a directory");
}

/* A long line must not be read as two. */
static void refuses_a_line_that_is_too_long(void **state)
{
	static char text[5000] = "t_us,cpu_us,wait_us,note\n10,1,0,";
	size_t start = strlen(text);

	(void)state;
	memset(text + start, 'x', sizeof(text) - 1 - start);
	memcpy(text + start + 4095 - strlen("10,1,0,"), "20,1,0,\n", 8);
	assert_int_equal(load(text), ERR_FORMAT);
	assert_non_null(strstr(message, ":2: longer than 4094 characters"));
}

static void demand_of_many_days_is_scaled_down(void **state)
{
	(void)state;
	assert_int_equal(load("t_us,cpu_us,wait_us\n1000000000000,1000000000000,0\n"), OK);
	trace_csv_limit(&trace, 40);
	assert_int_equal(trace.row[0].demand_us, 400000000000);
	trace_csv_free(&trace);
}

static void demand_over_the_limit_is_scaled_down(void **state)
{
	(void)state;
	assert_int_equal(load("t_us,cpu_us,wait_us\n100,20,0\n200,60,0\n"), OK);
	trace_csv_limit(&trace, 40);
	assert_int_equal(trace.row[0].demand_us, 20);
	assert_int_equal(trace.row[1].demand_us, 60);
	trace_csv_limit(&trace, 20);
	assert_int_equal(trace.row[0].demand_us, 10);
	assert_int_equal(trace.row[1].demand_us, 30);
	trace_csv_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_columns_by_name),
		cmocka_unit_test(refuses_bad_files),
		cmocka_unit_test(refuses_a_line_that_is_too_long),
		cmocka_unit_test(demand_of_many_days_is_scaled_down),
		cmocka_unit_test(demand_over_the_limit_is_scaled_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
