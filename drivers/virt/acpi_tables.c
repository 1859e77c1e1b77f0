#include "drivers/virt/acpi_tables.h"

#include "drivers/virt/acpi_power.h"
#include "drivers/virt/aml.h"

#define RSDP_SIZE      36
#define HEADER_SIZE    36
#define HEADER_LENGTH  4 /* offsets inside the header */
#define HEADER_SUM     9
#define FADT_SIZE      276
#define TABLE_ALIGN    16
#define MAX_TABLES     4
#define LAST_XAPIC_ID  254 /* higher IDs need the x2APIC structures */
#define IO_SPACE       1   /* generic address structure: system I/O */
#define COM1_PORT      0x3F8
#define COM1_INTERRUPT 4

enum {
	FADT_DSDT32 = 40,
	FADT_PROFILE = 45,
	FADT_BOOT_ARCH = 109,
	FADT_FLAGS = 112,
	FADT_RESET_REG = 116,
	FADT_RESET_VALUE = 128,
	FADT_MINOR = 131,
	FADT_DSDT64 = 140,
	FADT_SLEEP_CONTROL = 244,
	FADT_SLEEP_STATUS = 256,
	FADT_HYPERVISOR = 268
};

enum { PROFILE_ENTERPRISE_SERVER = 4 };

enum { BOOT_ARCH_NO_VGA = 1 << 2, BOOT_ARCH_NO_MSI = 1 << 3, BOOT_ARCH_NO_RTC = 1 << 5 };

#define FLAG_WBINVD	 (1u << 0)
#define FLAG_RESET_REG	 (1u << 10)
#define FLAG_HW_REDUCED	 (1u << 20)
#define MADT_PCAT_COMPAT 1u
#define ENABLED		 1u

enum { MADT_LAPIC = 0, MADT_IOAPIC = 1, MADT_OVERRIDE = 2, MADT_LAPIC_NMI = 4, MADT_X2APIC = 9 };
enum { SRAT_LAPIC = 0, SRAT_MEMORY = 1, SRAT_X2APIC = 2 };

static uint8_t checksum(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	while (count--)
		sum += *bytes++;
	return (uint8_t)-sum;
}

/* Starts a table; length and checksum are filled in by close_table(). Returns its offset. */
static size_t open_table(struct table_writer *w, const char *signature, uint8_t revision)
{
	size_t start;

	put_align(w, TABLE_ALIGN);
	start = w->used;
	put_text(w, signature, 4);
	put(w, 0, 4); /* length */
	put(w, revision, 1);
	put(w, 0, 1); /* checksum */
	put_text(w, "AUGUR ", 6);
	put_text(w, "AUGURVM ", 8);
	put(w, 1, 4); /* OEM revision */
	put_text(w, "AUGR", 4);
	put(w, 1, 4); /* creator revision */
	return start;
}

static void close_table(struct table_writer *w, size_t start)
{
	size_t length = w->used - start;

	patch(w, start + HEADER_LENGTH, length, 4);
	if (!w->overflow)
		patch(w, start + HEADER_SUM, checksum(w->buffer + start, length), 1);
}

/* Device (COM1): a 16550A at 0x3F8, interrupt 4. */
static void put_com1(struct table_writer *w)
{
	size_t device = aml_open_device(w, "COM1");
	struct aml_resources resources;

	aml_name(w, "_HID");
	aml_eisa_id(w, "PNP0501");
	aml_name(w, "_UID");
	aml_integer(w, 1);
	aml_name(w, "_STA");
	aml_integer(w, 0xF); /* present, enabled, shown, working */
	aml_name(w, "_CRS");
	resources = aml_open_resources(w);
	aml_io_ports(w, COM1_PORT, 8);
	aml_edge_interrupt(w, COM1_INTERRUPT);
	aml_close_resources(w, resources);
	aml_close(w, device);
}

/* Name (_S5, Package () { 5, 0, 0, 0 }): the sleep type that switches off. */
static void put_s5(struct table_writer *w)
{
	size_t package;

	aml_name(w, "_S5_");
	package = aml_open_package(w, 4);
	aml_integer(w, ACPI_POWER_SLEEP_S5);
	for (int i = 0; i < 3; i++)
		aml_integer(w, 0);
	aml_close(w, package);
}

