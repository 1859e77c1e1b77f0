/*
 * The verdict of a test guest: the last line of its console is `PASS`, or `FAIL: ` and the first
 * check that failed. main ends with `return verdict();`.
 */
#ifndef GUESTS_LIB_VERDICT_H
#define GUESTS_LIB_VERDICT_H

#include <stdbool.h>

/* Records (and prints) a failure unless ok. Safe from any vCPU. Returns ok. */
bool check(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the verdict; 0 for PASS, else 1. A test without a single check fails. */
int verdict(void);

#endif
