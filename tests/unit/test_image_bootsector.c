/* Real-mode boot sectors. */
#include "tests/unit/image_fixture.h"

static void build(struct fixture *f)
{
	f->request.image.size = 512;
	memset(f->file, 0x90, 510);
	file_value(f, 510, 0xAA55, 2);
}

static void test_detected(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_int_equal(image_detect(f->file, 512), IMAGE_BOOTSECTOR);
	assert_int_equal(image_detect(f->file, 511), IMAGE_AUTO);
}

static void test_first_state(void **state)
{
	struct fixture *f = *state;
	const struct guest_start *start = &f->start;

	build(f);
	assert_loads(f);
	assert_int_equal(start->mode, GUEST_REAL16);
	assert_int_equal(start->rip, 0x7C00);
	assert_int_equal(start->cr0, 0x10);
	assert_int_equal(start->gpr[GPR_RDX], 0x80);
	assert_int_equal(start->gpr[GPR_RSP], 0x7C00);
	assert_int_equal(start->cs.base, 0);
	assert_int_equal(start->cs.limit, 0xFFFF);
	assert_int_equal(start->cs.access, 0x9B);
	assert_int_equal(start->ss.access, 0x93);
	assert_int_equal(start->idt.limit, 0x3FF);
	assert_guest_bytes(f, 0x7C00, f->file, 512);
}

static void test_vectors_lead_to_a_halt(void **state)
{
	struct fixture *f = *state;

	build(f);
	assert_loads(f);
	for (unsigned i = 0; i < 256; i++) {
		uint64_t vector = guest_value(f, i * 4, 4);
		uint64_t target = (vector >> 16) * 16 + (vector & 0xFFFF);

		assert_int_equal(guest_value(f, target, 4), 0xFCEBF4FA);
	}
}

static void test_larger_image(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->request.image.size = sizeof(f->file);
	f->file[sizeof(f->file) - 1] = 0x42;
	assert_loads(f);
	assert_int_equal(guest_value(f, 0x7C00 + sizeof(f->file) - 1, 1), 0x42);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;

	build(f);
	f->request.kind = IMAGE_BOOTSECTOR;
	f->request.image.size = 511;
	assert_fails(f, ERR_TRUNCATED, "guest.img: 511 bytes, a boot sector has 512");
	f->request.image.size = 0x98001;
	assert_fails(f, ERR_LIMIT, "guest.img: 622593 bytes, at most 622592 fit below 0x9fc00");
	f->request.image.size = 512;
	file_value(f, 510, 0x55AA, 2);
	assert_fails(f, ERR_FORMAT, "guest.img: no boot sector: bytes 510 and 511 are not 55 AA");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IMAGE_TEST(test_detected),
		IMAGE_TEST(test_first_state),
		IMAGE_TEST(test_vectors_lead_to_a_halt),
		IMAGE_TEST(test_larger_image),
		IMAGE_TEST(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
