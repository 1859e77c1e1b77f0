/* Linux bzImages: a constructed one, files that lie, and Debian's own where it has been fetched. */
#include "tests/unit/image_fixture.h"

#include <stdio.h>

#define SETUP_SIZE  1024 /* one sector of set-up code */
#define SYSTEM_SIZE 4096
#define ZERO_PAGE   0x10000
#define PREFERRED   0x400000

static void build(struct fixture *f)
{
	f->request.image.size = SETUP_SIZE + SYSTEM_SIZE;
	memset(f->file, 0, sizeof(f->file));
	f->file[0x1F1] = 1;
	file_value(f, 0x1F4, SYSTEM_SIZE / 16, 4);
	file_value(f, 0x1FE, 0xAA55, 2);
	f->file[0x201] = 0x6A;
	memcpy(f->file + 0x202, "HdrS", 4);
	file_value(f, 0x206, 0x020F, 2);
	f->file[0x211] = 1;
	file_value(f, 0x22C, 0x7FFFFFFF, 4);
	file_value(f, 0x238, 255, 4);
	file_value(f, 0x258, PREFERRED, 8);
	file_value(f, 0x260, 0x200000, 4);
	memset(f->file + SETUP_SIZE, 0xC3, SYSTEM_SIZE);
}

static void test_detected(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(image_detect(f->file, f->request.image.size), IMAGE_LINUX);
	assert_int_equal(image_detect(f->file, 0x28F), IMAGE_BOOTSECTOR);
}

static void test_first_state(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_loads(f);
	assert_int_equal(f->start.mode, GUEST_PROT32);
	assert_int_equal(f->start.rip, PREFERRED);
	assert_int_equal(f->start.gpr[GPR_RSI], ZERO_PAGE);
	assert_int_equal(f->start.gpr[GPR_RBX], 0);
	assert_int_equal(f->start.cs.selector, 0x10);
	assert_int_equal(f->start.ss.selector, 0x18);
	assert_guest_bytes(f, PREFERRED, f->file + SETUP_SIZE, SYSTEM_SIZE);
}

static void test_zero_page(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_loads(f);
	assert_guest_bytes(f, ZERO_PAGE + 0x1F1, f->file + 0x1F1, 0x1F);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x210, 1), 0xFF);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x214, 4), PREFERRED);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x70, 8), 0xE0000);
	assert_guest_string(f, guest_value(f, ZERO_PAGE + 0x228, 4), "one two");
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x218, 8), 0);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x1E8, 1), 4);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x2D0 + 8, 8), 0x9FC00);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x2D0 + 3 * 20, 8), 0x100000);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x2D0 + 3 * 20 + 8, 8), 15 << 20);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x2D0 + 3 * 20 + 16, 4), 1);
}

static void test_initrd_as_high_as_allowed(void **state)
{
	struct fixture *f = *state;
	static const uint8_t initrd[5000] = { 9, 8, 7 };

	build(f);
	f->request.initrd = (struct image_file) { "initrd", initrd, sizeof(initrd) };
	assert_loads(f);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x218, 4), 0x1000000 - 8192);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x21C, 4), sizeof(initrd));
	assert_guest_bytes(f, 0x1000000 - 8192, initrd, sizeof(initrd));
	file_value(f, 0x22C, 0x7FFFFF, 4);
	assert_loads(f);
	assert_int_equal(guest_value(f, ZERO_PAGE + 0x218, 4), 0x800000 - 8192);
}

static void test_initrd_that_does_not_fit(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->request.initrd = (struct image_file) { "initrd", f->file, (10 << 20) + 1 };
	assert_fails(f, ERR_RANGE,
		     "guest.img: initrd initrd of 10241K does not fit: 10240K of "
		     "memory are left for it");
	f->request.initrd.size = UINT64_MAX;
	assert_int_equal(fixture_load(f), ERR_RANGE);
	f->request.initrd.size = 1;
	file_value(f, 0x22C, 0x1000, 4);
	assert_fails(f, ERR_RANGE,
		     "guest.img: initrd initrd of 1K does not fit: 0K of memory are left for it");
}

static void test_too_little_memory(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->ram->ram.size = 5 << 20;
	assert_fails(f, ERR_RANGE, "guest.img: the kernel needs 6144K of memory, the VM has 5120K");
}

static void test_old_protocol_goes_to_one_mebibyte(void **state)
{
	struct fixture *f = *state;

	build(f);
	file_value(f, 0x206, 0x0206, 2);
	assert_loads(f);
	assert_int_equal(f->start.rip, 0x100000);
}

