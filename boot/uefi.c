#include "boot/uefi.h"

#include <string.h>

EFI_SYSTEM_TABLE *uefi;
EFI_HANDLE uefi_image;

void *alloc_handed_over(uint64_t bytes)
{
	EFI_PHYSICAL_ADDRESS base = 0;
	EFI_STATUS status = boot_services()->AllocatePages(AllocateAnyPages, EfiLoaderData,
							   pages_for(bytes), &base);

	if (EFI_ERROR(status))
		return NULL;
	memset((void *)base, 0, pages_for(bytes) * PAGE_BYTES);
	return (void *)base;
}
