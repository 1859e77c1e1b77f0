/* Whether this machine can run Augur. */
#ifndef BOOT_CAPABILITIES_H
#define BOOT_CAPABILITIES_H

#include <stdbool.h>

/* True, or false after one message that lists every capability that is missing. */
bool capabilities_suffice(void);

#endif
