/* Ways to break the hypervisor on purpose: they show that each ends in a panic that says why. */
#ifndef HV_CRASH_H
#define HV_CRASH_H

#include "hv/error.h"

/*
 * Does not return if `kind` is known: "panic", "assert", "null", "text" (writes to code), "rodata",
 * "data" (executes data), "stack" (overflows it), "double-free". ERR_NOT_FOUND otherwise.
 */
enum error crash(const char *kind);

/* The known kinds, ending in NULL. */
extern const char *const crash_kinds[];

#endif
