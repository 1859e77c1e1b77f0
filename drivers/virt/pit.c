#include "drivers/virt/pit.h"

#include <string.h>

#include "drivers/virt/muldiv.h"

enum { PORT_CHANNEL0 = 0x40, PORT_CONTROL = 0x43, PORT_SPEAKER = 0x61 };
enum { ACCESS_LATCH = 0, ACCESS_LOW = 1, ACCESS_HIGH = 2, ACCESS_BOTH = 3 };
enum {
	SPEAKER_GATE = 1 << 0,
	SPEAKER_DATA = 1 << 1,
	SPEAKER_REFRESH = 1 << 4,
	SPEAKER_OUTPUT = 1 << 5
};
enum { READ_BACK = 3, READ_BACK_NO_COUNT = 1 << 5, READ_BACK_NO_STATUS = 1 << 4 };
enum { STATUS_OUTPUT = 1 << 7, STATUS_NULL_COUNT = 1 << 6 };

#define REFRESH_CLOCKS 18 /* half a period of the DRAM refresh bit: 15 us */

static bool periodic(const struct pit_channel *c)
{
	return c->mode == 2 || c->mode == 3;
}

static bool hardware_triggered(const struct pit_channel *c)
{
	return c->mode == 1 || c->mode == 5;
}

/* A low gate stops the count in all modes but those that it triggers. */
static bool stopped_by_gate(const struct pit_channel *c)
{
	return !c->gate && !hardware_triggered(c);
}

static uint64_t clocks_of(const struct pit *p, uint64_t ticks)
{
	return muldiv_floor(ticks, PIT_HZ, p->tsc_hz);
}

static uint64_t ticks_of(const struct pit *p, uint64_t clocks)
{
	return muldiv_ceil(clocks, p->tsc_hz, PIT_HZ);
}

/* PIT clocks since the count was loaded or triggered. */
static uint64_t elapsed(const struct pit *p, const struct pit_channel *c, uint64_t now)
{
	if (!c->started)
		return 0;
	return stopped_by_gate(c) ? c->frozen : clocks_of(p, now - c->start);
}

static uint16_t to_bcd(uint32_t value)
{
	return (uint16_t)(value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 |
			  value / 1000 % 10 << 12);
}

static uint32_t from_bcd(uint32_t value)
{
	return (value & 15) + (value >> 4 & 15) * 10 + (value >> 8 & 15) * 100 +
	       (value >> 12 & 15) * 1000;
}

/* The counting element as the guest reads it. One-shot modes wrap around and go on counting. */
static uint16_t current_count(const struct pit *p, const struct pit_channel *c, uint64_t now)
{
	uint64_t clocks = elapsed(p, c, now);
	uint32_t modulus = c->bcd ? 10000 : 65536;
	uint32_t value;

	if (c->mode == 2)
		value = c->count - (uint32_t)(clocks % c->count);
	else if (c->mode == 3) /* counts down twice as fast, once for each half of the period */
		value = (c->count - (uint32_t)(2 * clocks % c->count)) & ~1u;
	else
		value = c->count + modulus - (uint32_t)(clocks % modulus);
	value %= modulus;
	return c->bcd ? to_bcd(value) : (uint16_t)value;
}

static bool output(const struct pit *p, const struct pit_channel *c, uint64_t now)
{
	uint64_t clocks = elapsed(p, c, now);

	if (!c->started)
		return c->mode != 0;
	switch (c->mode) {
	case 0:
	case 1:
		return clocks >= c->count;
	case 2:
		return !c->gate || clocks % c->count != c->count - 1;
	case 3:
		return !c->gate || clocks % c->count < (c->count + 1) / 2;
	}
	return clocks != c->count;
}

static void begin(struct pit_channel *c, uint64_t now)
{
	c->started = true;
	c->start = now;
	c->frozen = 0;
	c->edges = 0;
}

static void set_line(struct pit *p, bool level)
{
	if (level == p->output)
		return;
	p->output = level;
	p->ops->interrupt(p->context, level);
}

/* Counts of one make no sense in the periodic modes; the chip forbids them. */
static void load(struct pit *p, struct pit_channel *c, uint32_t value, uint64_t now)
{
	uint32_t count = c->bcd ? from_bcd(value) : value;
	uint32_t modulus = c->bcd ? 10000 : 65536;

	c->count = count ? count : modulus;
	if (periodic(c) && c->count == 1)
		c->count = 2;
	c->loaded = true;
	if (!hardware_triggered(c))
		begin(c, now);
	if (c == &p->channel[0] && c->mode == 0)
		set_line(p, false);
}

static void write_count(struct pit *p, struct pit_channel *c, uint8_t value, uint64_t now)
{
	if (c->access == ACCESS_LOW) {
		load(p, c, value, now);
	} else if (c->access == ACCESS_HIGH) {
		load(p, c, (uint32_t)value << 8, now);
	} else if (!c->write_high) {
		c->write_low = value;
		c->write_high = true;
		if (c->mode == 0) /* the first byte stops the count */
			c->started = false;
	} else {
		c->write_high = false;
		load(p, c, (uint32_t)value << 8 | c->write_low, now);
	}
}

static void latch_count(const struct pit *p, struct pit_channel *c, uint64_t now)
{
	if (c->count_latched)
		return;
	c->latch = current_count(p, c, now);
	c->count_latched = true;
}

static void latch_status(const struct pit *p, struct pit_channel *c, uint64_t now)
{
	if (c->status_latched)
		return;
	c->status = (uint8_t)((output(p, c, now) ? STATUS_OUTPUT : 0) |
			      (c->loaded ? 0 : STATUS_NULL_COUNT) | c->access << 4 | c->mode << 1 |
			      c->bcd);
	c->status_latched = true;
}

