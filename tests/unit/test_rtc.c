#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

#include "drivers/virt/rtc.h"

#define TSC_HZ 1000000ull /* a tick is a microsecond */

enum { SECONDS, MINUTES = 2, HOURS = 4, WEEKDAY = 6, DAY, MONTH, YEAR, A, B, C, D, CENTURY = 0x32 };
enum { BINARY_24 = 0x06, BCD_24 = 0x02, BINARY_12 = 0x04, BCD_12 = 0x00, SET = 0x80 };

static struct rtc r;

static uint8_t get(uint8_t reg, uint64_t now)
{
	rtc_write(&r, 0x70, reg, now);
	return rtc_read(&r, 0x71, now);
}

static void set(uint8_t reg, uint8_t value, uint64_t now)
{
	rtc_write(&r, 0x70, reg, now);
	rtc_write(&r, 0x71, value, now);
}

static void start(int64_t unix_seconds, uint8_t b)
{
	rtc_init(&r, TSC_HZ, unix_seconds, 0);
	set(B, b, 0);
}

static void expect_time(uint64_t now, int64_t unix_seconds)
{
	time_t t = unix_seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	assert_int_equal(get(SECONDS, now), tm.tm_sec);
	assert_int_equal(get(MINUTES, now), tm.tm_min);
	assert_int_equal(get(HOURS, now), tm.tm_hour);
	assert_int_equal(get(WEEKDAY, now), tm.tm_wday + 1);
	assert_int_equal(get(DAY, now), tm.tm_mday);
	assert_int_equal(get(MONTH, now), tm.tm_mon + 1);
	assert_int_equal(get(YEAR, now), tm.tm_year % 100);
	assert_int_equal(get(CENTURY, now), (tm.tm_year + 1900) / 100);
}

/* Every day's last second and a bit from 1970 to 2110, against the C library. */
static void dates_agree_with_the_library(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 51134; day++) {
		start(day * 86400 + 86399 - day % 7777, BINARY_24);
		expect_time(0, day * 86400 + 86399 - day % 7777);
	}
}

static void dates_before_1970(void **state)
{
	(void)state;
	start(-1, BINARY_24);
	assert_int_equal(get(SECONDS, 0), 59);
	assert_int_equal(get(DAY, 0), 31);
	assert_int_equal(get(MONTH, 0), 12);
	assert_int_equal(get(YEAR, 0), 69);
	assert_int_equal(get(CENTURY, 0), 19);
	assert_int_equal(get(WEEKDAY, 0), 4);
}

static void clock_runs(void **state)
{
	(void)state;
	start(1700000000, BINARY_24);
	expect_time(999999, 1700000000);
	expect_time(1000000, 1700000001);
	expect_time(86400 * 1000000ull, 1700000000 + 86400);
	set(B, BINARY_24, 86400 * 1000000ull); /* no change: the clock is not touched */
	expect_time(86400 * 1000000ull, 1700000000 + 86400);
}

static void bcd_and_twelve_hours(void **state)
{
	static const struct {
		uint8_t hour, bcd24, bcd12, binary12;
	} cases[] = {
		{ 0, 0x00, 0x12, 12 },	       { 1, 0x01, 0x01, 1 },	 { 11, 0x11, 0x11, 11 },
		{ 12, 0x12, 0x92, 0x80 + 12 }, { 13, 0x13, 0x81, 0x81 }, { 23, 0x23, 0x91, 0x8B },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t at = cases[i].hour * 3600 + 59 * 60 + 58;

		start(at, BCD_24);
		assert_int_equal(get(HOURS, 0), cases[i].bcd24);
		assert_int_equal(get(MINUTES, 0), 0x59);
		assert_int_equal(get(SECONDS, 0), 0x58);
		start(at, BCD_12);
		assert_int_equal(get(HOURS, 0), cases[i].bcd12);
		start(at, BINARY_12);
		assert_int_equal(get(HOURS, 0), cases[i].binary12);
		set(HOURS, 1, 0); /* move it away and back */
		set(HOURS, cases[i].binary12, 0);
		set(B, BINARY_24, 0);
		assert_int_equal(get(HOURS, 0), cases[i].hour);
	}
}

static void default_registers(void **state)
{
	(void)state;
	rtc_init(&r, TSC_HZ, 0, 0);
	assert_int_equal(get(A, 0), 0x26);
	assert_int_equal(get(B, 0), 0x02);
	assert_int_equal(get(C, 0), 0x00);
	assert_int_equal(get(D, 0), 0x80);
	assert_int_equal(rtc_read(&r, 0x70, 0), 0xFF);
}

