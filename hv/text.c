#include "hv/text.h"

#define QUOTED_MAX 40

static void add_char(struct text *text, char c)
{
	if (text->length + 1 >= text->size)
		return;
	text->to[text->length++] = c;
	text->to[text->length] = 0;
}

struct text text_in(char *to, size_t size)
{
	to[0] = 0;
	return (struct text) { .to = to, .size = size };
}

void text_add(struct text *text, const char *string)
{
	while (*string)
		add_char(text, *string++);
}

void text_add_number(struct text *text, uint64_t number)
{
	char digits[20];
	unsigned count = 0;

	do {
		digits[count++] = '0' + number % 10;
		number /= 10;
	} while (number);
	while (count)
		add_char(text, digits[--count]);
}

void text_with_number(char *to, size_t size, const char *before, uint64_t number, const char *after)
{
	struct text text = text_in(to, size);

	text_add(&text, before);
	text_add_number(&text, number);
	text_add(&text, after);
}

void text_add_quoted(struct text *text, struct span span)
{
	size_t shown = span.length < QUOTED_MAX ? span.length : QUOTED_MAX;

	add_char(text, '"');
	for (size_t i = 0; i < shown; i++) {
		char c = span.at[i];

		add_char(text, c >= ' ' && c <= '~' ? c : '?');
	}
	text_add(text, shown < span.length ? "...\"" : "\"");
}
