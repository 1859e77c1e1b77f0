/*
 * The local APIC's registers as the guest reaches them: the MMIO page of xAPIC mode and the MSRs of
 * x2APIC mode, both through one table.
 */
#include "drivers/virt/lapic_internal.h"

#include <stddef.h>

/* Register numbers: MMIO offset / 16, or MSR - 0x800. */
enum {
	REG_ID = 0x02,
	REG_VERSION = 0x03,
	REG_TPR = 0x08,
	REG_PPR = 0x0A,
	REG_EOI = 0x0B,
	REG_LDR = 0x0D,
	REG_DFR = 0x0E,
	REG_SPIV = 0x0F,
	REG_ISR = 0x10,
	REG_TMR = 0x18,
	REG_IRR = 0x20,
	REG_ESR = 0x28,
	REG_ICR = 0x30,
	REG_ICR_HIGH = 0x31,
	REG_LVT_TIMER = 0x32,
	REG_LVT_THERMAL = 0x33,
	REG_LVT_PERF = 0x34,
	REG_LVT_LINT0 = 0x35,
	REG_LVT_LINT1 = 0x36,
	REG_LVT_ERROR = 0x37,
	REG_TIMER_INITIAL = 0x38,
	REG_TIMER_CURRENT = 0x39,
	REG_TIMER_DIVIDE = 0x3E,
	REG_SELF_IPI = 0x3F,
	REG_COUNT = 0x40
};

/* Version 0x15, six LVT entries, EOI broadcasts can be suppressed. */
#define VERSION (0x15u | (LAPIC_LVT_COUNT - 1) << 16 | 1u << 24)

#define ICR_SETTABLE   0x000CCFFFu
#define ICR_LEVEL      (1u << 14)
#define ICR_TRIGGER    (1u << 15)
#define ICR_LOGICAL    (1u << 11)
#define LVT_READ_ONLY  0x5000u /* delivery status, remote IRR */
#define LVT_FIXED_BITS (LVT_VECTOR | LVT_MASKED)
#define LVT_MODE_BITS  (LVT_FIXED_BITS | LVT_MODE)
#define LVT_LINT_BITS  (LVT_MODE_BITS | LVT_POLARITY | LVT_LEVEL)

/* What a register allows: R(ead), W(rite) by X(APIC) MMIO or x(2)APIC MSR. */
enum { RX = 1, WX = 2, R2 = 4, W2 = 8, READ = RX | R2, WRITE = WX | W2, ALL = READ | WRITE };

/* One write: the register's number, the value without bits that are not settable, the time. */
struct reg_write {
	unsigned index;
	uint32_t value;
	uint64_t now;
};

struct reg {
	/* Reading calls `read`; without one it gives word number - first of the array at field. */
	uint32_t (*read)(const struct lapic *l, uint64_t now);
	void (*write)(struct lapic *l, const struct reg_write *w);
	uint32_t settable; /* other bits set are #GP in x2APIC mode, ignored in xAPIC mode */
	uint16_t field;
	uint8_t first;
	uint8_t access;
};

static uint32_t read_id(const struct lapic *l, uint64_t now)
{
	(void)now;
	return lapic_in_x2apic(l) ? l->config.id : l->xapic_id;
}

static uint32_t read_version(const struct lapic *l, uint64_t now)
{
	(void)l, (void)now;
	return VERSION;
}

static uint32_t read_ppr(const struct lapic *l, uint64_t now)
{
	(void)now;
	return lapic_ppr(l);
}

static void write_id(struct lapic *l, const struct reg_write *w)
{
	lapic_publish(&l->xapic_id, w->value);
}

static void write_tpr(struct lapic *l, const struct reg_write *w)
{
	lapic_set_tpr(l, (uint8_t)w->value);
}

static void write_eoi(struct lapic *l, const struct reg_write *w)
{
	(void)w;
	lapic_eoi(l);
}

