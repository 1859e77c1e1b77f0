/*
 * Any bytes as a guest image of one kind. The first byte chooses the guest's memory and what comes
 * with the image; the rest is the file. The fake memory aborts on any access outside the guest's.
 */
#ifndef TESTS_FUZZ_FUZZ_IMAGE_H
#define TESTS_FUZZ_FUZZ_IMAGE_H

#include <stdlib.h>
#include <string.h>

#include "hv/images/image.h"
#include "tests/unit/fake_ram.h"

static inline void require(bool condition)
{
	if (!condition)
		abort();
}

static inline void check_start(const struct guest_start *start, const struct guest_ram *ram)
{
	require(gpa_is_ram(ram->size, start->rip));
	require(start->cs.access & 0x80);
	require(start->mode == GUEST_LONG64 || start->rip < GUEST_RAM_LOW_MAX);
	if (start->mode == GUEST_LONG64)
		require(guest_ram_valid(ram, start->cr3, GUEST_PAGE_SIZE));
	if (start->mode != GUEST_REAL16)
		require(guest_ram_valid(ram, start->gdt.base, start->gdt.limit + 1));
}

static inline uint64_t chosen_memory(uint8_t choice)
{
	static const uint64_t sizes[] = { 1ull << 20, 3ull << 20, 64ull << 20, 5ull << 30 };

	return sizes[choice % 4];
}

static inline int fuzz_image(enum image_kind kind, const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	uint8_t choice = *data++;
	struct image_file image = { "image", data, --size };
	struct image_module modules[2] = { { image, "arguments" }, { image, NULL } };
	struct image_request request = { .kind = kind,
					 .image = image,
					 .modules = modules,
					 .module_count = choice >> 2 & 1 ? 2 : 0,
					 .cmdline = choice >> 3 & 1 ? "a b c" : NULL,
					 .vcpus = 1 };
	static struct fake_ram *fake;
	struct guest_start start;
	struct image_diag diag;

	if (!fake)
		fake = fake_ram_new(0);
	fake->ram.size = chosen_memory(choice);
	if (choice >> 4 & 1)
		request.initrd = image;
	if (choice >> 5 & 1)
		fake->pages_left = choice >> 6;
	enum error error = image_load(&request, &fake->ram, &start, &diag);
	require((error == OK) == (diag.text[0] == 0));
	require(strlen(diag.text) < sizeof(diag.text));
	if (!error)
		check_start(&start, &fake->ram);
	require(image_detect(data, size) < IMAGE_KINDS);
	fake_ram_clear(fake);
	return 0;
}

#endif
