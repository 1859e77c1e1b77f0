/* Which cores and which memory are near each other: SRAT and SLIT (ACPI 6.4, 5.2.16 and 5.2.17). */
#include "drivers/acpi_parser.h"

#define SLIT_MATRIX 44

/* Nodes are numbered in order of appearance; domains beyond the last node share node 0. */
static uint32_t node_of_domain(struct acpi_parser *parser, uint32_t domain)
{
	for (uint32_t i = 0; i < parser->domain_count; i++)
		if (parser->domains[i] == domain)
			return i;
	if (parser->domain_count == ACPI_MAX_NODES)
		return 0;
	parser->domains[parser->domain_count] = domain;
	return parser->domain_count++;
}

static void srat_memory(struct acpi_parser *parser, const struct acpi_table *entry)
{
	struct acpi_info *info = parser->info;
	uint64_t base = acpi_field(entry, 8, 8), size = acpi_field(entry, 16, 8);
	bool enabled = acpi_field(entry, 28, 4) & 1;

	if (entry->length < 40 || !enabled || size == 0 || base + size < base ||
	    info->memory_count == ACPI_MAX_MEMORIES)
		return;
	info->memories[info->memory_count++] = (struct acpi_memory) {
		.base = base,
		.size = size,
		.node = node_of_domain(parser, (uint32_t)acpi_field(entry, 2, 4)),
	};
}

static void set_core_node(struct acpi_parser *parser, uint32_t apic_id, uint32_t domain)
{
	struct acpi_info *info = parser->info;
	uint32_t node = node_of_domain(parser, domain);

	for (uint32_t i = 0; i < info->core_count; i++)
		if (info->cores[i].apic_id == apic_id)
			info->cores[i].node = node;
}

static void srat_local_apic(struct acpi_parser *parser, const struct acpi_table *entry)
{
	uint32_t domain = (uint32_t)(acpi_field(entry, 2, 1) | acpi_field(entry, 9, 3) << 8);

	if (entry->length >= 16 && (acpi_field(entry, 4, 4) & 1) != 0)
		set_core_node(parser, (uint32_t)acpi_field(entry, 3, 1), domain);
}

static void srat_x2apic(struct acpi_parser *parser, const struct acpi_table *entry)
{
	if (entry->length >= 24 && (acpi_field(entry, 12, 4) & 1) != 0)
		set_core_node(parser, (uint32_t)acpi_field(entry, 8, 4),
			      (uint32_t)acpi_field(entry, 4, 4));
}

static const struct acpi_entry_reader srat_readers[] = {
	{ 0, srat_local_apic },
	{ 1, srat_memory },
	{ 2, srat_x2apic },
};

void acpi_read_srat(struct acpi_parser *parser, const struct acpi_table *table)
{
	acpi_read_entries(parser, table, 48, srat_readers,
			  sizeof(srat_readers) / sizeof(srat_readers[0]));
	parser->info->node_count = parser->domain_count == 0 ? 1 : parser->domain_count;
}

/* The distance from one node to another, by their proximity domains; 0: the table has none. */
static uint8_t slit_distance(const struct acpi_parser *parser, const struct acpi_table *table,
			     uint32_t from, uint32_t to)
{
	uint64_t count = acpi_field(table, 36, 8);
	uint32_t row = parser->domains[from], column = parser->domains[to];

	if (count > table->length || row >= count || column >= count)
		return 0;
	return (uint8_t)acpi_field(table, (uint32_t)(SLIT_MATRIX + row * count + column), 1);
}

static bool slit_is_sound(const struct acpi_parser *parser, const struct acpi_table *table)
{
	for (uint32_t from = 0; from < parser->domain_count; from++)
		for (uint32_t to = 0; to < parser->domain_count; to++) {
			uint8_t distance = slit_distance(parser, table, from, to);

			if (distance < ACPI_LOCAL || (from == to && distance != ACPI_LOCAL))
				return false;
		}
	return true;
}

/* One that says nonsense about any of the nodes is not believed about the others either. */
void acpi_read_slit(struct acpi_parser *parser, const struct acpi_table *table)
{
	if (!slit_is_sound(parser, table))
		return;
	for (uint32_t from = 0; from < parser->domain_count; from++)
		for (uint32_t to = 0; to < parser->domain_count; to++)
			parser->info->distance[from][to] = slit_distance(parser, table, from, to);
}
