#include "hv/images/elf_file.h"

#include <assert.h>
#include <string.h>

#define CLASS_32	   1
#define CLASS_64	   2
#define LITTLE_ENDIAN_DATA 1
#define TYPE_EXECUTABLE	   2

struct header32 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version, entry, phoff, shoff, flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct header64 {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct program_header32 {
	uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct program_header64 {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct header32) == 52, "fixed by the format");
_Static_assert(sizeof(struct header64) == 64, "fixed by the format");
_Static_assert(sizeof(struct program_header32) == 32, "fixed by the format");
_Static_assert(sizeof(struct program_header64) == 56, "fixed by the format");

/* What both classes' headers say. */
struct common_header {
	uint16_t type, machine, phentsize, phnum;
	uint64_t entry, phoff;
};

static enum error refuse(enum error error, const char *why, const char **reason)
{
	*reason = why;
	return error;
}

bool elf_has_magic(const uint8_t *bytes, uint64_t size)
{
	static const uint8_t magic[] = { 0x7F, 'E', 'L', 'F' };

	return size >= 16 && memcmp(bytes, magic, sizeof(magic)) == 0 &&
	       bytes[5] == LITTLE_ENDIAN_DATA;
}

static void read_header32(const uint8_t *bytes, struct common_header *common)
{
	struct header32 header;

	memcpy(&header, bytes, sizeof(header));
	*common = (struct common_header) { header.type,	 header.machine, header.phentsize,
					   header.phnum, header.entry,	 header.phoff };
}

static void read_header64(const uint8_t *bytes, struct common_header *common)
{
	struct header64 header;

	memcpy(&header, bytes, sizeof(header));
	*common = (struct common_header) { header.type,	 header.machine, header.phentsize,
					   header.phnum, header.entry,	 header.phoff };
}

static unsigned entry_size(bool is64)
{
	return is64 ? sizeof(struct program_header64) : sizeof(struct program_header32);
}

static enum error check_header(const struct common_header *header, bool is64, uint64_t size,
			       const char **reason)
{
	uint64_t table = (uint64_t)header->phnum * entry_size(is64);

	if (header->type != TYPE_EXECUTABLE)
		return refuse(ERR_UNSUPPORTED, "the ELF file is not a static executable", reason);
	if (!header->phnum)
		return refuse(ERR_FORMAT, "the ELF file has no program headers", reason);
	if (header->phnum > ELF_SEGMENTS_MAX)
		return refuse(ERR_LIMIT, "more than 64 ELF program headers", reason);
	if (header->phentsize != entry_size(is64))
		return refuse(ERR_FORMAT, "ELF program headers of an unknown size", reason);
	if (header->phoff > size || table > size - header->phoff)
		return refuse(ERR_TRUNCATED, "the ELF program headers are outside the file",
			      reason);
	return OK;
}

enum error elf_open(const uint8_t *bytes, uint64_t size, struct elf_file *elf, const char **reason)
{
	struct common_header header;

	if (!elf_has_magic(bytes, size))
		return refuse(ERR_FORMAT, "not a little-endian ELF file", reason);
	bool is64 = bytes[4] == CLASS_64;
	if (!is64 && bytes[4] != CLASS_32)
		return refuse(ERR_FORMAT, "an ELF file of no known class", reason);
	if (size < (is64 ? sizeof(struct header64) : sizeof(struct header32)))
		return refuse(ERR_TRUNCATED, "the ELF header is cut off", reason);
	if (is64)
		read_header64(bytes, &header);
	else
		read_header32(bytes, &header);
	*elf = (struct elf_file) { .bytes = bytes,
				   .size = size,
				   .is64 = is64,
				   .machine = header.machine,
				   .entry = header.entry,
				   .segments_offset = header.phoff,
				   .segment_count = header.phnum };
	return check_header(&header, is64, size, reason);
}

static void read_segment32(const uint8_t *bytes, struct elf_segment *segment)
{
	struct program_header32 header;

	memcpy(&header, bytes, sizeof(header));
	*segment = (struct elf_segment) { header.type,	header.flags,  header.offset, header.vaddr,
					  header.paddr, header.filesz, header.memsz };
}

static void read_segment64(const uint8_t *bytes, struct elf_segment *segment)
{
	struct program_header64 header;

	memcpy(&header, bytes, sizeof(header));
	*segment = (struct elf_segment) { header.type,	header.flags,  header.offset, header.vaddr,
					  header.paddr, header.filesz, header.memsz };
}

static enum error check_load(const struct elf_segment *segment, uint64_t size, const char **reason)
{
	if (segment->file_size > segment->memory_size)
		return refuse(ERR_FORMAT, "has more bytes in the file than in memory", reason);
	if (segment->offset > size || segment->file_size > size - segment->offset)
		return refuse(ERR_TRUNCATED, "reaches beyond the end of the file", reason);
	if (segment->memory_size > UINT64_MAX - segment->physical_address ||
	    segment->memory_size > UINT64_MAX - segment->virtual_address)
		return refuse(ERR_RANGE, "reaches beyond the end of the address space", reason);
	return OK;
}

enum error elf_get_segment(const struct elf_file *elf, unsigned index, struct elf_segment *segment,
			   const char **reason)
{
	assert(index < elf->segment_count);
	const uint8_t *bytes =
		elf->bytes + elf->segments_offset + (uint64_t)index * entry_size(elf->is64);
	if (elf->is64)
		read_segment64(bytes, segment);
	else
		read_segment32(bytes, segment);
	if (segment->type != ELF_SEGMENT_LOAD)
		return OK;
	return check_load(segment, elf->size, reason);
}