static size_t put_dsdt(struct table_writer *w, const struct acpi_config *config)
{
	size_t start = open_table(w, "DSDT", 2);

	if (config->com1) {
		size_t scope = aml_open_scope(w, "_SB_");

		put_com1(w);
		aml_close(w, scope);
	}
	if (config->power_port)
		put_s5(w);
	close_table(w, start);
	return start;
}

/* A generic address structure for one byte-wide I/O port. */
static void patch_port(struct table_writer *w, size_t offset, uint16_t port)
{
	patch(w, offset, IO_SPACE, 1);
	patch(w, offset + 1, 8, 1); /* register width in bits */
	patch(w, offset + 3, 1, 1); /* byte access */
	patch(w, offset + 4, port, 8);
}

static void patch_power(struct table_writer *w, size_t fadt, uint16_t port)
{
	patch_port(w, fadt + FADT_SLEEP_CONTROL, port);
	patch_port(w, fadt + FADT_SLEEP_STATUS, port + 1);
	patch_port(w, fadt + FADT_RESET_REG, port + 2);
	patch(w, fadt + FADT_RESET_VALUE, ACPI_POWER_RESET_CODE, 1);
}

static size_t put_fadt(struct table_writer *w, const struct acpi_config *config, uint64_t dsdt)
{
	uint32_t flags = FLAG_WBINVD | FLAG_HW_REDUCED | (config->power_port ? FLAG_RESET_REG : 0);
	uint32_t boot_arch =
		BOOT_ARCH_NO_VGA | BOOT_ARCH_NO_MSI | (config->rtc ? 0 : BOOT_ARCH_NO_RTC);
	size_t start = open_table(w, "FACP", 6);

	put_zeros(w, FADT_SIZE - HEADER_SIZE);
	patch(w, start + FADT_DSDT32, dsdt >> 32 ? 0 : dsdt, 4);
	patch(w, start + FADT_DSDT64, dsdt, 8);
	patch(w, start + FADT_PROFILE, PROFILE_ENTERPRISE_SERVER, 1);
	patch(w, start + FADT_BOOT_ARCH, boot_arch, 2);
	patch(w, start + FADT_FLAGS, flags, 4);
	patch(w, start + FADT_MINOR, 3, 1);
	if (config->power_port)
		patch_power(w, start, config->power_port);
	if (!w->overflow)
		memcpy(w->buffer + start + FADT_HYPERVISOR, "AugurVMM", 8);
	close_table(w, start);
	return start;
}

static void put_madt_cpu(struct table_writer *w, unsigned uid, uint32_t apic_id)
{
	if (apic_id <= LAST_XAPIC_ID && uid <= UINT8_MAX) {
		put(w, MADT_LAPIC, 1);
		put(w, 8, 1);
		put(w, uid, 1);
		put(w, apic_id, 1);
		put(w, ENABLED, 4);
		return;
	}
	put(w, MADT_X2APIC, 1);
	put(w, 16, 1);
	put(w, 0, 2);
	put(w, apic_id, 4);
	put(w, ENABLED, 4);
	put(w, uid, 4);
}

static void put_madt_ioapic(struct table_writer *w, const struct acpi_config *config)
{
	put(w, MADT_IOAPIC, 1);
	put(w, 12, 1);
	put(w, config->ioapic_id, 1);
	put(w, 0, 1);
	put(w, config->ioapic_base, 4);
	put(w, 0, 4); /* first global interrupt */
}

/* ISA IRQ 0 is wired to pin 2, as on every PC since the I/O APIC. */
static void put_madt_pit_override(struct table_writer *w)
{
	put(w, MADT_OVERRIDE, 1);
	put(w, 10, 1);
	put(w, 0, 1); /* bus ISA */
	put(w, 0, 1); /* IRQ 0 */
	put(w, 2, 4);
	put(w, 0, 2); /* polarity and trigger as the bus has them */
}

static void put_madt_nmi(struct table_writer *w)
{
	put(w, MADT_LAPIC_NMI, 1);
	put(w, 6, 1);
	put(w, 0xFF, 1); /* all processors */
	put(w, 0, 2);
	put(w, 1, 1); /* LINT1 */
}

