#include "hv/crash.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hv/page_alloc.h"
#include "hv/panic.h"
#include "hv/shell/shell.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t constant[8] = { 0xc3 };
static uint8_t data[8] = { 0xc3 }; /* RET: would return at once if data could be executed */

static void write_byte(uint64_t address)
{
	/* In assembly, for the compiler knows as well as we do that this cannot end well. */
	__asm__ volatile("movb $1, (%0)" ::"r"(address) : "memory");
}

static void crash_panic(void)
{
	panic("asked for");
}

static void crash_assert(void)
{
	assert(data[0] == 0);
}

static void crash_null(void)
{
	write_byte(0x10);
}

static void crash_text(void)
{
	write_byte((uint64_t)&crash_text);
}

static void crash_rodata(void)
{
	write_byte((uint64_t)constant);
}

static void crash_data(void)
{
	((void (*)(void))(uint64_t)data)();
}

/* Walks down the stack into its guard page, as a too deep call chain would. */
static void crash_stack(void)
{
	__asm__ volatile("1: push $0\n"
			 "jmp 1b");
}

static void crash_double_free(void)
{
	uint64_t page = page_alloc(PAGE_NODE_ANY, PAGE_COLOUR_ANY);

	page_free(page);
	page_free(page);
}

const char *const crash_kinds[] = {
	"panic", "assert", "null", "text", "rodata", "data", "stack", "double-free", NULL,
};

static void (*const crash_functions[])(void) = {
	crash_panic,  crash_assert, crash_null,	 crash_text,
	crash_rodata, crash_data,   crash_stack, crash_double_free,
};
_Static_assert(COUNT(crash_functions) + 1 == COUNT(crash_kinds), "one function a kind");

enum error crash(const char *kind)
{
	for (size_t i = 0; crash_kinds[i] != NULL; i++)
		if (strcmp(kind, crash_kinds[i]) == 0)
			crash_functions[i]();
	return ERR_NOT_FOUND;
}

static enum error cmd_crash(int argc, char **argv)
{
	if (argc != 2)
		return shell_usage();
	return crash(argv[1]);
}

static void complete_kind(struct completion *completion, int index, char **argv)
{
	(void)argv;
	for (size_t i = 0; index == 1 && crash_kinds[i] != NULL; i++)
		completion_add(completion, crash_kinds[i]);
}

SHELL_COMMAND(crash, .area = "cores", .name = "crash", .params = "KIND",
	      .summary = "break the hypervisor, to see its panic",
	      .help = "KIND is panic, assert, null, text (write to code), rodata, data (execute "
		      "data), stack (overflow it) or double-free. Nothing survives.",
	      .run = cmd_crash, .complete = complete_kind);
