#include "hv/model_list.h"

#include <string.h>

#include "ple/engine.h"

int model_find(const char *name, size_t length)
{
	for (int m = 0; m < PLE_MEMBERS; m++)
		if (strlen(ple_models[m]->name) == length &&
		    memcmp(ple_models[m]->name, name, length) == 0)
			return m;
	return -1;
}

/* One word of the list; false if it is wrong. */
static bool take_word(const char *word, size_t length, bool excluding, uint32_t *members)
{
	int model;

	if (excluding) {
		if (!length || *word != '-')
			return false;
		word++;
		length--;
	}
	model = model_find(word, length);
	if (model < 0)
		return false;
	*members = excluding ? *members & ~(1u << model) : *members | 1u << model;
	return true;
}

bool model_list_parse(const char *text, uint32_t *members)
{
	bool excluding = *text == '-';
	uint32_t chosen = excluding ? PLE_DEFAULT_MEMBERS : 0;

	if (strcmp(text, "default") == 0) {
		*members = PLE_DEFAULT_MEMBERS;
		return true;
	}
	for (;;) {
		size_t length = strcspn(text, ",");

		if (!take_word(text, length, excluding, &chosen))
			return false;
		text += length;
		if (*text == '\0')
			break;
		text++;
	}
	if (chosen)
		*members = chosen;
	return chosen != 0;
}
