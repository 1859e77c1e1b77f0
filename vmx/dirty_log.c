#include "vmx/dirty_log.h"

void dirty_log_spill(struct dirty_log *log)
{
	log->spilt += DIRTY_LOG_ENTRIES;
}

/* The index is that of the next entry, and beyond the page when there is no room. */
static unsigned first_entry(uint16_t index)
{
	return index < DIRTY_LOG_ENTRIES ? index + 1u : 0;
}

uint64_t dirty_log_take(struct dirty_log *log, uint16_t index, struct ept *ept)
{
	unsigned first = first_entry(index);
	uint64_t pages = log->spilt + DIRTY_LOG_ENTRIES - first;

	ept_clear_dirty(ept, log->page + first, DIRTY_LOG_ENTRIES - first);
	log->spilt = 0;
	return pages;
}
