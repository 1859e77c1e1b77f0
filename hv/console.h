/*
 * One host line - a serial port, or screen and keyboard - shared by the hypervisor's shell, its
 * log, and the consoles of all guests.
 *
 * Everything asynchronous (log lines, guest output) waits in the ring of its source; the boot core
 * pulls from there in console_poll as fast as the line takes bytes. So producers never wait for the
 * line, and what is overwritten before it was shown is counted and reported. Only the shell writes
 * to the line's own buffer, from the boot core.
 *
 * Detached (at the start) keystrokes go to the shell; with `follow` on, finished lines of guests
 * are shown as "[name] text", stripped of control characters so that no guest can imitate the
 * hypervisor or take the terminal over. Attached, keystrokes go to one guest and its output is
 * passed on raw, kept output first; CONSOLE_DETACH_KEY comes back to the shell.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/boot_info.h"
#include "hv/vm_console.h"

#define CONSOLE_DETACH_KEY 0x1du /* Ctrl-] */

/* A host line. Called with the console lock held; `write` and `read` return at once. */
struct console_line {
	const char *name;
	size_t (*write)(const uint8_t *bytes, size_t length); /* returns how many it took */
	int (*read)(void);				      /* a byte, or -1 */
	void (*poll)(void);  /* called in each console_poll; may be NULL */
	void (*drain)(void); /* waits until everything written is out; may be NULL */
};

/* What the console needs of the shell. Called on the boot core without the console lock. */
struct console_shell {
	void (*input)(uint8_t byte);

	/* True: the shell has the whole screen, other output has to wait. */
	bool (*busy)(void);

	/* Takes prompt and edited text off the line, because other output follows, and draws them
	   again. Either may come twice in a row. */
	void (*hide)(void);
	void (*show)(void);
};

/*
 * Finding the host line (hv/console_line.c): the serial port that boot_info names, else COM1, else
 * framebuffer and PS/2 keyboard. The early form looks at serial ports behind I/O ports only and can
 * be the first thing the hypervisor does; it also opens the export channel. The other needs
 * paging_init (mmio_map). Both show the log kept so far, and are synchronous until console_run.
 */
void console_start_early(const struct boot_info *info);
void console_start(const struct boot_info *info);

/* The pure part of it. NULL: there is no line, output is kept in the rings. */
void console_init(const struct console_line *line);
void console_set_shell(const struct console_shell *shell);

/*
 * Before console_run the console is synchronous: every log line is shown before log_*() returns,
 * on whatever core. After it the boot core's loop shows it: it calls console_poll every
 * millisecond or so, and when idle. Bounded: reads at most 64 bytes, writes what the line takes.
 * Moves the export channel on as well.
 */
void console_run(void);
void console_poll(void);

/* True if a call of console_poll would find output to write: do not sleep long. */
bool console_pending(void);

/* Bytes that wait for the line. */
uint32_t console_backlog(void);

/* Writes out everything, waiting for the line; the boot core at shutdown, or a panicking core. */
void console_flush(void);

/* This core alone goes on: locks are no longer waited for, and the console is synchronous. */
void console_enter_panic(void);

/* Shell output, boot core only. "\n" becomes "\r\n". What does not fit is dropped and counted. */
void console_write(const char *text, size_t length);

/* Boot core. A console must be removed before its memory goes; that detaches it. */
void console_add_vm(struct vm_console *console);
void console_remove_vm(struct vm_console *console);

/* Boot core. Attaching shows how to detach, then the kept output. */
void console_attach(struct vm_console *console);
void console_detach(void);
struct vm_console *console_attached(void); /* NULL: the shell has the line */

/* Show unattached guests' lines while nobody is attached; on at the start. */
void console_follow(bool on);
bool console_following(void);

#endif
