/* What the image tests share: one request, one guest, and shorthands to look at the outcome. */
#ifndef TESTS_UNIT_IMAGE_FIXTURE_H
#define TESTS_UNIT_IMAGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "hv/images/image.h"
#include "tests/unit/fake_ram.h"

struct fixture {
	struct image_request request;
	struct fake_ram *ram;
	struct guest_start start;
	struct image_diag diag;
	uint8_t file[16384]; /* the image, built by the test */
};

#define FIXTURE_MEMORY (16ull << 20)

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->ram = fake_ram_new(FIXTURE_MEMORY);
	f->request = (struct image_request) {
		.image = { "guest.img", f->file, sizeof(f->file) },
		.vcpus = 2,
		.tsc_hz = 100000000,
		.vm_name = "demo",
		.vm_id = 7,
		.cmdline = "one two",
		.rsdp = 0xE0000,
	};
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	fake_ram_free(f->ram);
	free(f);
	return 0;
}

static inline enum error fixture_load(struct fixture *f)
{
	return image_load(&f->request, &f->ram->ram, &f->start, &f->diag);
}

static inline void assert_loads(struct fixture *f)
{
	enum error error = fixture_load(f);

	assert_string_equal(f->diag.text, "");
	assert_int_equal(error, OK);
}

static inline void assert_fails(struct fixture *f, enum error error, const char *text)
{
	enum error got = fixture_load(f);

	assert_string_equal(f->diag.text, text);
	assert_int_equal(got, error);
}

static inline uint64_t guest_value(struct fixture *f, uint64_t gpa, unsigned size)
{
	uint64_t value = 0;

	assert_int_equal(guest_ram_read(&f->ram->ram, gpa, &value, size), OK);
	return value;
}

static inline void assert_guest_bytes(struct fixture *f, uint64_t gpa, const void *expected,
				      size_t size)
{
	uint8_t bytes[8192];

	assert_in_range(size, 0, sizeof(bytes));
	assert_int_equal(guest_ram_read(&f->ram->ram, gpa, bytes, size), OK);
	assert_memory_equal(bytes, expected, size);
}

static inline void assert_guest_string(struct fixture *f, uint64_t gpa, const char *expected)
{
	assert_guest_bytes(f, gpa, expected, strlen(expected) + 1);
}

static inline void file_value(struct fixture *f, size_t offset, uint64_t value, unsigned size)
{
	memcpy(f->file + offset, &value, size);
}

#define IMAGE_TEST(function)                                                                       \
	cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

#endif
