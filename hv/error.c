#include "hv/error.h"

#include <stddef.h>

static const char *const names[] = {
	[-OK] = "ok",
	[-ERR_NO_MEMORY] = "out of memory",
	[-ERR_INVALID] = "invalid argument",
	[-ERR_RANGE] = "out of range",
	[-ERR_FORMAT] = "bad format",
	[-ERR_TRUNCATED] = "truncated",
	[-ERR_UNSUPPORTED] = "not supported",
	[-ERR_NOT_FOUND] = "not found",
	[-ERR_EXISTS] = "exists already",
	[-ERR_BUSY] = "busy",
	[-ERR_STATE] = "wrong state",
	[-ERR_LIMIT] = "limit exceeded",
	[-ERR_FAULT] = "bad address",
	[-ERR_TIMEOUT] = "timed out",
};

const char *error_name(enum error error)
{
	size_t index = -(size_t)error;

	if (index >= sizeof(names) / sizeof(names[0]) || !names[index])
		return "unknown error";
	return names[index];
}
