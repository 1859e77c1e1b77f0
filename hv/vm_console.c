#include "hv/vm_console.h"

#include <stdio.h>
#include <string.h>

#include "hv/export.h"

void vm_console_init(struct vm_console *console, const char *name, uint8_t id,
		     vm_console_input input, void *context)
{
	memset(console, 0, sizeof(*console));
	snprintf(console->name, sizeof(console->name), "%s", name);
	console->id = id;
	console->input = input;
	console->context = context;
	spinlock_init(&console->lock, "vm console");
	scrollback_init(&console->output, console->kept, sizeof(console->kept));
	ring_init(&console->keys, console->key_bytes, sizeof(console->key_bytes));
	export_frame(EXPORT_VM, id, console->name, strlen(console->name));
}

static void send_batch(struct vm_console *console)
{
	if (console->batch_length)
		export_frame(EXPORT_CONSOLE, console->id, console->batch, console->batch_length);
	console->batch_length = 0;
}

static void add_to_batch(struct vm_console *console, uint8_t byte)
{
	console->batch[console->batch_length++] = byte;
	if (byte == '\n' || console->batch_length == VM_CONSOLE_BATCH)
		send_batch(console);
}

void vm_console_output(struct vm_console *console, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	spin_lock(&console->lock);
	scrollback_write(&console->output, from, length);
	for (size_t i = 0; i < length && export_enabled(); i++)
		add_to_batch(console, from[i]);
	spin_unlock(&console->lock);
}

void vm_console_notice(struct vm_console *console, const char *text)
{
	spin_lock(&console->lock);
	scrollback_write(&console->output, "\r\n-- ", 5);
	scrollback_write(&console->output, text, strlen(text));
	scrollback_write(&console->output, " --\r\n", 5);
	spin_unlock(&console->lock);
}

size_t vm_console_read(struct vm_console *console, uint64_t *cursor, void *bytes, size_t room,
		       uint64_t *lost)
{
	size_t count;

	spin_lock(&console->lock);
	count = scrollback_read(&console->output, cursor, bytes, room, lost);
	spin_unlock(&console->lock);
	return count;
}

void vm_console_flush(struct vm_console *console)
{
	spin_lock(&console->lock);
	send_batch(console);
	spin_unlock(&console->lock);
}
