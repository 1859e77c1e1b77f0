/*
 * Any sequence of accesses, lines and acknowledges through the 8259 pair: an asserted output has a
 * vector behind it that goes into service, and no edge is pending whose line went away.
 */
#include "drivers/virt/pic.h"
#include "tests/fuzz/fuzz_input.h"

static bool line;

static void on_interrupt(void *context, bool level)
{
	(void)context;
	require(level != line);
	line = level;
}

static const struct pic_ops ops = { on_interrupt };

static void check_chip(const struct pic_chip *c)
{
	require(!(c->irr & ~c->level_triggered & ~c->lines));
	require(c->lowest < 8 && c->init_step <= 4 && c->init_step != 1);
	require(!(c->vector_base & 7));
}

static void acknowledge(struct pic *p)
{
	bool asserted = pic_output(p);
	const struct pic before = *p;
	uint8_t vector = pic_acknowledge(p);
	bool slave = vector >> 3 != before.master.vector_base >> 3 ||
		     (p->master.isr & ~before.master.isr & 4);
	const struct pic_chip *was = slave ? &before.slave : &before.master;

	require(vector >> 3 == was->vector_base >> 3);
	if (asserted) /* what is served was requested and not masked */
		require(was->irr & ~was->imr & 1u << (vector & 7) || before.master.auto_eoi ||
			before.master.vector_base == before.slave.vector_base);
	else
		require(vector == before.master.vector_base + 7 &&
			p->master.isr == before.master.isr);
}

static const uint16_t ports[8] = { 0x20, 0x21, 0xA0, 0xA1, 0x4D0, 0x4D1, 0x22, 0x20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct pic p;

	line = false;
	pic_init(&p, &ops, NULL);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);

		if (what & 0x80)
			pic_set_irq(&p, what & 31, what & 0x40);
		else if (what & 0x40)
			acknowledge(&p);
		else if (what & 0x20)
			pic_read(&p, ports[what & 7]);
		else
			pic_write(&p, ports[what & 7], (uint8_t)take(&in, 1));
		require(pic_output(&p) == line);
		check_chip(&p.master);
		check_chip(&p.slave);
	}
	return 0;
}
