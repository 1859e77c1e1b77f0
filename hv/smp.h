/* Starting the other cores, and getting their attention. */
#ifndef HV_SMP_H
#define HV_SMP_H

#include <stdint.h>

#include "hv/core.h"
#include "hv/error.h"

struct boot_info;
struct acpi_info;

struct smp_report {
	uint32_t asked; /* cores we tried to start */
	uint32_t started;
	uint32_t failed;
	uint32_t failed_apic_ids[MAX_CORES];
};

/*
 * Lays the start-up code out below 1 MiB. After paging_init() and before page_alloc_init(): its
 * page tables come from early memory.
 */
void smp_prepare(const struct boot_info *info);

/*
 * Starts all cores by INIT and two SIPIs: those boot_info names, else those of the MADT, else
 * whoever answers a broadcast within 100 ms. Each ends in core_main(). Cores that do not come are
 * logged and left out. Boot core only, once. Afterwards cores[] and core_count are final.
 */
void smp_start(const struct boot_info *info, const struct acpi_info *acpi,
	       struct smp_report *report);

/*
 * Sets `bits` in the core's pending mask and makes sure that it looks: by an NMI, which leaves a
 * guest, ends an idle wait and is noticed in hypervisor code, where the mask is looked at before
 * every entry. No NMI if the mask had bits already (whoever set them sent it) or if it is this
 * core. True if an NMI was sent. Any core, any time, also inside locks.
 */
bool core_notify(struct core *core, uint32_t bits);

#endif
