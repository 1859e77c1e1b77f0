/*
 * The hypervisor's own messages. Usable from the first instruction of C on, on every core, with
 * interrupts off and from exception handlers (not from NMI handlers: they would find the lock
 * taken, unless log_enter_panic was called).
 *
 * A message is one line: "[    1.234567 c0] warn: text\n", seconds and microseconds since the clock
 * was set, core number, level (none for info). Lines of several cores never mix. Control
 * characters within a message become '?', so text that comes from a guest or from a file cannot
 * forge a line. Lines are kept in a ring (LOG_RING_SIZE bytes) that the console shows from, as
 * fast as the host line takes it, and that `dmesg` prints again; a copy goes to the export channel.
 *
 * Lock order: the log lock is taken inside any other; inside it only the export lock is taken.
 * Formatting: newlib's vsnprintf; print sizes as %lu.
 */
#ifndef HV_LOG_H
#define HV_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

#define LOG_LINE_MAX  256u /* bytes of a line with its newline; longer messages end in "..." */
#define LOG_RING_SIZE (1u << 16) /* bytes of the newest lines kept */

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_vwrite(enum log_level level, const char *format, va_list arguments);

/* Messages above the level are dropped unformatted; LOG_INFO at the start. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "error", "warn", "info", "debug"; log_parse_level answers ERR_INVALID for any other text. */
const char *log_level_name(enum log_level level);
enum error log_parse_level(const char *name, enum log_level *level);

/* Where time stamps and core numbers come from; both read 0 while they are NULL. */
struct log_source {
	uint64_t (*microseconds)(void); /* since boot, monotonic on one core */
	unsigned (*core)(void);		/* number of the calling core */
};
void log_set_source(struct log_source source);
uint64_t log_microseconds(void);

/*
 * Called after every line, outside the log lock: the console shows the line at once until the
 * boot core's loop runs (see console.h). NULL: nobody.
 */
void log_set_listener(void (*listener)(void));

/*
 * Copies the next whole line, newline included, at or after *cursor to `line` and moves the cursor
 * behind it. Start a cursor at 0 for all that is kept. Returns the length, 0 when there is no
 * newer line. *lost grows by the bytes that were overwritten before they could be read.
 */
size_t log_read_line(uint64_t *cursor, char line[LOG_LINE_MAX], uint64_t *lost);

/* The cursor behind the newest line. */
uint64_t log_end(void);

/*
 * This core alone runs on and may have interrupted the lock's owner: from now on the log waits for
 * its lock only a bounded time and then goes ahead without.
 */
void log_enter_panic(void);

#endif
