/* The firmware, as every part of the loader sees it. Valid until ExitBootServices. */
#ifndef BOOT_UEFI_H
#define BOOT_UEFI_H

#include <efi.h>
#include <stdbool.h>
#include <stdint.h>

#define PAGE_BYTES 4096ull

extern EFI_SYSTEM_TABLE *uefi;
extern EFI_HANDLE uefi_image; /* the loader itself */

static inline EFI_BOOT_SERVICES *boot_services(void)
{
	return uefi->BootServices;
}

static inline uint64_t pages_for(uint64_t bytes)
{
	return (bytes + PAGE_BYTES - 1) / PAGE_BYTES;
}

static inline bool guid_equal(const EFI_GUID *a, const EFI_GUID *b)
{
	return __builtin_memcmp(a, b, sizeof(*a)) == 0;
}

/*
 * Zeroed, 4 KiB aligned memory that the hypervisor inherits (BOOT_MEMORY_LOADER), at least `bytes`
 * long. NULL if there is none.
 */
void *alloc_handed_over(uint64_t bytes);

#endif
