#include "drivers/virt/fwcfg.h"

#include <stddef.h>
#include <string.h>

enum {
	ITEM_SIGNATURE = 0x00,
	ITEM_INTERFACE = 0x01,
	ITEM_RAM_SIZE = 0x03,
	ITEM_CPUS = 0x05,
	ITEM_MAX_CPUS = 0x0F,
	ITEM_FILES = 0x19,
};

#define INTERFACE_PORTS 1u /* the port interface, no DMA */

void fwcfg_init(struct fwcfg *f, uint16_t cpus, uint64_t ram_size, const struct fwcfg_item *extra,
		unsigned extra_count)
{
	const struct fwcfg_item builtin[FWCFG_BUILTIN] = {
		{ ITEM_SIGNATURE, "QEMU", 4 },
		{ ITEM_INTERFACE, &f->interface, sizeof(f->interface) },
		{ ITEM_RAM_SIZE, &f->ram_size, sizeof(f->ram_size) },
		{ ITEM_CPUS, &f->cpus, sizeof(f->cpus) },
		{ ITEM_MAX_CPUS, &f->max_cpus, sizeof(f->max_cpus) },
		{ ITEM_FILES, &f->file_count, sizeof(f->file_count) },
	};

	memset(f, 0, sizeof(*f));
	memcpy(f->builtin, builtin, sizeof(builtin));
	f->interface = INTERFACE_PORTS;
	f->ram_size = ram_size;
	f->cpus = cpus;
	f->max_cpus = cpus;
	f->extra = extra;
	f->extra_count = extra_count;
}

static const struct fwcfg_item *find(const struct fwcfg_item *items, unsigned count,
				     uint16_t selector)
{
	for (unsigned i = 0; i < count; i++) {
		if (items[i].selector == selector)
			return &items[i];
	}
	return NULL;
}

void fwcfg_select(struct fwcfg *f, uint16_t selector)
{
	f->offset = 0;
	f->selected = find(f->builtin, FWCFG_BUILTIN, selector);
	if (!f->selected)
		f->selected = find(f->extra, f->extra_count, selector);
}

uint8_t fwcfg_read(struct fwcfg *f)
{
	if (!f->selected || f->offset >= f->selected->size)
		return 0;
	return ((const uint8_t *)f->selected->data)[f->offset++];
}
