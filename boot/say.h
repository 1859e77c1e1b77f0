/* Messages for people, on whatever the machine has. */
#ifndef BOOT_SAY_H
#define BOOT_SAY_H

/*
 * Prints as printf does, at most 511 bytes, to the UEFI console and, if that does not reach a
 * serial line already, to COM1. Not after ExitBootServices.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
