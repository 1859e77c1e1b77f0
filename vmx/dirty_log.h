/*
 * Page-modification logging (SDM vol. 3C 28.2.6), where the processor has it. Whenever a vCPU makes
 * the processor set the dirty bit of an EPT entry, the page's guest-physical address goes into that
 * vCPU's log: one page of 512 entries, filled from the last one downwards (VMCS_PML_INDEX is the
 * next to be filled); a VM exit when there is no room. So it tells what *this* vCPU wrote, anywhere
 * in its VM, where dirty bits themselves only say that somebody did.
 *
 * Every page of the log has its dirty bit cleared when the log is taken, so that it appears again
 * when it is written again. Without such logging the shadow has its samples of A/D bits.
 *
 * Pure: the caller reads and writes the VMCS. A log belongs to the core that its vCPU is on.
 */
#ifndef VMX_DIRTY_LOG_H
#define VMX_DIRTY_LOG_H

#include <stdint.h>

#include "vmx/ept.h"

#define DIRTY_LOG_ENTRIES 512
#define DIRTY_LOG_FIRST	  511 /* VMCS_PML_INDEX of an empty log */

struct dirty_log {
	uint64_t *page; /* DIRTY_LOG_ENTRIES, 4 KiB aligned; NULL: the processor does not log */
	uint64_t spilt; /* entries of logs that were full, since it was last taken */
};

/*
 * The log is full: its entries are counted and dropped, at once, for this is the exit path. Their
 * pages stay dirty, and do not appear again until something else clears their bits. The caller
 * writes DIRTY_LOG_FIRST to VMCS_PML_INDEX.
 */
void dirty_log_spill(struct dirty_log *log);

/*
 * Pages written since the last time. `index` is VMCS_PML_INDEX; the caller then writes
 * DIRTY_LOG_FIRST to it, and invalidates the EPT if ept->flush_needed. Needs the VM's EPT lock; at
 * most DIRTY_LOG_ENTRIES walks.
 */
uint64_t dirty_log_take(struct dirty_log *log, uint16_t index, struct ept *ept);

#endif
