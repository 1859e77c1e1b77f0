/* Which line a person sits at: serial port, else screen and keyboard. */
#include "drivers/framebuffer.h"
#include "drivers/ps2.h"
#include "drivers/uart.h"
#include "hv/console.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/paging.h"

#define DEFAULT_BAUD	115200u
#define UART_MMIO_BYTES 32u  /* eight registers of four bytes */
#define CELLS_A_POLL	512u /* some 100 microseconds of writing to video memory */

static struct uart uart;

static size_t serial_write(const uint8_t *bytes, size_t length)
{
	return uart_write(&uart, bytes, length);
}

static int serial_read(void)
{
	return uart_read(&uart);
}

static void serial_drain(void)
{
	uart_drain(&uart);
}

static const struct console_line serial_line = {
	.name = "serial line",
	.write = serial_write,
	.read = serial_read,
	.drain = serial_drain,
};

/* A port number that boot_info names may be wrong (SPCR tables are); COM1 is tried then. */
static bool find_port(const struct boot_serial *serial)
{
	if (serial->kind == BOOT_SERIAL_IO && serial->base <= 0xfff8 &&
	    uart_init_port(&uart, (uint16_t)serial->base, serial->baud) == OK)
		return true;
	return uart_init_port(&uart, UART_COM1, DEFAULT_BAUD) == OK;
}

static bool find_mmio(const struct boot_serial *serial)
{
	volatile void *registers;

	if (serial->kind != BOOT_SERIAL_MMIO)
		return false;
	registers = mmio_map(serial->base, UART_MMIO_BYTES, MMIO_UNCACHED);
	return registers && uart_init_mmio(&uart, registers, serial->baud) == OK;
}

/* ---- screen and keyboard ---- */

static struct framebuffer framebuffer;
static bool have_keyboard;

static size_t screen_write(const uint8_t *bytes, size_t length)
{
	framebuffer_write(&framebuffer, bytes, length);
	return length;
}

static int screen_read(void)
{
	return have_keyboard ? ps2_read() : -1;
}

static void screen_poll(void)
{
	framebuffer_refresh(&framebuffer, CELLS_A_POLL);
}

static void screen_drain(void)
{
	framebuffer_refresh(&framebuffer, SCREEN_ROWS_MAX * SCREEN_COLUMNS_MAX + 1);
}

static const struct console_line screen_line = {
	.name = "screen and PS/2 keyboard",
	.write = screen_write,
	.read = screen_read,
	.poll = screen_poll,
	.drain = screen_drain,
};

static bool find_screen(const struct boot_framebuffer *mode)
{
	volatile void *pixels;
	struct font font;

	if (!mode->size ||
	    font_parse(&font, builtin_font, (size_t)(builtin_font_end - builtin_font)) != OK)
		return false;
	pixels = mmio_map(mode->base, mode->size, MMIO_WRITE_COMBINING);
	return pixels && framebuffer_init(&framebuffer, mode, pixels, &font) == OK;
}

/* ---- choosing ---- */

static const struct console_line *find_line(const struct boot_info *info)
{
	if (find_mmio(&info->serial) || find_port(&info->serial))
		return &serial_line;
	if (!find_screen(&info->framebuffer))
		return NULL;
	have_keyboard = ps2_init();
	return &screen_line;
}

void console_start_early(const struct boot_info *info)
{
	export_init(export_port_probe(info));
	if (info->serial.kind != BOOT_SERIAL_MMIO && find_port(&info->serial))
		console_init(&serial_line);
}

void console_start(const struct boot_info *info)
{
	const struct console_line *line = find_line(info);

	console_init(line);
	if (line)
		log_info("console: %s", line->name);
	else
		log_warn("console: neither a serial port nor a screen");
}
