/* ACPI tables made here: what is found, and that unsound tables are left aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/acpi.h"

enum {
	RSDP = 0x100,
	XSDT = 0x200,
	RSDT = 0x300,
	MADT = 0x400,
	SRAT = 0x600,
	FADT = 0x900,
	SPCR = 0xb00,
	SLIT = 0xc00,
	SIZE = 0x1000
};

static uint8_t memory[SIZE];
static struct acpi_info info;

static const void *map_memory(void *context, uint64_t phys, uint64_t length)
{
	(void)context;
	if (phys > SIZE || SIZE - phys < length)
		return NULL;
	return memory + phys;
}

static void put(uint32_t at, uint64_t value, uint32_t size)
{
	memcpy(memory + at, &value, size);
}

static void seal(uint32_t at, uint32_t length, uint32_t checksum)
{
	uint8_t sum = 0;

	memory[at + checksum] = 0;
	for (uint32_t i = 0; i < length; i++)
		sum += memory[at + i];
	memory[at + checksum] = (uint8_t)-sum;
}

static void seal_table(uint32_t at)
{
	uint32_t length;

	memcpy(&length, memory + at + 4, 4);
	seal(at, length, 9);
}

static void begin_table(uint32_t at, const char *signature, uint32_t length)
{
	memset(memory + at, 0, length);
	memcpy(memory + at, signature, 4);
	put(at + 4, length, 4);
}

/* Appends the bytes to the table and lengthens it. */
static void append(uint32_t table, const void *bytes, uint32_t size)
{
	uint32_t length;

	memcpy(&length, memory + table + 4, 4);
	memcpy(memory + table + length, bytes, size);
	put(table + 4, length + size, 4);
	seal_table(table);
}

static void make_rsdp(uint32_t revision)
{
	memcpy(memory + RSDP, "RSD PTR ", 8);
	memory[RSDP + 15] = (uint8_t)revision;
	put(RSDP + 16, RSDT, 4);
	put(RSDP + 20, 36, 4);
	put(RSDP + 24, XSDT, 8);
	seal(RSDP, 20, 8);
	seal(RSDP, 36, 32);
}

static void make_madt(void)
{
	static const uint8_t entries[] = {
		0,  8,	0, 0,	 1,    0, 0,	0,				 /* core 0 */
		0,  8,	1, 2,	 1,    0, 0,	0,				 /* core 2 */
		0,  8,	2, 4,	 0,    0, 0,	0,				 /* 4: disabled */
		0,  8,	3, 0xff, 1,    0, 0,	0,				 /* no id */
		9,  16, 0, 0,	 0x10, 1, 0,	0,    1,    0, 0, 0, 0, 0, 0, 0, /* core 0x110 */
		9,  16, 0, 0,	 2,    0, 0,	0,    1,    0, 0, 0, 0, 0, 0, 0, /* core 2 again */
		1,  12, 8, 0,	 0,    0, 0xc0, 0xfe, 24,   0, 0, 0,		 /* I/O APIC 8 */
		2,  10, 0, 0,	 2,    0, 0,	0,    0,    0,			 /* IRQ 0 -> 2 */
		2,  10, 0, 9,	 9,    0, 0,	0,    0x0f, 0, /* IRQ 9 level, low */
		77, 5,	1, 2,	 3,			       /* unknown kind */
	};

	begin_table(MADT, "APIC", 44);
	append(MADT, entries, sizeof(entries));
}

static void srat_memory(uint64_t base, uint64_t size, uint8_t domain, uint8_t flags)
{
	uint8_t entry[40] = { 1, 40, domain };

	memcpy(entry + 8, &base, 8);
	memcpy(entry + 16, &size, 8);
	entry[28] = flags;
	append(SRAT, entry, sizeof(entry));
}

static void make_srat(void)
{
	static const uint8_t core_2[16] = { 0, 16, 9, 2, 1 };
	static const uint8_t core_0x110[24] = { 2, 24, 0, 0, 5, 0, 0, 0, 0x10, 1, 0, 0, 1 };

	begin_table(SRAT, "SRAT", 48);
	srat_memory(0, 0x80000000, 5, 1);
	srat_memory(0x100000000, 0x80000000, 9, 1);
	srat_memory(0x200000000, 0x80000000, 11, 0); /* disabled */
	append(SRAT, core_2, sizeof(core_2));
	append(SRAT, core_0x110, sizeof(core_0x110));
}