static void read_back(struct pit *p, uint8_t value, uint64_t now)
{
	for (unsigned i = 0; i < 3; i++) {
		if (!(value & 2u << i))
			continue;
		if (!(value & READ_BACK_NO_COUNT))
			latch_count(p, &p->channel[i], now);
		if (!(value & READ_BACK_NO_STATUS))
			latch_status(p, &p->channel[i], now);
	}
}

static void set_mode(struct pit *p, struct pit_channel *c, uint8_t value)
{
	bool gate = c->gate;
	uint8_t mode = value >> 1 & 7;

	memset(c, 0, sizeof(*c));
	c->gate = gate;
	c->count = 65536;
	c->access = value >> 4 & 3;
	c->mode = mode > 5 ? mode - 4 : mode; /* 6 and 7 are other names for 2 and 3 */
	c->bcd = value & 1;
	if (c == &p->channel[0] && c->mode == 0)
		set_line(p, false);
}

static void write_control(struct pit *p, uint8_t value, uint64_t now)
{
	unsigned select = value >> 6;

	if (select == READ_BACK)
		read_back(p, value, now);
	else if ((value >> 4 & 3) == ACCESS_LATCH)
		latch_count(p, &p->channel[select], now);
	else
		set_mode(p, &p->channel[select], value);
}

/* Takes the bytes of a value in the order that the access mode sets. */
static uint8_t next_byte(struct pit_channel *c, uint16_t value, bool *last)
{
	bool high = c->access == ACCESS_HIGH || (c->access == ACCESS_BOTH && c->read_high);

	*last = c->access != ACCESS_BOTH || c->read_high;
	c->read_high = c->access == ACCESS_BOTH && !c->read_high;
	return (uint8_t)(high ? value >> 8 : value);
}

static uint8_t read_count(struct pit *p, struct pit_channel *c, uint64_t now)
{
	bool last;
	uint8_t byte;

	if (c->status_latched) {
		c->status_latched = false;
		return c->status;
	}
	if (!c->count_latched)
		return next_byte(c, current_count(p, c, now), &last);
	byte = next_byte(c, c->latch, &last);
	c->count_latched = !last;
	return byte;
}

/* A rising gate triggers modes 1 and 5, restarts 2 and 3, and lets 0 and 4 go on. */
static void set_gate(struct pit *p, struct pit_channel *c, bool gate, uint64_t now)
{
	if (gate == c->gate)
		return;
	c->frozen = elapsed(p, c, now);
	c->gate = gate;
	if (!gate || !c->loaded)
		return;
	if (hardware_triggered(c) || periodic(c))
		begin(c, now);
	else
		c->start = now - ticks_of(p, c->frozen);
}

static uint8_t read_speaker(const struct pit *p, uint64_t now)
{
	const struct pit_channel *c = &p->channel[2];

	return (c->gate ? SPEAKER_GATE : 0) | (p->speaker ? SPEAKER_DATA : 0) |
	       (clocks_of(p, now) / REFRESH_CLOCKS & 1 ? SPEAKER_REFRESH : 0) |
	       (output(p, c, now) ? SPEAKER_OUTPUT : 0);
}

void pit_init(struct pit *p, uint64_t tsc_hz, const struct pit_ops *ops, void *context)
{
	memset(p, 0, sizeof(*p));
	p->ops = ops;
	p->context = context;
	p->tsc_hz = tsc_hz;
	for (unsigned i = 0; i < 3; i++) {
		p->channel[i].gate = i != 2;
		p->channel[i].access = ACCESS_BOTH;
		p->channel[i].count = 65536;
	}
}

uint8_t pit_read(struct pit *p, uint16_t port, uint64_t now)
{
	if (port >= PORT_CHANNEL0 && port < PORT_CONTROL)
		return read_count(p, &p->channel[port - PORT_CHANNEL0], now);
	return port == PORT_SPEAKER ? read_speaker(p, now) : 0xFF;
}

void pit_write(struct pit *p, uint16_t port, uint8_t value, uint64_t now)
{
	if (port >= PORT_CHANNEL0 && port < PORT_CONTROL) {
		write_count(p, &p->channel[port - PORT_CHANNEL0], value, now);
	} else if (port == PORT_CONTROL) {
		write_control(p, value, now);
	} else if (port == PORT_SPEAKER) {
		p->speaker = value & SPEAKER_DATA;
		set_gate(p, &p->channel[2], value & SPEAKER_GATE, now);
	}
}

/* PIT clocks from the start to the edge after `edges` ones, or 0 if none follows. */
static uint64_t clocks_to_edge(const struct pit_channel *c, uint64_t edges)
{
	if (!c->started || hardware_triggered(c))
		return 0;
	if (periodic(c))
		return (edges + 1) * c->count;
	if (edges)
		return 0;
	return c->mode == 0 ? c->count : (uint64_t)c->count + 1; /* mode 4: after the strobe */
}

uint64_t pit_next_event(const struct pit *p)
{
	const struct pit_channel *c = &p->channel[0];
	uint64_t clocks = clocks_to_edge(c, c->edges);

	return clocks ? c->start + ticks_of(p, clocks) : PIT_NEVER;
}

void pit_advance(struct pit *p, uint64_t now)
{
	struct pit_channel *c = &p->channel[0];

	if (now < pit_next_event(p))
		return;
	c->edges = periodic(c) ? elapsed(p, c, now) / c->count : 1;
	set_line(p, false);
	set_line(p, true);
}
