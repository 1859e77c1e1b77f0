/*
 * The kinds of values that a configuration line can have, parsed strictly: all of the span must be
 * the value, nothing wraps, nothing is guessed. Each returns false, and leaves *value alone, if the
 * span is not one.
 */
#ifndef HV_CONFIG_VALUE_H
#define HV_CONFIG_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/config.h"
#include "hv/text.h"

struct span span_trim(struct span span);
bool span_is(struct span span, const char *string);

/* Cuts the part before the first `separator` off `rest`; all of it if there is none. */
struct span span_cut(struct span *rest, char separator);

/* Decimal, or hexadecimal after 0x. No sign. */
bool value_number(struct span span, uint64_t *value);

/* A decimal number with an optional K, M or G (powers of 1024), in bytes. */
bool value_size(struct span span, uint64_t *value);

/* The index in a NULL-terminated list of words. */
bool value_word(struct span span, const char *const *words, uint32_t *value);

/* A list such as "0-1,3". */
bool value_cores(struct span span, struct config_cores *value);

/* Letters, digits, '_', '-' and '.', the first one a letter or digit. Room: CONFIG_NAME_LENGTH. */
bool value_name(struct span span, char *value);

/* A file name that FAT can have, '/' between folders. Room: CONFIG_FILE_LENGTH. */
bool value_file(struct span span, char *value);

#endif
