/*
 * A command line of words `key=value` or `flag`, separated by blanks. Pure. The first word with the
 * key counts.
 */
#ifndef GUESTS_LIB_ARGS_H
#define GUESTS_LIB_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number, decimal or 0x-hexadecimal, with K, M or G (powers of 1024) behind it if wanted;
 * `fallback` if the key is absent or its value is no such number. */
uint64_t arg_u64(const char *cmdline, const char *key, uint64_t fallback);

/* Copies the value, cut to size - 1 bytes and terminated; `fallback` if the key is absent. */
void arg_text(const char *cmdline, const char *key, const char *fallback, char *out, size_t size);

/* True if the key's value is exactly this text. */
bool arg_is(const char *cmdline, const char *key, const char *value);

#endif
