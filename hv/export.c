#include "hv/export.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv/panic_lock.h"

#define TEXT_MAX 256u

static const struct export_transport *transport;
static struct spinlock lock = SPINLOCK_INIT("export");
static bool panicking;
static uint64_t refused; /* under `lock` */

/* A frame in one piece, so that it leaves by one string instruction. Guarded by `lock`. */
static struct {
	struct export_header header;
	uint8_t payload[EXPORT_PAYLOAD_MAX];
} frame;

void export_init(const struct export_transport *new_transport)
{
	transport = new_transport;
}

bool export_enabled(void)
{
	return transport != NULL;
}

void export_enter_panic(void)
{
	panicking = true;
}

static void send(enum export_type type, uint8_t channel, const void *data, size_t length)
{
	frame.header = (struct export_header) {
		.magic = { EXPORT_MAGIC_0, EXPORT_MAGIC_1 },
		.type = (uint8_t)type,
		.channel = channel,
		.length = { (uint8_t)length, (uint8_t)(length >> 8) },
	};
	memcpy(frame.payload, data, length);
	if (!transport->write((const uint8_t *)&frame, sizeof(frame.header) + length))
		refused++;
}

void export_frame(enum export_type type, uint8_t channel, const void *data, size_t length)
{
	const uint8_t *from = data;

	if (!transport)
		return;
	panic_lock(&lock, panicking);
	while (length > EXPORT_PAYLOAD_MAX) {
		send(type, channel, from, EXPORT_PAYLOAD_MAX);
		from += EXPORT_PAYLOAD_MAX;
		length -= EXPORT_PAYLOAD_MAX;
	}
	send(type, channel, from, length);
	spin_unlock(&lock);
}

bool export_has_room(size_t length)
{
	bool room;

	if (!transport || !transport->room)
		return transport;
	panic_lock(&lock, panicking);
	room = transport->room() >= sizeof(frame.header) + length;
	spin_unlock(&lock);
	return room;
}

void export_text(enum export_type type, uint8_t channel, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	export_frame(type, channel, text, length < (int)TEXT_MAX ? (size_t)length : TEXT_MAX - 1);
}

void export_figure(const char *name, uint64_t value, const char *unit)
{
	export_text(EXPORT_FIGURE, 0, "%s\t%lu\t%s", name, (unsigned long)value, unit);
}

void export_poll(void)
{
	if (!transport || !transport->poll)
		return;
	panic_lock(&lock, panicking);
	transport->poll();
	spin_unlock(&lock);
}

void export_flush(void)
{
	if (!transport || !transport->drain)
		return;
	panic_lock(&lock, panicking);
	transport->drain();
	spin_unlock(&lock);
}

uint64_t export_lost(void)
{
	return refused;
}