static void make_fadt(void)
{
	begin_table(FADT, "FACP", 244);
	put(FADT + 64, 0x604, 4);
	put(FADT + 76, 0x608, 4);
	memory[FADT + 91] = 4;
	put(FADT + 112, 1u << 10, 4);
	memory[FADT + 116] = ACPI_SPACE_IO;
	memory[FADT + 117] = 8;
	put(FADT + 120, 0xcf9, 8);
	memory[FADT + 128] = 0x0f;
	seal_table(FADT);
}

static void make_spcr(void)
{
	begin_table(SPCR, "SPCR", 80);
	memory[SPCR + 40] = ACPI_SPACE_IO;
	put(SPCR + 44, 0x2f8, 8);
	memory[SPCR + 58] = 7;
	seal_table(SPCR);
}

static int make_tables(void **state)
{
	static const uint32_t tables[] = { SPCR, SRAT, FADT, MADT };

	(void)state;
	memset(memory, 0, sizeof(memory));
	make_rsdp(2);
	make_madt();
	make_srat();
	make_fadt();
	make_spcr();
	begin_table(XSDT, "XSDT", 36);
	begin_table(RSDT, "RSDT", 36);
	for (int i = 0; i < 4; i++) {
		uint64_t address = tables[i];

		append(XSDT, &address, 8);
		append(RSDT, &address, 4);
	}
	return 0;
}

static enum error parse(void)
{
	return acpi_parse(RSDP, map_memory, NULL, &info);
}

static void test_cores(void **state)
{
	(void)state;
	assert_int_equal(parse(), OK);
	assert_true(info.present);
	assert_int_equal(info.core_count, 3);
	assert_int_equal(info.cores[0].apic_id, 0);
	assert_int_equal(info.cores[1].apic_id, 2);
	assert_int_equal(info.cores[2].apic_id, 0x110);
}

static void test_interrupt_wiring(void **state)
{
	(void)state;
	parse();
	assert_int_equal(info.ioapic_count, 1);
	assert_int_equal(info.ioapics[0].address, 0xfec00000);
	assert_int_equal(info.ioapics[0].gsi_base, 24);
	assert_int_equal(info.isa_irqs[0].gsi, 2);
	assert_false(info.isa_irqs[0].level);
	assert_true(info.isa_irqs[9].level && info.isa_irqs[9].active_low);
	assert_int_equal(info.isa_irqs[4].gsi, 4);
}

static void test_nodes(void **state)
{
	(void)state;
	parse();
	assert_int_equal(info.node_count, 2);
	assert_int_equal(info.memory_count, 2);
	assert_int_equal(acpi_memory_node(&info, 0x1000), 0);
	assert_int_equal(acpi_memory_node(&info, 0x17fffffff), 1);
	assert_int_equal(acpi_memory_node(&info, 0x200000000), 0);
	assert_int_equal(acpi_core_node(&info, 2), 1);
	assert_int_equal(acpi_core_node(&info, 0x110), 0);
	assert_int_equal(acpi_core_node(&info, 77), 0);
}

/* Ten localities; nodes 0 and 1 are domains 5 and 9. */
static void make_slit(uint8_t from_5_to_9, uint8_t from_9_to_9)
{
	uint8_t matrix[100];

	memset(matrix, 40, sizeof(matrix));
	matrix[5 * 10 + 5] = 10;
	matrix[5 * 10 + 9] = from_5_to_9;
	matrix[9 * 10 + 5] = 31;
	matrix[9 * 10 + 9] = from_9_to_9;
	begin_table(SLIT, "SLIT", 44);
	put(SLIT + 36, 10, 8);
	append(SLIT, matrix, sizeof(matrix));
}

static void assert_distances(uint8_t there, uint8_t back)
{
	assert_int_equal(parse(), OK);
	assert_int_equal(info.distance[0][0], 10);
	assert_int_equal(info.distance[1][1], 10);
	assert_int_equal(info.distance[0][1], there);
	assert_int_equal(info.distance[1][0], back);
}

static void test_distances(void **state)
{
	uint64_t address = SLIT;

	(void)state;
	assert_distances(20, 20); /* without a SLIT */
	append(XSDT, &address, 8);
	make_slit(21, 10);
	assert_distances(21, 31);
	assert_int_equal(info.distance[0][2], 20); /* there is no node 2 */
	make_slit(255, 10);
	assert_distances(255, 31);
}

