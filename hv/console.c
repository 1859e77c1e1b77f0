#include "hv/console.h"

#include <stdio.h>
#include <string.h>

#include "hv/export.h"
#include "hv/log.h"
#include "hv/panic_lock.h"

#define OUT_SIZE     (1u << 17) /* bytes of shell output waiting for the line */
#define OUT_LOW	     64u	/* pull from the other sources when less than this waits ... */
#define OUT_HIGH     1024u	/* ... up to this: the prompt is redrawn once for all of it */
#define INPUT_BUDGET 64u	/* bytes read in one poll */
#define REPLAY	     4096u	/* bytes of kept output shown on attaching */
#define WAIT_LIMIT   1000000u	/* polls of a line that takes nothing before it counts as dead */

/* Soft terminal reset (DECSTR): undoes what a guest left behind, does not move the cursor. */
#define TERMINAL_RESET "\033[!p"

static struct spinlock lock = SPINLOCK_INIT("console");

/* Guarded by `lock`. */
static const struct console_line *line;
static uint8_t out_bytes[OUT_SIZE];
static struct byte_ring out = { .bytes = out_bytes, .size = OUT_SIZE };
static uint64_t out_lost; /* bytes dropped and not yet reported */
static uint64_t log_cursor;
static uint64_t log_lost;

/* The boot core's own. */
static const struct console_shell *shell;
static struct vm_console *vms;
static struct vm_console *attached;
static bool follow = true;

static bool running; /* the boot core's loop polls: nobody else writes to the line */
static bool panicking;

static void take_lock(void)
{
	panic_lock(&lock, panicking);
}

/* Appends to `out`; lock held. */
static void put(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!ring_put(&out, (uint8_t)text[i]))
			out_lost++;
}

static void put_lines(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			put("\r", 1);
		put(text + i, 1);
	}
}

static void put_lost(const char *what, uint64_t *lost)
{
	char text[96];
	int length;

	if (!*lost)
		return;
	length = snprintf(text, sizeof(text), "(%lu bytes of %s were lost)\n", (unsigned long)*lost,
			  what);
	*lost = 0;
	put_lines(text, (size_t)length);
}

/* Gives the line what it takes now; lock held. Returns the number of bytes. */
static uint32_t move_out(void)
{
	const uint8_t *run;
	uint32_t length, taken, total = 0;

	if (!line)
		return 0;
	do {
		length = ring_peek(&out, &run);
		taken = length ? (uint32_t)line->write(run, length) : 0;
		ring_drop(&out, taken);
		total += taken;
	} while (taken);
	return total;
}

/* Waits for the line until nothing is left; lock held. */
static void move_out_all(void)
{
	uint32_t idle = 0;

	while (line && ring_used(&out) && idle < WAIT_LIMIT)
		idle = move_out() ? 0 : idle + 1;
	if (idle == WAIT_LIMIT)
		ring_drop(&out, ring_used(&out));
	if (line && line->drain)
		line->drain();
}

static void pull_log(uint32_t limit)
{
	char text[LOG_LINE_MAX];
	size_t length;

	while (ring_used(&out) < limit &&
	       (length = log_read_line(&log_cursor, text, &log_lost)) != 0) {
		put_lost("log", &log_lost);
		put_lines(text, length);
	}
}

/* Brings the line up to date, waiting for it; lock held. */
static void show_everything(void)
{
	do {
		pull_log(OUT_HIGH);
		move_out_all();
	} while (line && log_cursor != log_end());
}

/* While the console is synchronous: after each log line, on any core. */
static void show_log_line(void)
{
	if (running || !line)
		return;
	take_lock();
	show_everything();
	spin_unlock(&lock);
}

void console_init(const struct console_line *new_line)
{
	take_lock();
	line = new_line;
	show_everything();
	spin_unlock(&lock);
	log_set_listener(show_log_line);
}

void console_set_shell(const struct console_shell *new_shell)
{
	shell = new_shell;
}

void console_run(void)
{
	running = true;
}

void console_flush(void)
{
	take_lock();
	show_everything();
	spin_unlock(&lock);
}

