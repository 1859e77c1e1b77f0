#include "boot/handover.h"

#include "boot/memory_map.h"
#include "boot/say.h"
#include "boot/tables.h"
#include "boot/uefi.h"

#define STACK_BYTES   (64ull << 10)
#define EXIT_ATTEMPTS 8
#define MAP_SPARE     (16ull << 10) /* room for descriptors that appear between two calls */

static EFI_STATUS get_map(struct efi_memory_map *map, UINTN capacity, UINTN *key)
{
	UINT32 version;

	map->size = capacity;
	return boot_services()->GetMemoryMap(&map->size, (EFI_MEMORY_DESCRIPTOR *)map->descriptors,
					     key, &map->descriptor_size, &version);
}

/* Allocates room for the map and reads it. Returns the room's size, 0 on failure. */
static UINTN prepare_map(struct efi_memory_map *map)
{
	UINTN key = 0;

	get_map(map, 0, &key);

	UINTN capacity = map->size + MAP_SPARE;

	map->descriptors = alloc_handed_over(capacity);
	if (map->descriptors == NULL || EFI_ERROR(get_map(map, capacity, &key)))
		return 0;
	return capacity;
}

/*
 * ExitBootServices fails if the map has changed since it was read, as timers of the firmware may
 * do it; after a failed call only GetMemoryMap and ExitBootServices may be called.
 */
static bool exit_boot_services(struct boot_info *info, struct efi_memory_map *map, UINTN capacity)
{
	for (unsigned i = 0; i < EXIT_ATTEMPTS; i++) {
		UINTN key = 0;

		if (EFI_ERROR(get_map(map, capacity, &key)) || memory_map_convert(map, info) != OK)
			return false;
		if (!EFI_ERROR(boot_services()->ExitBootServices(uefi_image, key)))
			return true;
	}
	return false;
}

static void __attribute__((noreturn))
jump(const struct boot_info *info, uint64_t entry, uint64_t cr3, uint64_t stack_top)
{
	__asm__ volatile("cli\n\t"
			 "cld\n\t"
			 "mov %[cr3], %%cr3\n\t"
			 "mov %[stack], %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "push $0\n\t" /* no return address: the stack as after a call */
			 "jmp *%[entry]"
			 :
			 : [cr3] "r"(cr3), [stack] "r"(stack_top), [entry] "r"(entry), "D"(info)
			 : "memory");
	__builtin_unreachable();
}

void hand_over(struct boot_info *info, const struct loaded_image *image)
{
	struct efi_memory_map map = { 0 };
	uint8_t *stack = alloc_handed_over(STACK_BYTES);
	UINTN capacity = prepare_map(&map);

	if (stack == NULL || capacity == 0 || memory_map_convert(&map, info) != OK) {
		say("Augur: cannot read the memory map\n");
		return;
	}

	uint64_t cr3 = tables_build(info, image, memory_map_ram_end(info));

	if (cr3 == 0) {
		say("Augur: too little memory for page tables\n");
		return;
	}
	if (!exit_boot_services(info, &map, capacity)) {
		say("Augur: the firmware does not let go of the machine (ExitBootServices)\n");
		return;
	}
	jump(info, image->entry, cr3, (uint64_t)stack + STACK_BYTES);
}
