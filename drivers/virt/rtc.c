#include "drivers/virt/rtc.h"

#include <stdbool.h>
#include <string.h>

#include "drivers/virt/muldiv.h"

enum {
	REG_SECONDS = 0x00,
	REG_MINUTES = 0x02,
	REG_HOURS = 0x04,
	REG_WEEKDAY = 0x06,
	REG_DAY = 0x07,
	REG_MONTH = 0x08,
	REG_YEAR = 0x09,
	REG_A = 0x0A,
	REG_B = 0x0B,
	REG_C = 0x0C,
	REG_D = 0x0D,
	REG_CENTURY = 0x32,

	A_UPDATING = 1 << 7,
	A_DEFAULT = 0x26, /* 32,768 Hz crystal, 1,024 Hz rate */
	B_24_HOURS = 1 << 1,
	B_BINARY = 1 << 2,
	B_SET = 1 << 7,
	D_VALID_RAM = 1 << 7,
	HOURS_PM = 1 << 7,
};

/* The update takes 1,984 us, and the flag goes up 244 us before. */
#define UPDATE_MICROSECONDS 2228u
#define MICROSECONDS	    1000000u
#define DAY_SECONDS	    86400

struct civil {
	int64_t year;
	int month, day, weekday; /* from 1; Sunday is 1 */
	int hours, minutes, seconds;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01 to a date, in years that begin in March: leap days then come last, and the
 * months' lengths follow the straight line (153 m + 2) / 5. An era is 400 years, 146,097 days.
 */
static void civil_date(int64_t days, struct civil *c)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = floor_div(shifted, 146097);
	int in_era = (int)(shifted - era * 146097);
	int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int in_year = in_era - (365 * year + year / 4 - year / 100);
	int month = (5 * in_year + 2) / 153;

	c->day = in_year - (153 * month + 2) / 5 + 1;
	c->month = month < 10 ? month + 3 : month - 9;
	c->year = era * 400 + year + (c->month <= 2);
	c->weekday = (int)((days % 7 + 11) % 7) + 1; /* day 0 was a Thursday */
}

