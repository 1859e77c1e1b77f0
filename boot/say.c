#include "boot/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "boot/serial.h"
#include "boot/uefi.h"

#define SAY_LENGTH 512

static void say_on_console(const char *text)
{
	CHAR16 wide[2 * SAY_LENGTH];
	unsigned length = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\n')
			wide[length++] = L'\r';
		wide[length++] = (unsigned char)*text;
	}
	wide[length] = L'\0';
	uefi->ConOut->OutputString(uefi->ConOut, wide);
}

/* Whether the variable ConOut, a list of device paths, has a UART among its nodes. */
static bool console_has_serial(void)
{
	static EFI_GUID global = EFI_GLOBAL_VARIABLE;
	static CHAR16 name[] = L"ConOut";
	uint8_t paths[1024];
	UINTN size = sizeof(paths);

	if (EFI_ERROR(uefi->RuntimeServices->GetVariable(name, &global, NULL, &size, paths)))
		return false;
	for (UINTN at = 0; at + sizeof(EFI_DEVICE_PATH) <= size;) {
		const EFI_DEVICE_PATH *node = (const EFI_DEVICE_PATH *)(paths + at);
		unsigned length = node->Length[0] | node->Length[1] << 8;

		if (node->Type == MESSAGING_DEVICE_PATH && node->SubType == MSG_UART_DP)
			return true;
		if (length < sizeof(*node))
			break;
		at += length;
	}
	return false;
}

void say(const char *format, ...)
{
	char text[SAY_LENGTH];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say_on_console(text);
	if (!console_has_serial())
		serial_write(text);
}
