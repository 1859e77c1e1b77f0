/*
 * Performance counters of this machine (vmx/counters.h), booked to vCPUs. While a core is in the
 * hypervisor its counters stand still, so it is enough to book what they have counted when a vCPU
 * leaves the core and when somebody wants to know.
 */
#ifndef VMX_GUEST_COUNTERS_H
#define VMX_GUEST_COUNTERS_H

#include <stdbool.h>

#include "vmx/counters.h"

struct core;
struct vcpu;

/* Constant after guest_counters_probe(). */
extern bool guest_counters_on;
extern enum counters_state guest_counters_state;

/* Boot core, after vmx_init() has read the capabilities. */
void guest_counters_probe(void);

/* Each core. */
void guest_counters_init_core(struct core *core);

/* On the core that the vCPU is loaded on, if guest_counters_on: adds to vcpu->counted. */
void guest_counters_book(struct core *core, struct vcpu *vcpu);

#endif