static int64_t days_of(int64_t year, int month, int day)
{
	int64_t shifted = month <= 2 ? year - 1 : year;
	int64_t era = floor_div(shifted, 400);
	int in_era = (int)(shifted - era * 400);
	int from_march = month > 2 ? month - 3 : month + 9;
	int in_year = (153 * from_march + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static void civil_of(int64_t unix_seconds, struct civil *c)
{
	int64_t days = floor_div(unix_seconds, DAY_SECONDS);
	int rest = (int)(unix_seconds - days * DAY_SECONDS);

	civil_date(days, c);
	c->hours = rest / 3600;
	c->minutes = rest / 60 % 60;
	c->seconds = rest % 60;
}

static int64_t seconds_at(const struct rtc *r, uint64_t now)
{
	return r->epoch_seconds + (int64_t)((now - r->epoch_tsc) / r->tsc_hz);
}

/* While register B holds SET the clock stands still. */
static uint64_t clock_time(const struct rtc *r, uint64_t now)
{
	return r->ram[REG_B] & B_SET ? r->frozen : now;
}

static uint8_t encode(const struct rtc *r, int value)
{
	return (uint8_t)(r->ram[REG_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static int decode(const struct rtc *r, uint8_t value)
{
	return r->ram[REG_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static uint8_t encode_hours(const struct rtc *r, int hours)
{
	if (r->ram[REG_B] & B_24_HOURS)
		return encode(r, hours);
	return encode(r, hours % 12 ? hours % 12 : 12) | (hours >= 12 ? HOURS_PM : 0);
}

static int decode_hours(const struct rtc *r, uint8_t value)
{
	if (r->ram[REG_B] & B_24_HOURS)
		return decode(r, value);
	return decode(r, value & 0x7F) % 12 + (value & HOURS_PM ? 12 : 0);
}

static uint8_t read_register_a(const struct rtc *r, uint64_t now)
{
	uint64_t in_second = (now - r->epoch_tsc) % r->tsc_hz;
	uint64_t left = muldiv_floor(r->tsc_hz - in_second, MICROSECONDS, r->tsc_hz);
	bool updating = !(r->ram[REG_B] & B_SET) && left < UPDATE_MICROSECONDS;

	return r->ram[REG_A] | (updating ? A_UPDATING : 0);
}

static uint8_t read_time(const struct rtc *r, unsigned reg, uint64_t now)
{
	struct civil c;

	civil_of(seconds_at(r, clock_time(r, now)), &c);
	switch (reg) {
	case REG_SECONDS:
		return encode(r, c.seconds);
	case REG_MINUTES:
		return encode(r, c.minutes);
	case REG_HOURS:
		return encode_hours(r, c.hours);
	case REG_WEEKDAY:
		return encode(r, c.weekday);
	case REG_DAY:
		return encode(r, c.day);
	case REG_MONTH:
		return encode(r, c.month);
	case REG_YEAR:
		return encode(r, (int)(c.year % 100));
	}
	return encode(r, (int)(c.year / 100));
}

static bool is_time(unsigned reg)
{
	static const uint64_t registers = 1ull << REG_SECONDS | 1ull << REG_MINUTES |
					  1ull << REG_HOURS | 1ull << REG_WEEKDAY |
					  1ull << REG_DAY | 1ull << REG_MONTH | 1ull << REG_YEAR |
					  1ull << REG_CENTURY;

	return reg < 64 && registers >> reg & 1;
}

/* Changes one field of the date; a value that makes no sense carries over, as mktime() does. */
static void write_time(struct rtc *r, unsigned reg, uint8_t value, uint64_t now)
{
	uint64_t at = clock_time(r, now);
	uint64_t in_second = (at - r->epoch_tsc) % r->tsc_hz;
	int number = reg == REG_HOURS ? decode_hours(r, value) : decode(r, value);
	struct civil c;

	civil_of(seconds_at(r, at), &c);
	switch (reg) {
	case REG_SECONDS:
		c.seconds = number;
		break;
	case REG_MINUTES:
		c.minutes = number;
		break;
	case REG_HOURS:
		c.hours = number;
		break;
	case REG_DAY:
		c.day = number;
		break;
	case REG_MONTH:
		c.month = number < 1 ? 1 : number > 12 ? 12 : number;
		break;
	case REG_YEAR:
		c.year = c.year / 100 * 100 + number;
		break;
	case REG_CENTURY:
		c.year = c.year % 100 + number * 100;
		break;
	}
	r->epoch_seconds = days_of(c.year, c.month, c.day) * DAY_SECONDS + c.hours * 3600 +
			   c.minutes * 60 + c.seconds;
	r->epoch_tsc = at - in_second;
}

/* Setting SET stops the clock, clearing it lets the clock go on from where it stood. */
static void write_register_b(struct rtc *r, uint8_t value, uint64_t now)
{
	uint8_t changed = (value ^ r->ram[REG_B]) & B_SET;

	if (changed && (value & B_SET))
		r->frozen = now;
	else if (changed)
		r->epoch_tsc += now - r->frozen;
	r->ram[REG_B] = value;
}

void rtc_init(struct rtc *r, uint64_t tsc_hz, int64_t unix_seconds, uint64_t now)
{
	memset(r, 0, sizeof(*r));
	r->tsc_hz = tsc_hz;
	r->epoch_seconds = unix_seconds;
	r->epoch_tsc = now;
	r->ram[REG_A] = A_DEFAULT;
	r->ram[REG_B] = B_24_HOURS;
}

static uint8_t read_data(const struct rtc *r, uint64_t now)
{
	if (is_time(r->index))
		return read_time(r, r->index, now);
	if (r->index == REG_A)
		return read_register_a(r, now);
	if (r->index == REG_C)
		return 0; /* no interrupt ever */
	return r->index == REG_D ? D_VALID_RAM : r->ram[r->index];
}

static void write_data(struct rtc *r, uint8_t value, uint64_t now)
{
	if (is_time(r->index))
		write_time(r, r->index, value, now);
	else if (r->index == REG_B)
		write_register_b(r, value, now);
	else if (r->index == REG_A)
		r->ram[REG_A] = value & ~A_UPDATING;
	else
		r->ram[r->index] = value;
}

/* The index port cannot be read on a PC. */
uint8_t rtc_read(struct rtc *r, uint16_t port, uint64_t now)
{
	return port == 0x71 ? read_data(r, now) : 0xFF;
}

/* Bit 7 of the index port gates NMIs and is not part of the index. */
void rtc_write(struct rtc *r, uint16_t port, uint8_t value, uint64_t now)
{
	if (port == 0x70)
		r->index = value & 0x7F;
	else if (port == 0x71)
		write_data(r, value, now);
}
