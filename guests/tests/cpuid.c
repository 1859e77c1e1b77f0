/* What CPUID may and must tell a guest. */
#include <string.h>

#include <augur/hypercall.h>

#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

enum cpuid_reg { EAX, EBX, ECX, EDX };

/* Bits that must be there (value 1) or must not (0), by leaf, subleaf, register, bit. */
static const struct {
	uint32_t leaf, subleaf;
	uint8_t reg, bit, value;
	const char *name;
} bits[] = {
	{ 1, 0, ECX, 5, 0, "VMX" },
	{ 1, 0, ECX, 6, 0, "SMX" },
	{ 1, 0, ECX, 3, 0, "MONITOR" },
	{ 1, 0, ECX, 21, 1, "x2APIC" },
	{ 1, 0, ECX, 24, 1, "TSC deadline" },
	{ 1, 0, ECX, 31, 1, "hypervisor present" },
	{ 1, 0, EDX, 4, 1, "TSC" },
	{ 1, 0, EDX, 5, 1, "MSR" },
	{ 1, 0, EDX, 6, 1, "PAE" },
	{ 1, 0, EDX, 9, 1, "APIC" },
	{ 1, 0, EDX, 24, 1, "FXSR" },
	{ 1, 0, EDX, 26, 1, "SSE2" },
	{ 6, 0, EAX, 2, 1, "ARAT" },
	{ 7, 0, EBX, 2, 0, "SGX" },
	{ 7, 0, EBX, 4, 0, "HLE" },
	{ 7, 0, EBX, 11, 0, "RTM" },
	{ 7, 0, EBX, 14, 0, "MPX" },
	{ 7, 0, EBX, 25, 0, "PT" },
	{ 0xa, 0, EAX, 0, 0, "performance monitoring" },
	{ 0x80000001, 0, EDX, 20, 1, "NX" },
	{ 0x80000001, 0, EDX, 29, 1, "long mode" },
	{ 0x80000007, 0, EDX, 8, 1, "invariant TSC" },
};

static uint32_t reg_of(struct cpuid r, uint8_t reg)
{
	const uint32_t regs[] = { r.eax, r.ebx, r.ecx, r.edx };

	return regs[reg];
}

static void test_bits(void)
{
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		struct cpuid r = cpuid(bits[i].leaf, bits[i].subleaf);

		check((reg_of(r, bits[i].reg) >> bits[i].bit & 1) == bits[i].value, "%s is %s",
		      bits[i].name, bits[i].value ? "missing" : "offered");
	}
}

static void test_vendor(void)
{
	struct cpuid r = cpuid(0, 0);
	uint32_t words[3] = { r.ebx, r.edx, r.ecx };

	check(memcmp(words, "GenuineIntel", 12) == 0, "vendor is another");
	check(r.eax >= 0x16, "only %#x basic leaves", (unsigned)r.eax);
}

static void test_hypervisor_leaves(void)
{
	struct cpuid base = cpuid(AUGUR_CPUID_BASE, 0), tsc = cpuid(AUGUR_CPUID_TSC, 0);
	uint32_t words[3] = { base.ebx, base.ecx, base.edx };

	check(memcmp(words, AUGUR_CPUID_SIGNATURE, 12) == 0, "signature is another");
	check(base.eax == AUGUR_CPUID_TSC, "last hypervisor leaf %#x", (unsigned)base.eax);
	check(tsc.eax == guest_boot()->tsc_hz / 1000, "TSC %u kHz, guest_boot says %lu Hz",
	      (unsigned)tsc.eax, guest_boot()->tsc_hz);
}

/* Linux computes crystal * numerator / denominator, the product in kHz and 32 bits. */
static void test_frequency(void)
{
	struct cpuid r = cpuid(0x15, 0);
	uint64_t hz, khz;

	if (!check(r.eax && r.ebx && r.ecx, "leaf 0x15 is incomplete: %u %u %u", (unsigned)r.eax,
		   (unsigned)r.ebx, (unsigned)r.ecx))
		return;
	hz = (uint64_t)r.ecx * r.ebx / r.eax;
	khz = (uint64_t)(r.ecx / 1000) * r.ebx;
	check(khz <= UINT32_MAX, "leaf 0x15 overflows 32 bits of kHz");
	check(hz >= guest_boot()->tsc_hz / 1000 * 999 && hz <= guest_boot()->tsc_hz / 1000 * 1001,
	      "leaf 0x15 says %lu Hz, guest_boot %lu Hz", hz, guest_boot()->tsc_hz);
	check(cpuid(0x16, 0).eax != 0, "leaf 0x16 is empty");
}

static void test_osxsave(void)
{
	uint64_t cr4 = read_cr4();

	check(!(cpuid(1, 0).ecx >> 27 & 1) == !(cr4 & CR4_OSXSAVE), "OSXSAVE is not CR4's");
	if (!(cpuid(1, 0).ecx >> 26 & 1))
		return;
	write_cr4(cr4 | CR4_OSXSAVE);
	check(cpuid(1, 0).ecx >> 27 & 1, "OSXSAVE does not follow CR4");
	write_cr4(cr4 & ~(uint64_t)CR4_OSXSAVE);
	check(!(cpuid(1, 0).ecx >> 27 & 1), "OSXSAVE stays when CR4 drops it");
}

static void test_registers_survive(void)
{
	uint64_t rax = 0xffffffff00000001, rcx = 0xffffffff00000000;

	__asm__ volatile("cpuid" : "+a"(rax), "+c"(rcx)::"rbx", "rdx");
	check(rax >> 32 == 0 && rcx >> 32 == 0, "upper halves are not cleared");
}

int main(void)
{
	test_vendor();
	test_bits();
	test_hypervisor_leaves();
	test_frequency();
	test_osxsave();
	test_registers_survive();
	return verdict();
}
