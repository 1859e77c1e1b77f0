/* Page tables of the program's own, instead of those in the boot area. */
#ifndef GUESTS_LIB_PAGING_H
#define GUESTS_LIB_PAGING_H

#include <stdint.h>

/* Maps 0..bytes one to one (rounded up to 2 MiB, at most 1 GiB), writable and executable, and
 * nothing else: no APIC pages. Takes effect on the calling vCPU. */
void paging_identity(uint64_t bytes);

#endif
