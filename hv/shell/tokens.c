#include "hv/shell/tokens.h"

struct splitter {
	struct tokens *tokens;
	char *to;
	char quote; /* the open one, or 0 */
	bool escaped;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum error begin_word(struct splitter *split, size_t at)
{
	struct tokens *tokens = split->tokens;

	if (tokens->count == TOKENS_MAX)
		return ERR_LIMIT;
	tokens->words[tokens->count++] = split->to;
	tokens->last_start = at;
	tokens->last_open = true;
	return OK;
}

static void end_word(struct splitter *split)
{
	*split->to++ = '\0';
	split->tokens->last_open = false;
}

/* One character inside a word. */
static void word_character(struct splitter *split, char c)
{
	if (split->escaped) {
		*split->to++ = c;
		split->escaped = false;
	} else if (c == '\\' && split->quote != '\'') {
		split->escaped = true;
	} else if (split->quote ? c == split->quote : c == '\'' || c == '"') {
		split->quote = split->quote ? 0 : c;
	} else {
		*split->to++ = c;
	}
}

static enum error split_character(struct splitter *split, size_t at, char c)
{
	enum error error = OK;

	if (is_blank(c) && !split->quote && !split->escaped) {
		if (split->tokens->last_open)
			end_word(split);
		return OK;
	}
	if (!split->tokens->last_open)
		error = begin_word(split, at);
	if (!error)
		word_character(split, c);
	return error;
}

enum error tokens_split(struct tokens *tokens, const char *line, size_t length)
{
	struct splitter split = { .tokens = tokens, .to = tokens->text };

	tokens->count = 0;
	tokens->last_start = length;
	tokens->last_open = false;
	tokens->words[0] = NULL;
	if (length >= SHELL_LINE_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < length; i++)
		if (split_character(&split, i, line[i]))
			return ERR_LIMIT;
	*split.to = '\0';
	tokens->words[tokens->count] = NULL;
	if (!tokens->last_open)
		tokens->last_start = length;
	return split.quote || split.escaped ? ERR_FORMAT : OK;
}
