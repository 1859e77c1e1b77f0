/* Multiboot kernels: ELF32 and the address fields, the information block, modules, lies. */
#include "tests/unit/image_fixture.h"

#define MAGIC	    0x1BADB002u
#define INFO	    0x90000
#define HEADER	    0x1000 /* in the file */
#define LOAD	    0x100000
#define HEADER_GPA  (LOAD + 0x20)
#define CODE_OFFSET (HEADER - 0x20)

static void multiboot_header(struct fixture *f, uint32_t flags)
{
	file_value(f, HEADER, MAGIC, 4);
	file_value(f, HEADER + 4, flags, 4);
	file_value(f, HEADER + 8, 0 - MAGIC - flags, 4);
}

static void addresses(struct fixture *f, uint32_t header, uint32_t load, uint32_t load_end,
		      uint32_t bss_end, uint32_t entry)
{
	const uint32_t fields[] = { header, load, load_end, bss_end, entry };

	memcpy(f->file + HEADER + 12, fields, sizeof(fields));
}

/* Loaded by address fields: 0x800 bytes at 1 MiB, .bss up to 0x103000. */
static void build_flat(struct fixture *f)
{
	multiboot_header(f, 0x10003);
	addresses(f, HEADER_GPA, LOAD, LOAD + 0x800, LOAD + 0x3000, LOAD + 0x40);
}

/* ELF32, linked at 0xC0100000, loaded at 1 MiB. */
static void build_elf32(struct fixture *f)
{
	static const uint8_t ident[] = { 0x7F, 'E', 'L', 'F', 1, 1, 1 };
	const uint32_t program_header[] = {
		1, CODE_OFFSET, 0xC0100000, LOAD, 0x800, 0x5001, 7, 4096
	};

	memcpy(f->file, ident, sizeof(ident));
	file_value(f, 16, 2, 2);
	file_value(f, 18, 3, 2);
	file_value(f, 24, 0xC0100040, 4);
	file_value(f, 28, 52, 4);
	file_value(f, 42, 32, 2);
	file_value(f, 44, 1, 2);
	memcpy(f->file + 52, program_header, sizeof(program_header));
	multiboot_header(f, 0x3);
}

static void test_detected(void **state)
{
	struct fixture *f = *state;

	build_flat(f);
	assert_int_equal(image_detect(f->file, sizeof(f->file)), IMAGE_MULTIBOOT);
	assert_int_equal(image_detect(f->file, HEADER + 11), IMAGE_AUTO);
	file_value(f, HEADER + 8, 0, 4);
	assert_int_equal(image_detect(f->file, sizeof(f->file)), IMAGE_AUTO);
}

static void test_header_at_the_end_of_its_reach(void **state)
{
	struct fixture *f = *state;
	const uint32_t header[] = { MAGIC, 0, 0 - MAGIC };

	memcpy(f->file + 8192 - 12, header, 12);
	assert_int_equal(image_detect(f->file, sizeof(f->file)), IMAGE_MULTIBOOT);
	memset(f->file, 0, sizeof(f->file));
	memcpy(f->file + 8192 - 8, header, 12);
	assert_int_equal(image_detect(f->file, sizeof(f->file)), IMAGE_AUTO);
}

static void test_first_state(void **state)
{
	struct fixture *f = *state;
	const struct guest_start *start = &f->start;

	build_flat(f);
	assert_loads(f);
	assert_int_equal(start->mode, GUEST_PROT32);
	assert_int_equal(start->rip, LOAD + 0x40);
	assert_int_equal(start->gpr[GPR_RAX], 0x2BADB002);
	assert_int_equal(start->gpr[GPR_RBX], INFO);
	assert_int_equal(start->cr0, 0x31);
	assert_int_equal(start->cr4, 0);
	assert_int_equal(start->efer, 0);
	assert_int_equal(start->cs.access, 0xC09B);
	assert_int_equal(start->cs.limit, UINT32_MAX);
	assert_int_equal(start->ds.access, 0xC093);
	assert_int_equal(guest_value(f, start->gdt.base + start->cs.selector, 8),
			 0x00CF9B000000FFFF);
	assert_int_equal(guest_value(f, start->gdt.base + start->ds.selector, 8),
			 0x00CF93000000FFFF);
}

