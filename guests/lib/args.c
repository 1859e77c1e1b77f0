#include "guests/lib/args.h"

#include <stdlib.h>
#include <string.h>

struct span {
	const char *text; /* NULL: absent */
	size_t length;
};

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t\n");
}

static struct span find_value(const char *cmdline, const char *key)
{
	size_t key_length = strlen(key);

	for (const char *word = skip_blanks(cmdline); *word;) {
		size_t length = strcspn(word, " \t\n");

		if (length > key_length && word[key_length] == '=' &&
		    memcmp(word, key, key_length) == 0)
			return (struct span) { word + key_length + 1, length - key_length - 1 };
		word = skip_blanks(word + length);
	}
	return (struct span) { NULL, 0 };
}

static unsigned suffix_shift(char suffix)
{
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

uint64_t arg_u64(const char *cmdline, const char *key, uint64_t fallback)
{
	struct span value = find_value(cmdline, key);
	const char *end = value.text + value.length;
	char *stop;
	uint64_t number;
	unsigned shift;

	if (value.length == 0)
		return fallback;
	number = strtoul(value.text, &stop, 0);
	shift = stop < end ? suffix_shift(*stop) : 0;
	if (stop + (shift ? 1 : 0) != end)
		return fallback;
	return number << shift;
}

void arg_text(const char *cmdline, const char *key, const char *fallback, char *out, size_t size)
{
	struct span value = find_value(cmdline, key);
	size_t length;

	if (!value.text)
		value = (struct span) { fallback, strlen(fallback) };
	length = value.length < size ? value.length : size - 1;
	memcpy(out, value.text, length);
	out[length] = '\0';
}

bool arg_is(const char *cmdline, const char *key, const char *value)
{
	struct span found = find_value(cmdline, key);

	return found.text && found.length == strlen(value) &&
	       memcmp(found.text, value, found.length) == 0;
}