void console_enter_panic(void)
{
	panicking = true;
	running = false;
	log_enter_panic();
	take_lock();
	put("\r\n", 2);
	spin_unlock(&lock);
}

void console_write(const char *text, size_t length)
{
	take_lock();
	put_lines(text, length);
	if (!running)
		move_out_all();
	spin_unlock(&lock);
}

static void write_text(const char *text)
{
	console_write(text, strlen(text));
}

/* ---- input ---- */

static int read_byte(void)
{
	int byte;

	take_lock();
	byte = line ? line->read() : -1;
	spin_unlock(&lock);
	return byte;
}

static void take_key(uint8_t byte)
{
	if (!attached) {
		if (shell)
			shell->input(byte);
	} else if (byte == CONSOLE_DETACH_KEY) {
		console_detach();
	} else {
		ring_put(&attached->keys, byte);
	}
}

/* Keys the guest has no room for stay in the host's port, which is left alone meanwhile. */
static bool wants_input(void)
{
	return !attached || ring_free(&attached->keys) != 0;
}

static void poll_input(void)
{
	int byte;

	for (uint32_t i = 0; i < INPUT_BUDGET && wants_input(); i++) {
		byte = read_byte();
		if (byte < 0)
			return;
		take_key((uint8_t)byte);
	}
}

static void deliver_keys(void)
{
	const uint8_t *run;

	if (!attached)
		return;
	while (ring_peek(&attached->keys, &run) && attached->input(attached->context, *run))
		ring_drop(&attached->keys, 1);
}

/* ---- output of guests ---- */

static void pull_attached(void)
{
	char bytes[256];
	size_t count;

	do {
		count = vm_console_read(attached, &attached->attach_cursor, bytes, sizeof(bytes),
					&attached->lost);
		take_lock();
		put_lost("guest output", &attached->lost);
		put(bytes, count);
		spin_unlock(&lock);
	} while (count && ring_used(&out) < OUT_HIGH);
}

/* One line between the prompt's disappearing and its coming back. */
static void put_async(const char *text, size_t length)
{
	if (shell)
		shell->hide();
	take_lock();
	put_lines(text, length);
	spin_unlock(&lock);
}

static void put_guest_line(struct vm_console *vm)
{
	char text[VM_CONSOLE_NAME + VM_CONSOLE_LINE + 8];
	int length = snprintf(text, sizeof(text), "[%s] %.*s\n", vm->name, (int)vm->line_length,
			      vm->line);

	vm->line_length = 0;
	put_async(text, (size_t)length);
}

static void put_guest_loss(struct vm_console *vm)
{
	char text[VM_CONSOLE_NAME + 64];
	int length;

	if (!vm->lost)
		return;
	length = snprintf(text, sizeof(text), "[%s] (%lu bytes were lost)\n", vm->name,
			  (unsigned long)vm->lost);
	vm->lost = 0;
	put_async(text, (size_t)length);
}

static void follow_byte(struct vm_console *vm, uint8_t byte)
{
	int shown = text_filter(&vm->filter, byte);

	if (shown == TEXT_FILTER_NONE)
		return;
	if (shown != '\n')
		vm->line[vm->line_length++] = (char)shown;
	if ((shown == '\n' && vm->line_length) || vm->line_length == VM_CONSOLE_LINE)
		put_guest_line(vm);
}

/* One turn of one guest: small, so that guests take turns. Returns the bytes looked at. */
static size_t follow_guest(struct vm_console *vm)
{
	uint8_t bytes[64];
	size_t count = vm_console_read(vm, &vm->follow_cursor, bytes, sizeof(bytes), &vm->lost);

	put_guest_loss(vm);
	for (size_t i = 0; i < count; i++)
		follow_byte(vm, bytes[i]);
	return count;
}

static void follow_guests(void)
{
	size_t progress;

	do {
		progress = 0;
		for (struct vm_console *vm = vms; vm; vm = vm->next)
			progress += follow_guest(vm);
	} while (progress && ring_used(&out) < OUT_HIGH);
}

