/* Bare-metal ELF64 guests: the promised first state, and files that lie. */
#include "tests/unit/image_fixture.h"

#include "guests/include/augur/guest_boot.h"

#define HEADER_SIZE 64
#define PH(index)   (HEADER_SIZE + (index)*56)
#define CODE_OFFSET 0x1000
#define DATA_OFFSET 0x2000

static void segment(struct fixture *f, unsigned index, uint32_t flags, uint64_t offset,
		    uint64_t address, uint64_t file_size, uint64_t memory_size)
{
	size_t at = PH(index);

	file_value(f, at, 1, 4);
	file_value(f, at + 4, flags, 4);
	file_value(f, at + 8, offset, 8);
	file_value(f, at + 16, address, 8);
	file_value(f, at + 24, address, 8);
	file_value(f, at + 32, file_size, 8);
	file_value(f, at + 40, memory_size, 8);
}

/* Code at 1 MiB, data with .bss at 2 MiB, entry 16 bytes into the code. */
static void build(struct fixture *f)
{
	static const uint8_t ident[] = { 0x7F, 'E', 'L', 'F', 2, 1, 1 };

	memcpy(f->file, ident, sizeof(ident));
	file_value(f, 16, 2, 2);  /* ET_EXEC */
	file_value(f, 18, 62, 2); /* x86-64 */
	file_value(f, 24, 0x100010, 8);
	file_value(f, 32, HEADER_SIZE, 8);
	file_value(f, 54, 56, 2);
	file_value(f, 56, 2, 2);
	segment(f, 0, 5, CODE_OFFSET, 0x100000, 0x800, 0x800);
	segment(f, 1, 6, DATA_OFFSET, 0x200000, 0x10, 0x3000);
	memset(f->file + CODE_OFFSET, 0x90, 0x800);
	memset(f->file + DATA_OFFSET, 0xDA, 0x10);
}

static void test_detected(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(image_detect(f->file, sizeof(f->file)), IMAGE_ELF);
	assert_int_equal(image_detect(f->file, 15), IMAGE_AUTO);
}

static void test_first_state(void **state)
{
	struct fixture *f = *state;
	const struct guest_start *start = &f->start;

	build(f);
	assert_loads(f);
	assert_int_equal(start->mode, GUEST_LONG64);
	assert_int_equal(start->rip, 0x100010);
	assert_int_equal(start->rflags, 2);
	assert_int_equal(start->gpr[GPR_RSP], GUEST_BOOT_AREA_END);
	assert_int_equal(start->gpr[GPR_RDI], GUEST_BOOT_AREA_BASE);
	assert_int_equal(start->gpr[GPR_RAX], 0);
	assert_int_equal(start->cr0, 0x80010033);
	assert_int_equal(start->cr4, 0x20);
	assert_int_equal(start->efer, 0xD00);
	assert_int_equal(start->cs.selector, 8);
	assert_int_equal(start->cs.access, 0xA09B);
	assert_int_equal(start->ss.access, 0xC093);
	assert_int_equal(start->tr.access, 0x8B);
	assert_int_equal(start->ldtr.access, GUEST_SEGMENT_UNUSABLE);
}

static void test_descriptors_match_the_table(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_loads(f);
	uint64_t gdt = f->start.gdt.base;
	assert_int_equal(f->start.gdt.limit, 39);
	assert_int_equal(guest_value(f, gdt, 8), 0);
	assert_int_equal(guest_value(f, gdt + f->start.cs.selector, 8), 0x00AF9B000000FFFF);
	assert_int_equal(guest_value(f, gdt + f->start.ss.selector, 8), 0x00CF93000000FFFF);
	assert_int_equal(guest_value(f, gdt + f->start.tr.selector, 8),
			 0x00008B0000000067 | f->start.tr.base << 16);
}

static void test_segments_are_in_place(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_loads(f);
	assert_guest_bytes(f, 0x100000, f->file + CODE_OFFSET, 0x800);
	assert_int_equal(guest_value(f, 0x20000F, 1), 0xDA);
	assert_int_equal(guest_value(f, 0x200010, 8), 0);
}

