/*
 * Real-mode boot sectors: the file goes to 0x7C00 and is entered there as a BIOS would do it, with
 * DL = 0x80. There is no BIOS: every interrupt vector leads to a halt with interrupts off, so that
 * a call to one ends visibly instead of running through empty memory.
 */
#include "hv/images/load.h"
#include "hv/images/memory_map.h"
#include "hv/images/start.h"

#define SECTOR_SIZE   512
#define LOAD_BASE     0x7C00
#define FIRST_DISK    0x80
#define HALT_STUB     0x500
#define VECTORS	      256
#define SIZE_MAX_LOAD (MEMORY_MAP_LOW_END - LOAD_BASE)

bool is_bootsector(const uint8_t *bytes, uint64_t size)
{
	return size >= SECTOR_SIZE && bytes[510] == 0x55 && bytes[511] == 0xAA;
}

static enum error put_vectors(struct load *load)
{
	static const uint8_t stub[] = { 0xFA, 0xF4, 0xEB, 0xFC }; /* cli; hlt; jmp back */
	uint16_t vectors[2 * VECTORS];

	for (unsigned i = 0; i < VECTORS; i++) {
		vectors[2 * i] = HALT_STUB;
		vectors[2 * i + 1] = 0;
	}
	enum error error = load_put(load, HALT_STUB, stub, sizeof(stub), "halt stub");
	if (error)
		return error;
	return load_put(load, 0, vectors, sizeof(vectors), "interrupt vectors");
}

enum error load_bootsector(struct load *load)
{
	const struct image_file *image = &load->request->image;

	if (image->size < SECTOR_SIZE)
		return load_fail(load, ERR_TRUNCATED, "%lu bytes, a boot sector has 512",
				 (unsigned long)image->size);
	if (!is_bootsector(image->bytes, image->size))
		return load_fail(load, ERR_FORMAT,
				 "no boot sector: bytes 510 and 511 are not 55 AA");
	if (image->size > SIZE_MAX_LOAD)
		return load_fail(load, ERR_LIMIT, "%lu bytes, at most %u fit below 0x%x",
				 (unsigned long)image->size, SIZE_MAX_LOAD, MEMORY_MAP_LOW_END);
	enum error error = put_vectors(load);
	if (error)
		return error;
	start_real16(load->start, LOAD_BASE);
	load->start->gpr[GPR_RDX] = FIRST_DISK;
	load->start->gpr[GPR_RSP] = LOAD_BASE;
	return load_put(load, LOAD_BASE, image->bytes, image->size, "boot sector");
}
