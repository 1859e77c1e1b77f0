#include "hv/images/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv/images/load.h"

/* In the order of asking: a bzImage also has a boot sector's mark, a multiboot kernel may be ELF64.
 */
static const struct {
	enum image_kind kind;
	bool (*matches)(const uint8_t *bytes, uint64_t size);
	enum error (*load)(struct load *load);
} loaders[] = {
	{ IMAGE_LINUX, is_linux, load_linux },
	{ IMAGE_MULTIBOOT, is_multiboot, load_multiboot },
	{ IMAGE_ELF, is_elf64, load_elf },
	{ IMAGE_BOOTSECTOR, is_bootsector, load_bootsector },
};

#define LOADERS (sizeof(loaders) / sizeof(loaders[0]))

enum image_kind image_detect(const uint8_t *bytes, uint64_t size)
{
	for (unsigned i = 0; i < LOADERS; i++) {
		if (loaders[i].matches(bytes, size))
			return loaders[i].kind;
	}
	return IMAGE_AUTO;
}

static const char *file_name(const struct image_file *file)
{
	return file->name ? file->name : "?";
}

enum error load_fail(struct load *load, enum error error, const char *format, ...)
{
	struct image_diag *diag = load->diag;
	va_list arguments;
	int used = snprintf(diag->text, sizeof(diag->text),
			    "%.64s: ", file_name(&load->request->image));

	va_start(arguments, format);
	vsnprintf(diag->text + used, sizeof(diag->text) - used, format, arguments);
	va_end(arguments);
	return error;
}

enum error load_put(struct load *load, uint64_t gpa, const void *from, uint64_t size,
		    const char *what)
{
	enum error error = guest_ram_write(load->ram, gpa, from, size);

	if (error == ERR_NO_MEMORY)
		return load_fail(load, error, "no host memory left for the %s", what);
	if (error)
		return load_fail(load, error, "%s (%lu bytes at 0x%lx) is outside the VM's memory",
				 what, (unsigned long)size, (unsigned long)gpa);
	return OK;
}

enum error load_need(struct load *load, uint64_t end, const char *what)
{
	uint64_t low_end = guest_ram_low_end(load->ram->size);

	if (end <= low_end)
		return OK;
	if (end > GUEST_RAM_LOW_MAX)
		return load_fail(load, ERR_RANGE, "%s ends at 0x%lx, above the first 3 GiB", what,
				 (unsigned long)end);
	return load_fail(load, ERR_RANGE, "%s needs %luK of memory, the VM has %luK", what,
			 (unsigned long)(align_up(end, 1024) / 1024),
			 (unsigned long)(low_end / 1024));
}

const char *load_cmdline(const struct load *load)
{
	return load->request->cmdline ? load->request->cmdline : "";
}

static enum error load_kind(struct load *load, enum image_kind kind)
{
	for (unsigned i = 0; i < LOADERS; i++) {
		if (loaders[i].kind == kind)
			return loaders[i].load(load);
	}
	return load_fail(load, ERR_UNSUPPORTED,
			 "not an ELF64, multiboot, bzImage or boot sector image");
}

enum error image_load(const struct image_request *request, const struct guest_ram *ram,
		      struct guest_start *start, struct image_diag *diag)
{
	struct load load = { request, ram, start, diag };
	const struct image_file *image = &request->image;
	enum image_kind kind = request->kind;

	memset(start, 0, sizeof(*start));
	diag->text[0] = 0;
	if (!image->bytes || !image->size)
		return load_fail(&load, ERR_TRUNCATED, "the file is empty");
	if (ram->size < IMAGE_MEMORY_MIN)
		return load_need(&load, IMAGE_MEMORY_MIN, "any guest");
	if (kind == IMAGE_AUTO)
		kind = image_detect(image->bytes, image->size);
	return load_kind(&load, kind);
}
