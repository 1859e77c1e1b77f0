#include "guests/lib/apic.h"

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"

#define CPUID_1_ECX_X2APIC (1u << 21)
#define APIC_BASE_EXTD	   (1u << 10)
#define SVR_ENABLE	   (1u << 8)
#define ICR_PENDING	   (1u << 12)

void ipi_entry_x2apic(void);
void ipi_entry_xapic(void);

static bool x2apic;

bool apic_is_x2apic(void)
{
	return x2apic;
}

static volatile uint32_t *mmio(enum apic_register reg)
{
	return (volatile uint32_t *)(uintptr_t)(APIC_MMIO_BASE + reg);
}

uint32_t apic_read(enum apic_register reg)
{
	return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + reg / 16) : *mmio(reg);
}

void apic_write(enum apic_register reg, uint32_t value)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + reg / 16, value);
	else
		*mmio(reg) = value;
}

uint32_t apic_id(void)
{
	uint32_t id = apic_read(APIC_ID);

	return x2apic ? id : id >> 24;
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

static bool want_x2apic(void)
{
	return (cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC) && !arg_is(guest_cmdline(), "apic", "xapic");
}

void apic_init(void)
{
	x2apic = want_x2apic();
	if (x2apic)
		wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_EXTD);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
	apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
	apic_write(APIC_LVT_LINT1, APIC_LVT_MASKED);
	apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED | VECTOR_SPURIOUS);
}

static void wait_until_sent(void)
{
	while (*mmio(APIC_ICR) & ICR_PENDING)
		cpu_relax();
}

void apic_send(uint32_t destination, uint32_t command)
{
	if (x2apic) {
		wrmsr(MSR_X2APIC + APIC_ICR / 16, (uint64_t)destination << 32 | command);
		return;
	}
	wait_until_sent();
	*mmio(APIC_ICR_HIGH) = destination << 24;
	*mmio(APIC_ICR) = command;
	wait_until_sent();
}

void apic_self_ipi(uint8_t vector)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + APIC_SELF_IPI / 16, vector);
	else
		apic_send(0, APIC_ICR_SELF | APIC_ICR_ASSERT | vector);
}

void apic_count_ipis(uint8_t vector)
{
	interrupt_handle_raw(vector, x2apic ? ipi_entry_x2apic : ipi_entry_xapic);
}
