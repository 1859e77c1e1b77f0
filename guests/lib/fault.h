/* Doing what may fault, and learning which fault it was. Nests; works on every vCPU. */
#ifndef GUESTS_LIB_FAULT_H
#define GUESTS_LIB_FAULT_H

#include <stdint.h>

#include "guests/lib/percpu.h"

#define NO_FAULT (-1)

/* Runs fn(arg). Returns NO_FAULT, or the vector of the exception that ended it; then
 * this_cpu()->last_fault has the details. Only the stack and the callee-saved registers are put
 * back: what fn changed elsewhere stays. */
int catch_fault(void (*fn)(void *), void *arg);

/* Each returns NO_FAULT or the vector; *value is set only without a fault. */
int try_rdmsr(uint32_t msr, uint64_t *value);
int try_wrmsr(uint32_t msr, uint64_t value);
int try_read(uintptr_t address, uint64_t *value);
int try_write(uintptr_t address, uint64_t value);
int try_write_cr0(uint64_t value);
int try_write_cr3(uint64_t value);
int try_write_cr4(uint64_t value);
int try_xsetbv(uint32_t index, uint64_t value);

#endif
