/*
 * The heart of the local APIC: requests, priorities, acceptance, end of interrupt. Registers are in
 * lapic_regs.c, the timer in lapic_timer.c, what other cores may call in lapic_post.c.
 */
#include "drivers/virt/lapic_internal.h"

#include <assert.h>
#include <string.h>

static void bitmap_set(struct lapic_bitmap *b, uint32_t bit)
{
	b->word[bit / 32] |= 1u << bit % 32;
	b->words |= 1u << bit / 32;
}

static void bitmap_clear(struct lapic_bitmap *b, uint32_t bit)
{
	b->word[bit / 32] &= ~(1u << bit % 32);
	if (!b->word[bit / 32])
		b->words &= ~(1u << bit / 32);
}

/* The highest bit; 0 if there is none, since bits 0 to 15 are never set. */
static uint32_t bitmap_top(const struct lapic_bitmap *b)
{
	uint32_t index;

	if (!b->words)
		return 0;
	index = 31 - (uint32_t)__builtin_clz(b->words);
	return index * 32 + 31 - (uint32_t)__builtin_clz(b->word[index]);
}

static uint32_t max_class(uint32_t a, uint32_t b)
{
	a &= 0xF0;
	b &= 0xF0;
	return a > b ? a : b;
}

void lapic_refresh(struct lapic *l)
{
	bool beats = (l->irr_top & 0xF0) > max_class(l->tpr, l->isr_top);

	l->deliverable = beats ? (int32_t)l->irr_top : -1;
}

static bool accepts(const struct lapic *l)
{
	return lapic_enabled(l) && lapic_software_enabled(l);
}

/* Puts a legal vector into the IRR; the TMR remembers how it was triggered until its EOI. */
static void request(struct lapic *l, uint8_t vector, bool level_triggered)
{
	uint32_t *tmr = &l->tmr[vector / 32];
	uint32_t bit = 1u << vector % 32;

	*tmr = level_triggered ? *tmr | bit : *tmr & ~bit;
	bitmap_set(&l->irr, vector);
	if (vector > l->irr_top) {
		l->irr_top = vector;
		lapic_refresh(l);
	}
}

void lapic_error(struct lapic *l, uint32_t esr_bit)
{
	uint32_t lvt = l->lvt[LAPIC_LVT_ERROR];
	bool first = !l->esr_pending;

	l->esr_pending |= esr_bit;
	if (!first || (lvt & LVT_MASKED) || !accepts(l))
		return;
	if ((lvt & LVT_VECTOR) < FIRST_LEGAL_VECTOR)
		l->esr_pending |= ESR_RECEIVE_ILLEGAL;
	else
		request(l, (uint8_t)lvt, false);
}

void lapic_inject(struct lapic *l, uint8_t vector, bool level_triggered)
{
	if (!accepts(l))
		return;
	if (vector < FIRST_LEGAL_VECTOR)
		lapic_error(l, ESR_RECEIVE_ILLEGAL);
	else
		request(l, vector, level_triggered);
}

void lapic_self_ipi(struct lapic *l, uint8_t vector)
{
	if (vector < FIRST_LEGAL_VECTOR)
		lapic_error(l, ESR_SEND_ILLEGAL);
	else
		lapic_inject(l, vector, false);
}

/* The vector's class is now the processor's, so nothing that stays in the IRR can beat it. */
void lapic_accept(struct lapic *l, uint8_t vector)
{
	assert(l->deliverable == vector);
	bitmap_clear(&l->irr, vector);
	bitmap_set(&l->isr, vector);
	l->irr_top = bitmap_top(&l->irr);
	l->isr_top = vector;
	l->deliverable = -1;
}

/* A level-triggered LINT entry waits for the EOI of its vector, then fires again if still held. */
static void rearm_lint(struct lapic *l, uint32_t vector)
{
	for (unsigned pin = 0; pin < 2; pin++) {
		uint32_t *lvt = &l->lvt[LAPIC_LVT_LINT0 + pin];

		if (!(*lvt & LVT_REMOTE_IRR) || (*lvt & LVT_VECTOR) != vector)
			continue;
		*lvt &= ~(uint32_t)LVT_REMOTE_IRR;
		lapic_update_lint(l, pin, false);
	}
}

