/* The end: a broken invariant of our own. For a guest's faults stop that guest instead. */
#ifndef HV_PANIC_H
#define HV_PANIC_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/symbols.h"

struct trap_frame;

/* Mutes the other cores, prints reason, core and backtrace, halts (or powers off). */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for an exception, with the registers; the backtrace is that of `frame`. */
_Noreturn void panic_at(const struct trap_frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* True while a panic is under way: NMIs then halt the core they reach. */
bool panic_in_progress(void);

/* Batch runs: power the machine off (exit code 99) after a panic instead of halting. */
extern bool panic_powers_off;

/* Where names in backtraces come from; copied, what it points to must stay. */
void panic_set_symbols(const struct symbol_table *table);

/* Backtrace from an address and a frame pointer, one log line a frame; bounded, never faults. */
void backtrace_print(uint64_t rip, uint64_t rbp);

#endif