static void write_ldr(struct lapic *l, const struct reg_write *w)
{
	lapic_publish(&l->ldr, w->value);
}

static void write_dfr(struct lapic *l, const struct reg_write *w)
{
	lapic_publish(&l->dfr, w->value | 0x0FFFFFFFu);
}

/* Software-disabling masks all LVT entries, and they stay masked until it is enabled again. */
static void write_spiv(struct lapic *l, const struct reg_write *w)
{
	l->spiv = w->value;
	if (lapic_software_enabled(l))
		return;
	for (unsigned i = 0; i < LAPIC_LVT_COUNT; i++)
		l->lvt[i] |= LVT_MASKED;
	lapic_update_lint(l, 0, false);
}

/* A write shows the errors since the last write and re-arms the error interrupt. */
static void write_esr(struct lapic *l, const struct reg_write *w)
{
	(void)w;
	l->esr = l->esr_pending;
	l->esr_pending = 0;
}

static void write_icr(struct lapic *l, const struct reg_write *w)
{
	uint32_t dest = l->icr_high >> 24;

	lapic_send_icr(l, w->value, dest == 0xFF ? APIC_BROADCAST : dest);
}

static void write_icr_high(struct lapic *l, const struct reg_write *w)
{
	l->icr_high = w->value;
}

static void write_lvt(struct lapic *l, const struct reg_write *w)
{
	unsigned entry = w->index - REG_LVT_TIMER;
	uint32_t old = l->lvt[entry];
	uint32_t masked = lapic_software_enabled(l) ? 0 : LVT_MASKED;
	uint32_t remote_irr = w->value & LVT_LEVEL ? old & LVT_REMOTE_IRR : 0;

	l->lvt[entry] = (w->value & ~LVT_READ_ONLY) | masked | remote_irr;
	if (entry == LAPIC_LVT_TIMER)
		lapic_timer_mode_changed(l, old, w->value);
	if (entry == LAPIC_LVT_LINT0 || entry == LAPIC_LVT_LINT1)
		lapic_update_lint(l, entry - LAPIC_LVT_LINT0, false);
}

static void write_timer_initial(struct lapic *l, const struct reg_write *w)
{
	lapic_timer_load(l, w->value, w->now);
}

static void write_timer_divide(struct lapic *l, const struct reg_write *w)
{
	lapic_timer_set_divide(l, w->value, w->now);
}

static void write_self_ipi(struct lapic *l, const struct reg_write *w)
{
	lapic_self_ipi(l, (uint8_t)w->value);
}

#define FIELD(name, number) .field = offsetof(struct lapic, name), .first = (number)
#define LVT		    FIELD(lvt, REG_LVT_TIMER), .write = write_lvt, .access = ALL
#define SPIV_BITS	    (SPIV_VECTOR | SPIV_ENABLE | SPIV_NO_FOCUS_CHECK | SPIV_NO_EOI_BROADCAST)