void lapic_vector_ended(struct lapic *l, uint8_t vector)
{
	if (!(l->tmr[vector / 32] & 1u << vector % 32))
		return;
	rearm_lint(l, vector);
	if (!(l->spiv & SPIV_NO_EOI_BROADCAST))
		l->config.ops->eoi(l->config.context, vector);
}

void lapic_eoi(struct lapic *l)
{
	uint32_t vector = l->isr_top;

	if (!vector)
		return;
	bitmap_clear(&l->isr, vector);
	l->isr_top = bitmap_top(&l->isr);
	lapic_refresh(l);
	lapic_vector_ended(l, (uint8_t)vector);
}

void lapic_set_tpr(struct lapic *l, uint8_t tpr)
{
	lapic_publish(&l->tpr, tpr);
	lapic_refresh(l);
}

void lapic_set_cr8(struct lapic *l, uint8_t cr8)
{
	lapic_set_tpr(l, (uint8_t)(cr8 << 4));
}

/* SDM vol 3, 10.8.3.1: the low bits are the TPR's only if the TPR is what counts. */
uint8_t lapic_ppr(const struct lapic *l)
{
	if ((l->tpr & 0xF0) >= (l->isr_top & 0xF0))
		return (uint8_t)l->tpr;
	return l->isr_top & 0xF0;
}

uint8_t lapic_tpr_threshold(const struct lapic *l)
{
	uint32_t class = l->irr_top & 0xF0;

	if (class <= (l->isr_top & 0xF0) || class > (l->tpr & 0xF0))
		return 0;
	return (uint8_t)(class >> 4);
}

bool lapic_take_event(struct lapic *l, uint32_t event)
{
	bool there = l->events & event;

	l->events &= ~event;
	return there;
}

/* The event that a delivery mode other than fixed leads to; 0: none. */
static uint32_t event_of_mode(uint32_t mode)
{
	static const uint32_t events[8] = {
		[APIC_SMI] = LAPIC_EVENT_SMI,
		[APIC_NMI] = LAPIC_EVENT_NMI,
		[APIC_INIT] = LAPIC_EVENT_INIT,
		[APIC_EXTINT] = LAPIC_EVENT_EXTINT,
	};

	return events[mode & 7];
}

static void fire(struct lapic *l, uint32_t lvt)
{
	if (lvt_mode(lvt) == APIC_FIXED)
		lapic_inject(l, (uint8_t)lvt, false);
	else
		l->events |= event_of_mode(lvt_mode(lvt));
}

void lapic_fire_lvt(struct lapic *l, enum lapic_lvt entry)
{
	uint32_t lvt = l->lvt[entry];

	if (lvt & LVT_MASKED)
		return;
	if (entry == LAPIC_LVT_PERF)
		l->lvt[entry] |= LVT_MASKED;
	fire(l, lvt);
}

/* A disabled APIC passes LINT0 and LINT1 through as INTR and NMI. */
static uint32_t lint_in_force(const struct lapic *l, unsigned pin)
{
	if (lapic_enabled(l))
		return l->lvt[LAPIC_LVT_LINT0 + pin];
	return (pin ? APIC_NMI : APIC_EXTINT) << 8;
}

static void fire_level_lint(struct lapic *l, unsigned pin)
{
	uint32_t *lvt = &l->lvt[LAPIC_LVT_LINT0 + pin];

	if (!l->lint_level[pin] || (*lvt & LVT_REMOTE_IRR))
		return;
	*lvt |= LVT_REMOTE_IRR;
	lapic_inject(l, (uint8_t)*lvt, true);
}

/* ExtINT follows the level of the pin; fixed may be level-triggered; the rest are edges. */
void lapic_update_lint(struct lapic *l, unsigned pin, bool rose)
{
	uint32_t lvt = lint_in_force(l, pin);
	uint32_t mode = lvt_mode(lvt);
	bool open = !(lvt & LVT_MASKED);

	if (mode == APIC_EXTINT && open && l->lint_level[pin])
		l->events |= LAPIC_EVENT_EXTINT;
	else if (pin == 0)
		l->events &= ~(uint32_t)LAPIC_EVENT_EXTINT;
	if (!open || mode == APIC_EXTINT)
		return;
	if (mode == APIC_FIXED && (lvt & LVT_LEVEL))
		fire_level_lint(l, pin);
	else if (rose)
		fire(l, lvt);
}

