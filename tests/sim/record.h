/*
 * Records what the scheduler traces in a simulation in the form of the hypervisor's own traces
 * (hv/trace_abi.h), so that scripts/trace shows and compares both. One recording at a time.
 */
#ifndef TESTS_SIM_RECORD_H
#define TESTS_SIM_RECORD_H

#include "tests/sim/sim.h"

/* Makes the folder (its parent must exist), and records the simulation from now on. False: errno.
 */
bool record_begin(struct sim *sim, const char *folder);

/* Writes what goes with the records and closes the files. False: not all could be written. */
bool record_end(struct sim *sim, const char *folder);

#endif