static const struct reg regs[REG_COUNT] = {
	[REG_ID] = { .read = read_id, write_id, 0xFF000000, .access = READ | WX },
	[REG_VERSION] = { .read = read_version, .access = READ },
	[REG_TPR] = { FIELD(tpr, REG_TPR), .write = write_tpr, .settable = 0xFF, .access = ALL },
	[REG_PPR] = { .read = read_ppr, .access = READ },
	[REG_EOI] = { .write = write_eoi, .access = WRITE },
	[REG_LDR] = { FIELD(ldr, REG_LDR), .write = write_ldr, .settable = 0xFF000000,
		      .access = READ | WX },
	[REG_DFR] = { FIELD(dfr, REG_DFR), .write = write_dfr, .settable = 0xF0000000,
		      .access = RX | WX },
	[REG_SPIV] = { FIELD(spiv, REG_SPIV), .write = write_spiv, .settable = SPIV_BITS,
		       .access = ALL },
	[REG_ISR... REG_ISR + 7] = { FIELD(isr.word, REG_ISR), .access = READ },
	[REG_TMR... REG_TMR + 7] = { FIELD(tmr, REG_TMR), .access = READ },
	[REG_IRR... REG_IRR + 7] = { FIELD(irr.word, REG_IRR), .access = READ },
	[REG_ESR] = { FIELD(esr, REG_ESR), .write = write_esr, .access = ALL },
	[REG_ICR] = { FIELD(icr_low, REG_ICR), .write = write_icr, .settable = ICR_SETTABLE,
		      .access = READ | WX },
	[REG_ICR_HIGH] = { FIELD(icr_high, REG_ICR_HIGH), .write = write_icr_high,
			   .settable = 0xFF000000, .access = RX | WX },
	[REG_LVT_TIMER] = { LVT, .settable = LVT_FIXED_BITS | LVT_TIMER_MODE },
	[REG_LVT_THERMAL] = { LVT, .settable = LVT_MODE_BITS },
	[REG_LVT_PERF] = { LVT, .settable = LVT_MODE_BITS },
	[REG_LVT_LINT0] = { LVT, .settable = LVT_LINT_BITS },
	[REG_LVT_LINT1] = { LVT, .settable = LVT_LINT_BITS },
	[REG_LVT_ERROR] = { LVT, .settable = LVT_FIXED_BITS },
	[REG_TIMER_INITIAL] = { FIELD(timer.initial, REG_TIMER_INITIAL),
				.write = write_timer_initial, .settable = 0xFFFFFFFF,
				.access = ALL },
	[REG_TIMER_CURRENT] = { .read = lapic_timer_current, .access = READ },
	[REG_TIMER_DIVIDE] = { FIELD(timer.divide, REG_TIMER_DIVIDE), .write = write_timer_divide,
			       .settable = 0x0B, .access = ALL },
	[REG_SELF_IPI] = { .write = write_self_ipi, .settable = 0xFF, .access = W2 },
};

static uint32_t read_reg(const struct lapic *l, unsigned index, uint64_t now)
{
	const struct reg *reg = &regs[index];
	const char *field = (const char *)l + reg->field;

	if (reg->read)
		return reg->read(l, now);
	return ((const uint32_t *)field)[index - reg->first];
}

static void write_reg(struct lapic *l, unsigned index, uint32_t value, uint64_t now)
{
	const struct reg *reg = &regs[index];
	struct reg_write w = { .index = index, .value = value & reg->settable, .now = now };

	reg->write(l, &w);
}

/* The self shorthand is defined for fixed IPIs alone (SDM table 10-3); an NMI is let through. */
static void send_to_self(struct lapic *l, uint8_t vector, uint8_t mode)
{
	if (mode == APIC_FIXED)
		lapic_self_ipi(l, vector);
	else if (mode == APIC_NMI)
		l->events |= LAPIC_EVENT_NMI;
}

static bool sendable(const struct apic_message *message)
{
	bool reserved = message->mode == 3 || message->mode == APIC_EXTINT;

	return !reserved && !(message->mode == APIC_INIT && !message->assert_level);
}

void lapic_send_icr(struct lapic *l, uint32_t low, uint32_t dest)
{
	struct apic_message message = {
		.dest = dest,
		.vector = (uint8_t)low,
		.mode = low >> 8 & 7,
		.shorthand = low >> 18 & 3,
		.dest_logical = low & ICR_LOGICAL,
		.assert_level = (low & ICR_LEVEL) || !(low & ICR_TRIGGER),
	};

	l->icr_low = low;
	if (!sendable(&message))
		return;
	if (message.mode <= APIC_LOWEST_PRIORITY && message.vector < FIRST_LEGAL_VECTOR)
		lapic_error(l, ESR_SEND_ILLEGAL);
	else if (message.shorthand == APIC_TO_SELF)
		send_to_self(l, message.vector, message.mode);
	else
		l->config.ops->send(l->config.context, &message);
}

