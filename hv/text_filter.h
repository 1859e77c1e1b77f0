/*
 * Turns a guest's terminal output into harmless text: escape sequences (ECMA-48 CSI, OSC and the
 * two-byte ones) disappear whole, other control characters and bytes above 0x7e become nothing or
 * '?'. What comes out is 0x20..0x7e only, or a line end.
 */
#ifndef HV_TEXT_FILTER_H
#define HV_TEXT_FILTER_H

#include <stdint.h>

struct text_filter {
	uint8_t state; /* zero at the start; see text_filter.c */
};

#define TEXT_FILTER_NONE (-1) /* the byte shows nothing */

/* The character to show for the byte: '\n', 0x20..0x7e, or TEXT_FILTER_NONE. */
int text_filter(struct text_filter *filter, uint8_t byte);

#endif
