/* A local APIC under test whose callbacks are recorded. */
#ifndef TESTS_UNIT_LAPIC_FIXTURE_H
#define TESTS_UNIT_LAPIC_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "drivers/virt/lapic.h"

/* Register numbers: MMIO offset / 16, or MSR - 0x800. */
enum {
	R_ID = 0x02,
	R_VERSION = 0x03,
	R_TPR = 0x08,
	R_PPR = 0x0A,
	R_EOI = 0x0B,
	R_LDR = 0x0D,
	R_DFR = 0x0E,
	R_SPIV = 0x0F,
	R_ISR = 0x10,
	R_TMR = 0x18,
	R_IRR = 0x20,
	R_ESR = 0x28,
	R_ICR = 0x30,
	R_ICR2 = 0x31,
	R_LVT_TIMER = 0x32,
	R_LVT_THERMAL = 0x33,
	R_LVT_PERF = 0x34,
	R_LVT_LINT0 = 0x35,
	R_LVT_LINT1 = 0x36,
	R_LVT_ERROR = 0x37,
	R_INITIAL = 0x38,
	R_CURRENT = 0x39,
	R_DIVIDE = 0x3E,
	R_SELF_IPI = 0x3F,
};

#define MASKED (1u << 16)

struct recorder {
	struct apic_message message;
	unsigned sent;
	unsigned eois;
	uint8_t eoi_vector;
};

static void record_send(void *context, const struct apic_message *message)
{
	struct recorder *r = context;

	r->message = *message;
	r->sent++;
}

static void record_eoi(void *context, uint8_t vector)
{
	struct recorder *r = context;

	r->eoi_vector = vector;
	r->eois++;
}

static const struct lapic_ops recording_ops = { record_send, record_eoi };

static struct recorder recorder;
static struct lapic apic;

static inline struct lapic_config fixture_config(uint32_t id)
{
	return (struct lapic_config) {
		.ops = &recording_ops,
		.context = &recorder,
		.id = id,
		.numerator = 4,
		.denominator = 1,
		.phys_bits = 39,
		.bsp = id == 0,
		.x2apic = true,
	};
}

static inline uint32_t mmio(unsigned reg)
{
	return lapic_mmio_read(&apic, reg * 16, 4, 0);
}

static inline void mmio_set(unsigned reg, uint32_t value)
{
	lapic_mmio_write(&apic, reg * 16, 4, value, 0);
}

static inline uint64_t msr(unsigned reg)
{
	uint64_t value = 0;

	assert_int_equal(lapic_msr_read(&apic, 0x800 + reg, 0, &value), OK);
	return value;
}

static inline enum error msr_set(unsigned reg, uint64_t value)
{
	return lapic_msr_write(&apic, 0x800 + reg, 0, value);
}

static inline enum error base_set(uint64_t value)
{
	return lapic_msr_write(&apic, LAPIC_MSR_BASE, 0, value);
}

#define BASE_XAPIC  (0xFEE00000ull | 0x800)
#define BASE_X2APIC (0xFEE00000ull | 0xC00)

/* xAPIC mode, software-enabled. */
static inline int setup_xapic(void **state)
{
	struct lapic_config config = fixture_config(3);

	(void)state;
	recorder = (struct recorder) { 0 };
	lapic_init(&apic, &config);
	mmio_set(R_SPIV, 0x1FF);
	return 0;
}

static inline int setup_x2apic(void **state)
{
	setup_xapic(state);
	return base_set(BASE_X2APIC);
}

#endif
