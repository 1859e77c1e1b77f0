#include "drivers/acpi.h"

#include <stddef.h>
#include <string.h>

/*
 * Tables are read byte by byte through small accessors: they are packed, unaligned and not to be
 * trusted. A table is accepted whole (length and checksum) before anything in it is used.
 */
struct table {
	const uint8_t *bytes;
	uint32_t length;
};

enum {
	HEADER_LENGTH = 36,
	RSDP_LENGTH_V1 = 20,
	RSDP_LENGTH_V2 = 36,
	MAX_ROOT_ENTRIES = 128,
	SLIT_MATRIX = 44,
	LOCAL = 10,
	REMOTE = 20,
};

struct parser {
	acpi_map_fn map;
	void *context;
	struct acpi_info *info;
	uint32_t domains[ACPI_MAX_NODES]; /* proximity domain of each node, as they appeared */
	uint32_t domain_count;
};

static uint64_t read_field(const uint8_t *bytes, uint32_t offset, uint32_t size)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < size; i++)
		value |= (uint64_t)bytes[offset + i] << (8 * i);
	return value;
}

/* 0 where the table is too short for the field: older revisions end early. */
static uint64_t field(const struct table *table, uint32_t offset, uint32_t size)
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

static bool open_table(const struct parser *parser, uint64_t phys, struct table *table)
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

static bool has_signature(const struct table *table, const char *signature)
{
	return memcmp(table->bytes, signature, 4) == 0;
}

/* A generic address structure (ACPI 6.4, 5.2.3.2); spaces other than memory and I/O count as none.
 */
static struct acpi_register read_register(const struct table *table, uint32_t offset)
{
	struct acpi_register reg = {
		.space = (uint8_t)field(table, offset, 1),
		.width = (uint8_t)field(table, offset + 1, 1),
		.address = field(table, offset + 4, 8),
	};

	if (reg.space > ACPI_SPACE_IO || (reg.space == ACPI_SPACE_IO && reg.address > 0xffff))
		return (struct acpi_register) { 0 };
	return reg;
}

static void add_core(struct parser *parser, uint32_t apic_id, uint32_t flags)
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

static void madt_local_apic(struct parser *parser, const struct table *entry)
{
	uint32_t apic_id = (uint32_t)field(entry, 3, 1);

	if (entry->length >= 8 && apic_id != 0xff)
		add_core(parser, apic_id, (uint32_t)field(entry, 4, 4));
}

static void madt_x2apic(struct parser *parser, const struct table *entry)
{
	if (entry->length >= 16)
		add_core(parser, (uint32_t)field(entry, 4, 4), (uint32_t)field(entry, 8, 4));
}

static void madt_ioapic(struct parser *parser, const struct table *entry)
{
	struct acpi_info *info = parser->info;

	if (entry->length < 12 || info->ioapic_count == ACPI_MAX_IOAPICS)
		return;
	info->ioapics[info->ioapic_count++] = (struct acpi_ioapic) {
		.id = (uint32_t)field(entry, 2, 1),
		.address = field(entry, 4, 4),
		.gsi_base = (uint32_t)field(entry, 8, 4),
	};
}

static void madt_override(struct parser *parser, const struct table *entry)
{
	uint32_t irq = (uint32_t)field(entry, 3, 1);
	uint32_t flags = (uint32_t)field(entry, 8, 2);

	if (entry->length < 10 || irq >= 16)
		return;
	parser->info->isa_irqs[irq] = (struct acpi_irq) {
		.gsi = (uint32_t)field(entry, 4, 4),
		.active_low = (flags & 3) == 3,
		.level = (flags >> 2 & 3) == 3,
	};
}

/* Entries of type, length, data: how to read those we care about. */
struct entry_reader {
	uint8_t type;
	void (*read)(struct parser *parser, const struct table *entry);
};

static void read_entries(struct parser *parser, const struct table *table, uint32_t first,
			 const struct entry_reader *readers, size_t reader_count)
{
	uint32_t at = first;

	while (at <= table->length && table->length - at >= 2) {
		struct table entry = { table->bytes + at, table->bytes[at + 1] };

		if (entry.length < 2 || entry.length > table->length - at)
			return;
		for (size_t i = 0; i < reader_count; i++)
			if (readers[i].type == entry.bytes[0])
				readers[i].read(parser, &entry);
		at += entry.length;
	}
}

static const struct entry_reader madt_readers[] = {
	{ 0, madt_local_apic },
	{ 1, madt_ioapic },
	{ 2, madt_override },
	{ 9, madt_x2apic },
};

static void read_madt(struct parser *parser, const struct table *table)
{
	read_entries(parser, table, 44, madt_readers,
		     sizeof(madt_readers) / sizeof(madt_readers[0]));
}

/* Nodes are numbered in order of appearance; domains beyond the last node share node 0. */
static uint32_t node_of_domain(struct parser *parser, uint32_t domain)
{
	for (uint32_t i = 0; i < parser->domain_count; i++)
		if (parser->domains[i] == domain)
			return i;
	if (parser->domain_count == ACPI_MAX_NODES)
		return 0;
	parser->domains[parser->domain_count] = domain;
	return parser->domain_count++;
}

static void srat_memory(struct parser *parser, const struct table *entry)
{
	struct acpi_info *info = parser->info;
	uint64_t base = field(entry, 8, 8), size = field(entry, 16, 8);
	bool enabled = field(entry, 28, 4) & 1;

	if (entry->length < 40 || !enabled || size == 0 || base + size < base ||
	    info->memory_count == ACPI_MAX_MEMORIES)
		return;
	info->memories[info->memory_count++] = (struct acpi_memory) {
		.base = base,
		.size = size,
		.node = node_of_domain(parser, (uint32_t)field(entry, 2, 4)),
	};
}

