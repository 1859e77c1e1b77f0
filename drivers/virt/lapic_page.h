/*
 * The virtual-APIC page (SDM vol. 3C, 30.1): what a processor with virtual-interrupt delivery keeps
 * of a guest's local APIC, so that interrupts, EOI, TPR and self-IPIs need no VM exit. Registers
 * lie where the xAPIC's MMIO page has them.
 *
 * Who has what. From lapic_page_enter() on, TPR, ISR and IRR are the processor's, in the page and
 * in the guest interrupt status; the model's TPR and ISR are zero, and its IRR holds only what was
 * requested since the last lapic_page_request(), which hands it over. Everything else - timer,
 * LVTs, ICR, TMR, posts of other cores - stays the model's. There is no way back: the processor
 * stops delivering when the guest's APIC has been reset.
 *
 * Pure. For the core that runs the vCPU, while the vCPU does not run.
 */
#ifndef DRIVERS_VIRT_LAPIC_PAGE_H
#define DRIVERS_VIRT_LAPIC_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/virt/lapic.h"

/* Register numbers as in MMIO offset / 16. */
#define LAPIC_PAGE_TPR	    0x08
#define LAPIC_PAGE_ISR	    0x10
#define LAPIC_PAGE_IRR	    0x20
#define LAPIC_PAGE_SELF_IPI 0x3F

struct lapic_page {
	uint32_t reg[256][4]; /* a register is the first word of its four */
};

/* Beside the page, in VMCS fields; the caller reads and writes these. */
struct lapic_delivery {
	uint16_t status;   /* guest interrupt status: RVI in bits 7:0, SVI in bits 15:8 */
	uint32_t level[8]; /* EOI-exit bitmap: level-triggered vectors */
};

/* Hands over the whole state of the model, which is in x2APIC mode. */
void lapic_page_enter(struct lapic *l, struct lapic_page *page, struct lapic_delivery *delivery);

/* Hands over what has been requested. True if that changed delivery->level. */
bool lapic_page_request(struct lapic *l, struct lapic_page *page, struct lapic_delivery *delivery);

/* True if the processor would deliver an interrupt as soon as the guest's IF is set. */
bool lapic_page_waits(const struct lapic_page *page, uint16_t status);

_Static_assert(sizeof(struct lapic_page) == 4096, "SDM vol. 3C, 24.6.8");

#endif
