/*
 * What only the machine itself can show about the hypervisor's base: that exceptions are caught,
 * timers and kicks arrive, memory is protected. A millisecond at boot, before any guest.
 */
#ifndef HV_SELF_TEST_H
#define HV_SELF_TEST_H

#include <stdbool.h>

/*
 * Boot core, IF=0, after smp_start(); uses this core's timer and pending mask, and kicks the other
 * cores. Logs each failure as an error and one line at the end. True if all passed.
 */
bool self_test_run(void);

#endif
