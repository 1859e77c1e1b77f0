/* The loader's search for ACPI's root pointer and for the serial console's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/acpi.h"
#include "boot/uefi.h"

EFI_SYSTEM_TABLE *uefi;

/* Bytes as ACPI lays them out; offsets from the specification. */
static uint8_t rsdp[36], xsdt[36 + 2 * 8], other[36], spcr[80];

static void put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

static int make_tables(void **state)
{
	(void)state;
	memset(spcr, 0, sizeof(spcr));
	memcpy(rsdp, "RSD PTR ", 8);
	rsdp[15] = 2;
	put64(rsdp + 24, (uintptr_t)xsdt);
	memcpy(xsdt, "XSDT", 4);
	put32(xsdt + 4, sizeof(xsdt));
	put64(xsdt + 36, (uintptr_t)other);
	put64(xsdt + 44, (uintptr_t)spcr);
	memcpy(other, "APIC", 4);
	put32(other + 4, sizeof(other));
	memcpy(spcr, "SPCR", 4);
	put32(spcr + 4, sizeof(spcr));
	spcr[40] = 1; /* address space: I/O */
	put64(spcr + 44, 0x2f8);
	spcr[58] = 7; /* 115200 baud */
	return 0;
}

static struct boot_serial found(bool expected)
{
	struct boot_serial serial = { .kind = 77 };

	assert_int_equal(acpi_find_serial((uintptr_t)rsdp, &serial), expected);
	if (!expected)
		assert_int_equal(serial.kind, 77);
	return serial;
}

static void test_io_port(void **state)
{
	(void)state;
	assert_int_equal(found(true).kind, BOOT_SERIAL_IO);
	assert_int_equal(found(true).base, 0x2f8);
	assert_int_equal(found(true).baud, 115200);
}

static void test_memory(void **state)
{
	(void)state;
	spcr[36] = 18;
	spcr[40] = 0;
	spcr[58] = 0;
	put64(spcr + 44, 0xfe034000);
	assert_int_equal(found(true).kind, BOOT_SERIAL_MMIO);
	assert_int_equal(found(true).base, 0xfe034000);
	assert_int_equal(found(true).baud, 0);
}

static void test_unusable(void **state)
{
	(void)state;
	spcr[36] = 3; /* an ARM PL011 */
	found(false);
	make_tables(state);
	spcr[40] = 2; /* PCI configuration space */
	found(false);
	make_tables(state);
	put64(spcr + 44, 0); /* redirection is off */
	found(false);
	make_tables(state);
	put32(spcr + 4, 50); /* too short */
	found(false);
}

static void test_absent(void **state)
{
	struct boot_serial serial = { 0 };

	(void)state;
	assert_false(acpi_find_serial(0, &serial));
	memcpy(spcr, "XXXX", 4);
	found(false);
	make_tables(state);
	put64(xsdt + 44, 0);
	found(false);
	put32(xsdt + 4, 20);
	found(false);
}

static void test_newest_root_pointer(void **state)
{
	static EFI_CONFIGURATION_TABLE tables[] = {
		{ SMBIOS_TABLE_GUID, (void *)0x1000 },
		{ ACPI_TABLE_GUID, (void *)0x2000 },
		{ ACPI_20_TABLE_GUID, (void *)0x3000 },
	};
	EFI_SYSTEM_TABLE system = { .ConfigurationTable = tables };

	(void)state;
	uefi = &system;
	system.NumberOfTableEntries = 1;
	assert_int_equal(acpi_find_rsdp(), 0);
	system.NumberOfTableEntries = 2;
	assert_int_equal(acpi_find_rsdp(), 0x2000);
	system.NumberOfTableEntries = 3;
	assert_int_equal(acpi_find_rsdp(), 0x3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_io_port, make_tables),
		cmocka_unit_test_setup(test_memory, make_tables),
		cmocka_unit_test_setup(test_unusable, make_tables),
		cmocka_unit_test_setup(test_absent, make_tables),
		cmocka_unit_test(test_newest_root_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
