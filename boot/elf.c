#include "boot/elf.h"

#include <stdbool.h>
#include <string.h>

#define ELF_MAGIC	 0x464c457fu /* "\x7f" "ELF" */
#define ELF_CLASS_64	 2
#define ELF_DATA_LITTLE	 1
#define ELF_TYPE_EXEC	 2
#define ELF_MACHINE_X86	 62
#define ELF_SEGMENT_LOAD 1
#define ELF_SYMTAB	 2

#define PAGE_MASK      0xfffull
#define IMAGE_SIZE_MAX (256ull << 20)

/* System V ABI, chapters 4 and 5 */
struct elf_header {
	uint32_t magic;
	uint8_t class;
	uint8_t data;
	uint8_t ident[10];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t segments;
	uint64_t sections;
	uint32_t flags;
	uint16_t header_size;
	uint16_t segment_size;
	uint16_t segment_count;
	uint16_t section_size;
	uint16_t section_count;
	uint16_t names;
};

struct elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t physical;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t align;
};

struct elf_section {
	uint32_t name;
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	uint64_t offset;
	uint64_t size;
	uint32_t link;
	uint32_t info;
	uint64_t align;
	uint64_t entry_size;
};

_Static_assert(sizeof(struct elf_header) == 64, "ELF layout");
_Static_assert(sizeof(struct elf_segment) == 56, "ELF layout");
_Static_assert(sizeof(struct elf_section) == 64, "ELF layout");

static bool inside(uint64_t offset, uint64_t length, uint64_t size)
{
	return offset <= size && length <= size - offset;
}

static struct elf_header header_of(const uint8_t *file)
{
	struct elf_header header;

	memcpy(&header, file, sizeof(header));
	return header;
}

static struct elf_segment segment_at(const uint8_t *file, unsigned index)
{
	struct elf_segment segment;

	memcpy(&segment, file + header_of(file).segments + index * sizeof(segment),
	       sizeof(segment));
	return segment;
}

static struct elf_section section_at(const uint8_t *file, unsigned index)
{
	struct elf_section section;

	memcpy(&section, file + header_of(file).sections + index * sizeof(section),
	       sizeof(section));
	return section;
}

static enum error check_header(const uint8_t *file, uint64_t size)
{
	if (size < sizeof(struct elf_header))
		return ERR_TRUNCATED;

	struct elf_header header = header_of(file);

	if (header.magic != ELF_MAGIC || header.class != ELF_CLASS_64 ||
	    header.data != ELF_DATA_LITTLE || header.type != ELF_TYPE_EXEC ||
	    header.machine != ELF_MACHINE_X86 ||
	    header.segment_size != sizeof(struct elf_segment) ||
	    (header.section_count != 0 && header.section_size != sizeof(struct elf_section)))
		return ERR_FORMAT;
	if (!inside(header.segments, header.segment_count * sizeof(struct elf_segment), size) ||
	    !inside(header.sections, header.section_count * sizeof(struct elf_section), size))
		return ERR_TRUNCATED;
	return OK;
}

static bool takes_memory(const struct elf_segment *segment)
{
	return segment->type == ELF_SEGMENT_LOAD && segment->memory_size != 0;
}

static enum error check_segment(const struct elf_segment *segment, uint64_t size)
{
	if (!inside(segment->offset, segment->file_size, size))
		return ERR_TRUNCATED;
	if (segment->file_size > segment->memory_size || segment->memory_size > IMAGE_SIZE_MAX ||
	    segment->address + segment->memory_size < segment->address)
		return ERR_FORMAT;
	return OK;
}

static enum error plan_segments(const uint8_t *file, uint64_t size, struct elf_plan *plan)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (unsigned i = 0; i < header_of(file).segment_count; i++) {
		struct elf_segment segment = segment_at(file, i);
		enum error error = OK;

		if (!takes_memory(&segment))
			continue;
		error = check_segment(&segment, size);
		if (error != OK)
			return error;
		if (segment.address < low)
			low = segment.address;
		if (segment.address + segment.memory_size > high)
			high = segment.address + segment.memory_size;
	}
	if (high == 0 || high - low > IMAGE_SIZE_MAX)
		return ERR_FORMAT;
	plan->virtual_base = low & ~PAGE_MASK;
	plan->size = (high - plan->virtual_base + PAGE_MASK) & ~PAGE_MASK;
	plan->entry = header_of(file).entry;
	return inside(plan->entry - plan->virtual_base, 1, plan->size) ? OK : ERR_FORMAT;
}

static void plan_symbols(const uint8_t *file, uint64_t size, struct elf_plan *plan)
{
	unsigned count = header_of(file).section_count;

	for (unsigned i = 0; i < count; i++) {
		struct elf_section symtab = section_at(file, i);

		if (symtab.type != ELF_SYMTAB || symtab.link >= count)
			continue;

		struct elf_section strtab = section_at(file, symtab.link);

		if (!inside(symtab.offset, symtab.size, size) ||
		    !inside(strtab.offset, strtab.size, size))
			return;
		plan->symtab = (struct elf_span) { symtab.offset, symtab.size };
		plan->strtab = (struct elf_span) { strtab.offset, strtab.size };
		return;
	}
}

enum error elf_plan(const uint8_t *file, uint64_t size, struct elf_plan *plan)
{
	enum error error = check_header(file, size);

	memset(plan, 0, sizeof(*plan));
	if (error == OK)
		error = plan_segments(file, size, plan);
	if (error == OK)
		plan_symbols(file, size, plan);
	return error;
}

void elf_copy(const uint8_t *file, const struct elf_plan *plan, uint8_t *image)
{
	for (unsigned i = 0; i < header_of(file).segment_count; i++) {
		struct elf_segment segment = segment_at(file, i);

		if (takes_memory(&segment))
			memcpy(image + (segment.address - plan->virtual_base),
			       file + segment.offset, segment.file_size);
	}
}