static void test_flat_is_in_place(void **state)
{
	struct fixture *f = *state;

	build_flat(f);
	f->file[CODE_OFFSET + 0x7FF] = 0xEE;
	f->file[CODE_OFFSET + 0x800] = 0xDD;
	assert_loads(f);
	assert_int_equal(guest_value(f, HEADER_GPA, 4), MAGIC);
	assert_int_equal(guest_value(f, LOAD + 0x7FF, 2), 0xEE);
}

static void test_flat_without_ends_takes_the_whole_file(void **state)
{
	struct fixture *f = *state;

	build_flat(f);
	addresses(f, HEADER_GPA, LOAD, 0, 0, LOAD);
	f->file[sizeof(f->file) - 1] = 0x77;
	assert_loads(f);
	assert_int_equal(guest_value(f, LOAD + sizeof(f->file) - CODE_OFFSET - 1, 1), 0x77);
}

static void test_elf32_entry_becomes_physical(void **state)
{
	struct fixture *f = *state;

	build_elf32(f);
	assert_loads(f);
	assert_int_equal(f->start.rip, LOAD + 0x40);
	assert_int_equal(guest_value(f, HEADER_GPA, 4), MAGIC);
}

static void test_information_block(void **state)
{
	struct fixture *f = *state;

	build_flat(f);
	assert_loads(f);
	assert_int_equal(guest_value(f, INFO, 4), 0x24D);
	assert_int_equal(guest_value(f, INFO + 4, 4), 639);
	assert_int_equal(guest_value(f, INFO + 8, 4), 15 * 1024);
	assert_guest_string(f, guest_value(f, INFO + 16, 4), "guest.img one two");
	assert_int_equal(guest_value(f, INFO + 20, 4), 0);
	assert_guest_string(f, guest_value(f, INFO + 64, 4), "Augur");
}

static void test_memory_map(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint64_t base, size;
		uint32_t type;
	} expected[] = {
		{ 0, 0x9FC00, 1 },
		{ 0x9FC00, 0x400, 2 },
		{ 0xE0000, 0x20000, 2 },
		{ 0x100000, 0xBFF00000, 1 },
		{ 0x100000000, 0x40000000, 1 },
	};

	build_flat(f);
	f->ram->ram.size = 4ull << 30;
	assert_loads(f);
	assert_int_equal(guest_value(f, INFO + 44, 4), sizeof(expected) / sizeof(expected[0]) * 24);
	uint64_t at = guest_value(f, INFO + 48, 4);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++, at += 24) {
		assert_int_equal(guest_value(f, at, 4), 20);
		assert_int_equal(guest_value(f, at + 4, 8), expected[i].base);
		assert_int_equal(guest_value(f, at + 12, 8), expected[i].size);
		assert_int_equal(guest_value(f, at + 20, 4), expected[i].type);
	}
}

static void test_modules(void **state)
{
	struct fixture *f = *state;
	static const uint8_t first[5000] = { 1, 2, 3 }, second[] = "NR_CPUS=2\n";
	const struct image_module modules[] = { { { "first", first, sizeof(first) }, NULL },
						{ { "env", second, 10 }, "a=b c" } };

	build_flat(f);
	f->request.modules = modules;
	f->request.module_count = 2;
	assert_loads(f);
	assert_int_equal(guest_value(f, INFO + 20, 4), 2);
	uint64_t list = guest_value(f, INFO + 24, 4);
	assert_int_equal(guest_value(f, list, 4), LOAD + 0x3000);
	assert_int_equal(guest_value(f, list + 4, 4), LOAD + 0x3000 + 5000);
	assert_guest_string(f, guest_value(f, list + 8, 4), "first");
	assert_int_equal(guest_value(f, list + 16, 4), LOAD + 0x5000);
	assert_int_equal(guest_value(f, list + 20, 4), LOAD + 0x5000 + 10);
	assert_guest_string(f, guest_value(f, list + 24, 4), "env a=b c");
	assert_guest_bytes(f, LOAD + 0x3000, first, sizeof(first));
	assert_guest_bytes(f, LOAD + 0x5000, second, 10);
}

