/*
 * Inside the image loaders: what they share. Everybody else wants hv/images/image.h.
 */
#ifndef HV_IMAGES_LOAD_H
#define HV_IMAGES_LOAD_H

#include <stdint.h>

#include "hv/images/image.h"

struct load {
	const struct image_request *request;
	const struct guest_ram *ram;
	struct guest_start *start; /* all zero when a loader gets it */
	struct image_diag *diag;
};

/* The loaders, one a kind. */
enum error load_elf(struct load *load);
enum error load_multiboot(struct load *load);
enum error load_linux(struct load *load);
enum error load_bootsector(struct load *load);

/* Whether the bytes look like that kind. */
bool is_elf64(const uint8_t *bytes, uint64_t size);
bool is_multiboot(const uint8_t *bytes, uint64_t size);
bool is_linux(const uint8_t *bytes, uint64_t size);
bool is_bootsector(const uint8_t *bytes, uint64_t size);

/* Puts "FILE: reason" into the diagnostic and returns `error`. */
enum error load_fail(struct load *load, enum error error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Copies into the guest; `what` names the bytes in the message. */
enum error load_put(struct load *load, uint64_t gpa, const void *from, uint64_t size,
		    const char *what);

/* Fails, with both sizes in the message, unless low RAM reaches up to `end`. */
enum error load_need(struct load *load, uint64_t end, const char *what);

/* The request's command line, never NULL. */
const char *load_cmdline(const struct load *load);

/* [base, base + size) of both have a byte in common; neither wraps. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* [offset, offset + size) lies within `total`, for any values. */
static inline bool range_inside(uint64_t offset, uint64_t size, uint64_t total)
{
	return offset <= total && size <= total - offset;
}

static inline uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

#endif