static uint32_t x2apic_ldr(uint32_t id)
{
	return (id >> 4) << 16 | 1u << (id & 15);
}

void lapic_reset(struct lapic *l)
{
	memset(&l->irr, 0, sizeof(l->irr));
	memset(&l->isr, 0, sizeof(l->isr));
	memset(l->tmr, 0, sizeof(l->tmr));
	l->irr_top = 0;
	l->isr_top = 0;
	lapic_set_tpr(l, 0);
	l->events &= LAPIC_EVENT_INIT | LAPIC_EVENT_SIPI;
	lapic_publish(&l->ldr, lapic_in_x2apic(l) ? x2apic_ldr(l->config.id) : 0);
	lapic_publish(&l->dfr, DFR_FLAT);
	l->spiv = SPIV_VECTOR;
	l->icr_low = 0;
	l->icr_high = 0;
	l->esr = 0;
	l->esr_pending = 0;
	for (unsigned i = 0; i < LAPIC_LVT_COUNT; i++)
		l->lvt[i] = LVT_MASKED;
	lapic_timer_stop(l);
	l->timer.divide = 0;
	for (unsigned i = 0; i < 8; i++)
		__atomic_store_n(&l->pir[i], 0, __ATOMIC_RELAXED);
}

void lapic_init(struct lapic *l, const struct lapic_config *config)
{
	assert(config->numerator && config->denominator);
	assert(config->numerator / config->denominator < 1u << 20);
	memset(l, 0, sizeof(*l));
	l->config = *config;
	l->apic_base = LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE | (config->bsp ? LAPIC_BASE_BSP : 0);
	l->xapic_id = config->id << 24;
	lapic_reset(l);
}

void lapic_virtual_wire(struct lapic *l)
{
	l->spiv = SPIV_ENABLE | SPIV_VECTOR;
	l->lvt[LAPIC_LVT_LINT0] = APIC_EXTINT << 8;
	l->lvt[LAPIC_LVT_LINT1] = APIC_NMI << 8;
	lapic_update_lint(l, 0, false);
}

/* Legal moves between disabled, xAPIC and x2APIC mode: SDM vol 3, 10.12.5. */
static bool base_move_legal(uint64_t from, uint64_t to)
{
	bool was_on = from & LAPIC_BASE_ENABLE, was_x2 = from & LAPIC_BASE_X2APIC;
	bool on = to & LAPIC_BASE_ENABLE, x2 = to & LAPIC_BASE_X2APIC;

	if (x2)
		return on && was_on;
	return !(was_x2 && on);
}

enum error lapic_write_base(struct lapic *l, uint64_t value)
{
	uint64_t old = l->apic_base;
	uint64_t valid = ((1ull << l->config.phys_bits) - 0x1000) | LAPIC_BASE_BSP |
			 LAPIC_BASE_ENABLE | (l->config.x2apic ? LAPIC_BASE_X2APIC : 0);

	if ((value & ~valid) || !base_move_legal(old, value))
		return ERR_INVALID;
	__atomic_store_n(&l->apic_base, value, __ATOMIC_RELAXED);
	if ((old & LAPIC_BASE_ENABLE) && !(value & LAPIC_BASE_ENABLE)) {
		lapic_publish(&l->xapic_id, l->config.id << 24);
		lapic_reset(l);
		lapic_update_lint(l, 0, false);
	}
	if (value & ~old & LAPIC_BASE_X2APIC) {
		lapic_publish(&l->ldr, x2apic_ldr(l->config.id));
		l->icr_high = 0;
	}
	return OK;
}

static bool bitmap_consistent(const struct lapic_bitmap *b, uint32_t top)
{
	uint32_t words = 0, highest = 0;

	for (uint32_t i = 0; i < 8; i++) {
		if (!b->word[i])
			continue;
		words |= 1u << i;
		highest = i * 32 + 31 - (uint32_t)__builtin_clz(b->word[i]);
	}
	return words == b->words && highest == top && !(b->word[0] & 0xFFFF);
}

bool lapic_consistent(const struct lapic *l)
{
	bool beats = l->irr_top >> 4 > (uint32_t)lapic_ppr(l) >> 4;
	int32_t deliverable = beats ? (int32_t)l->irr_top : -1;

	return bitmap_consistent(&l->irr, l->irr_top) && bitmap_consistent(&l->isr, l->isr_top) &&
	       l->deliverable == deliverable;
}