static void test_boot_structure(void **state)
{
	struct fixture *f = *state;
	struct guest_boot boot;

	build(f);
	assert_loads(f);
	assert_int_equal(guest_ram_read(&f->ram->ram, 0x1000, &boot, sizeof(boot)), OK);
	assert_int_equal(boot.magic, GUEST_BOOT_MAGIC);
	assert_int_equal(boot.version, GUEST_BOOT_VERSION);
	assert_int_equal(boot.size, sizeof(boot));
	assert_int_equal(boot.memory_low, FIXTURE_MEMORY);
	assert_int_equal(boot.memory_high, 0);
	assert_int_equal(boot.tsc_hz, 100000000);
	assert_int_equal(boot.vcpu_count, 2);
	assert_int_equal(boot.vm_id, 7);
	assert_int_equal(boot.rsdp, 0xE0000);
	assert_string_equal(boot.name, "demo");
	assert_guest_string(f, boot.cmdline, "one two");
}

/* Walks the guest's tables as the processor would. */
static uint64_t translate(struct fixture *f, uint64_t address)
{
	uint64_t mask = ~0xFFFull;
	uint64_t pml4e = guest_value(f, (f->start.cr3 & mask) + (address >> 39 & 511) * 8, 8);

	assert_int_equal(pml4e & 0xFFF, 3);
	uint64_t pdpte = guest_value(f, (pml4e & mask) + (address >> 30 & 511) * 8, 8);
	assert_true(pdpte & 1);
	if (pdpte & 0x80)
		return (pdpte & ~0x3FFFFFFFull) + (address & 0x3FFFFFFF);
	uint64_t pde = guest_value(f, (pdpte & mask) + (address >> 21 & 511) * 8, 8);
	assert_int_equal(pde & 0xFFF, 0x83);
	return (pde & ~0x1FFFFFull) + (address & 0x1FFFFF);
}

static void test_identity_map(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->ram->ram.size = 7ull << 30;
	assert_loads(f);
	for (uint64_t address = 0; address < 8ull << 30; address += 0x1FF777)
		assert_int_equal(translate(f, address), address);
	assert_int_equal(guest_value(f, 0x4000 + 8 * 8, 8), 0);
}

static void test_most_memory(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->ram->ram.size = 511ull << 30;
	assert_loads(f);
	assert_int_equal(translate(f, (512ull << 30) - 1), (512ull << 30) - 1);
	f->ram->ram.size += 4096;
	assert_fails(f, ERR_LIMIT, "guest.img: bare-metal guests have at most 511G of memory");
}

static void test_lying_headers(void **state)
{
	struct fixture *f = *state;

	build(f);
	file_value(f, 16, 3, 2);
	assert_fails(f, ERR_UNSUPPORTED, "guest.img: the ELF file is not a static executable");
	build(f);
	file_value(f, 18, 183, 2);
	assert_fails(f, ERR_UNSUPPORTED, "guest.img: not an ELF64 file for x86-64");
	build(f);
	file_value(f, 56, 0, 2);
	assert_fails(f, ERR_FORMAT, "guest.img: the ELF file has no program headers");
	build(f);
	file_value(f, 56, 65535, 2);
	assert_fails(f, ERR_LIMIT, "guest.img: more than 64 ELF program headers");
	build(f);
	file_value(f, 54, 57, 2);
	assert_fails(f, ERR_FORMAT, "guest.img: ELF program headers of an unknown size");
	build(f);
	file_value(f, 32, UINT64_MAX - 55, 8);
	assert_fails(f, ERR_TRUNCATED, "guest.img: the ELF program headers are outside the file");
	build(f);
	f->request.image.size = 60;
	assert_fails(f, ERR_TRUNCATED, "guest.img: the ELF header is cut off");
}

