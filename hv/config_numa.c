/* `nodes` and `distance` of [augur]: which cores are near each other. */
#include <string.h>

#include "drivers/acpi.h"
#include "hv/config_numa.h"
#include "hv/config_value.h"

#define FARTHEST 255

/* Cuts the next of the values that spaces separate off the rest; empty at the end. */
static struct span next_value(struct span *rest)
{
	*rest = span_trim(*rest);
	return span_cut(rest, ' ');
}

/* The cores of one node. Returns why they are refused, or NULL. */
static const char *take_node(struct config_numa *numa, struct span list)
{
	struct config_cores cores;

	if (numa->node_count == CONFIG_MAX_NODES)
		return "has more than 16 nodes";
	if (!value_cores(span_trim(list), &cores))
		return "is not a list of cores for each node, such as 0-1 / 2-3";
	for (uint32_t core = 0; core < CONFIG_MAX_CORES; core++) {
		if (!config_cores_has(&cores, core))
			continue;
		if (config_cores_has(&numa->named, core))
			return "names a core twice";
		numa->node[core] = (uint8_t)numa->node_count;
	}
	for (uint32_t i = 0; i < CONFIG_MAX_CORES / 64; i++)
		numa->named.bits[i] |= cores.bits[i];
	numa->node_count++;
	return NULL;
}

bool config_set_nodes(struct parser *parser, const struct key *key, void *field, struct span value)
{
	struct config_numa *numa = field;
	struct config_numa parsed = *numa;
	struct span rest = value;
	const char *why = NULL;

	do
		why = take_node(&parsed, span_cut(&rest, '/'));
	while (!why && rest.length);
	if (why) {
		parser_complain(parser, key->name, value, why);
		return false;
	}
	parsed.nodes_line = parser->line;
	*numa = parsed;
	return true;
}

/* One row of the matrix; returns how many numbers it has, 0: it is none. */
static uint32_t take_row(uint8_t *row, uint32_t own, struct span list)
{
	uint32_t count = 0;
	struct span item;

	while ((item = next_value(&list)).length) {
		uint64_t distance;

		if (count == CONFIG_MAX_NODES || !value_number(item, &distance) ||
		    distance < ACPI_LOCAL || distance > FARTHEST)
			return 0;
		if (count == own && distance != ACPI_LOCAL)
			return 0;
		row[count++] = (uint8_t)distance;
	}
	return count;
}

bool config_set_distance(struct parser *parser, const struct key *key, void *field,
			 struct span value)
{
	struct config_numa *numa = field;
	struct config_numa parsed = *numa;
	struct span rest = value;
	uint32_t rows = 0, columns = 0, count = 1;

	while (rest.length && count && rows < CONFIG_MAX_NODES) {
		count = take_row(parsed.distance[rows], rows, span_cut(&rest, '/'));
		columns = rows ? columns : count;
		count = count == columns ? count : 0;
		rows++;
	}
	if (!count || rows != columns || rest.length) {
		parser_complain(parser, key->name, value,
				"is not a square of distances, such as 10 20 / 20 10: 10 to "
				"itself, 10 to 255 to others");
		return false;
	}
	parsed.rows = rows;
	parsed.distance_line = parser->line;
	*numa = parsed;
	return true;
}

enum error config_check_numa(struct config *cfg, uint32_t core_count, uint32_t firmware_nodes)
{
	struct config_numa *numa = &cfg->numa;
	uint32_t nodes, errors = 0;

	for (uint32_t core = core_count; core < CONFIG_MAX_CORES && numa->node_count; core++) {
		if (!config_cores_has(&numa->named, core))
			continue;
		config_add_number_error(cfg, numa->nodes_line, CONFIG_ALL_VMS,
					"nodes: there is no core ", core, "");
		numa->node_count = 0;
		errors++;
	}
	nodes = numa->node_count ? numa->node_count : firmware_nodes;
	if (numa->rows && numa->rows != nodes) {
		config_add_number_error(cfg, numa->distance_line, CONFIG_ALL_VMS,
					"distance: there must be a row for each node, ", nodes, "");
		numa->rows = 0;
		errors++;
	}
	return errors ? ERR_RANGE : OK;
}