static size_t put_madt(struct table_writer *w, const struct acpi_config *config)
{
	size_t start = open_table(w, "APIC", 5);

	put(w, config->lapic_base, 4);
	put(w, config->legacy_irq ? MADT_PCAT_COMPAT : 0, 4);
	for (unsigned i = 0; i < config->cpu_count; i++)
		put_madt_cpu(w, i, config->apic_ids[i]);
	put_madt_ioapic(w, config);
	if (config->legacy_irq)
		put_madt_pit_override(w);
	put_madt_nmi(w);
	close_table(w, start);
	return start;
}

static void put_srat_cpu(struct table_writer *w, uint32_t apic_id, uint32_t node)
{
	if (apic_id <= LAST_XAPIC_ID) {
		put(w, SRAT_LAPIC, 1);
		put(w, 16, 1);
		put(w, node, 1);
		put(w, apic_id, 1);
		put(w, ENABLED, 4);
		put(w, 0, 1); /* SAPIC EID */
		put(w, node >> 8, 3);
		put(w, 0, 4); /* clock domain */
		return;
	}
	put(w, SRAT_X2APIC, 1);
	put(w, 24, 1);
	put(w, 0, 2);
	put(w, node, 4);
	put(w, apic_id, 4);
	put(w, ENABLED, 4);
	put(w, 0, 8); /* clock domain, reserved */
}

static void put_srat_memory(struct table_writer *w, const struct acpi_tables_memory *memory)
{
	put(w, SRAT_MEMORY, 1);
	put(w, 40, 1);
	put(w, memory->node, 4);
	put(w, 0, 2);
	put(w, memory->base, 8);
	put(w, memory->size, 8);
	put(w, 0, 4);
	put(w, ENABLED, 4);
	put(w, 0, 8);
}

static size_t put_srat(struct table_writer *w, const struct acpi_config *config)
{
	size_t start = open_table(w, "SRAT", 3);

	put(w, 1, 4); /* reserved, always 1 */
	put(w, 0, 8);
	for (unsigned i = 0; i < config->cpu_count; i++)
		put_srat_cpu(w, config->apic_ids[i], config->cpu_nodes ? config->cpu_nodes[i] : 0);
	for (unsigned i = 0; i < config->memory_count; i++)
		put_srat_memory(w, &config->memory[i]);
	close_table(w, start);
	return start;
}

static size_t put_xsdt(struct table_writer *w, const uint64_t *tables, unsigned count)
{
	size_t start = open_table(w, "XSDT", 1);

	for (unsigned i = 0; i < count; i++)
		put(w, tables[i], 8);
	close_table(w, start);
	return start;
}

/* The first checksum covers what ACPI 1.0 knew, the second all of it. */
static void fill_rsdp(struct table_writer *w, uint64_t xsdt)
{
	if (w->overflow)
		return;
	memcpy(w->buffer, "RSD PTR ", 8);
	memcpy(w->buffer + 9, "AUGUR ", 6);
	patch(w, 15, 2, 1); /* revision */
	patch(w, 20, RSDP_SIZE, 4);
	patch(w, 24, xsdt, 8);
	patch(w, 8, checksum(w->buffer, 20), 1);
	patch(w, 32, checksum(w->buffer, RSDP_SIZE), 1);
}

static bool config_valid(const struct acpi_config *config)
{
	if (!config->cpu_count || !config->apic_ids || config->base % TABLE_ALIGN)
		return false;
	return !config->memory_count || config->memory;
}

size_t acpi_tables_bound(const struct acpi_config *config)
{
	size_t fixed = 1024; /* all tables but their lists, alignment included */

	return fixed + config->cpu_count * (size_t)(16 + 24) + config->memory_count * (size_t)40;
}

enum error acpi_tables_build(const struct acpi_config *config, void *buffer, size_t size,
			     size_t *used)
{
	struct table_writer w = { .buffer = buffer, .size = size };
	uint64_t tables[MAX_TABLES];
	unsigned count = 0;
	uint64_t dsdt;

	if (!config_valid(config))
		return ERR_INVALID;
	put_zeros(&w, RSDP_SIZE);
	dsdt = config->base + put_dsdt(&w, config);
	tables[count++] = config->base + put_fadt(&w, config, dsdt);
	tables[count++] = config->base + put_madt(&w, config);
	if (config->memory_count)
		tables[count++] = config->base + put_srat(&w, config);
	fill_rsdp(&w, config->base + put_xsdt(&w, tables, count));
	*used = w.used;
	return w.overflow ? ERR_NO_MEMORY : OK;
}
