#define _GNU_SOURCE /* memmem */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/virt/acpi_power.h"
#include "drivers/virt/acpi_tables.h"
#include "drivers/virt/aml.h"

#define BASE 0xE0000ull

static uint8_t buffer[65536];
static size_t used;
static uint32_t ids[300];

static struct acpi_config config_of(unsigned cpus)
{
	for (unsigned i = 0; i < 300; i++)
		ids[i] = i;
	return (struct acpi_config) {
		.base = BASE,
		.cpu_count = cpus,
		.apic_ids = ids,
		.lapic_base = 0xFEE00000,
		.ioapic_base = 0xFEC00000,
		.ioapic_id = 9,
		.com1 = true,
	};
}

static void build(const struct acpi_config *config)
{
	memset(buffer, 0xEE, sizeof(buffer));
	assert_int_equal(acpi_tables_build(config, buffer, sizeof(buffer), &used), OK);
	assert_true(used <= acpi_tables_bound(config));
	assert_int_equal(buffer[used], 0xEE);
}

static uint64_t get(const uint8_t *p, unsigned width)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)p[i] << 8 * i;
	return value;
}

static uint8_t sum(const uint8_t *p, size_t count)
{
	uint8_t total = 0;

	while (count--)
		total += *p++;
	return total;
}

/* The table at a guest-physical address, checked as a guest would. */
static const uint8_t *table_at(uint64_t gpa, const char *signature)
{
	const uint8_t *t = buffer + (gpa - BASE);
	size_t length;

	assert_in_range(gpa, BASE, BASE + used - 36);
	assert_int_equal(gpa % 16, 0);
	length = get(t + 4, 4);
	assert_true(gpa - BASE + length <= used);
	assert_int_equal(sum(t, length), 0);
	if (signature)
		assert_memory_equal(t, signature, 4);
	return t;
}

static const uint8_t *xsdt(void)
{
	assert_memory_equal(buffer, "RSD PTR ", 8);
	assert_int_equal(sum(buffer, 20), 0);
	assert_int_equal(sum(buffer, 36), 0);
	assert_int_equal(buffer[15], 2);
	assert_int_equal(get(buffer + 20, 4), 36);
	return table_at(get(buffer + 24, 8), "XSDT");
}

static const uint8_t *find(const char *signature)
{
	const uint8_t *x = xsdt();
	size_t count = (get(x + 4, 4) - 36) / 8;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *t = table_at(get(x + 36 + 8 * i, 8), NULL);

		if (!memcmp(t, signature, 4))
			return t;
	}
	return NULL;
}

/* How many entries of a type the list behind a table's fixed part has; the last one in *entry. */
static unsigned entries(const uint8_t *table, size_t fixed, uint8_t type, const uint8_t **entry)
{
	size_t length = get(table + 4, 4);
	unsigned count = 0;

	for (size_t at = fixed; at < length; at += table[at + 1]) {
		assert_true(table[at + 1] >= 2 && at + table[at + 1] <= length);
		if (table[at] != type)
			continue;
		*entry = table + at;
		count++;
	}
	return count;
}

static void fadt_is_hardware_reduced(void **state)
{
	struct acpi_config config = config_of(1);
	const uint8_t *fadt;

	(void)state;
	build(&config);
	fadt = find("FACP");
	assert_non_null(fadt);
	assert_int_equal(get(fadt + 4, 4), 276);
	assert_int_equal(fadt[8], 6);
	assert_int_equal(get(fadt + 112, 4), 1u << 20 | 1);
	assert_int_equal(get(fadt + 109, 2), 0x2C);
	assert_int_equal(get(fadt + 40, 4), get(fadt + 140, 8));
	table_at(get(fadt + 140, 8), "DSDT");
	assert_null(find("SRAT"));
	assert_int_equal(get(fadt + 244, 8), 0);
	assert_int_equal(fadt[131], 3);
	assert_memory_equal(fadt + 268, "AugurVMM", 8);
	config.rtc = true;
	build(&config);
	assert_int_equal(get(find("FACP") + 109, 2), 0x0C);
}

