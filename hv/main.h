/* What the start of the machine has found, constant afterwards, and where it leads. */
#ifndef HV_MAIN_H
#define HV_MAIN_H

#include "boot/boot_info.h"
#include "drivers/acpi.h"
#include "hv/smp.h"

extern struct boot_info boot_info; /* a copy; what it points to is reached by phys_to_virt() */
extern struct acpi_info acpi_info;
extern struct smp_report smp_report;

/*
 * On the boot core, IF=0, when memory, time and all cores are up; the other cores are in
 * core_main() by then. Does not return: it ends in core_main() too. The weak default lists the
 * cores and powers off.
 */
_Noreturn void augur_start(void);

#endif
