#include "hv/shell/completion.h"

#include <string.h>

void completion_begin(struct completion *completion, const char *prefix)
{
	completion->prefix = prefix;
	completion->prefix_length = strlen(prefix);
	completion->count = 0;
	completion->common[0] = '\0';
	completion->text_length = 0;
}

static void shorten_common(struct completion *completion, const char *word)
{
	size_t i = 0;

	while (completion->common[i] && completion->common[i] == word[i])
		i++;
	completion->common[i] = '\0';
}

void completion_add(struct completion *completion, const char *word)
{
	size_t size = strlen(word) + 1;

	if (size > COMPLETION_WORD || strncmp(word, completion->prefix, completion->prefix_length))
		return;
	if (completion->count++ == 0)
		memcpy(completion->common, word, size);
	else
		shorten_common(completion, word);
	if (size > COMPLETION_TEXT - completion->text_length)
		return;
	memcpy(completion->text + completion->text_length, word, size);
	completion->text_length += size;
}

const char *completion_rest(const struct completion *completion)
{
	return completion->count ? completion->common + completion->prefix_length : "";
}