static bool guests_have_news(void)
{
	if (!follow)
		return false;
	for (const struct vm_console *vm = vms; vm; vm = vm->next)
		if (vm->follow_cursor != __atomic_load_n(&vm->output.written, __ATOMIC_RELAXED))
			return true;
	return false;
}

static bool have_news(void)
{
	if (attached)
		return attached->attach_cursor !=
		       __atomic_load_n(&attached->output.written, __ATOMIC_RELAXED);
	return log_cursor != log_end() || guests_have_news() || out_lost;
}

static void pull_own_news(void)
{
	if (log_cursor == log_end() && !out_lost)
		return;
	if (shell)
		shell->hide();
	take_lock();
	put_lost("shell output", &out_lost);
	pull_log(OUT_HIGH);
	spin_unlock(&lock);
}

static void pull_news(void)
{
	if (shell && shell->busy())
		return;
	pull_own_news();
	if (follow)
		follow_guests();
	if (shell)
		shell->show();
}

static void poll_output(void)
{
	if (!line)
		return;
	if (ring_used(&out) < OUT_LOW && have_news()) {
		if (attached)
			pull_attached();
		else
			pull_news();
	}
	take_lock();
	move_out();
	if (line->poll)
		line->poll();
	spin_unlock(&lock);
}

/* A line without an end, such as a guest's prompt, reaches the export channel one poll later. */
static void export_prompts(void)
{
	for (struct vm_console *vm = vms; vm; vm = vm->next) {
		uint32_t length = __atomic_load_n(&vm->batch_length, __ATOMIC_RELAXED);

		if (length && length == vm->batch_seen)
			vm_console_flush(vm);
		vm->batch_seen = length;
	}
}

void console_poll(void)
{
	poll_input();
	deliver_keys();
	poll_output();
	export_prompts();
	export_poll();
}

bool console_pending(void)
{
	return line && (ring_used(&out) != 0 || have_news());
}

uint32_t console_backlog(void)
{
	return ring_used(&out);
}

/* ---- which guest has the line ---- */

void console_add_vm(struct vm_console *console)
{
	struct vm_console **end = &vms;

	while (*end)
		end = &(*end)->next;
	console->next = NULL;
	console->follow_cursor = 0;
	*end = console;
}

void console_remove_vm(struct vm_console *console)
{
	struct vm_console **at = &vms;

	if (attached == console)
		console_detach();
	while (*at && *at != console)
		at = &(*at)->next;
	if (*at)
		*at = console->next;
}

/* The newest REPLAY bytes, from the beginning of a line. */
static uint64_t replay_cursor(struct vm_console *console)
{
	uint64_t end = console->output.written;
	uint64_t cursor = end > REPLAY ? end - REPLAY : 0;
	uint64_t lost = 0;
	uint8_t byte = '\n';

	if (cursor == 0)
		return 0;
	do {
		if (!vm_console_read(console, &cursor, &byte, 1, &lost))
			break;
	} while (byte != '\n');
	return cursor < end ? cursor : end - REPLAY;
}

void console_attach(struct vm_console *console)
{
	char text[96];

	snprintf(text, sizeof(text), "-- console of %s; Ctrl-] returns to the shell --\n",
		 console->name);
	if (shell)
		shell->hide();
	write_text(text);
	console->attach_cursor = replay_cursor(console);
	attached = console;
}

void console_detach(void)
{
	struct vm_console *vm = attached;

	if (!vm)
		return;
	attached = NULL;
	ring_drop(&vm->keys, ring_used(&vm->keys));
	vm->follow_cursor = vm->attach_cursor;
	write_text(TERMINAL_RESET "\n-- left the console of ");
	write_text(vm->name);
	write_text(" --\n");
	if (shell)
		shell->show();
}

struct vm_console *console_attached(void)
{
	return attached;
}

void console_follow(bool on)
{
	for (struct vm_console *vm = vms; vm && on && !follow; vm = vm->next)
		vm->follow_cursor = vm->output.written;
	follow = on;
}

bool console_following(void)
{
	return follow;
}
