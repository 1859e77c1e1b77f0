#include "hv/images/elf_load.h"

#include <stddef.h>

enum error elf_open_image(struct load *load, struct elf_file *elf)
{
	const struct image_file *image = &load->request->image;
	const char *reason = "";
	enum error error = elf_open(image->bytes, image->size, elf, &reason);

	return error ? load_fail(load, error, "%s", reason) : OK;
}

static enum error get_segment(struct load *load, const struct elf_file *elf, unsigned index,
			      struct elf_segment *segment)
{
	const char *reason = "";
	enum error error = elf_get_segment(elf, index, segment, &reason);

	return error ? load_fail(load, error, "segment %u %s", index, reason) : OK;
}

static bool occupies_memory(const struct elf_segment *segment)
{
	return segment->type == ELF_SEGMENT_LOAD && segment->memory_size;
}

static enum error check_place(struct load *load, unsigned index, const struct elf_segment *segment,
			      uint64_t lowest)
{
	uint64_t base = segment->physical_address;
	uint64_t size = load->ram->size;

	if (base < lowest)
		return load_fail(load, ERR_RANGE, "segment %u is at 0x%lx, below 0x%lx", index,
				 (unsigned long)base, (unsigned long)lowest);
	if (!gpa_range_is_ram(size, base, segment->memory_size))
		return load_fail(
			load, ERR_RANGE,
			"segment %u at 0x%lx needs %luK; the VM's memory of %luK ends at 0x%lx",
			index, (unsigned long)base,
			(unsigned long)(segment->memory_size / 1024 + 1),
			(unsigned long)(size / 1024), (unsigned long)guest_ram_end(size));
	return OK;
}

static enum error check_apart(struct load *load, const struct elf_file *elf, unsigned index,
			      const struct elf_segment *segment)
{
	for (unsigned i = 0; i < index; i++) {
		struct elf_segment other;
		enum error error = get_segment(load, elf, i, &other);

		if (error)
			return error;
		if (occupies_memory(&other) &&
		    ranges_overlap(segment->physical_address, segment->memory_size,
				   other.physical_address, other.memory_size))
			return load_fail(load, ERR_FORMAT, "segments %u and %u overlap", i, index);
	}
	return OK;
}

/* The entry point is a virtual address: found in this segment, it becomes a physical one. */
static void find_entry(const struct elf_file *elf, const struct elf_segment *segment,
		       struct elf_layout *layout, bool *found)
{
	uint64_t offset = elf->entry - segment->virtual_address;

	if (*found || offset >= segment->memory_size || !(segment->flags & ELF_FLAG_EXECUTE))
		return;
	layout->entry = segment->physical_address + offset;
	*found = true;
}

static enum error load_segment(struct load *load, const struct elf_file *elf, unsigned index,
			       const struct elf_segment *segment, uint64_t lowest)
{
	enum error error = check_place(load, index, segment, lowest);

	if (!error)
		error = check_apart(load, elf, index, segment);
	if (!error)
		error = load_put(load, segment->physical_address, elf->bytes + segment->offset,
				 segment->file_size, "segment");
	return error;
}

enum error elf_load(struct load *load, const struct elf_file *elf, uint64_t lowest,
		    struct elf_layout *layout)
{
	bool entry_found = false;

	layout->end = 0;
	for (unsigned i = 0; i < elf->segment_count; i++) {
		struct elf_segment segment;
		enum error error = get_segment(load, elf, i, &segment);

		if (!error && segment.type == ELF_SEGMENT_INTERP)
			error = load_fail(load, ERR_UNSUPPORTED, "dynamically linked");
		if (!error && occupies_memory(&segment))
			error = load_segment(load, elf, i, &segment, lowest);
		if (error)
			return error;
		if (!occupies_memory(&segment))
			continue;
		uint64_t end = segment.physical_address + segment.memory_size;
		if (end <= GUEST_RAM_LOW_MAX && end > layout->end)
			layout->end = end;
		find_entry(elf, &segment, layout, &entry_found);
	}
	if (!entry_found)
		return load_fail(load, ERR_FORMAT,
				 "the entry point 0x%lx is in no executable segment",
				 (unsigned long)elf->entry);
	return OK;
}
