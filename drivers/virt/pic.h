/*
 * A guest's pair of 8259A interrupt controllers as a PC wires them: the slave on the master's IR2,
 * ELCR at 0x4D0/0x4D1. The caller serialises calls.
 */
#ifndef DRIVERS_VIRT_PIC_H
#define DRIVERS_VIRT_PIC_H

#include <stdbool.h>
#include <stdint.h>

struct pic_ops {
	/* Level of the master's INT output (to LINT0 of the boot vCPU, see lapic_post_lint());
	 * called only when it changes, inside the pic_ call that caused it. */
	void (*interrupt)(void *context, bool level);
};

struct pic_chip {
	uint8_t irr, isr, imr;
	uint8_t lines;		 /* levels of IR0..IR7 */
	uint8_t level_triggered; /* ELCR */
	uint8_t vector_base;
	uint8_t lowest;	   /* the line of lowest priority; 7 after initialisation */
	uint8_t init_step; /* ICW expected next (2, 3, 4), 0: initialised */
	bool needs_icw4, single, auto_eoi, rotate_on_auto_eoi;
	bool special_mask, special_nested, poll, read_isr;
};

struct pic {
	const struct pic_ops *ops;
	void *context;
	struct pic_chip master, slave;
	bool output;
};

/* Everything masked until the guest initialises the chips. */
void pic_init(struct pic *p, const struct pic_ops *ops, void *context);

/* Guest access to 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1; other ports read 0xFF. */
uint8_t pic_read(struct pic *p, uint16_t port);
void pic_write(struct pic *p, uint16_t port, uint8_t value);

/* A device drives ISA line 0..15 (2 is the cascade and ignored). Edge-triggered lines need the line
 * to stay high until acknowledged, else the INTA finds a spurious interrupt. */
void pic_set_irq(struct pic *p, unsigned irq, bool level);

static inline bool pic_output(const struct pic *p)
{
	return p->output;
}

/* INTA: the vector to inject. With nothing pending: the spurious vector (IR7). */
uint8_t pic_acknowledge(struct pic *p);

#endif
