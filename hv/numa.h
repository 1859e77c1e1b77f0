/*
 * Which node a core belongs to, and how far nodes are apart: as the configuration says ([augur]
 * nodes, distance), else as the firmware's SRAT and SLIT do, else one node. For placing vCPUs only;
 * memory is of the node that the SRAT says. Pure; set up once, before the scheduler.
 */
#ifndef HV_NUMA_H
#define HV_NUMA_H

#include "drivers/acpi.h"
#include "hv/config.h"

/* Both must stay as they are and where they are. The configuration has been checked. */
void numa_init(const struct config *config, const struct acpi_info *acpi);

/* Node of the core with this index, to which the firmware gives `firmware_node`. */
uint32_t numa_node(uint32_t core, uint32_t firmware_node);

uint32_t numa_node_count(void);

/* ACPI_LOCAL to 255; 255: cannot be reached. */
uint32_t numa_distance(uint32_t from, uint32_t to);

#endif
