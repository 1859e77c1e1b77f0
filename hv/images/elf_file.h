/*
 * ELF executables as files: header and program headers of both classes, every field checked
 * against the file's size before it is used. (ELF gABI 4.1, chapters 4 and 5.)
 */
#ifndef HV_IMAGES_ELF_FILE_H
#define HV_IMAGES_ELF_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"

#define ELF_MACHINE_386	   3
#define ELF_MACHINE_X86_64 62
#define ELF_SEGMENT_LOAD   1
#define ELF_SEGMENT_INTERP 3
#define ELF_FLAG_EXECUTE   1
#define ELF_SEGMENTS_MAX   64

struct elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset; /* in the file */
	uint64_t virtual_address;
	uint64_t physical_address;
	uint64_t file_size;
	uint64_t memory_size;
};

struct elf_file {
	const uint8_t *bytes;
	uint64_t size;
	bool is64;
	uint16_t machine;
	uint64_t entry;
	uint64_t segments_offset;
	unsigned segment_count;
};

/* Little-endian ELF of either class. */
bool elf_has_magic(const uint8_t *bytes, uint64_t size);

/* Fails with *reason set to a constant text unless it is an executable with program headers. */
enum error elf_open(const uint8_t *bytes, uint64_t size, struct elf_file *elf, const char **reason);

/*
 * Segment `index` (less than segment_count). For those of type LOAD these hold: its bytes are
 * inside the file, file_size <= memory_size, and no address range wraps.
 */
enum error elf_get_segment(const struct elf_file *elf, unsigned index, struct elf_segment *segment,
			   const char **reason);

#endif
