/* The end: a broken invariant of our own. For a guest's faults stop that guest instead. */
#ifndef HV_PANIC_H
#define HV_PANIC_H

#include <stdbool.h>

struct trap_frame;

/* Mutes the other cores, prints reason, core, registers and backtrace, halts (or resets). */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for an exception: registers and backtrace are those of `frame`. */
_Noreturn void panic_at(const struct trap_frame *frame, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* True while a panic is under way: NMIs then halt the core they reach. */
bool panic_in_progress(void);

/* Batch runs: power the machine off after a panic instead of halting. */
extern bool panic_powers_off;

/* Backtrace from a frame pointer, one line a frame through the log; bounded, never faults. */
void backtrace_print(unsigned long rip, unsigned long rbp);

#endif