static void update_in_progress_before_each_second(void **state)
{
	(void)state;
	start(0, BINARY_24);
	assert_int_equal(get(A, 1000000 - 2300) & 0x80, 0);
	assert_int_equal(get(A, 1000000 - 2200) & 0x80, 0x80);
	assert_int_equal(get(A, 1000000 - 1) & 0x80, 0x80);
	assert_int_equal(get(A, 1000000) & 0x80, 0);
	set(A, 0xFF, 0);
	assert_int_equal(get(A, 0), 0x7F);
}

static void setting_the_time(void **state)
{
	(void)state;
	start(1000, BINARY_24);
	set(B, BINARY_24 | SET, 500000);
	set(CENTURY, 20, 500000);
	set(YEAR, 24, 600000);
	set(MONTH, 2, 700000);
	set(DAY, 29, 800000);
	set(HOURS, 23, 5000000);
	set(MINUTES, 59, 5000000);
	set(SECONDS, 59, 5000000);
	assert_int_equal(get(SECONDS, 9000000), 59); /* stands still */
	assert_int_equal(get(A, 9999999) & 0x80, 0);
	set(B, BINARY_24, 10000000);
	expect_time(10400000, 1709251199);
	expect_time(10500000, 1709251200); /* half a second had passed when it was stopped */
	assert_int_equal(get(MONTH, 10500000), 3);
}

/* Moves the clock to a date, one register after another, in the format of register B. */
static void set_date(const struct tm *tm, uint8_t mode)
{
	bool binary = mode & 0x04;
	unsigned values[] = { (unsigned)(tm->tm_year + 1900) / 100,
			      (unsigned)tm->tm_year % 100,
			      (unsigned)tm->tm_mon + 1,
			      (unsigned)tm->tm_mday,
			      (unsigned)tm->tm_hour,
			      (unsigned)tm->tm_min,
			      (unsigned)tm->tm_sec };
	static const uint8_t registers[] = { CENTURY, YEAR, MONTH, DAY, HOURS, MINUTES, SECONDS };
	bool pm = !(mode & 0x02) && tm->tm_hour >= 12;

	if (!(mode & 0x02))
		values[4] = tm->tm_hour % 12 ? (unsigned)tm->tm_hour % 12 : 12;
	for (unsigned i = 0; i < 7; i++) {
		unsigned v = values[i];

		v = binary ? v : v / 10 << 4 | v % 10;
		set(registers[i], (uint8_t)(v | (i == 4 && pm ? 0x80 : 0)), 0);
	}
}

static void dates_set_in_every_format(void **state)
{
	static const uint8_t modes[] = { BINARY_24, BCD_24, BINARY_12, BCD_12 };

	(void)state;
	for (unsigned i = 0; i < 4000; i++) {
		time_t t = (time_t)i * 1000003 + i % 86400;
		struct tm tm;

		gmtime_r(&t, &tm);
		start(951696000, modes[i % 4]); /* the first of a long month in a leap year */
		set(DAY, 1, 0);
		set_date(&tm, modes[i % 4]);
		set(B, BINARY_24, 0);
		expect_time(0, t);
	}
}

static void months_are_clamped(void **state)
{
	(void)state;
	start(0, BINARY_24);
	set(MONTH, 200, 0);
	assert_int_equal(get(MONTH, 0), 12);
	set(MONTH, 0, 0);
	assert_int_equal(get(MONTH, 0), 1);
	set(MONTH, 1, 0);
	assert_int_equal(get(MONTH, 0), 1);
}

static void senseless_values_do_no_harm(void **state)
{
	(void)state;
	for (unsigned mode = 0; mode < 8; mode += 2) {
		for (unsigned reg = 0; reg < 256; reg++) {
			start(1700000000, (uint8_t)mode);
			set((uint8_t)reg, 0x00, 0);
			set((uint8_t)reg, 0xFF, 0);
			for (unsigned i = 0; i < 128; i++)
				get((uint8_t)i, 123456789);
			assert_in_range(get(DAY, 0), 1, 0x31);
		}
	}
}

static void ram_bytes_keep_values(void **state)
{
	(void)state;
	start(0, BINARY_24);
	for (unsigned i = 0x0E; i < 0x80; i++) {
		if (i != CENTURY)
			set((uint8_t)i, (uint8_t)(i ^ 0x5A), 0);
	}
	for (unsigned i = 0x0E; i < 0x80; i++) {
		if (i != CENTURY)
			assert_int_equal(get((uint8_t)(i | 0x80), 0), i ^ 0x5A);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_agree_with_the_library),
		cmocka_unit_test(dates_before_1970),
		cmocka_unit_test(clock_runs),
		cmocka_unit_test(bcd_and_twelve_hours),
		cmocka_unit_test(default_registers),
		cmocka_unit_test(update_in_progress_before_each_second),
		cmocka_unit_test(setting_the_time),
		cmocka_unit_test(dates_set_in_every_format),
		cmocka_unit_test(months_are_clamped),
		cmocka_unit_test(senseless_values_do_no_harm),
		cmocka_unit_test(ram_bytes_keep_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