static void fadt_names_the_power_ports(void **state)
{
	static const unsigned offsets[3] = { 244, 256, 116 };
	struct acpi_config config = config_of(1);
	const uint8_t *fadt;

	(void)state;
	config.power_port = ACPI_POWER_PORT;
	build(&config);
	fadt = find("FACP");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(get(fadt + offsets[i], 4), 0x01000801);
		assert_int_equal(get(fadt + offsets[i] + 4, 8), ACPI_POWER_PORT + i);
	}
	assert_int_equal(fadt[128], ACPI_POWER_RESET_CODE);
	assert_int_equal(get(fadt + 112, 4), 1u << 20 | 1u << 10 | 1);
}

static void madt_lists_everything(void **state)
{
	struct acpi_config config = config_of(4);
	const uint8_t *madt, *e = NULL;

	(void)state;
	build(&config);
	madt = find("APIC");
	assert_non_null(madt);
	assert_int_equal(get(madt + 36, 4), 0xFEE00000);
	assert_int_equal(get(madt + 40, 4), 0);
	assert_int_equal(entries(madt, 44, 0, &e), 4);
	assert_int_equal(e[2], 3);
	assert_int_equal(e[3], 3);
	assert_int_equal(get(e + 4, 4), 1);
	assert_int_equal(entries(madt, 44, 1, &e), 1);
	assert_int_equal(e[2], 9);
	assert_int_equal(get(e + 4, 4), 0xFEC00000);
	assert_int_equal(entries(madt, 44, 4, &e), 1);
	assert_int_equal(e[5], 1);
	assert_int_equal(entries(madt, 44, 2, &e), 0);
	assert_int_equal(entries(madt, 44, 9, &e), 0);
	config.legacy_irq = true;
	build(&config);
	madt = find("APIC");
	assert_int_equal(get(madt + 40, 4), 1);
	assert_int_equal(entries(madt, 44, 2, &e), 1);
	assert_int_equal(e[3], 0);
	assert_int_equal(get(e + 4, 4), 2);
}

static void many_cpus_need_x2apic_entries(void **state)
{
	struct acpi_config config = config_of(300);
	const uint8_t *e = NULL;

	(void)state;
	build(&config);
	assert_int_equal(entries(find("APIC"), 44, 0, &e), 255);
	assert_int_equal(e[3], 254);
	assert_int_equal(entries(find("APIC"), 44, 9, &e), 45);
	assert_int_equal(get(e + 4, 4), 299);
	assert_int_equal(get(e + 8, 4), 1);
	assert_int_equal(get(e + 12, 4), 299);
}

static void srat_tells_nodes(void **state)
{
	static const uint32_t nodes[] = { 0, 1, 0x1234 };
	static const struct acpi_tables_memory memory[] = {
		{ 0, 0x10000000, 0 },
		{ 0x100000000ull, 0x20000000, 1 },
	};
	struct acpi_config config = config_of(3);
	const uint8_t *srat, *e = NULL;

	(void)state;
	config.cpu_nodes = nodes;
	config.memory = memory;
	config.memory_count = 2;
	build(&config);
	srat = find("SRAT");
	assert_non_null(srat);
	assert_int_equal(srat[8], 3);
	assert_int_equal(entries(srat, 48, 0, &e), 3);
	assert_int_equal(e[2], 0x34);
	assert_int_equal(get(e + 9, 3), 0x12);
	assert_int_equal(e[3], 2);
	assert_int_equal(entries(srat, 48, 1, &e), 2);
	assert_int_equal(get(e + 2, 4), 1);
	assert_true(get(e + 8, 8) == 0x100000000ull);
	assert_int_equal(get(e + 16, 8), 0x20000000);
	assert_int_equal(get(e + 28, 4), 1);
	ids[2] = 1000;
	build(&config);
	assert_int_equal(entries(find("SRAT"), 48, 2, &e), 1);
	assert_int_equal(get(e + 4, 4), 0x1234);
	assert_int_equal(get(e + 8, 4), 1000);
}

