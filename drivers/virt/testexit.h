/*
 * The test-exit port (QEMU's isa-debug-exit, at 0xF4 in kvm-unit-tests): a write ends the VM with a
 * value. Reads give all-ones.
 */
#ifndef DRIVERS_VIRT_TESTEXIT_H
#define DRIVERS_VIRT_TESTEXIT_H

#include <stdint.h>

#define TESTEXIT_PORT 0xF4u

struct testexit {
	/* Runs inside the write; the guest goes on until the callee stops it. */
	void (*exited)(void *context, uint32_t value);
	void *context;
};

/* A write of 1, 2 or 4 bytes, zero-extended. */
void testexit_write(struct testexit *t, uint32_t value);

#endif
