/* From the firmware's memory map to boot_info's ranges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/memory_map.h"

#define STRIDE 56 /* firmware's descriptors are longer than the structure */
#define MIB    (1ull << 20)

static uint8_t bytes[2 * BOOT_MAX_RANGES * STRIDE];
static struct efi_memory_map map;
static struct boot_info info;

static int reset(void **state)
{
	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	memset(&info, 0, sizeof(info));
	map = (struct efi_memory_map) { bytes, 0, STRIDE };
	return 0;
}

static void add(uint32_t type, uint64_t base, uint64_t size)
{
	EFI_MEMORY_DESCRIPTOR descriptor = { .Type = type,
					     .PhysicalStart = base,
					     .NumberOfPages = size / 4096 };

	memcpy(bytes + map.size, &descriptor, sizeof(descriptor));
	map.size += STRIDE;
}

static void expect(unsigned index, uint64_t base, uint64_t size, uint32_t type)
{
	assert_true(index < info.range_count);
	assert_int_equal(info.ranges[index].base, base);
	assert_int_equal(info.ranges[index].size, size);
	assert_int_equal(info.ranges[index].type, type);
}

static void test_types(void **state)
{
	(void)state;
	add(EfiLoaderCode, 1 * MIB, MIB);
	add(EfiLoaderData, 2 * MIB, MIB);
	add(EfiBootServicesData, 3 * MIB, MIB);
	add(EfiRuntimeServicesCode, 4 * MIB, MIB);
	add(EfiACPIReclaimMemory, 5 * MIB, MIB);
	add(EfiMemoryMappedIO, 6 * MIB, MIB);
	add(EfiUnusableMemory, 7 * MIB, MIB);
	add(99, 8 * MIB, MIB); /* of a later specification */
	assert_int_equal(memory_map_convert(&map, &info), OK);
	assert_int_equal(info.range_count, 7);
	expect(0, 1 * MIB, MIB, BOOT_MEMORY_FREE);
	expect(1, 2 * MIB, MIB, BOOT_MEMORY_LOADER);
	expect(2, 3 * MIB, MIB, BOOT_MEMORY_FREE);
	expect(3, 4 * MIB, MIB, BOOT_MEMORY_RESERVED);
	expect(4, 5 * MIB, MIB, BOOT_MEMORY_ACPI);
	expect(5, 6 * MIB, MIB, BOOT_MEMORY_MMIO);
	expect(6, 7 * MIB, 2 * MIB, BOOT_MEMORY_RESERVED);
	assert_int_equal(memory_map_ram_end(&info), 6 * MIB);
}

static void test_neighbours_join(void **state)
{
	(void)state;
	add(EfiConventionalMemory, 1 * MIB, MIB);
	add(EfiBootServicesCode, 2 * MIB, MIB);
	add(EfiConventionalMemory, 4 * MIB, MIB);
	assert_int_equal(memory_map_convert(&map, &info), OK);
	assert_int_equal(info.range_count, 2);
	expect(0, 1 * MIB, 2 * MIB, BOOT_MEMORY_FREE);
	expect(1, 4 * MIB, MIB, BOOT_MEMORY_FREE);
}

static void test_unsorted(void **state)
{
	(void)state;
	add(EfiConventionalMemory, 9 * MIB, MIB);
	add(EfiLoaderData, 2 * MIB, MIB);
	add(EfiConventionalMemory, 5 * MIB, MIB);
	assert_int_equal(memory_map_convert(&map, &info), OK);
	expect(0, 2 * MIB, MIB, BOOT_MEMORY_LOADER);
	expect(1, 5 * MIB, MIB, BOOT_MEMORY_FREE);
	expect(2, 9 * MIB, MIB, BOOT_MEMORY_FREE);
}

static void test_first_page_is_kept_out(void **state)
{
	(void)state;
	add(EfiConventionalMemory, 0, 640 << 10);
	add(EfiConventionalMemory, MIB, 0);
	assert_int_equal(memory_map_convert(&map, &info), OK);
	assert_int_equal(info.range_count, 2);
	expect(0, 0, 4096, BOOT_MEMORY_RESERVED);
	expect(1, 4096, (640 << 10) - 4096, BOOT_MEMORY_FREE);
}

static void test_only_the_first_page(void **state)
{
	(void)state;
	add(EfiBootServicesData, 0, 4096);
	assert_int_equal(memory_map_convert(&map, &info), OK);
	assert_int_equal(info.range_count, 1);
	expect(0, 0, 4096, BOOT_MEMORY_RESERVED);
}

static void test_too_many(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= BOOT_MAX_RANGES; i++)
		add(EfiConventionalMemory, i * 2 * MIB, MIB);
	assert_int_equal(memory_map_convert(&map, &info), OK);
	assert_int_equal(info.range_count, BOOT_MAX_RANGES);
	add(EfiConventionalMemory, 4096 * MIB, MIB);
	assert_int_equal(memory_map_convert(&map, &info), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_types, reset),
		cmocka_unit_test_setup(test_neighbours_join, reset),
		cmocka_unit_test_setup(test_unsorted, reset),
		cmocka_unit_test_setup(test_first_page_is_kept_out, reset),
		cmocka_unit_test_setup(test_only_the_first_page, reset),
		cmocka_unit_test_setup(test_too_many, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
