#include "drivers/virt/lapic_route.h"

#include <stddef.h>

static bool is_target(const struct lapic *l, const struct lapic *source,
		      const struct apic_message *message)
{
	switch (message->shorthand) {
	case APIC_TO_SELF:
		return l == source;
	case APIC_TO_ALL:
		return lapic_matches(l, APIC_BROADCAST, false);
	case APIC_TO_OTHERS:
		return l != source && lapic_matches(l, APIC_BROADCAST, false);
	}
	return lapic_matches(l, message->dest, message->dest_logical);
}

static void post(const struct lapic_route *route, unsigned index,
		 const struct apic_message *message)
{
	if (lapic_post_message(route->lapics[index], message))
		route->notify(route->context, index);
}

/* The usual case: a physical destination that is the vCPU's index. */
static bool post_by_index(const struct lapic_route *route, const struct apic_message *message)
{
	uint32_t dest = message->dest;

	if (message->shorthand != APIC_TO_DEST || message->dest_logical || dest >= route->count)
		return false;
	if (!lapic_matches(route->lapics[dest], dest, false))
		return false;
	post(route, dest, message);
	return true;
}

static unsigned post_lowest(const struct lapic_route *route, const struct lapic *source,
			    const struct apic_message *message)
{
	uint32_t best_priority = UINT32_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i < route->count; i++) {
		const struct lapic *l = route->lapics[i];

		if (!is_target(l, source, message) || lapic_priority(l) >= best_priority)
			continue;
		best_priority = lapic_priority(l);
		best = i;
	}
	if (best_priority == UINT32_MAX)
		return 0;
	post(route, best, message);
	return 1;
}

unsigned lapic_route(const struct lapic_route *route, const struct lapic *source,
		     const struct apic_message *message)
{
	unsigned targets = 0;

	if (post_by_index(route, message))
		return 1;
	if (message->mode == APIC_LOWEST_PRIORITY)
		return post_lowest(route, source, message);
	for (unsigned i = 0; i < route->count; i++) {
		if (!is_target(route->lapics[i], source, message))
			continue;
		post(route, i, message);
		targets++;
	}
	return targets;
}
