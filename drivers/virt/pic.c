#include "drivers/virt/pic.h"

#include <stddef.h>
#include <string.h>

#define CASCADE_LINE   2
#define SPURIOUS_LINE  7
#define OPEN_BUS       0xFF
#define ELCR_OF_MASTER 0xF8 /* IRQ 0, 1 and 2 are always edge-triggered */
#define ELCR_OF_SLAVE  0xDE /* so are IRQ 8 and 13 */

enum {
	ICW1 = 1 << 4,
	ICW1_NEEDS_ICW4 = 1 << 0,
	ICW1_SINGLE = 1 << 1,

	ICW4_AUTO_EOI = 1 << 1,
	ICW4_SPECIAL_NESTED = 1 << 4,

	OCW3 = 1 << 3,
	OCW3_READ_ISR = 1 << 0,
	OCW3_READ = 1 << 1,
	OCW3_POLL = 1 << 2,
	OCW3_SPECIAL_MASK = 1 << 5,
	OCW3_SET_SPECIAL_MASK = 1 << 6,
};

/* How far below the top priority the best of `lines` is, 0..7, and in *line which it is; 8: none.
 */
static unsigned best_rank(const struct pic_chip *c, uint8_t lines, unsigned *line)
{
	for (unsigned r = 0; r < 8; r++) {
		unsigned candidate = (c->lowest + 1 + r) & 7;

		if (!(lines & 1u << candidate))
			continue;
		*line = candidate;
		return r;
	}
	return 8;
}

/* In special mask mode, masked lines in service hold back nothing and await a specific EOI. */
static uint8_t in_service(const struct pic_chip *c)
{
	return c->special_mask ? c->isr & ~c->imr : c->isr;
}

/*
 * The line that the chip would serve now, or -1: it has to beat what is in service. In special
 * fully nested mode the master lets the slave in again, which knows its own priorities.
 */
static int pending_line(const struct pic_chip *c, bool master)
{
	unsigned line = 0, served = 0;
	unsigned wanted = best_rank(c, c->irr & ~c->imr, &line);
	unsigned current = best_rank(c, in_service(c), &served);
	bool again = master && c->special_nested && line == CASCADE_LINE && wanted == current;

	if (wanted == 8 || c->init_step)
		return -1;
	return wanted < current || again ? (int)line : -1;
}

static void set_line(struct pic_chip *c, unsigned line, bool level)
{
	uint8_t bit = 1u << line;
	bool rose = level && !(c->lines & bit);

	c->lines = level ? c->lines | bit : c->lines & ~bit;
	if (rose || (level && (c->level_triggered & bit)))
		c->irr |= bit;
	else if (!level)
		c->irr &= ~bit;
}

/* Recomputes slave, cascade and output after any change. */
static void update(struct pic *p)
{
	bool output;

	set_line(&p->master, CASCADE_LINE, pending_line(&p->slave, false) >= 0);
	output = pending_line(&p->master, true) >= 0;
	if (output == p->output)
		return;
	p->output = output;
	p->ops->interrupt(p->context, output);
}

void pic_init(struct pic *p, const struct pic_ops *ops, void *context)
{
	memset(p, 0, sizeof(*p));
	p->ops = ops;
	p->context = context;
	p->master.imr = p->slave.imr = 0xFF;
	p->master.lowest = p->slave.lowest = 7;
	p->slave.vector_base = 8;
}

void pic_set_irq(struct pic *p, unsigned irq, bool level)
{
	if (irq > 15 || irq == CASCADE_LINE)
		return;
	set_line(irq < 8 ? &p->master : &p->slave, irq % 8, level);
	update(p);
}

static void end_of_interrupt(struct pic_chip *c, unsigned line, bool rotate)
{
	c->isr &= ~(1u << line);
	if (rotate)
		c->lowest = (uint8_t)line;
}

/* INTA to one chip: the line in service from now on; nothing pending is the spurious line 7. */
static unsigned acknowledge(struct pic_chip *c, bool master)
{
	int line = pending_line(c, master);

	if (line < 0)
		return SPURIOUS_LINE;
	c->isr |= 1u << line;
	if (!(c->level_triggered & 1u << line))
		c->irr &= ~(1u << line);
	if (c->auto_eoi)
		end_of_interrupt(c, (unsigned)line, c->rotate_on_auto_eoi);
	return (unsigned)line;
}

/* The cascade input follows the slave and is no latch: dropping it lets the next one rise. */
static uint8_t acknowledge_slave(struct pic *p)
{
	unsigned line = acknowledge(&p->slave, false);

	set_line(&p->master, CASCADE_LINE, false);
	return (uint8_t)(p->slave.vector_base + line);
}

/* INT drops during the INTA cycle even if another interrupt waits, and that one raises it again. */
static void drop_output(struct pic *p)
{
	if (!p->output)
		return;
	p->output = false;
	p->ops->interrupt(p->context, false);
}

