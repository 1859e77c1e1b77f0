/* What the hypervisor told this guest at its start, and how the guest ends. */
#ifndef GUESTS_LIB_BOOT_H
#define GUESTS_LIB_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include <augur/guest_boot.h>

/* Never NULL; checked for magic and version before main runs. */
const struct guest_boot *guest_boot(void);

/* The command line, never NULL. */
const char *guest_cmdline(void);

/* True when CPUID shows Augur's signature, so that hypercalls work. */
bool under_augur(void);

/* Stops the VM with this code: by hypercall, else through the test-exit port. */
_Noreturn void stop_vm(int code);

#endif
