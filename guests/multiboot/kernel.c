/*
 * A multiboot1 kernel that prints what it was given on COM1 and ends through the test-exit port:
 * command line, memory, memory map, modules. It has no library: 32-bit code, no interrupts.
 */
#include <stdbool.h>
#include <stdint.h>

#define BOOTED_MAGIC   0x2badb002u
#define COM1	       0x3f8
#define LSR_THR_EMPTY  0x20
#define TEST_EXIT_PORT 0xf4

enum info_flag {
	INFO_MEMORY = 1 << 0,
	INFO_CMDLINE = 1 << 2,
	INFO_MODULES = 1 << 3,
	INFO_MAP = 1 << 6,
};

struct info {
	uint32_t flags;
	uint32_t memory_lower, memory_upper; /* KiB */
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t module_count, modules;
	uint32_t symbols[4];
	uint32_t map_length, map;
};

struct module {
	uint32_t begin, end, string, reserved;
};

struct map_entry {
	uint32_t size; /* of what follows */
	uint64_t base, length;
	uint32_t type;
} __attribute__((packed));

void kernel_main(uint32_t magic, const struct info *info);

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port));
}

static uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void put_char(char c)
{
	while (!(inb(COM1 + 5) & LSR_THR_EMPTY))
		;
	outb(COM1, (uint8_t)c);
}

static void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

static void put_hex(uint64_t value)
{
	put("0x");
	for (int shift = value >> 32 ? 60 : 28; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[value >> shift & 15]);
}

static void put_number(uint32_t value)
{
	char digits[11];
	char *p = digits + sizeof(digits) - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(p);
}

static const char *text_at(uint32_t address)
{
	return (const char *)(uintptr_t)address;
}

static void put_modules(const struct info *info)
{
	const struct module *modules = (const struct module *)(uintptr_t)info->modules;

	for (uint32_t i = 0; i < info->module_count; i++) {
		put("multiboot: module ");
		put(text_at(modules[i].string));
		put(", ");
		put_number(modules[i].end - modules[i].begin);
		put(" bytes, begins with ");
		put_hex(*(const uint32_t *)(uintptr_t)modules[i].begin);
		put("\n");
	}
}

static void put_map(const struct info *info)
{
	for (uint32_t at = info->map; at < info->map + info->map_length;) {
		const struct map_entry *entry = (const struct map_entry *)(uintptr_t)at;

		put("multiboot: memory ");
		put_hex(entry->base);
		put(" + ");
		put_hex(entry->length);
		put(entry->type == 1 ? ", RAM\n" : ", reserved\n");
		at += entry->size + sizeof(entry->size);
	}
}

static bool is_protected(void)
{
	uint32_t cr0;

	__asm__("mov %%cr0, %0" : "=r"(cr0));
	return cr0 & 1 && !(cr0 >> 31);
}

void kernel_main(uint32_t magic, const struct info *info)
{
	outb(COM1 + 3, 3);
	if (magic != BOOTED_MAGIC || !is_protected()) {
		put("FAIL: not started as a multiboot kernel\n");
		outl(TEST_EXIT_PORT, 1);
	}
	put("multiboot: started\n");
	if (info->flags & INFO_CMDLINE) {
		put("multiboot: command line: ");
		put(text_at(info->cmdline));
		put("\n");
	}
	if (info->flags & INFO_MEMORY) {
		put("multiboot: mem_lower ");
		put_number(info->memory_lower);
		put(" KiB, mem_upper ");
		put_number(info->memory_upper);
		put(" KiB\n");
	}
	if (info->flags & INFO_MAP)
		put_map(info);
	if (info->flags & INFO_MODULES)
		put_modules(info);
	put("PASS\n");
	outl(TEST_EXIT_PORT, 0);
}
