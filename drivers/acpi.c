#include "drivers/acpi.h"

#include <string.h>

#include "drivers/acpi_parser.h"

enum {
	HEADER_LENGTH = 36,
	RSDP_LENGTH_V1 = 20,
	RSDP_LENGTH_V2 = 36,
	MAX_ROOT_ENTRIES = 128,
};

static uint64_t read_field(const uint8_t *bytes, uint32_t offset, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value |= (uint64_t)bytes[offset + i] << (8 * i);
	return value;
}

uint64_t acpi_field(const struct acpi_table *table, uint32_t offset, uint32_t size)
{
	if (offset > table->length || table->length - offset < size)
		return 0;
	return read_field(table->bytes, offset, size);
}

static bool checksum_ok(const uint8_t *bytes, uint32_t length)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum += bytes[i];
	return sum == 0;
}

static bool open_table(const struct acpi_parser *parser, uint64_t phys, struct acpi_table *table)
{
	const uint8_t *header;

	if (phys == 0)
		return false;
	header = parser->map(parser->context, phys, HEADER_LENGTH);
	if (header == NULL)
		return false;
	table->length = (uint32_t)read_field(header, 4, 4);
	if (table->length < HEADER_LENGTH || table->length > ACPI_MAX_TABLE_SIZE)
		return false;
	table->bytes = parser->map(parser->context, phys, table->length);
	return table->bytes != NULL && read_field(table->bytes, 4, 4) == table->length &&
	       checksum_ok(table->bytes, table->length);
}

static bool has_signature(const struct acpi_table *table, const char *signature)
{
	return memcmp(table->bytes, signature, 4) == 0;
}

/* A generic address structure (ACPI 6.4, 5.2.3.2); spaces other than memory and I/O count as none.
 */
static struct acpi_register read_register(const struct acpi_table *table, uint32_t offset)
{
	struct acpi_register reg = {
		.space = (uint8_t)acpi_field(table, offset, 1),
		.width = (uint8_t)acpi_field(table, offset + 1, 1),
		.address = acpi_field(table, offset + 4, 8),
	};

	if (reg.space > ACPI_SPACE_IO || (reg.space == ACPI_SPACE_IO && reg.address > 0xffff))
		return (struct acpi_register) { 0 };
	return reg;
}

static void add_core(struct acpi_parser *parser, uint32_t apic_id, uint32_t flags)
{
	struct acpi_info *info = parser->info;
	bool enabled = flags & 1;

	if (!enabled || info->core_count == ACPI_MAX_CORES)
		return;
	for (uint32_t i = 0; i < info->core_count; i++)
		if (info->cores[i].apic_id == apic_id)
			return;
	info->cores[info->core_count++].apic_id = apic_id;
}

static void madt_local_apic(struct acpi_parser *parser, const struct acpi_table *entry)
{
	uint32_t apic_id = (uint32_t)acpi_field(entry, 3, 1);

	if (entry->length >= 8 && apic_id != 0xff)
		add_core(parser, apic_id, (uint32_t)acpi_field(entry, 4, 4));
}

static void madt_x2apic(struct acpi_parser *parser, const struct acpi_table *entry)
{
	if (entry->length >= 16)
		add_core(parser, (uint32_t)acpi_field(entry, 4, 4),
			 (uint32_t)acpi_field(entry, 8, 4));
}

static void madt_ioapic(struct acpi_parser *parser, const struct acpi_table *entry)
{
	struct acpi_info *info = parser->info;

	if (entry->length < 12 || info->ioapic_count == ACPI_MAX_IOAPICS)
		return;
	info->ioapics[info->ioapic_count++] = (struct acpi_ioapic) {
		.id = (uint32_t)acpi_field(entry, 2, 1),
		.address = acpi_field(entry, 4, 4),
		.gsi_base = (uint32_t)acpi_field(entry, 8, 4),
	};
}

static void madt_override(struct acpi_parser *parser, const struct acpi_table *entry)
{
	uint32_t irq = (uint32_t)acpi_field(entry, 3, 1);
	uint32_t flags = (uint32_t)acpi_field(entry, 8, 2);

	if (entry->length < 10 || irq >= 16)
		return;
	parser->info->isa_irqs[irq] = (struct acpi_irq) {
		.gsi = (uint32_t)acpi_field(entry, 4, 4),
		.active_low = (flags & 3) == 3,
		.level = (flags >> 2 & 3) == 3,
	};
}

void acpi_read_entries(struct acpi_parser *parser, const struct acpi_table *table, uint32_t first,
		       const struct acpi_entry_reader *readers, size_t reader_count)
{
	uint32_t at = first;

	while (at <= table->length && table->length - at >= 2) {
		struct acpi_table entry = { table->bytes + at, table->bytes[at + 1] };

		if (entry.length < 2 || entry.length > table->length - at)
			return;
		for (size_t i = 0; i < reader_count; i++)
			if (readers[i].type == entry.bytes[0])
				readers[i].read(parser, &entry);
		at += entry.length;
	}
}

static const struct acpi_entry_reader madt_readers[] = {
	{ 0, madt_local_apic },
	{ 1, madt_ioapic },
	{ 2, madt_override },
	{ 9, madt_x2apic },
};

static void read_madt(struct acpi_parser *parser, const struct acpi_table *table)
{
	acpi_read_entries(parser, table, 44, madt_readers,
			  sizeof(madt_readers) / sizeof(madt_readers[0]));
}

