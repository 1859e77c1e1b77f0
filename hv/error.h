/*
 * Errors as named values. Functions that can fail return enum error: OK is zero, every failure
 * is negative. Panic is for broken invariants of our own and is not expressed here.
 */
#ifndef HV_ERROR_H
#define HV_ERROR_H

enum error {
	OK = 0,
	ERR_NO_MEMORY = -1,   /* no page, no table entry or no buffer space left */
	ERR_INVALID = -2,     /* the argument makes no sense */
	ERR_RANGE = -3,       /* outside what the operation covers */
	ERR_FORMAT = -4,      /* the bytes are not of the expected format */
	ERR_TRUNCATED = -5,   /* the bytes end too early */
	ERR_UNSUPPORTED = -6, /* well-formed, but not something we do */
	ERR_NOT_FOUND = -7,   /* no such object */
	ERR_EXISTS = -8,      /* an object of that name is there already */
	ERR_BUSY = -9,        /* in use, try later */
	ERR_STATE = -10,      /* not in the state the operation needs */
	ERR_LIMIT = -11,      /* a documented maximum would be exceeded */
	ERR_FAULT = -12,      /* an address that is not there */
	ERR_TIMEOUT = -13,    /* the hardware did not answer in time */
};

/* A short constant text for people, such as "not found"; never NULL, any value is accepted. */
const char *error_name(enum error error);

#endif