static void test_lying_segments(void **state)
{
	struct fixture *f = *state;

	build(f);
	segment(f, 1, 6, DATA_OFFSET, 0x200000, 0x11, 0x10);
	assert_fails(f, ERR_FORMAT,
		     "guest.img: segment 1 has more bytes in the file than in memory");
	segment(f, 1, 6, UINT64_MAX - 7, 0x200000, 0x10, 0x10);
	assert_fails(f, ERR_TRUNCATED, "guest.img: segment 1 reaches beyond the end of the file");
	segment(f, 1, 6, sizeof(f->file) - 15, 0x200000, 0x10, 0x10);
	assert_fails(f, ERR_TRUNCATED, "guest.img: segment 1 reaches beyond the end of the file");
	segment(f, 1, 6, DATA_OFFSET, UINT64_MAX - 14, 0x10, 0x10);
	assert_fails(f, ERR_RANGE,
		     "guest.img: segment 1 reaches beyond the end of the address space");
	segment(f, 1, 6, DATA_OFFSET, 0x1007FF, 0x10, 0x10);
	assert_fails(f, ERR_FORMAT, "guest.img: segments 0 and 1 overlap");
	segment(f, 1, 6, DATA_OFFSET, 0xFF000, 0x10, 0x10);
	assert_fails(f, ERR_RANGE, "guest.img: segment 1 is at 0xff000, below 0x100000");
	segment(f, 1, 6, DATA_OFFSET, 0xFFF000, 0x10, 0x2000);
	assert_fails(f, ERR_RANGE,
		     "guest.img: segment 1 at 0xfff000 needs 9K; the VM's memory of "
		     "16384K ends at 0x1000000");
}

static void test_entry_outside(void **state)
{
	struct fixture *f = *state;

	build(f);
	file_value(f, 24, 0x200000, 8);
	assert_fails(f, ERR_FORMAT,
		     "guest.img: the entry point 0x200000 is in no executable segment");
}

static void test_interpreter(void **state)
{
	struct fixture *f = *state;

	build(f);
	file_value(f, PH(1), 3, 4);
	assert_fails(f, ERR_UNSUPPORTED, "guest.img: dynamically linked");
}

static void test_command_line_limit(void **state)
{
	struct fixture *f = *state;
	static char line[4097];

	build(f);
	memset(line, 'x', 4095);
	f->request.cmdline = line;
	assert_loads(f);
	assert_guest_string(f, 0x2000, line);
	line[4095] = 'x';
	assert_fails(f, ERR_LIMIT, "guest.img: command line of 4096 bytes, at most 4095 fit");
}

static void test_every_truncation_is_an_error_or_a_load(void **state)
{
	struct fixture *f = *state;

	build(f);
	for (uint64_t size = 1; size < DATA_OFFSET + 0x10; size++) {
		f->request.image.size = size;
		assert_int_not_equal(fixture_load(f), OK);
		assert_string_not_equal(f->diag.text, "");
	}
}

static void test_host_memory_runs_out(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->ram->pages_left = 1;
	assert_fails(f, ERR_NO_MEMORY, "guest.img: no host memory left for the segment");
}

static void test_common_refusals(void **state)
{
	struct fixture *f = *state;

	assert_fails(f, ERR_UNSUPPORTED,
		     "guest.img: not an ELF64, multiboot, bzImage or boot sector image");
	f->request.kind = IMAGE_KINDS;
	assert_int_equal(fixture_load(f), ERR_UNSUPPORTED);
	f->request.kind = IMAGE_ELF;
	assert_fails(f, ERR_FORMAT, "guest.img: not a little-endian ELF file");
	f->ram->ram.size = 0x80000;
	assert_fails(f, ERR_RANGE, "guest.img: any guest needs 1024K of memory, the VM has 512K");
	f->request.image.size = 0;
	assert_fails(f, ERR_TRUNCATED, "guest.img: the file is empty");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(test_detected),
		IMAGE_TEST(test_first_state),
		IMAGE_TEST(test_descriptors_match_the_table),
		IMAGE_TEST(test_segments_are_in_place),
		IMAGE_TEST(test_boot_structure),
		IMAGE_TEST(test_identity_map),
		IMAGE_TEST(test_most_memory),
		IMAGE_TEST(test_lying_headers),
		IMAGE_TEST(test_lying_segments),
		IMAGE_TEST(test_entry_outside),
		IMAGE_TEST(test_interpreter),
		IMAGE_TEST(test_command_line_limit),
		IMAGE_TEST(test_every_truncation_is_an_error_or_a_load),
		IMAGE_TEST(test_host_memory_runs_out),
		IMAGE_TEST(test_common_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
