#include "hv/numa.h"

#include <stddef.h>

static const struct config_numa *configured;
static const struct acpi_info *firmware;

void numa_init(const struct config *config, const struct acpi_info *acpi)
{
	configured = &config->numa;
	firmware = acpi;
}

uint32_t numa_node(uint32_t core, uint32_t firmware_node)
{
	return configured->node_count ? configured->node[core] : firmware_node;
}

uint32_t numa_node_count(void)
{
	return configured->node_count ? configured->node_count : firmware->node_count;
}

uint32_t numa_distance(uint32_t from, uint32_t to)
{
	if (from == to)
		return ACPI_LOCAL;
	if (from >= numa_node_count() || to >= numa_node_count())
		return ACPI_REMOTE;
	if (configured->rows)
		return configured->distance[from][to];
	return configured->node_count ? ACPI_REMOTE : firmware->distance[from][to];
}
