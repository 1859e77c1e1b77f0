#include "hv/log.h"

#include <stdio.h>
#include <string.h>

#include "hv/export.h"
#include "hv/panic_lock.h"
#include "hv/scrollback.h"

static uint8_t kept[LOG_RING_SIZE];
static struct scrollback ring = { .bytes = kept, .size = sizeof(kept) }; /* under `lock` */
static struct spinlock lock = SPINLOCK_INIT("log");
static bool panicking;

static enum log_level threshold = LOG_INFO;
static struct log_source source;
static void (*listener)(void);

static const char *const level_names[LOG_LEVELS] = { "error", "warn", "info", "debug" };

void log_set_level(enum log_level level)
{
	threshold = level;
}

enum log_level log_get_level(void)
{
	return threshold;
}

const char *log_level_name(enum log_level level)
{
	return level < LOG_LEVELS ? level_names[level] : "?";
}

enum error log_parse_level(const char *name, enum log_level *level)
{
	for (unsigned i = 0; i < LOG_LEVELS; i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*level = i;
			return OK;
		}
	}
	return ERR_INVALID;
}

void log_set_source(struct log_source new_source)
{
	source = new_source;
}

uint64_t log_microseconds(void)
{
	return source.microseconds ? source.microseconds() : 0;
}

void log_set_listener(void (*new_listener)(void))
{
	listener = new_listener;
}

void log_enter_panic(void)
{
	panicking = true;
	export_enter_panic();
}

static size_t put_prefix(char *line, enum log_level level)
{
	uint64_t now = log_microseconds();
	unsigned core = source.core ? source.core() : 0;

	return snprintf(line, LOG_LINE_MAX, "[%5lu.%06lu c%u] %s%s", now / 1000000, now % 1000000,
			core, level == LOG_INFO ? "" : log_level_name(level),
			level == LOG_INFO ? "" : ": ");
}

/* What a message may not contain: anything that would begin a line or steer a terminal. */
static void make_harmless(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)text[i] < 0x20 || (uint8_t)text[i] >= 0x7f)
			text[i] = text[i] == '\t' ? ' ' : '?';
}

/* Returns the length of the whole line. Its last byte is the newline; there is no zero. */
static size_t format_line(char line[LOG_LINE_MAX], enum log_level level, const char *format,
			  va_list arguments)
{
	size_t prefix = put_prefix(line, level);
	size_t room = LOG_LINE_MAX - prefix;
	int wanted = vsnprintf(line + prefix, room, format, arguments);
	size_t length = wanted < 0 ? 0 : (size_t)wanted;

	if (length >= room) {
		length = room - 1;
		memcpy(line + LOG_LINE_MAX - 4, "...", 3);
	}
	if (length && line[prefix + length - 1] == '\n')
		length--;
	make_harmless(line + prefix, length);
	line[prefix + length] = '\n';
	return prefix + length + 1;
}

static void keep_line(const char *line, size_t length)
{
	panic_lock(&lock, panicking);
	scrollback_write(&ring, line, length);
	export_frame(EXPORT_LOG, 0, line, length);
	spin_unlock(&lock);
}

void log_vwrite(enum log_level level, const char *format, va_list arguments)
{
	char line[LOG_LINE_MAX];

	if (level > threshold)
		return;
	keep_line(line, format_line(line, level, format, arguments));
	if (listener)
		listener();
}

static size_t next_line(uint64_t *cursor, char line[LOG_LINE_MAX], uint64_t *lost)
{
	size_t count = scrollback_read(&ring, cursor, line, LOG_LINE_MAX, lost);
	char *end = memchr(line, '\n', count);
	size_t length = end ? (size_t)(end + 1 - line) : 0;

	*cursor -= count - length;
	return length;
}

/* After an overrun the cursor stands within a line, whose rest counts as lost too. */
static size_t copy_line(uint64_t *cursor, char line[LOG_LINE_MAX], uint64_t *lost)
{
	uint64_t before = *lost;
	size_t length = next_line(cursor, line, lost);

	if (*lost == before)
		return length;
	*lost += length;
	return next_line(cursor, line, lost);
}

size_t log_read_line(uint64_t *cursor, char line[LOG_LINE_MAX], uint64_t *lost)
{
	size_t length;

	panic_lock(&lock, panicking);
	length = copy_line(cursor, line, lost);
	spin_unlock(&lock);
	return length;
}

uint64_t log_end(void)
{
	return __atomic_load_n(&ring.written, __ATOMIC_RELAXED);
}

void log_write(enum log_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(level, format, arguments);
	va_end(arguments);
}

void log_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(LOG_ERROR, format, arguments);
	va_end(arguments);
}

void log_warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(LOG_WARN, format, arguments);
	va_end(arguments);
}

void log_info(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(LOG_INFO, format, arguments);
	va_end(arguments);
}

void log_debug(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_vwrite(LOG_DEBUG, format, arguments);
	va_end(arguments);
}
