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

/* A host line; both functions return at once. Called with the console lock held. */
struct console_line {
	const char *name;
	size_t (*write)(const uint8_t *bytes, size_t length); /* returns how many it took */
	int (*read)(void);				      /* a byte, or -1 */
};

/* What the console needs of the shell. Called on the boot core without the console lock. */
struct console_shell {
	void (*input)(uint8_t byte);
	void (*hide)(void); /* take prompt and edited text off the line, other output follows */
	void (*show)(void); /* draw them again */
};

/*
 * Finds the host line (hv/console_line.c): serial port as the loader or COM1 has it, else
 * framebuffer and PS/2 keyboard, and shows the log kept so far. `direct_map` is added to physical
 * addresses of MMIO. Call it first thing with 0 (identity map of the loader; ports and MMIO serial
 * lines only), and again with the direct map's base once the hypervisor's own tables are loaded.
 */
void console_start(const struct boot_info *info, uint64_t direct_map);

/* The pure part of console_start; also for tests. NULL: no line, output is kept. */
void console_init(const struct console_line *line);
void console_set_shell(const struct console_shell *shell);

/*
 * Before console_run the console is synchronous: every log line is shown before log_*() returns,
 * on whatever core. After it the boot core's loop shows it: it calls console_poll every
 * millisecond or so, and when idle. Bounded: reads at most 64 bytes, writes what the line takes.
 */
void console_run(void);
void console_poll(void);

/* True if a call of console_poll would find output to write: do not sleep long. */
bool console_pending(void);

/* Writes out everything, waiting for the line; the boot core at shutdown, or a panicking core. */
void console_flush(void);

/* This core alone goes on: locks are no longer waited for, and the console is synchronous. */
void console_enter_panic(void);

/* Shell output, boot core only. "\n" becomes "\r\n". What does not fit is dropped and counted. */
void console_write(const char *text, size_t length);

/* VMs, any core. A console must be removed before its memory goes; that detaches it. */
void console_add_vm(struct vm_console *console);
void console_remove_vm(struct vm_console *console);

/* Boot core. Attaching shows how to detach, then the kept output. */
void console_attach(struct vm_console *console);
void console_detach(void);
struct vm_console *console_attached(void);

/* Show unattached guests' lines while nobody is attached; on at the start. */
void console_follow(bool on);
bool console_following(void);

#endif