static void set_core_node(struct parser *parser, uint32_t apic_id, uint32_t domain)
{
	struct acpi_info *info = parser->info;
	uint32_t node = node_of_domain(parser, domain);

	for (uint32_t i = 0; i < info->core_count; i++)
		if (info->cores[i].apic_id == apic_id)
			info->cores[i].node = node;
}

static void srat_local_apic(struct parser *parser, const struct table *entry)
{
	uint32_t domain = (uint32_t)(field(entry, 2, 1) | field(entry, 9, 3) << 8);

	if (entry->length >= 16 && (field(entry, 4, 4) & 1) != 0)
		set_core_node(parser, (uint32_t)field(entry, 3, 1), domain);
}

static void srat_x2apic(struct parser *parser, const struct table *entry)
{
	if (entry->length >= 24 && (field(entry, 12, 4) & 1) != 0)
		set_core_node(parser, (uint32_t)field(entry, 8, 4), (uint32_t)field(entry, 4, 4));
}

static const struct entry_reader srat_readers[] = {
	{ 0, srat_local_apic },
	{ 1, srat_memory },
	{ 2, srat_x2apic },
};

static void read_srat(struct parser *parser, const struct table *table)
{
	read_entries(parser, table, 48, srat_readers,
		     sizeof(srat_readers) / sizeof(srat_readers[0]));
	parser->info->node_count = parser->domain_count == 0 ? 1 : parser->domain_count;
}

/* The distance from one node to another, by their proximity domains; 0: the table has none. */
static uint8_t slit_distance(const struct parser *parser, const struct table *table, uint32_t from,
			     uint32_t to)
{
	uint64_t count = field(table, 36, 8);
	uint32_t row = parser->domains[from], column = parser->domains[to];

	if (count > table->length || row >= count || column >= count)
		return 0;
	return (uint8_t)field(table, (uint32_t)(SLIT_MATRIX + row * count + column), 1);
}

static bool slit_is_sound(const struct parser *parser, const struct table *table)
{
	for (uint32_t from = 0; from < parser->domain_count; from++)
		for (uint32_t to = 0; to < parser->domain_count; to++) {
			uint8_t distance = slit_distance(parser, table, from, to);

			if (distance < LOCAL || (from == to && distance != LOCAL))
				return false;
		}
	return true;
}

/* One that says nonsense about any of the nodes is not believed about the others either. */
static void read_slit(struct parser *parser, const struct table *table)
{
	if (!slit_is_sound(parser, table))
		return;
	for (uint32_t from = 0; from < parser->domain_count; from++)
		for (uint32_t to = 0; to < parser->domain_count; to++)
			parser->info->distance[from][to] = slit_distance(parser, table, from, to);
}

static uint16_t port_field(const struct table *table, uint32_t offset)
{
	uint64_t port = field(table, offset, 4);

	return port > 0xffff ? 0 : (uint16_t)port;
}

static void read_fadt(struct parser *parser, const struct table *table)
{
	struct acpi_info *info = parser->info;
	struct acpi_register extended_timer = read_register(table, 208);
	bool reset_supported = field(table, 112, 4) >> 10 & 1;

	info->pm1a_control_port = port_field(table, 64);
	info->pm1b_control_port = port_field(table, 68);
	if (field(table, 91, 1) == 4)
		info->pm_timer_port = port_field(table, 76);
	if (info->pm_timer_port == 0 && extended_timer.space == ACPI_SPACE_IO)
		info->pm_timer_port = (uint16_t)extended_timer.address;
	if (!reset_supported)
		return;
	info->reset = read_register(table, 116);
	info->reset_value = (uint8_t)field(table, 128, 1);
}

/* SPCR interface types 0, 1 and 0x12 are 16550s (Microsoft's SPCR specification, revision 4). */
static void read_spcr(struct parser *parser, const struct table *table)
{
	static const uint32_t rates[] = { [3] = 9600, [4] = 19200, [6] = 57600, [7] = 115200 };
	uint64_t interface = field(table, 36, 1), rate = field(table, 58, 1);

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
	void (*read)(struct parser *parser, const struct table *table);
} table_readers[] = {
	{ "APIC", read_madt }, { "SRAT", read_srat }, { "SLIT", read_slit },
	{ "FACP", read_fadt }, { "SPCR", read_spcr },
};

static void read_first(struct parser *parser, const struct table *root, uint32_t width,
		       const struct table_reader *reader)
{
	uint32_t count = (root->length - HEADER_LENGTH) / width;

	for (uint32_t i = 0; i < count && i < MAX_ROOT_ENTRIES; i++) {
		uint64_t phys = field(root, HEADER_LENGTH + i * width, width);
		struct table table;

		if (!open_table(parser, phys, &table) || !has_signature(&table, reader->signature))
			continue;
		reader->read(parser, &table);
		return;
	}
}

/* The XSDT where there is a sound one, else the RSDT; *width is the size of its entries. */
static bool open_root(const struct parser *parser, uint64_t rsdp, struct table *root,
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
	memset(info->distance, REMOTE, sizeof(info->distance));
	for (uint32_t i = 0; i < ACPI_MAX_NODES; i++)
		info->distance[i][i] = LOCAL;
}

enum error acpi_parse(uint64_t rsdp, acpi_map_fn map, void *context, struct acpi_info *info)
{
	struct parser parser = { .map = map, .context = context, .info = info };
	struct table root;
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
