/* MSR policy: what is there works as documented, what is not there faults. */
#include <stddef.h>

#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

enum {
	MSR_TSC = 0x10,
	MSR_FEATURE_CONTROL = 0x3a,
	MSR_MISC_ENABLE = 0x1a0,
	MSR_PAT = 0x277,
	MSR_VMX_BASIC = 0x480,
	MSR_STAR = 0xc0000081,
	MSR_LSTAR = 0xc0000082,
	MSR_CSTAR = 0xc0000083,
	MSR_FMASK = 0xc0000084,
	MSR_TSC_AUX = 0xc0000103,
};

#define CANONICAL     0xffff912345678000ull
#define NOT_CANONICAL 0x0001000000000000ull
#define EFER_LMA      (1u << 10)

/* Registers that keep a value, and a value that they must refuse (0: none). */
static const struct {
	uint32_t msr;
	const char *name;
	uint64_t value, refused;
} kept[] = {
	{ MSR_STAR, "STAR", 0x0013000800000000, 0 },
	{ MSR_LSTAR, "LSTAR", CANONICAL, NOT_CANONICAL },
	{ MSR_CSTAR, "CSTAR", CANONICAL, NOT_CANONICAL },
	{ MSR_FMASK, "FMASK", 0x47700, 0 },
	{ MSR_FS_BASE, "FS_BASE", CANONICAL, NOT_CANONICAL },
	{ MSR_KERNEL_GS_BASE, "KERNEL_GS_BASE", CANONICAL, NOT_CANONICAL },
	{ MSR_PAT, "PAT", 0x0007010600070406, 0x0007010600070402 },
};

static const uint32_t absent[] = {
	0x2,   0x3,	   0x200,      0x2ff,	   0x309,      0x38f,	   0x400,	  0x570,
	0xd93, 0xdeadbeef, 0x4b564d00, 0x40000000, 0xc0001029, 0xc0010010, MSR_VMX_BASIC, 0x491,
};

static void test_kept(void)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		uint64_t before, after = 0;

		if (!check(try_rdmsr(kept[i].msr, &before) == NO_FAULT, "%s faults", kept[i].name))
			continue;
		check(try_wrmsr(kept[i].msr, kept[i].value) == NO_FAULT, "%s refuses %#lx",
		      kept[i].name, kept[i].value);
		try_rdmsr(kept[i].msr, &after);
		check(after == kept[i].value, "%s reads %#lx", kept[i].name, after);
		if (kept[i].refused)
			check(try_wrmsr(kept[i].msr, kept[i].refused) == VECTOR_GP,
			      "%s accepts %#lx", kept[i].name, kept[i].refused);
		wrmsr(kept[i].msr, before);
	}
}

static void test_absent(void)
{
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
		uint64_t value;

		check(try_rdmsr(absent[i], &value) == VECTOR_GP, "RDMSR %#x does not fault",
		      (unsigned)absent[i]);
		check(try_wrmsr(absent[i], 0) == VECTOR_GP, "WRMSR %#x does not fault",
		      (unsigned)absent[i]);
	}
}

static void test_efer(void)
{
	uint64_t efer = rdmsr(MSR_EFER);

	check(efer & EFER_LMA, "LMA is clear in long mode: %#lx", efer);
	check(try_wrmsr(MSR_EFER, efer & ~(uint64_t)EFER_LME) == VECTOR_GP,
	      "LME can be cleared with paging on");
	check(try_wrmsr(MSR_EFER, efer | 1ull << 40) == VECTOR_GP, "a reserved bit can be set");
	check(try_wrmsr(MSR_EFER, efer | 1) == NO_FAULT, "SCE cannot be set");
	check(rdmsr(MSR_EFER) == (efer | 1), "SCE does not read back");
	wrmsr(MSR_EFER, efer);
}

static void test_tsc(void)
{
	uint64_t before = rdtsc(), through_msr = rdmsr(MSR_TSC), after = rdtsc();
	uint64_t adjust;

	check(before < through_msr && through_msr < after, "the TSC MSR is not RDTSC's clock");
	if (try_rdmsr(MSR_TSC_ADJUST, &adjust) != NO_FAULT)
		return;
	wrmsr(MSR_TSC_ADJUST, adjust + 1000000000);
	before = after;
	after = rdtsc();
	check(after - before >= 1000000000 && after - before < 2000000000,
	      "TSC_ADJUST moved the TSC by %lu", after - before);
	wrmsr(MSR_TSC_ADJUST, adjust);
	check(rdmsr(MSR_TSC_ADJUST) == adjust, "TSC_ADJUST does not read back");
}

static void test_apic_base(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	check((base & ~0xfffull) == 0xfee00000, "APIC_BASE is %#lx", base);
	check(base & 1u << 8, "the boot vCPU is not BSP");
	check(try_wrmsr(MSR_APIC_BASE, base | 1ull << 50) == VECTOR_GP,
	      "APIC_BASE accepts reserved bits");
	check(try_wrmsr(MSR_APIC_BASE, (base | 1u << 10) & ~(1ull << 11)) == VECTOR_GP,
	      "APIC_BASE accepts x2APIC without enable");
}

static void test_feature_control(void)
{
	uint64_t value;

	if (try_rdmsr(MSR_FEATURE_CONTROL, &value) != NO_FAULT)
		return;
	check(value & 1, "FEATURE_CONTROL is not locked: %#lx", value);
	check(!(value & 6), "FEATURE_CONTROL offers VMX: %#lx", value);
}

int main(void)
{
	test_kept();
	test_absent();
	test_efer();
	test_tsc();
	test_apic_base();
	test_feature_control();
	return verdict();
}