static void test_modules_that_do_not_fit(void **state)
{
	struct fixture *f = *state;
	static const uint8_t byte;
	struct image_module modules[65];

	build_flat(f);
	for (unsigned i = 0; i < 65; i++)
		modules[i] = (struct image_module) { { "m", &byte, 1 }, NULL };
	f->request.modules = modules;
	f->request.module_count = 65;
	assert_fails(f, ERR_LIMIT, "guest.img: more than 64 modules");
	f->request.module_count = 64;
	assert_loads(f);
	modules[1].file.size = 16 << 20;
	assert_fails(f, ERR_RANGE,
		     "guest.img: the kernel with its modules needs 17424K of memory, "
		     "the VM has 16384K");
	modules[1].file.size = UINT64_MAX;
	assert_fails(f, ERR_LIMIT, "guest.img: module 2 is larger than 3 GiB");
}

static void test_strings_that_do_not_fit(void **state)
{
	struct fixture *f = *state;
	static char line[0xE001];

	build_flat(f);
	memset(line, 'x', sizeof(line) - 1);
	f->request.cmdline = line;
	assert_fails(f, ERR_LIMIT, "guest.img: command lines exceed 57344 bytes in all");
}

static void test_lying_headers(void **state)
{
	struct fixture *f = *state;

	build_flat(f);
	multiboot_header(f, 0x10008);
	assert_fails(f, ERR_UNSUPPORTED,
		     "guest.img: the multiboot header wants unknown features "
		     "(flags 0x10008)");
	build_flat(f);
	f->request.image.size = HEADER + 31;
	assert_fails(f, ERR_TRUNCATED, "guest.img: the multiboot header is cut off");
	f->request.image.size = HEADER + 0x7DF;
	assert_fails(f, ERR_TRUNCATED,
		     "guest.img: the multiboot header promises 2048 bytes, the file has 2047");
	f->request.image.size = sizeof(f->file);
	addresses(f, LOAD - 4, LOAD, 0, 0, LOAD);
	assert_fails(f, ERR_FORMAT,
		     "guest.img: the multiboot header is at 0xffffc, which the file does not hold");
	addresses(f, LOAD + HEADER + 4, LOAD, 0, 0, LOAD);
	assert_fails(
		f, ERR_FORMAT,
		"guest.img: the multiboot header is at 0x101004, which the file does not hold");
	addresses(f, 0x9000, 0x9000, 0, 0, LOAD);
	assert_fails(f, ERR_RANGE, "guest.img: loads at 0x9000, below 1 MiB");
	addresses(f, HEADER_GPA, LOAD, LOAD - 1, 0, LOAD);
	assert_fails(f, ERR_FORMAT, "guest.img: the multiboot header ends before its start");
	addresses(f, HEADER_GPA, LOAD, 0, 0, LOAD - 1);
	assert_fails(f, ERR_FORMAT, "guest.img: the entry point 0xfffff is not in the kernel");
	addresses(f, HEADER_GPA, LOAD, 0, 0x2000000, LOAD);
	assert_fails(f, ERR_RANGE,
		     "guest.img: the kernel needs 32768K of memory, the VM has 16384K");
	addresses(f, 0xFFFFF020, 0xFFFFF000, 0, 0, 0xFFFFF000);
	assert_fails(f, ERR_RANGE,
		     "guest.img: the kernel ends at 0x100002020, above the first 3 GiB");
}

static void test_asked_for_but_absent(void **state)
{
	struct fixture *f = *state;

	f->request.kind = IMAGE_MULTIBOOT;
	assert_fails(f, ERR_FORMAT, "guest.img: no multiboot header in the first 8 KiB");
	multiboot_header(f, 0);
	assert_fails(f, ERR_FORMAT, "guest.img: not a little-endian ELF file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(test_detected),
		IMAGE_TEST(test_header_at_the_end_of_its_reach),
		IMAGE_TEST(test_first_state),
		IMAGE_TEST(test_flat_is_in_place),
		IMAGE_TEST(test_flat_without_ends_takes_the_whole_file),
		IMAGE_TEST(test_elf32_entry_becomes_physical),
		IMAGE_TEST(test_information_block),
		IMAGE_TEST(test_memory_map),
		IMAGE_TEST(test_modules),
		IMAGE_TEST(test_modules_that_do_not_fit),
		IMAGE_TEST(test_strings_that_do_not_fit),
		IMAGE_TEST(test_lying_headers),
		IMAGE_TEST(test_asked_for_but_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
