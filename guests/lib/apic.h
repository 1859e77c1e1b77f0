/*
 * The local APIC of the calling vCPU, in x2APIC mode where CPUID offers it (and `apic=xapic` is not
 * on the command line), else through its MMIO page. SDM 3A chapter 11.
 */
#ifndef GUESTS_LIB_APIC_H
#define GUESTS_LIB_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define APIC_MMIO_BASE 0xfee00000u

/* Offsets in the MMIO page. */
enum apic_register {
	APIC_ID = 0x20,
	APIC_VERSION = 0x30,
	APIC_TPR = 0x80,
	APIC_EOI = 0xb0,
	APIC_LDR = 0xd0,
	APIC_SVR = 0xf0,
	APIC_ISR = 0x100,
	APIC_TMR = 0x180,
	APIC_IRR = 0x200,
	APIC_ESR = 0x280,
	APIC_ICR = 0x300,
	APIC_ICR_HIGH = 0x310,
	APIC_LVT_TIMER = 0x320,
	APIC_LVT_LINT0 = 0x350,
	APIC_LVT_LINT1 = 0x360,
	APIC_LVT_ERROR = 0x370,
	APIC_TIMER_INITIAL = 0x380,
	APIC_TIMER_CURRENT = 0x390,
	APIC_TIMER_DIVIDE = 0x3e0,
	APIC_SELF_IPI = 0x3f0,
};

#define APIC_LVT_MASKED	      (1u << 16)
#define APIC_TIMER_ONE_SHOT   0u
#define APIC_TIMER_PERIODIC   (1u << 17)
#define APIC_TIMER_DEADLINE   (2u << 17)
#define APIC_ICR_FIXED	      0u
#define APIC_ICR_NMI	      (4u << 8)
#define APIC_ICR_INIT	      (5u << 8)
#define APIC_ICR_STARTUP      (6u << 8)
#define APIC_ICR_ASSERT	      (1u << 14)
#define APIC_ICR_SELF	      (1u << 18)
#define APIC_ICR_ALL	      (2u << 18)
#define APIC_ICR_ALL_BUT_SELF (3u << 18)

/* Switches the APIC on, accepts all priorities; every LVT entry is masked. Once per vCPU. */
void apic_init(void);

bool apic_is_x2apic(void);
uint32_t apic_read(enum apic_register reg);
void apic_write(enum apic_register reg, uint32_t value);
uint32_t apic_id(void);
void apic_eoi(void);

/* Sends an interrupt: `command` is vector | delivery mode | shorthand. */
void apic_send(uint32_t destination, uint32_t command);
void apic_self_ipi(uint8_t vector);

/* Installs the short handler that counts in this_cpu()->ipi_count and signals EOI. */
void apic_count_ipis(uint8_t vector);

#endif