static uint16_t port_field(const struct acpi_table *table, uint32_t offset)
{
	uint64_t port = acpi_field(table, offset, 4);

	return port > 0xffff ? 0 : (uint16_t)port;
}

static void read_fadt(struct acpi_parser *parser, const struct acpi_table *table)
{
	struct acpi_info *info = parser->info;
	struct acpi_register extended_timer = read_register(table, 208);
	bool reset_supported = acpi_field(table, 112, 4) >> 10 & 1;

	info->pm1a_control_port = port_field(table, 64);
	info->pm1b_control_port = port_field(table, 68);
	if (acpi_field(table, 91, 1) == 4)
		info->pm_timer_port = port_field(table, 76);
	if (info->pm_timer_port == 0 && extended_timer.space == ACPI_SPACE_IO)
		info->pm_timer_port = (uint16_t)extended_timer.address;
	if (!reset_supported)
		return;
	info->reset = read_register(table, 116);
	info->reset_value = (uint8_t)acpi_field(table, 128, 1);
}

/* SPCR interface types 0, 1 and 0x12 are 16550s (Microsoft's SPCR specification, revision 4). */
static void read_spcr(struct acpi_parser *parser, const struct acpi_table *table)
{
	static const uint32_t rates[] = { [3] = 9600, [4] = 19200, [6] = 57600, [7] = 115200 };
	uint64_t interface = acpi_field(table, 36, 1), rate = acpi_field(table, 58, 1);

	if (interface > 1 && interface != 0x12)
		return;
	parser->info->serial = read_register(table, 40);
	if (rate < sizeof(rates) / sizeof(rates[0]))
		parser->info->serial_baud = rates[rate];
}

/*
 * In the order they are to be read: the SRAT speaks of cores that the MADT names, the SLIT of
 * domains that the SRAT names.
 */
static const struct table_reader {
	const char *signature;
	void (*read)(struct acpi_parser *parser, const struct acpi_table *table);
} table_readers[] = {
	{ "APIC", read_madt }, { "SRAT", acpi_read_srat }, { "SLIT", acpi_read_slit },
	{ "FACP", read_fadt }, { "SPCR", read_spcr },
};

static void read_first(struct acpi_parser *parser, const struct acpi_table *root, uint32_t width,
		       const struct table_reader *reader)
{
	uint32_t count = (root->length - HEADER_LENGTH) / width;

	for (uint32_t i = 0; i < count && i < MAX_ROOT_ENTRIES; i++) {
		uint64_t phys = acpi_field(root, HEADER_LENGTH + i * width, width);
		struct acpi_table table;

		if (!open_table(parser, phys, &table) || !has_signature(&table, reader->signature))
			continue;
		reader->read(parser, &table);
		return;
	}
}

/* The XSDT where there is a sound one, else the RSDT; *width is the size of its entries. */
static bool open_root(const struct acpi_parser *parser, uint64_t rsdp, struct acpi_table *root,
		      uint32_t *width)
{
	const uint8_t *bytes = parser->map(parser->context, rsdp, RSDP_LENGTH_V1);
	const uint8_t *extended;
	uint64_t rsdt;

	if (bytes == NULL || memcmp(bytes, "RSD PTR ", 8) != 0 ||
	    !checksum_ok(bytes, RSDP_LENGTH_V1))
		return false;
	rsdt = read_field(bytes, 16, 4);
	extended = bytes[15] < 2 ? NULL : parser->map(parser->context, rsdp, RSDP_LENGTH_V2);
	*width = 8;
	if (extended != NULL && checksum_ok(extended, RSDP_LENGTH_V2) &&
	    open_table(parser, read_field(extended, 24, 8), root) && has_signature(root, "XSDT"))
		return true;
	*width = 4;
	return open_table(parser, rsdt, root) && has_signature(root, "RSDT");
}

static void set_defaults(struct acpi_info *info)
{
	memset(info, 0, sizeof(*info));
	info->node_count = 1;
	for (uint32_t i = 0; i < 16; i++)
		info->isa_irqs[i].gsi = i;
	memset(info->distance, ACPI_REMOTE, sizeof(info->distance));
	for (uint32_t i = 0; i < ACPI_MAX_NODES; i++)
		info->distance[i][i] = ACPI_LOCAL;
}

enum error acpi_parse(uint64_t rsdp, acpi_map_fn map, void *context, struct acpi_info *info)
{
	struct acpi_parser parser = { .map = map, .context = context, .info = info };
	struct acpi_table root;
	uint32_t width;

	set_defaults(info);
	if (rsdp == 0)
		return ERR_NOT_FOUND;
	if (!open_root(&parser, rsdp, &root, &width))
		return ERR_FORMAT;
	info->present = true;
	for (size_t i = 0; i < sizeof(table_readers) / sizeof(table_readers[0]); i++)
		read_first(&parser, &root, width, &table_readers[i]);
	return OK;
}

uint32_t acpi_memory_node(const struct acpi_info *info, uint64_t phys)
{
	for (uint32_t i = 0; i < info->memory_count; i++)
		if (phys - info->memories[i].base < info->memories[i].size)
			return info->memories[i].node;
	return 0;
}

uint32_t acpi_core_node(const struct acpi_info *info, uint32_t apic_id)
{
	for (uint32_t i = 0; i < info->core_count; i++)
		if (info->cores[i].apic_id == apic_id)
			return info->cores[i].node;
	return 0;
}
