#include "drivers/ps2.h"

#include "hv/io.h"

#define PORT_DATA	0x60u
#define PORT_STATUS	0x64u /* written: commands */
#define STATUS_FULL	0x01u /* a byte waits for us */
#define STATUS_BUSY	0x02u /* the controller has not taken our last byte */
#define STATUS_MOUSE	0x20u
#define ENABLE_KEYBOARD 0xaeu
#define ENABLE_SCANNING 0xf4u /* to the keyboard */
#define ACKNOWLEDGE	0xfau
#define TRIES		100000u

static struct ps2_keys keys;
static const char *text = ""; /* rest of the last key */

static bool wait_ready(void)
{
	for (uint32_t i = 0; i < TRIES; i++)
		if (!(io_read8(PORT_STATUS) & STATUS_BUSY))
			return true;
	return false;
}

static void discard_input(void)
{
	for (uint32_t i = 0; i < TRIES && (io_read8(PORT_STATUS) & STATUS_FULL); i++)
		io_read8(PORT_DATA);
}

bool ps2_init(void)
{
	if (io_read8(PORT_STATUS) == 0xff || !wait_ready())
		return false;
	io_write8(PORT_STATUS, ENABLE_KEYBOARD);
	if (!wait_ready())
		return false;
	io_write8(PORT_DATA, ENABLE_SCANNING);
	discard_input();
	return true;
}

static void take_scan_code(void)
{
	uint8_t status = io_read8(PORT_STATUS);
	uint8_t code;

	if (!(status & STATUS_FULL))
		return;
	code = io_read8(PORT_DATA);
	if (!(status & STATUS_MOUSE) && code != ACKNOWLEDGE)
		text = ps2_decode(&keys, code);
}

int ps2_read(void)
{
	if (!*text)
		take_scan_code();
	return *text ? (uint8_t)*text++ : -1;
}
