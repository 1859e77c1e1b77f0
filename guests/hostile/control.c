/*
 * Toggles every bit of CR0, CR3, CR4, CR8, EFER and XCR0, one at a time and in random combinations.
 * Expected: #GP, or the bit takes effect and reads back. What is forbidden whatever the CPU is
 * checked by name. Command line: seed=N, rounds=N (default 2000).
 */
#include <stdio.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

#define CR0_ET	     (1u << 4)
#define CR0_NE	     (1u << 5)
#define CR0_NW	     (1u << 29)
#define CR0_HARMLESS 0x60050022ull /* CD, NW, AM, WP, NE, MP: TS and EM would stop SSE */
#define CR4_HARMLESS 0x0030079full /* all but PAE, MCE, VMXE, SMXE, PCIDE, OSXSAVE, LA57 */
#define EFER_SCE     1ull
#define EFER_NXE     (1ull << 11)

struct reg {
	const char *name;
	uint64_t (*read)(void);
	int (*write)(uint64_t value);
	uint64_t must_fault; /* toggling one of these bits is #GP on every CPU in 64-bit mode */
};

static uint64_t read_efer(void)
{
	return rdmsr(MSR_EFER);
}

static int write_efer(uint64_t value)
{
	return try_wrmsr(MSR_EFER, value);
}

static uint64_t read_xcr0(void)
{
	return xgetbv(0);
}

static int write_xcr0(uint64_t value)
{
	return try_xsetbv(0, value);
}

static const struct reg cr0 = { "CR0", read_cr0, try_write_cr0,
				0xffffffff00000000 | CR0_PG | CR0_NW | CR0_PE };
static const struct reg cr4 = { "CR4", read_cr4, try_write_cr4,
				0xfffffffff0000000 | CR4_PAE | CR4_VMXE };
static const struct reg efer = { "EFER", read_efer, write_efer, ~(uint64_t)0xf01 | EFER_LME };
static const struct reg xcr0 = { "XCR0", read_xcr0, write_xcr0, 1 | 3ull << 62 };

/* The vector, with everything put back. What is in force while it is changed is no C code but this.
 */
static int toggle(const struct reg *reg, uint64_t bits, uint64_t *seen)
{
	uint64_t before = reg->read();
	int vector = reg->write(before ^ bits);

	*seen = reg->read();
	reg->write(before);
	return vector;
}

static void toggle_each(const struct reg *reg)
{
	unsigned accepted = 0;

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t mask = 1ull << bit, seen;
		uint64_t before = reg->read();
		int vector = toggle(reg, mask, &seen);

		check(vector == NO_FAULT || vector == VECTOR_GP, "%s bit %u: vector %d", reg->name,
		      bit, vector);
		if (reg->must_fault & mask)
			check(vector == VECTOR_GP, "%s bit %u can be toggled", reg->name, bit);
		if (vector == VECTOR_GP)
			check(seen == before, "%s changed by a write that faulted", reg->name);
		accepted += vector == NO_FAULT;
		check(reg->read() == before, "%s bit %u: does not return to %#lx", reg->name, bit,
		      before);
	}
	printf("%s: %u bits can be toggled\n", reg->name, accepted);
}

static void toggle_random(const struct reg *reg, struct random *random, uint64_t rounds,
			  uint64_t among)
{
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t before = reg->read(), seen;

		toggle(reg, random_next(random) & among, &seen);
		if (!check(reg->read() == before, "%s: does not return", reg->name))
			return;
	}
}

static void test_cr3(void)
{
	uint64_t before = read_cr3();

	check(try_write_cr3(before | 1ull << 62) == VECTOR_GP, "CR3 bit 62 can be set");
	check(try_write_cr3(before | 1ull << 52) == VECTOR_GP, "CR3 bit 52 can be set");
	check(try_write_cr3(before) == NO_FAULT, "CR3 cannot be written back");
}

static void write_cr8_wrong(void *arg)
{
	(void)arg;
	write_cr8(16);
}

static void use_old_msw(void *arg)
{
	(void)arg;
	__asm__ volatile("lmsw %w0; clts" ::"r"(0x2));
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 2000);

	toggle_each(&cr0);
	toggle_each(&efer);
	if (cpuid(1, 0).ecx & 1u << 26) {
		write_cr4(read_cr4() | CR4_OSXSAVE);
		toggle_each(&xcr0);
		toggle_random(&xcr0, &random, rounds, UINT64_MAX);
	}
	toggle_each(&cr4);
	toggle_random(&cr0, &random, rounds, CR0_HARMLESS);
	toggle_random(&cr4, &random, rounds, CR4_HARMLESS);
	toggle_random(&efer, &random, rounds, EFER_SCE | EFER_NXE | ~(uint64_t)0xfff);
	test_cr3();
	check(catch_fault(write_cr8_wrong, NULL) == VECTOR_GP, "CR8 takes 16");
	check(catch_fault(use_old_msw, NULL) == NO_FAULT, "LMSW or CLTS faults");
	check(read_cr0() & CR0_PE, "LMSW cleared PE");
	return verdict();
}
