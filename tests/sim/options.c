#include "tests/sim/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sched/sched.h"

static const char *set_number(const struct command_option *option, const char *text)
{
	uint64_t number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)text[0]) || *end || errno)
		return "not a number";
	if (number < option->min || (option->max && number > option->max))
		return "out of range";
	*option->number = number;
	return NULL;
}

static const char *set_policy(const char **policy, const char *text)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++)
		if (strcmp(sched_policy_name(policies[i]), text) == 0) {
			*policy = text;
			return NULL;
		}
	return "no such policy; sched/policies.c has them";
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
	else if (option->policy)
		return set_policy(option->policy, text);
	else
		return set_number(option, text);
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
