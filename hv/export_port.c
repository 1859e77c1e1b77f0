/* The two ways out of the machine for export frames. */
#include "boot/boot_info.h"
#include "drivers/uart.h"
#include "hv/export.h"
#include "hv/io.h"
#include "hv/ring.h"

#define DEBUG_PORT 0xe9u

#define COM2_BUFFER (1u << 18) /* 23 s of output at 115200 baud */
#define COM2_BAUD   115200u

/* One string instruction: under a hypervisor a whole frame costs one exit. */
static bool debug_port_write(const uint8_t *bytes, size_t length)
{
	__asm__ volatile("rep outsb"
			 : "+S"(bytes), "+c"(length)
			 : "d"((uint16_t)DEBUG_PORT)
			 : "memory");
	return true;
}

static const struct export_transport debug_port = {
	.name = "port 0xe9",
	.write = debug_port_write,
};

/* COM2 takes its time, so frames wait in a ring. */
static struct uart com2;
static uint8_t com2_bytes[COM2_BUFFER];
static struct byte_ring com2_ring;

static bool com2_write(const uint8_t *bytes, size_t length)
{
	if (ring_free(&com2_ring) < length)
		return false;
	for (size_t i = 0; i < length; i++)
		ring_put(&com2_ring, bytes[i]);
	return true;
}

static void com2_poll(void)
{
	const uint8_t *run;
	uint32_t length = ring_peek(&com2_ring, &run);

	ring_drop(&com2_ring, (uint32_t)uart_write(&com2, run, length));
}

/* Ends when all has left, or when a dead port takes nothing any more. */
static void com2_drain(void)
{
	uint32_t before;

	do {
		before = ring_used(&com2_ring);
		uart_drain(&com2);
		com2_poll();
	} while (ring_used(&com2_ring) != before);
}

static size_t com2_room(void)
{
	return ring_free(&com2_ring);
}

static const struct export_transport com2_line = {
	.name = "COM2",
	.write = com2_write,
	.poll = com2_poll,
	.drain = com2_drain,
	.room = com2_room,
};

static bool com2_is_free(const struct boot_info *info)
{
	return info->serial.kind != BOOT_SERIAL_IO || info->serial.base != UART_COM2;
}

const struct export_transport *export_port_probe(const struct boot_info *info)
{
	if (io_read8(DEBUG_PORT) == DEBUG_PORT)
		return &debug_port;
	if (!com2_is_free(info) || uart_init_port(&com2, UART_COM2, COM2_BAUD))
		return NULL;
	ring_init(&com2_ring, com2_bytes, sizeof(com2_bytes));
	return &com2_line;
}
