#include "tests/sim/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bool set_number(uint64_t *number, const char *text)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return isdigit((unsigned char)text[0]) && !*end && !errno;
}

static bool add(struct option_list *list, const char *text)
{
	if (list->count == sizeof(list->value) / sizeof(list->value[0]))
		return false;
	list->value[list->count++] = text;
	return true;
}

/* Returns what is wrong with the value, or NULL. */
static const char *set(const struct command_option *option, const char *text)
{
	if (option->flag)
		*option->flag = true;
	else if (option->text)
		*option->text = text;
	else if (option->list)
		return add(option->list, text) ? NULL : "given too often";
	else
		return set_number(option->number, text) ? NULL : "not a number";
	return NULL;
}

bool options_parse(int argc, char **argv, const struct command_option *options, unsigned count)
{
	struct option known[OPTIONS_MAX + 1] = { 0 };
	int status, index;

	assert(count <= OPTIONS_MAX);
	for (unsigned i = 0; i < count; i++)
		known[i] = (struct option) { options[i].name,
					     options[i].flag ? no_argument : required_argument,
					     NULL, 0 };
	while ((status = getopt_long(argc, argv, "", known, &index)) == 0) {
		const char *wrong = set(&options[index], optarg);

		if (!wrong)
			continue;
		fprintf(stderr, "%s: --%s %s: %s\n", argv[0], options[index].name, optarg, wrong);
		return false;
	}
	if (status == -1 && optind < argc)
		fprintf(stderr, "%s: not an option: %s\n", argv[0], argv[optind]);
	return status == -1 && optind == argc;
}
