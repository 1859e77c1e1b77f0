/* Inside the configuration parser: how `nodes` and `distance` are taken; see hv/config.h. */
#ifndef HV_CONFIG_NUMA_H
#define HV_CONFIG_NUMA_H

#include "hv/config_parser.h"

/* The field is a struct config_numa; as `set` of struct key. */
bool config_set_nodes(struct parser *parser, const struct key *key, void *field, struct span value);
bool config_set_distance(struct parser *parser, const struct key *key, void *field,
			 struct span value);

#endif