/* In x2APIC mode the ICR is one register of 64 bits. */
static enum error write_x2apic_icr(struct lapic *l, uint64_t value)
{
	if ((uint32_t)value & ~ICR_SETTABLE)
		return ERR_INVALID;
	l->icr_high = (uint32_t)(value >> 32);
	lapic_send_icr(l, (uint32_t)value, l->icr_high);
	return OK;
}

static enum error read_x2apic(struct lapic *l, unsigned index, uint64_t now, uint64_t *value)
{
	if (!lapic_in_x2apic(l) || index >= REG_COUNT || !(regs[index].access & R2))
		return ERR_INVALID;
	*value = read_reg(l, index, now);
	if (index == REG_ICR)
		*value |= (uint64_t)l->icr_high << 32;
	return OK;
}

/* Read-only bits of LVT entries are ignored, reserved ones are not. */
static bool value_legal(unsigned index, uint64_t value)
{
	bool lvt = index >= REG_LVT_TIMER && index <= REG_LVT_ERROR;
	uint32_t settable = regs[index].settable | (lvt ? LVT_READ_ONLY : 0);

	return !(value & ~(uint64_t)settable);
}

static enum error write_x2apic(struct lapic *l, unsigned index, uint64_t now, uint64_t value)
{
	if (!lapic_in_x2apic(l) || index >= REG_COUNT)
		return ERR_INVALID;
	if (index == REG_ICR)
		return write_x2apic_icr(l, value);
	if (!(regs[index].access & W2) || !value_legal(index, value))
		return ERR_INVALID;
	write_reg(l, index, (uint32_t)value, now);
	return OK;
}

enum error lapic_msr_read(struct lapic *l, uint32_t msr, uint64_t now, uint64_t *value)
{
	if (msr >= LAPIC_MSR_X2APIC_FIRST && msr <= LAPIC_MSR_X2APIC_LAST)
		return read_x2apic(l, msr - LAPIC_MSR_X2APIC_FIRST, now, value);
	if (msr == LAPIC_MSR_BASE)
		*value = l->apic_base;
	else if (msr == LAPIC_MSR_TSC_DEADLINE)
		*value = lapic_timer_deadline(l);
	else
		return ERR_INVALID;
	return OK;
}

enum error lapic_msr_write(struct lapic *l, uint32_t msr, uint64_t now, uint64_t value)
{
	if (msr >= LAPIC_MSR_X2APIC_FIRST && msr <= LAPIC_MSR_X2APIC_LAST)
		return write_x2apic(l, msr - LAPIC_MSR_X2APIC_FIRST, now, value);
	if (msr == LAPIC_MSR_BASE)
		return lapic_write_base(l, value);
	if (msr != LAPIC_MSR_TSC_DEADLINE)
		return ERR_INVALID;
	lapic_set_tsc_deadline(l, value);
	return OK;
}

/* Touching a register that does not exist is an error; reading a write-only one is not. */
static bool mmio_allowed(struct lapic *l, unsigned index, uint8_t access)
{
	if (index >= REG_COUNT || !(regs[index].access & (RX | WX))) {
		lapic_error(l, ESR_ILLEGAL_REGISTER);
		return false;
	}
	return regs[index].access & access;
}

uint32_t lapic_mmio_read(struct lapic *l, uint32_t offset, unsigned size, uint64_t now)
{
	if (offset % 16 + size > 4 || !mmio_allowed(l, offset / 16, RX))
		return 0;
	return read_reg(l, offset / 16, now) >> 8 * (offset % 16);
}

void lapic_mmio_write(struct lapic *l, uint32_t offset, unsigned size, uint32_t value, uint64_t now)
{
	if (offset % 16 || size != 4 || !mmio_allowed(l, offset / 16, WX))
		return;
	write_reg(l, offset / 16, value, now);
}
