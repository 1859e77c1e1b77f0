/* Files of the partition that the loader itself was read from. */
#ifndef BOOT_FILES_H
#define BOOT_FILES_H

#include "boot/uefi.h"

struct file_bytes {
	void *base; /* 4 KiB aligned, handed over to the hypervisor */
	uint64_t size;
};

/*
 * Reads \augur\NAME whole. EFI_NOT_FOUND and other errors are the firmware's; `name` is ASCII
 * without folders.
 */
EFI_STATUS file_read(const char *name, struct file_bytes *file);

/* A few words on why a file could not be read. */
const char *file_error(EFI_STATUS status);

#endif
