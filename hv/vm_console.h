/*
 * The console of one VM: what its serial port wrote, kept for whoever looks later, and the
 * keystrokes on their way in. The VM owns the structure; hv/console.h shows it.
 */
#ifndef HV_VM_CONSOLE_H
#define HV_VM_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/ring.h"
#include "hv/scrollback.h"
#include "hv/spinlock.h"
#include "hv/text_filter.h"

#define VM_CONSOLE_KEEP	 32768u /* bytes of output kept, a power of two */
#define VM_CONSOLE_NAME	 32u	/* bytes, with the zero */
#define VM_CONSOLE_BATCH 256u	/* bytes collected for one export frame */
#define VM_CONSOLE_INPUT 256u	/* bytes of keystrokes waiting, a power of two */
#define VM_CONSOLE_LINE	 120u	/* longest line shown in follow mode; longer ones are cut up */

/*
 * Gives one byte to the guest's serial port; false: its FIFO is full, ask again later. Called on
 * the boot core without any console lock; it takes the VM's own locks and wakes the vCPU itself.
 */
typedef bool (*vm_console_input)(void *context, uint8_t byte);

struct vm_console {
	/* Set by vm_console_init, constant afterwards. */
	char name[VM_CONSOLE_NAME];
	uint8_t id; /* channel of the export frames */
	vm_console_input input;
	void *context;

	struct spinlock lock; /* guards the next four; inside it only the export lock is taken */
	struct scrollback output;
	uint8_t kept[VM_CONSOLE_KEEP];
	uint8_t batch[VM_CONSOLE_BATCH];
	uint32_t batch_length;

	/* Of hv/console.c, on the boot core alone. */
	struct vm_console *next;
	uint64_t attach_cursor;
	uint64_t follow_cursor;
	uint32_t batch_seen; /* batch_length at the last poll */
	uint64_t lost;	     /* bytes overwritten before they were shown; until that is reported */
	struct text_filter filter;
	char line[VM_CONSOLE_LINE];
	uint32_t line_length;
	struct byte_ring keys;
	uint8_t key_bytes[VM_CONSOLE_INPUT];
};

/* Clears the console and declares the VM on the export channel. `name` is copied. */
void vm_console_init(struct vm_console *console, const char *name, uint8_t id,
		     vm_console_input input, void *context);

/* Bytes the guest wrote. Any core; constant cost a byte, never waits for the host line. */
void vm_console_output(struct vm_console *console, const void *bytes, size_t length);

/*
 * The hypervisor's own words in the guest's output, such as "stopped: triple fault": shown to
 * whoever is attached, not exported. One line, without a line end.
 */
void vm_console_notice(struct vm_console *console, const char *text);

/* Reads from the kept output; see scrollback_read. */
size_t vm_console_read(struct vm_console *console, uint64_t *cursor, void *bytes, size_t room,
		       uint64_t *lost);

/* Sends the unfinished batch to the export channel: when the VM stops. */
void vm_console_flush(struct vm_console *console);

#endif
