/*
 * Any sequence of guest accesses, posts and time through a local APIC: what is cached agrees with
 * the registers, illegal vectors never get in, and the timer always moves on.
 */
#include "drivers/virt/lapic.h"
#include "tests/fuzz/fuzz_input.h"

enum { REG_PPR = 0xA0, REG_INITIAL = 0x380, REG_CURRENT = 0x390 };

static unsigned eois_expected;

static void on_send(void *context, const struct apic_message *message)
{
	(void)context;
	require(message->mode != APIC_EXTINT && message->mode != 3);
	require(message->mode > APIC_LOWEST_PRIORITY || message->vector >= 16);
	require(message->shorthand != APIC_TO_SELF);
}

static void on_eoi(void *context, uint8_t vector)
{
	(void)context;
	require(vector >= 16);
	require(eois_expected--);
}

static const struct lapic_ops ops = { on_send, on_eoi };

static void start(struct lapic *l, struct fuzz_input *in)
{
	struct lapic_config config = {
		.ops = &ops,
		.id = (uint32_t)take(in, 2),
		.numerator = (uint32_t)take(in, 3) + 1,
		.denominator = (uint32_t)take(in, 3) + 1,
		.phys_bits = 39,
		.x2apic = true,
	};

	if (config.numerator / config.denominator >= 1u << 20)
		config.denominator = 1u << 12;
	lapic_init(l, &config);
	lapic_mmio_write(l, 0xF0, 4, 0x1FF, 0);
}

/* EOIs come only from level-triggered vectors in service. */
static void guest_access(struct lapic *l, struct fuzz_input *in, uint64_t now)
{
	uint64_t value;
	uint8_t kind = (uint8_t)take(in, 1);
	uint32_t where = (uint32_t)take(in, 1);

	eois_expected = l->isr_top ? 1 : 0;
	if (!lapic_mmio_enabled(l) || kind & 0x80) {
		if (kind & 1)
			lapic_msr_read(l, 0x800 + where, now, &value);
		else
			lapic_msr_write(l, 0x800 + where, now, take(in, kind & 2 ? 8 : 4));
	} else if (kind & 1) {
		lapic_mmio_read(l, where * 16 + (kind >> 1 & 3), kind >> 3 & 7, now);
	} else {
		lapic_mmio_write(l, where * 16, 4, (uint32_t)take(in, 4), now);
	}
	eois_expected = 0;
}

static void take_interrupt(struct lapic *l)
{
	int vector = lapic_pending_vector(l);

	if (vector < 0)
		return;
	require(vector >= 16 && vector >> 4 > lapic_ppr(l) >> 4);
	lapic_accept(l, (uint8_t)vector);
	require(lapic_pending_vector(l) == -1);
}

static void base_or_deadline(struct lapic *l, struct fuzz_input *in, uint64_t now)
{
	uint64_t value = take(in, 1);

	if (value & 1)
		lapic_msr_write(l, LAPIC_MSR_TSC_DEADLINE, now, take(in, 8));
	else
		lapic_msr_write(l, LAPIC_MSR_BASE, now, 0xFEE00000 | value << 4);
}

static void other_cores(struct lapic *l, struct fuzz_input *in)
{
	uint64_t value = take(in, 3);
	struct apic_message message = {
		.vector = (uint8_t)value,
		.mode = value >> 8 & 7,
		.level_triggered = value >> 11 & 1,
		.assert_level = value >> 12 & 1,
	};

	lapic_post_message(l, &message);
	if (value >> 13 & 1)
		lapic_post_lint(l, value >> 14 & 1, value >> 15 & 1);
	if (value >> 16 & 1)
		lapic_sync(l);
	lapic_matches(l, (uint32_t)value, value >> 17 & 1);
}

static void pass_time(struct lapic *l, struct fuzz_input *in, uint64_t *now)
{
	*now += take_ticks(in);
	lapic_timer_advance(l, *now);
	require(lapic_timer_expiry(l) > *now);
}

static void check(struct lapic *l, uint64_t now)
{
	require(lapic_consistent(l));
	require(lapic_tpr_threshold(l) == 0 || lapic_pending_vector(l) == -1);
	if (!lapic_mmio_enabled(l))
		return;
	require(lapic_mmio_read(l, REG_CURRENT, 4, now) <= lapic_mmio_read(l, REG_INITIAL, 4, now));
	require(lapic_mmio_read(l, REG_PPR, 4, now) == lapic_ppr(l));
}

static void step(struct lapic *l, struct fuzz_input *in, uint64_t *now)
{
	switch (take(in, 1) % 9) {
	case 0:
	case 1:
		guest_access(l, in, *now);
		break;
	case 2:
		take_interrupt(l);
		break;
	case 3:
		eois_expected = 1;
		lapic_eoi(l);
		eois_expected = 0;
		break;
	case 4:
		base_or_deadline(l, in, *now);
		break;
	case 5:
		other_cores(l, in);
		break;
	case 6:
		pass_time(l, in, now);
		break;
	case 7:
		lapic_set_tpr(l, (uint8_t)take(in, 1));
		break;
	case 8:
		lapic_inject(l, (uint8_t)take(in, 1), take(in, 1) & 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct lapic l;
	uint64_t now = 0;

	start(&l, &in);
	while (in.size) {
		step(&l, &in, &now);
		check(&l, now);
	}
	lapic_reset(&l);
	require(lapic_consistent(&l) && lapic_pending_vector(&l) == -1);
	return 0;
}
