#include "hv/config_value.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct span span_trim(struct span span)
{
	while (span.length && is_space(span.at[0])) {
		span.at++;
		span.length--;
	}
	while (span.length && is_space(span.at[span.length - 1]))
		span.length--;
	return span;
}

bool span_is(struct span span, const char *string)
{
	return span.length == strlen(string) && memcmp(span.at, string, span.length) == 0;
}

struct span span_cut(struct span *rest, char separator)
{
	struct span head = { .at = rest->at };

	while (head.length < rest->length && rest->at[head.length] != separator)
		head.length++;
	size_t skip = head.length < rest->length ? head.length + 1 : head.length;
	rest->at += skip;
	rest->length -= skip;
	return head;
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

static bool parse_digits(struct span span, unsigned base, uint64_t *value)
{
	uint64_t sum = 0;

	if (!span.length)
		return false;
	for (size_t i = 0; i < span.length; i++) {
		unsigned digit = digit_value(span.at[i]);

		if (digit >= base || sum > (UINT64_MAX - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	*value = sum;
	return true;
}

bool value_number(struct span span, uint64_t *value)
{
	if (span.length > 2 && span.at[0] == '0' && (span.at[1] == 'x' || span.at[1] == 'X'))
		return parse_digits((struct span) { span.at + 2, span.length - 2 }, 16, value);
	return parse_digits(span, 10, value);
}

static unsigned unit_shift(char unit)
{
	static const struct {
		char unit;
		unsigned shift;
	} units[] = {
		{ 'K', 10 }, { 'k', 10 }, { 'M', 20 }, { 'm', 20 }, { 'G', 30 }, { 'g', 30 }
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == unit)
			return units[i].shift;
	}
	return 0;
}

bool value_size(struct span span, uint64_t *value)
{
	unsigned shift = span.length ? unit_shift(span.at[span.length - 1]) : 0;
	uint64_t number;

	if (shift)
		span.length--;
	if (!parse_digits(span, 10, &number) || number > UINT64_MAX >> shift)
		return false;
	*value = number << shift;
	return true;
}

bool value_word(struct span span, const char *const *words, uint32_t *value)
{
	for (uint32_t i = 0; words[i]; i++) {
		if (span_is(span, words[i])) {
			*value = i;
			return true;
		}
	}
	return false;
}

/* "3" or "0-2". */
static bool add_core_range(struct span item, struct config_cores *cores)
{
	struct span last = span_trim(item);
	struct span first = span_cut(&last, '-');
	bool single = first.at + first.length == last.at;
	uint64_t from, to;

	if (!parse_digits(span_trim(first), 10, &from) || from >= CONFIG_MAX_CORES)
		return false;
	to = from;
	if (!single && !parse_digits(span_trim(last), 10, &to))
		return false;
	if (to < from || to >= CONFIG_MAX_CORES)
		return false;
	for (uint64_t core = from; core <= to; core++)
		cores->bits[core / 64] |= 1ull << (core % 64);
	return true;
}

bool value_cores(struct span span, struct config_cores *value)
{
	struct config_cores cores;

	memset(&cores, 0, sizeof(cores));
	if (!span.length || span.at[span.length - 1] == ',')
		return false;
	while (span.length) {
		if (!add_core_range(span_cut(&span, ','), &cores))
			return false;
	}
	*value = cores;
	return true;
}

static bool copy_string(struct span span, char *value, size_t size)
{
	if (!span.length || span.length >= size)
		return false;
	memcpy(value, span.at, span.length);
	value[span.length] = 0;
	return true;
}

bool value_name(struct span span, char *value)
{
	if (!span.length || !is_alphanumeric(span.at[0]))
		return false;
	for (size_t i = 0; i < span.length; i++) {
		char c = span.at[i];

		if (!is_alphanumeric(c) && c != '_' && c != '-' && c != '.')
			return false;
	}
	return copy_string(span, value, CONFIG_NAME_LENGTH);
}

static bool is_file_char(char c)
{
	static const char refused[] = "\\:*?\"<>|";

	return c > ' ' && c <= '~' && !memchr(refused, c, sizeof(refused) - 1);
}

bool value_file(struct span span, char *value)
{
	for (size_t i = 0; i < span.length; i++) {
		if (!is_file_char(span.at[i]))
			return false;
	}
	return copy_string(span, value, CONFIG_FILE_LENGTH);
}
