/* Collects the words that could stand where the cursor is and finds what they have in common. */
#ifndef HV_SHELL_COMPLETION_H
#define HV_SHELL_COMPLETION_H

#include <stddef.h>
#include <stdint.h>

#define COMPLETION_WORD 64   /* longest word, with the zero; longer ones are not proposed */
#define COMPLETION_TEXT 2048 /* bytes for all words shown in a list */

struct completion {
	const char *prefix; /* what was typed of the word */
	size_t prefix_length;
	uint32_t count;		      /* words that fit */
	char common[COMPLETION_WORD]; /* their longest common beginning */
	char text[COMPLETION_TEXT]; /* the words, each with its zero; what has no room is missing */
	size_t text_length;
};

/* `prefix` must outlive the collection. */
void completion_begin(struct completion *completion, const char *prefix);

/* Adds a word if it begins with the prefix. The text is copied. */
void completion_add(struct completion *completion, const char *word);

/* What can be added to the prefix without a choice; "" for nothing. */
const char *completion_rest(const struct completion *completion);

#endif