/* The bytes that iasl makes from the same source, but for the longer form of lengths. */
static void dsdt_declares_com1(void **state)
{
	static const uint8_t resources[] = {
		0x47, 0x01, 0xF8, 0x03, 0xF8, 0x03, 0x01, 0x08, /* IO */
		0x89, 0x06, 0x00, 0x03, 0x01, 0x04, 0x00, 0x00, 0x00, 0x79, 0x00,
	};
	static const uint8_t hid[] = { 0x08, '_', 'H', 'I', 'D', 0x0C, 0x41, 0xD0, 0x05, 0x01 };
	struct acpi_config config = config_of(1);
	const uint8_t *dsdt;
	size_t length;

	(void)state;
	build(&config);
	dsdt = table_at(get(find("FACP") + 140, 8), "DSDT");
	length = get(dsdt + 4, 4);
	assert_non_null(memmem(dsdt, length, resources, sizeof(resources)));
	assert_non_null(memmem(dsdt, length, hid, sizeof(hid)));
	assert_null(memmem(dsdt, length, "_S5_", 4));
	/* Scope (\_SB) encloses all the rest, Device (COM1) all of the scope. */
	assert_int_equal(dsdt[36], 0x10);
	assert_int_equal((dsdt[37] & 0x0F) | dsdt[38] << 4, length - 37);
	assert_memory_equal(dsdt + 39, "\\_SB_\x5B\x82", 7);
	assert_int_equal((dsdt[46] & 0x0F) | dsdt[47] << 4, length - 46);
	config.com1 = false;
	config.power_port = ACPI_POWER_PORT;
	build(&config);
	dsdt = table_at(get(find("FACP") + 140, 8), "DSDT");
	assert_null(memmem(dsdt, get(dsdt + 4, 4), "COM1", 4));
	assert_memory_equal(dsdt + 36, "\x08_S5_\x12\x48\x00\x04\x0A\x05\x00\x00\x00", 14);
}

static void tables_above_4g_have_no_short_pointer(void **state)
{
	struct acpi_config config = config_of(1);
	uint64_t dsdt;
	size_t xsdt_at, fadt_at;

	(void)state;
	config.base = 0x140000000ull;
	build(&config);
	xsdt_at = get(buffer + 24, 8) - config.base;
	fadt_at = get(buffer + xsdt_at + 36, 8) - config.base;
	dsdt = get(buffer + fadt_at + 140, 8);
	assert_memory_equal(buffer + (dsdt - config.base), "DSDT", 4);
	assert_int_equal(get(buffer + fadt_at + 40, 4), 0);
}

static void every_smaller_buffer_is_refused(void **state)
{
	struct acpi_config config = config_of(3);
	size_t needed;

	(void)state;
	config.power_port = ACPI_POWER_PORT;
	build(&config);
	needed = used;
	for (size_t size = 0; size < needed; size++) {
		memset(buffer, 0xEE, sizeof(buffer));
		assert_int_equal(acpi_tables_build(&config, buffer, size, &used), ERR_NO_MEMORY);
		assert_int_equal(buffer[size], 0xEE);
	}
	assert_int_equal(acpi_tables_build(&config, buffer, needed, &used), OK);
}

static void bad_configurations(void **state)
{
	struct acpi_config config = config_of(0);

	(void)state;
	assert_int_equal(acpi_tables_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
	config = config_of(1);
	config.apic_ids = NULL;
	assert_int_equal(acpi_tables_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
	config = config_of(1);
	config.base = BASE + 8;
	assert_int_equal(acpi_tables_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
	config = config_of(1);
	config.memory_count = 1;
	assert_int_equal(acpi_tables_build(&config, buffer, sizeof(buffer), &used), ERR_INVALID);
}

static void aml_integers_take_the_shortest_form(void **state)
{
	static const uint8_t expected[] = { 0x00, 0x01, 0x0A, 0x02, 0x0A, 0xFF, 0x0B, 0x00, 0x01,
					    0x0B, 0xFF, 0xFF, 0x0C, 0x00, 0x00, 0x01, 0x00, 0x0E,
					    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00 };
	static const uint64_t values[] = { 0, 1, 2, 0xFF, 0x100, 0xFFFF, 0x10000, 0x100000000ull };
	struct table_writer w = { .buffer = buffer, .size = sizeof(buffer) };

	(void)state;
	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		aml_integer(&w, values[i]);
	assert_int_equal(w.used, sizeof(expected));
	assert_memory_equal(buffer, expected, sizeof(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fadt_is_hardware_reduced),
		cmocka_unit_test(fadt_names_the_power_ports),
		cmocka_unit_test(madt_lists_everything),
		cmocka_unit_test(many_cpus_need_x2apic_entries),
		cmocka_unit_test(srat_tells_nodes),
		cmocka_unit_test(dsdt_declares_com1),
		cmocka_unit_test(tables_above_4g_have_no_short_pointer),
		cmocka_unit_test(every_smaller_buffer_is_refused),
		cmocka_unit_test(bad_configurations),
		cmocka_unit_test(aml_integers_take_the_shortest_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
