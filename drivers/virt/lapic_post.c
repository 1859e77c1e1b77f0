/*
 * What other cores may do to a local APIC, and how its owner sees it.
 *
 * A poster first writes the details (request bitmap, SIPI vector, LINT level) and then sets a bit
 * of `posted`, releasing them; the owner takes `posted` whole, acquiring them. A poster that finds
 * `posted` zero is the one that has to tell the owner.
 */
#include "drivers/virt/lapic_internal.h"

#define POSTED_WORD_SHIFT 16

_Static_assert(LAPIC_POSTED_VECTORS >> POSTED_WORD_SHIFT == 0xFF, "a bit for each word of pir");

static bool announce(struct lapic *l, uint32_t bits)
{
	return __atomic_fetch_or(&l->posted, bits, __ATOMIC_RELEASE) == 0;
}

/* The trigger mode stays as it is until a post of the other kind: usually nothing to write. */
static void set_trigger(struct lapic *l, unsigned index, uint32_t bit, bool level_triggered)
{
	bool was_level = __atomic_load_n(&l->pir_level[index], __ATOMIC_RELAXED) & bit;

	if (level_triggered && !was_level)
		__atomic_fetch_or(&l->pir_level[index], bit, __ATOMIC_RELAXED);
	else if (!level_triggered && was_level)
		__atomic_fetch_and(&l->pir_level[index], ~bit, __ATOMIC_RELAXED);
}

bool lapic_post(struct lapic *l, uint8_t vector, bool level_triggered)
{
	uint32_t bit = 1u << vector % 32;

	set_trigger(l, vector / 32, bit, level_triggered);
	__atomic_fetch_or(&l->pir[vector / 32], bit, __ATOMIC_RELEASE);
	return announce(l, 1u << (POSTED_WORD_SHIFT + vector / 32));
}

bool lapic_post_event(struct lapic *l, uint32_t event)
{
	return announce(l, event);
}

bool lapic_post_sipi(struct lapic *l, uint8_t vector)
{
	__atomic_store_n(&l->posted_sipi, vector, __ATOMIC_RELAXED);
	return announce(l, LAPIC_EVENT_SIPI);
}

bool lapic_post_lint(struct lapic *l, unsigned pin, bool level)
{
	uint32_t bit = 1u << (pin & 1);

	if (!level)
		__atomic_fetch_and(&l->posted_lint, ~bit, __ATOMIC_RELAXED);
	else if (!(__atomic_fetch_or(&l->posted_lint, bit, __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(&l->posted_lint, bit << 8, __ATOMIC_RELAXED);
	return announce(l, LAPIC_POSTED_LINT);
}

bool lapic_post_message(struct lapic *l, const struct apic_message *message)
{
	switch (message->mode) {
	case APIC_FIXED:
	case APIC_LOWEST_PRIORITY:
		return lapic_post(l, message->vector, message->level_triggered);
	case APIC_SMI:
		return lapic_post_event(l, LAPIC_EVENT_SMI);
	case APIC_NMI:
		return lapic_post_event(l, LAPIC_EVENT_NMI);
	case APIC_INIT:
		return message->assert_level && lapic_post_event(l, LAPIC_EVENT_INIT);
	case APIC_STARTUP:
		return lapic_post_sipi(l, message->vector);
	case APIC_EXTINT:
		return lapic_post_event(l, LAPIC_EVENT_EXTINT);
	}
	return false;
}

static void merge_word(struct lapic *l, unsigned index)
{
	uint32_t bits = __atomic_exchange_n(&l->pir[index], 0, __ATOMIC_ACQUIRE);
	uint32_t level = __atomic_load_n(&l->pir_level[index], __ATOMIC_RELAXED);

	while (bits) {
		uint32_t bit = (uint32_t)__builtin_ctz(bits);

		bits &= bits - 1;
		lapic_inject(l, (uint8_t)(index * 32 + bit), level >> bit & 1);
	}
}

static void merge_vectors(struct lapic *l, uint32_t words)
{
	while (words) {
		merge_word(l, (unsigned)__builtin_ctz(words));
		words &= words - 1;
	}
}

static void merge_lint(struct lapic *l)
{
	uint32_t lint = __atomic_fetch_and(&l->posted_lint, 3u, __ATOMIC_RELAXED);

	for (unsigned pin = 0; pin < 2; pin++) {
		l->lint_level[pin] = lint >> pin & 1;
		lapic_update_lint(l, pin, lint >> (8 + pin) & 1);
	}
}

void lapic_sync(struct lapic *l)
{
	uint32_t posted = __atomic_exchange_n(&l->posted, 0, __ATOMIC_ACQUIRE);

	l->events |= posted & 0xFF;
	if (posted & LAPIC_EVENT_SIPI)
		l->sipi_vector = (uint8_t)__atomic_load_n(&l->posted_sipi, __ATOMIC_RELAXED);
	if (posted & LAPIC_POSTED_VECTORS)
		merge_vectors(l, posted >> POSTED_WORD_SHIFT);
	if (posted & LAPIC_POSTED_LINT)
		merge_lint(l);
}

void lapic_set_lint(struct lapic *l, unsigned pin, bool level)
{
	lapic_post_lint(l, pin, level);
	lapic_sync(l);
}

static bool matches_xapic_logical(const struct lapic *l, uint32_t dest)
{
	uint32_t mine = __atomic_load_n(&l->ldr, __ATOMIC_RELAXED) >> 24;

	if (__atomic_load_n(&l->dfr, __ATOMIC_RELAXED) >> 28 == 0xF)
		return mine & dest;
	return mine >> 4 == dest >> 4 && (mine & dest & 0xF);
}

static bool matches_x2apic_logical(const struct lapic *l, uint32_t dest)
{
	uint32_t mine = __atomic_load_n(&l->ldr, __ATOMIC_RELAXED);

	return mine >> 16 == dest >> 16 && (mine & dest & 0xFFFF);
}

bool lapic_matches(const struct lapic *l, uint32_t dest, bool logical)
{
	uint64_t base = __atomic_load_n(&l->apic_base, __ATOMIC_RELAXED);
	bool x2apic = base & LAPIC_BASE_X2APIC;

	if (!(base & LAPIC_BASE_ENABLE))
		return false;
	if (dest == APIC_BROADCAST)
		return true;
	if (x2apic)
		return logical ? matches_x2apic_logical(l, dest) : dest == l->config.id;
	if (logical)
		return dest <= 0xFF && matches_xapic_logical(l, dest);
	return dest == __atomic_load_n(&l->xapic_id, __ATOMIC_RELAXED) >> 24;
}