static void test_bad_distances(void **state)
{
	uint64_t address = SLIT;

	(void)state;
	append(XSDT, &address, 8);
	make_slit(9, 10);
	assert_distances(20, 20); /* reserved value */
	make_slit(21, 11);
	assert_distances(20, 20); /* a node away from itself */
	make_slit(21, 10);
	put(SLIT + 36, 9, 8); /* domain 9 is not in it */
	seal_table(SLIT);
	assert_distances(20, 20);
	put(SLIT + 36, UINT64_MAX / 2, 8);
	seal_table(SLIT);
	assert_distances(20, 20);
	make_slit(21, 10);
	put(SLIT + 4, 44 + 94, 4); /* cut off before the last row's distances */
	seal_table(SLIT);
	assert_distances(20, 20);
}

static void test_fixed_hardware(void **state)
{
	(void)state;
	parse();
	assert_int_equal(info.pm_timer_port, 0x608);
	assert_int_equal(info.pm1a_control_port, 0x604);
	assert_int_equal(info.reset.address, 0xcf9);
	assert_int_equal(info.reset.space, ACPI_SPACE_IO);
	assert_int_equal(info.reset_value, 0x0f);
	assert_int_equal(info.serial.address, 0x2f8);
	assert_int_equal(info.serial_baud, 115200);
}

static void test_reset_needs_its_flag(void **state)
{
	(void)state;
	put(FADT + 112, 0, 4);
	seal_table(FADT);
	parse();
	assert_int_equal(info.reset.address, 0);
	assert_int_equal(info.pm_timer_port, 0x608);
}

/* An old, short FADT has no reset register to read. */
static void test_short_fadt(void **state)
{
	(void)state;
	put(FADT + 4, 116, 4);
	seal_table(FADT);
	parse();
	assert_int_equal(info.reset.address, 0);
	assert_int_equal(info.pm_timer_port, 0x608);
}

static void test_rsdt_when_the_xsdt_is_bad(void **state)
{
	(void)state;
	memory[XSDT + 30]++;
	assert_int_equal(parse(), OK);
	assert_int_equal(info.core_count, 3);
	make_rsdp(0);
	seal_table(XSDT);
	assert_int_equal(parse(), OK);
	assert_int_equal(info.core_count, 3);
}

static void test_bad_table_is_skipped(void **state)
{
	(void)state;
	memory[MADT + 50]++;
	assert_int_equal(parse(), OK);
	assert_int_equal(info.core_count, 0);
	assert_int_equal(info.pm_timer_port, 0x608);
}

static void test_no_root(void **state)
{
	(void)state;
	assert_int_equal(acpi_parse(0, map_memory, NULL, &info), ERR_NOT_FOUND);
	assert_false(info.present);
	assert_int_equal(info.node_count, 1);
	assert_int_equal(info.isa_irqs[7].gsi, 7);
	assert_int_equal(acpi_parse(SIZE - 10, map_memory, NULL, &info), ERR_FORMAT);
	memory[RSDP + 3]++;
	assert_int_equal(parse(), ERR_FORMAT);
}

static void test_length_beyond_memory(void **state)
{
	(void)state;
	put(XSDT + 4, SIZE, 4);
	put(RSDT + 4, 10, 4);
	assert_int_equal(parse(), ERR_FORMAT);
}

static void test_entry_longer_than_its_table(void **state)
{
	static const uint8_t liar[] = { 0, 200, 9, 9, 1, 0, 0, 0 };
	static const uint8_t endless[] = { 0, 0, 9, 9, 1, 0, 0, 0 };

	(void)state;
	append(MADT, liar, sizeof(liar));
	parse();
	assert_int_equal(info.core_count, 3);
	make_madt();
	append(MADT, endless, sizeof(endless));
	parse();
	assert_int_equal(info.core_count, 3);
}

static void test_wide_apic_ids(void **state)
{
	(void)state;
	begin_table(MADT, "APIC", 44);
	for (uint32_t i = 0; i < 12; i++) {
		uint8_t entry[16] = { 9, 16, 0, 0, (uint8_t)i, 3, 0, 0, 1 };

		append(MADT, entry, sizeof(entry));
	}
	parse();
	assert_int_equal(info.core_count, 12);
	assert_int_equal(info.cores[11].apic_id, 0x30b);
}

#define T(test) cmocka_unit_test_setup(test, make_tables)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(test_cores),
		T(test_interrupt_wiring),
		T(test_nodes),
		T(test_distances),
		T(test_bad_distances),
		T(test_fixed_hardware),
		T(test_reset_needs_its_flag),
		T(test_short_fadt),
		T(test_rsdt_when_the_xsdt_is_bad),
		T(test_bad_table_is_skipped),
		T(test_no_root),
		T(test_length_beyond_memory),
		T(test_entry_longer_than_its_table),
		T(test_wide_apic_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
