#include <stddef.h>

#include "drivers/ps2.h"

#define EXTENDED    0xe0u
#define RELEASED    0x80u
#define LEFT_SHIFT  0x2au
#define RIGHT_SHIFT 0x36u
#define CONTROL	    0x1du
#define CAPS_LOCK   0x3au

/* Scan code set 1, from code 0x01 on; '\0' for keys that send nothing. */
static const char plain[] =
	"\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] =
	"\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

_Static_assert(sizeof(plain) == sizeof(shifted), "one table per shift state");
_Static_assert(sizeof(plain) - 1 == 0x39, "the space bar is the last key");

static const struct {
	uint8_t code;
	const char *text;
} extended_keys[] = {
	{ 0x48, "\033[A" },  { 0x50, "\033[B" },  { 0x4d, "\033[C" },
	{ 0x4b, "\033[D" },  { 0x47, "\033[1~" }, { 0x4f, "\033[4~" },
	{ 0x53, "\033[3~" }, { 0x1c, "\r" },	  { 0x35, "/" },
};

static const char *extended_key(uint8_t code)
{
	for (size_t i = 0; i < sizeof(extended_keys) / sizeof(extended_keys[0]); i++)
		if (extended_keys[i].code == code)
			return extended_keys[i].text;
	return "";
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static const char *plain_key(const struct ps2_keys *keys, uint8_t code)
{
	static char text[2];
	bool shift = keys->shift;

	if (code == 0 || code >= sizeof(plain))
		return "";
	if (is_letter(plain[code - 1]) && keys->caps_lock)
		shift = !shift;
	text[0] = shift ? shifted[code - 1] : plain[code - 1];
	if (keys->control && text[0] >= '@' && text[0] < 0x7f)
		text[0] &= 0x1f;
	return text;
}

/* Returns whether the key only changes what other keys send. */
static bool modifier(struct ps2_keys *keys, uint8_t code, bool pressed)
{
	if (code == LEFT_SHIFT || code == RIGHT_SHIFT)
		keys->shift = pressed;
	else if (code == CONTROL)
		keys->control = pressed;
	else if (code == CAPS_LOCK)
		keys->caps_lock ^= pressed;
	else
		return false;
	return true;
}

const char *ps2_decode(struct ps2_keys *keys, uint8_t scan_code)
{
	bool extended = keys->extended;
	bool pressed = !(scan_code & RELEASED);
	uint8_t code = scan_code & (uint8_t)~RELEASED;

	keys->extended = scan_code == EXTENDED;
	if (keys->extended)
		return "";
	/* 0xe0 0x2a and 0xe0 0x36 are shifts that the keyboard invents around some keys. */
	if (extended && code != CONTROL)
		return pressed ? extended_key(code) : "";
	if (modifier(keys, code, pressed) || !pressed)
		return "";
	return plain_key(keys, code);
}
