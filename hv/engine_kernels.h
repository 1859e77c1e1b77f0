/*
 * Which inner loops (ple/kernels.h) the predictive engine uses on this machine: AVX2, SSE2 or
 * general registers. Boot core, once; every core must have what the boot core has.
 *
 * The vector kernels are the only code of the hypervisor that uses vector registers: call the
 * engine between vector_borrow() and vector_return() (vmx/vector_loan.h).
 */
#ifndef HV_ENGINE_KERNELS_H
#define HV_ENGINE_KERNELS_H

#include <stdbool.h>

#include "ple/kernels.h"
#include "ple/weights.h"

/*
 * The kernels of that name, or for "auto" the fastest that the processor has. NULL with the reason
 * in *why if there are none of that name or this machine cannot run them.
 */
const struct ple_kernels *engine_kernels_find(const char *name, const char **why);

/* True if an engine forecasts the same, to the bit, with these kernels and with general ones. */
bool engine_kernels_agree(const struct ple_kernels *kernels, const struct ple_weights *weights);

#endif
