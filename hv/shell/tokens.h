/*
 * A command line cut into words at blanks. 'single' and "double" quotes keep blanks in a word; a
 * backslash outside single quotes takes the next character as it is.
 */
#ifndef HV_SHELL_TOKENS_H
#define HV_SHELL_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

#include "hv/error.h"
#include "hv/shell/history.h"

#define TOKENS_MAX 16 /* words of a line */

struct tokens {
	int count;
	char *words[TOKENS_MAX + 1]; /* into `text`; a NULL behind the last */
	size_t last_start;	     /* where in the line the last word begins */
	bool last_open;		     /* the line ends within the last word: no blank follows */
	char text[SHELL_LINE_MAX * 2];
};

/*
 * ERR_FORMAT: a quote is not closed (the words are there all the same, for completion);
 * ERR_LIMIT: too many words, or `length` >= SHELL_LINE_MAX.
 */
enum error tokens_split(struct tokens *tokens, const char *line, size_t length);

#endif