uint8_t pic_acknowledge(struct pic *p)
{
	unsigned line = SPURIOUS_LINE;
	uint8_t vector;

	if (pending_line(&p->master, true) >= 0)
		line = acknowledge(&p->master, true);
	vector = (uint8_t)(p->master.vector_base + line);
	if (line == CASCADE_LINE)
		vector = acknowledge_slave(p);
	drop_output(p);
	update(p);
	return vector;
}

static void write_icw1(struct pic_chip *c, uint8_t value)
{
	uint8_t lines = c->lines, elcr = c->level_triggered, base = c->vector_base;

	memset(c, 0, sizeof(*c));
	c->lines = lines;
	c->level_triggered = elcr;
	c->vector_base = base;
	c->irr = lines & elcr;
	c->lowest = 7;
	c->init_step = 2;
	c->needs_icw4 = value & ICW1_NEEDS_ICW4;
	c->single = value & ICW1_SINGLE;
}

static void write_icw(struct pic_chip *c, uint8_t value)
{
	switch (c->init_step) {
	case 2:
		c->vector_base = value & 0xF8;
		c->init_step = !c->single ? 3 : c->needs_icw4 ? 4 : 0;
		break;
	case 3: /* the cascade is wired as on every PC */
		c->init_step = c->needs_icw4 ? 4 : 0;
		break;
	case 4:
		c->auto_eoi = value & ICW4_AUTO_EOI;
		c->special_nested = value & ICW4_SPECIAL_NESTED;
		c->init_step = 0;
		break;
	}
}

/* OCW2: bits 7..5 are rotate, specific, end of interrupt; bits 2..0 the line. */
static void write_ocw2(struct pic_chip *c, uint8_t value)
{
	bool rotate = value & 0x80, specific = value & 0x40, eoi = value & 0x20;
	unsigned line = value & 7;

	if (!eoi && !specific)
		c->rotate_on_auto_eoi = rotate;
	else if (!eoi && rotate)
		c->lowest = (uint8_t)line;
	else if (eoi && specific)
		end_of_interrupt(c, line, rotate);
	else if (eoi && best_rank(c, in_service(c), &line) < 8)
		end_of_interrupt(c, line, rotate);
}

static void write_ocw3(struct pic_chip *c, uint8_t value)
{
	if (value & OCW3_SET_SPECIAL_MASK)
		c->special_mask = value & OCW3_SPECIAL_MASK;
	if (value & OCW3_POLL)
		c->poll = true;
	else if (value & OCW3_READ)
		c->read_isr = value & OCW3_READ_ISR;
}

static void write_command(struct pic_chip *c, uint8_t value)
{
	if (value & ICW1)
		write_icw1(c, value);
	else if (value & OCW3)
		write_ocw3(c, value);
	else
		write_ocw2(c, value);
}

static void write_data(struct pic_chip *c, uint8_t value)
{
	if (c->init_step)
		write_icw(c, value);
	else
		c->imr = value;
}

/* The read after a poll command acts as the INTA: bit 7 says that there was an interrupt. */
static uint8_t read_poll(struct pic *p, struct pic_chip *c)
{
	bool master = c == &p->master;
	int line = pending_line(c, master);

	c->poll = false;
	if (line < 0)
		return 0;
	acknowledge(c, master);
	if (master && line == CASCADE_LINE)
		set_line(c, CASCADE_LINE, false);
	update(p);
	return (uint8_t)(0x80 | line);
}

static uint8_t read_chip(struct pic *p, struct pic_chip *c, bool data)
{
	if (c->poll)
		return read_poll(p, c);
	if (data)
		return c->imr;
	return c->read_isr ? c->isr : c->irr;
}

uint8_t pic_read(struct pic *p, uint16_t port)
{
	switch (port) {
	case 0x20:
	case 0x21:
		return read_chip(p, &p->master, port & 1);
	case 0xA0:
	case 0xA1:
		return read_chip(p, &p->slave, port & 1);
	case 0x4D0:
		return p->master.level_triggered;
	case 0x4D1:
		return p->slave.level_triggered;
	}
	return OPEN_BUS;
}

/* Level-triggered lines request for as long as they are high. */
static void write_elcr(struct pic_chip *c, uint8_t value)
{
	c->level_triggered = value;
	c->irr |= c->lines & value;
}

void pic_write(struct pic *p, uint16_t port, uint8_t value)
{
	switch (port) {
	case 0x20:
		write_command(&p->master, value);
		break;
	case 0x21:
		write_data(&p->master, value);
		break;
	case 0xA0:
		write_command(&p->slave, value);
		break;
	case 0xA1:
		write_data(&p->slave, value);
		break;
	case 0x4D0:
		write_elcr(&p->master, value & ELCR_OF_MASTER);
		break;
	case 0x4D1:
		write_elcr(&p->slave, value & ELCR_OF_SLAVE);
		break;
	}
	update(p);
}
