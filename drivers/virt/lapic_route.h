/*
 * Takes an interrupt message to the local APICs of a VM that it is meant for.
 */
#ifndef DRIVERS_VIRT_LAPIC_ROUTE_H
#define DRIVERS_VIRT_LAPIC_ROUTE_H

#include "drivers/virt/lapic.h"

struct lapic_route {
	struct lapic *const *lapics; /* the VM's, in the order of the vCPUs; not empty entries */
	unsigned count;
	/* A target has something new posted: wake or kick vCPU `index`. Not called if it already
	 * had something posted that nobody has synced yet. */
	void (*notify)(void *context, unsigned index);
	void *context;
};

/*
 * Posts `message` to every target, or for lowest priority to the one target with the lowest TPR.
 * `source` is the sending APIC for IPIs (shorthands refer to it), NULL for devices. Lock-free, from
 * any core. Returns the number of targets.
 */
unsigned lapic_route(const struct lapic_route *route, const struct lapic *source,
		     const struct apic_message *message);

#endif