static void test_lying_headers(void **state)
{
	struct fixture *f = *state;

	build(f);
	file_value(f, 0x206, 0x0205, 2);
	assert_fails(f, ERR_UNSUPPORTED, "guest.img: boot protocol 2.05, at least 2.06 is needed");
	build(f);
	f->file[0x211] = 0;
	assert_fails(f, ERR_UNSUPPORTED, "guest.img: a zImage, only bzImages can be loaded");
	build(f);
	file_value(f, 0x1F4, UINT32_MAX, 4);
	assert_fails(f, ERR_TRUNCATED, "guest.img: should have 68719477744 bytes, has 5120");
	build(f);
	file_value(f, 0x1F4, 0, 4);
	assert_fails(f, ERR_FORMAT, "guest.img: the kernel has no size");
	build(f);
	file_value(f, 0x258, UINT64_MAX, 8);
	assert_fails(f, ERR_RANGE, "guest.img: wants to be loaded at 0xffffffffffffffff");
	build(f);
	file_value(f, 0x258, 0x90000, 8);
	assert_fails(f, ERR_RANGE, "guest.img: wants to be loaded at 0x90000");
	build(f);
	file_value(f, 0x260, UINT32_MAX, 4);
	assert_fails(f, ERR_RANGE,
		     "guest.img: the kernel ends at 0x1003fffff, above the first 3 GiB");
}

static void test_asked_for_but_absent(void **state)
{
	struct fixture *f = *state;

	f->request.kind = IMAGE_LINUX;
	assert_fails(f, ERR_FORMAT, "guest.img: not a Linux bzImage");
	f->request.image.size = 0x28F;
	assert_fails(f, ERR_TRUNCATED, "guest.img: 655 bytes, too short for a bzImage");
}

static void test_command_line_limit(void **state)
{
	struct fixture *f = *state;
	char line[257] = { 0 };

	build(f);
	f->request.cmdline = line;
	memset(line, 'x', 255);
	assert_loads(f);
	line[255] = 'x';
	assert_fails(f, ERR_LIMIT, "guest.img: command line of 256 bytes, the kernel takes 255");
	file_value(f, 0x238, UINT32_MAX, 4);
	assert_loads(f);
}

static void test_every_truncation_is_an_error(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->request.kind = IMAGE_LINUX;
	for (uint64_t size = 1; size <= SETUP_SIZE + SYSTEM_SIZE - 16; size++) {
		f->request.image.size = size;
		assert_int_equal(fixture_load(f), ERR_TRUNCATED);
	}
}

/* As Memtest86+ and iPXE do. */
static void test_file_may_end_within_the_last_unit(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->request.image.size = SETUP_SIZE + SYSTEM_SIZE - 15;
	assert_loads(f);
	assert_int_equal(guest_value(f, PREFERRED + SYSTEM_SIZE - 16, 2), 0xC3);
}

/* The whole file, or NULL. */
static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*size = ftell(file);
	rewind(file);
	uint8_t *bytes = malloc(*size);
	assert_int_equal(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void test_debian_kernel(void **state)
{
	struct fixture *f = *state;
	size_t size;
	uint8_t *bytes = read_file("build/linux/vmlinuz", &size);

	if (!bytes)
		skip();
	f->request.image = (struct image_file) { "vmlinuz", bytes, size };
	f->ram->ram.size = 256 << 20;
	assert_loads(f);
	assert_int_equal(f->start.mode, GUEST_PROT32);
	assert_int_equal(f->start.rip, 0x1000000);
	assert_int_equal(guest_value(f, 0x1000000, 2), 0xFAFC); /* cld; cli */
	f->ram->ram.size = 32 << 20;
	assert_int_equal(fixture_load(f), ERR_RANGE);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(test_detected),
		IMAGE_TEST(test_first_state),
		IMAGE_TEST(test_zero_page),
		IMAGE_TEST(test_initrd_as_high_as_allowed),
		IMAGE_TEST(test_initrd_that_does_not_fit),
		IMAGE_TEST(test_too_little_memory),
		IMAGE_TEST(test_old_protocol_goes_to_one_mebibyte),
		IMAGE_TEST(test_lying_headers),
		IMAGE_TEST(test_asked_for_but_absent),
		IMAGE_TEST(test_command_line_limit),
		IMAGE_TEST(test_every_truncation_is_an_error),
		IMAGE_TEST(test_file_may_end_within_the_last_unit),
		IMAGE_TEST(test_debian_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
