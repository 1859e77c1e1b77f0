/*
 * The part of QEMU's fw_cfg that small kernels ask for: selector port 0x510 (16 bits), data port
 * 0x511 (bytes). Always there: signature, interface ID, number of CPUs, maximum of CPUs, RAM size,
 * an empty file directory; the caller may add items.
 */
#ifndef DRIVERS_VIRT_FWCFG_H
#define DRIVERS_VIRT_FWCFG_H

#include <stdint.h>

struct fwcfg_item {
	uint16_t selector;
	const void *data; /* owned by the caller, for as long as the fwcfg lives */
	uint32_t size;	  /* bytes */
};

#define FWCFG_BUILTIN 6

struct fwcfg {
	struct fwcfg_item builtin[FWCFG_BUILTIN];
	const struct fwcfg_item *extra;
	unsigned extra_count;
	const struct fwcfg_item *selected; /* NULL: none, reads give 0 */
	uint32_t offset;
	uint32_t interface;
	uint32_t file_count;
	uint64_t ram_size;
	uint16_t cpus;
	uint16_t max_cpus;
};

/* The object must not move afterwards (items point into it). `extra` may be NULL. */
void fwcfg_init(struct fwcfg *f, uint16_t cpus, uint64_t ram_size, const struct fwcfg_item *extra,
		unsigned extra_count);

void fwcfg_select(struct fwcfg *f, uint16_t selector);
uint8_t fwcfg_read(struct fwcfg *f);

#endif
