#include "drivers/virt/lapic_page.h"

#include <string.h>

#include "drivers/virt/lapic_internal.h"

#define RVI_MASK  0xFFu
#define SVI_SHIFT 8

static uint32_t class_of(uint32_t vector)
{
	return vector & 0xF0;
}

void lapic_page_enter(struct lapic *l, struct lapic_page *page, struct lapic_delivery *delivery)
{
	memset(page, 0, sizeof(*page));
	page->reg[LAPIC_PAGE_TPR][0] = l->tpr;
	for (unsigned i = 0; i < 8; i++) {
		page->reg[LAPIC_PAGE_ISR + i][0] = l->isr.word[i];
		delivery->level[i] = l->tmr[i];
	}
	delivery->status = (uint16_t)(l->isr_top << SVI_SHIFT);
	memset(&l->isr, 0, sizeof(l->isr));
	l->isr_top = 0;
	lapic_set_tpr(l, 0);
	lapic_page_request(l, page, delivery);
}

static bool request_word(struct lapic *l, struct lapic_page *page, struct lapic_delivery *delivery,
			 unsigned i)
{
	uint32_t bits = l->irr.word[i];
	uint32_t level = (delivery->level[i] & ~bits) | (l->tmr[i] & bits);
	bool changed = level != delivery->level[i];

	page->reg[LAPIC_PAGE_IRR + i][0] |= bits;
	delivery->level[i] = level;
	l->irr.word[i] = 0;
	return changed;
}

bool lapic_page_request(struct lapic *l, struct lapic_page *page, struct lapic_delivery *delivery)
{
	uint32_t rvi = delivery->status & RVI_MASK;
	bool changed = false;

	for (uint32_t words = l->irr.words; words; words &= words - 1)
		changed |= request_word(l, page, delivery, (unsigned)__builtin_ctz(words));
	if (l->irr_top > rvi)
		delivery->status = (uint16_t)((delivery->status & ~RVI_MASK) | l->irr_top);
	l->irr.words = 0;
	l->irr_top = 0;
	lapic_refresh(l);
	return changed;
}

bool lapic_page_waits(const struct lapic_page *page, uint16_t status)
{
	uint32_t requested = class_of(status & RVI_MASK);

	return requested > class_of(status >> SVI_SHIFT) &&
	       requested > class_of(page->reg[LAPIC_PAGE_TPR][0]);
}
