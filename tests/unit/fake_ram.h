/*
 * Guest memory for tests and fuzz targets: pages appear when touched, and everything is freed by
 * fake_ram_free. `pages_left` lets memory run out.
 */
#ifndef TESTS_UNIT_FAKE_RAM_H
#define TESTS_UNIT_FAKE_RAM_H

#include <stdint.h>
#include <stdlib.h>

#include "hv/guest_ram.h"

#define FAKE_RAM_SLOTS 8192

struct fake_ram {
	struct guest_ram ram;
	unsigned pages_left;
	unsigned used;
	uint16_t used_slots[FAKE_RAM_SLOTS];
	uint64_t gpas[FAKE_RAM_SLOTS];
	void *pages[FAKE_RAM_SLOTS];
};

/* Open addressing: the slot that holds the page, or the free one where it would go. */
static inline unsigned fake_ram_slot(const struct fake_ram *fake, uint64_t gpa)
{
	unsigned slot = gpa / GUEST_PAGE_SIZE % FAKE_RAM_SLOTS;

	while (fake->pages[slot] && fake->gpas[slot] != gpa)
		slot = (slot + 1) % FAKE_RAM_SLOTS;
	return slot;
}

static inline void *fake_ram_page(void *ctx, uint64_t gpa, bool write)
{
	struct fake_ram *fake = ctx;
	uint64_t base = gpa & ~(uint64_t)(GUEST_PAGE_SIZE - 1);
	unsigned slot = fake_ram_slot(fake, base);

	(void)write;
	if (!gpa_is_ram(fake->ram.size, gpa))
		abort();
	if (fake->pages[slot])
		return fake->pages[slot];
	if (!fake->pages_left || fake->used == FAKE_RAM_SLOTS - 1)
		return NULL;
	fake->pages_left--;
	fake->used_slots[fake->used++] = slot;
	fake->gpas[slot] = base;
	fake->pages[slot] = calloc(1, GUEST_PAGE_SIZE);
	return fake->pages[slot];
}

static inline struct fake_ram *fake_ram_new(uint64_t size)
{
	struct fake_ram *fake = calloc(1, sizeof(*fake));

	if (!fake)
		abort();
	fake->ram = (struct guest_ram) { .size = size, .ctx = fake, .page = fake_ram_page };
	fake->pages_left = FAKE_RAM_SLOTS;
	return fake;
}

/* Back to untouched memory. */
static inline void fake_ram_clear(struct fake_ram *fake)
{
	while (fake->used) {
		unsigned slot = fake->used_slots[--fake->used];

		free(fake->pages[slot]);
		fake->pages[slot] = NULL;
	}
	fake->pages_left = FAKE_RAM_SLOTS;
}

static inline void fake_ram_free(struct fake_ram *fake)
{
	fake_ram_clear(fake);
	free(fake);
}

#endif
