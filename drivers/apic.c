#include "drivers/apic.h"

#include <stddef.h>

#include "hv/cpuid.h"
#include "hv/io.h"
#include "hv/msr.h"
#include "hv/paging.h"
#include "hv/time.h"
#include "hv/traps.h"

/* Offsets of xAPIC registers; the x2APIC MSR is MSR_X2APIC_FIRST + offset / 16. */
enum apic_register {
	APIC_ID = 0x20,
	APIC_TASK_PRIORITY = 0x80,
	APIC_EOI = 0xb0,
	APIC_SPURIOUS = 0xf0,
	APIC_IN_SERVICE = 0x100, /* eight registers */
	APIC_COMMAND = 0x300,
	APIC_COMMAND_HIGH = 0x310, /* xAPIC only */
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_PERFORMANCE = 0x340,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
};

enum {
	BASE_ENABLED = 1 << 11,
	BASE_X2 = 1 << 10,
	SPURIOUS_ENABLE = 1 << 8,
	LVT_MASKED = 1 << 16,
	LVT_TSC_DEADLINE = 2 << 17,
	DIVIDE_BY_1 = 0xb,
	COMMAND_NMI = 4 << 8,
	COMMAND_INIT = 5 << 8,
	COMMAND_STARTUP = 6 << 8,
	COMMAND_ASSERT = 1 << 14,
	COMMAND_PENDING = 1 << 12, /* xAPIC only */
	COMMAND_OTHERS = 3 << 18,
};

#define BASE_ADDRESS	0x000ffffffffff000ull
#define MEASURE_US	10000u
#define COMMAND_RETRIES 1000000u

static bool x2_mode;
static bool tsc_deadline;
static volatile uint8_t *xapic;		   /* registers, where x2_mode is false */
static struct time_factor counts_per_tick; /* where tsc_deadline is false */

static uint32_t apic_read(enum apic_register reg)
{
	if (x2_mode)
		return (uint32_t)msr_read(MSR_X2APIC_FIRST + reg / 16);
	return mmio_read32(xapic + reg);
}

static void apic_write(enum apic_register reg, uint32_t value)
{
	if (x2_mode)
		msr_write(MSR_X2APIC_FIRST + reg / 16, value);
	else
		mmio_write32(xapic + reg, value);
}

bool apic_is_x2(void)
{
	return x2_mode;
}

bool apic_has_tsc_deadline(void)
{
	return tsc_deadline;
}

uint32_t apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return x2_mode ? id : id >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

enum error apic_init(void)
{
	struct cpuid_result features = cpuid_read(1, 0);
	uint64_t base = msr_read(MSR_APIC_BASE);

	if ((features.edx >> 9 & 1) == 0)
		return ERR_UNSUPPORTED;
	x2_mode = features.ecx >> 21 & 1;
	tsc_deadline = features.ecx >> 24 & 1;
	if (!x2_mode)
		xapic = mmio_map(base & BASE_ADDRESS, 4096, MMIO_UNCACHED);
	if (!x2_mode && xapic == NULL)
		return ERR_NO_MEMORY;
	apic_init_core();
	return OK;
}

/* What the firmware's handlers did not acknowledge would block everything of lower priority. */
static void acknowledge_leftovers(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t in_service = 0;

		for (uint32_t reg = 0; reg < 8; reg++)
			in_service |= apic_read(APIC_IN_SERVICE + reg * 16);
		if (in_service == 0)
			return;
		apic_eoi();
	}
}

/* From disabled to x2APIC only by way of xAPIC (Intel SDM vol. 3, 10.12.5). */
static void enable(void)
{
	uint64_t base = msr_read(MSR_APIC_BASE);

	if ((base & BASE_ENABLED) == 0)
		msr_write(MSR_APIC_BASE, base |= BASE_ENABLED);
	if (x2_mode && (base & BASE_X2) == 0)
		msr_write(MSR_APIC_BASE, base | BASE_X2);
}

void apic_init_core(void)
{
	enable();
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_TASK_PRIORITY, 0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED);
	apic_write(APIC_LVT_LINT1, LVT_MASKED);
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_write(APIC_LVT_PERFORMANCE, LVT_MASKED);
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (tsc_deadline ? LVT_TSC_DEADLINE : 0));
	if (tsc_deadline) {
		/* The mode must have changed before the deadline is written (SDM 10.5.4.1). */
		__asm__ volatile("mfence" ::: "memory");
		msr_write(MSR_TSC_DEADLINE, 0);
	}
	acknowledge_leftovers();
}

static void send(uint32_t destination, uint32_t command)
{
	/* Stores before the IPI must be seen by its receiver; x2APIC writes do not order them. */
	__asm__ volatile("mfence; lfence" ::: "memory");
	if (x2_mode) {
		msr_write(MSR_X2APIC_FIRST + APIC_COMMAND / 16,
			  (uint64_t)destination << 32 | command);
		return;
	}
	for (uint32_t i = 0; i < COMMAND_RETRIES; i++)
		if ((apic_read(APIC_COMMAND) & COMMAND_PENDING) == 0)
			break;
	apic_write(APIC_COMMAND_HIGH, destination << 24);
	apic_write(APIC_COMMAND, command);
}

void apic_send_fixed(uint32_t apic_id, uint8_t vector)
{
	send(apic_id, COMMAND_ASSERT | vector);
}

void apic_send_nmi(uint32_t apic_id)
{
	send(apic_id, COMMAND_ASSERT | COMMAND_NMI);
}

void apic_send_init(uint32_t apic_id)
{
	send(apic_id, COMMAND_ASSERT | COMMAND_INIT);
}

void apic_send_startup(uint32_t apic_id, uint8_t page)
{
	send(apic_id, COMMAND_ASSERT | COMMAND_STARTUP | page);
}

void apic_send_nmi_others(void)
{
	send(0, COMMAND_ASSERT | COMMAND_OTHERS | COMMAND_NMI);
}

void apic_send_init_others(void)
{
	send(0, COMMAND_ASSERT | COMMAND_OTHERS | COMMAND_INIT);
}

void apic_send_startup_others(uint8_t page)
{
	send(0, COMMAND_ASSERT | COMMAND_OTHERS | COMMAND_STARTUP | page);
}

void apic_timer_init(void)
{
	uint64_t start, ticks;
	uint32_t counts;

	if (tsc_deadline)
		return;
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	start = tsc_now();
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
	delay_us(MEASURE_US);
	counts = UINT32_MAX - apic_read(APIC_TIMER_CURRENT);
	ticks = tsc_now() - start;
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	counts_per_tick = time_factor_make(counts, ticks);
}

static void arm_counter(uint64_t deadline)
{
	uint64_t now = tsc_now();
	uint64_t counts = deadline > now ? time_scale(deadline - now, counts_per_tick) : 0;

	if (counts > UINT32_MAX)
		counts = UINT32_MAX;
	apic_write(APIC_TIMER_INITIAL, counts == 0 ? 1 : (uint32_t)counts);
}

void apic_timer_arm(uint64_t deadline)
{
	if (tsc_deadline)
		msr_write(MSR_TSC_DEADLINE, deadline == 0 ? 1 : deadline); /* 0 disarms */
	else
		arm_counter(deadline);
}

void apic_timer_disarm(void)
{
	if (tsc_deadline)
		msr_write(MSR_TSC_DEADLINE, 0);
	else
		apic_write(APIC_TIMER_INITIAL, 0);
}
