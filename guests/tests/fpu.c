/*
 * x87, SSE and AVX registers keep their values while other vCPUs use them. Run two VMs with
 * different seeds on one core. Command line: seed=N rounds=N xcr0=N. With xcr0=3 AVX stays switched
 * off, and must stay so.
 */
#include <stdio.h>
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/random.h"
#include "guests/lib/verdict.h"

#define CPUID_1_ECX_XSAVE (1u << 26)
#define CPUID_1_ECX_AVX	  (1u << 28)
#define XCR0_AVX	  4
#define XCR0_ALL	  7 /* x87, SSE, AVX */

/* Registers 0-15: 32 bytes each, the low 16 of them SSE. */
struct vector_registers {
	uint8_t bytes[16][32];
};

static uint64_t xcr0; /* as we set it; 0: there is none */
static bool avx;
static struct vector_registers wanted __attribute__((aligned(64)));
static struct vector_registers found __attribute__((aligned(64)));

#define ALL_REGISTERS(DO)                                                                          \
	DO(0)                                                                                      \
	DO(1)                                                                                      \
	DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)

#define LOAD_AVX(n)  "vmovdqa " #n "*32(%0), %%ymm" #n "\n\t"
#define STORE_AVX(n) "vmovdqa %%ymm" #n ", " #n "*32(%1)\n\t"
#define LOAD_SSE(n)  "movdqa " #n "*32(%0), %%xmm" #n "\n\t"
#define STORE_SSE(n) "movdqa %%xmm" #n ", " #n "*32(%1)\n\t"

/* Load, spin, yield, store without a compiler in between that might use the registers. */
#define KEEP(LOAD, STORE)                                                                          \
	__asm__ volatile(ALL_REGISTERS(LOAD) "1: dec %2; jnz 1b\n\t"                               \
					     "test %3, %3; jz 2f\n\t"                              \
					     "mov $1, %%eax; vmcall\n"                             \
					     "2:\t" ALL_REGISTERS(STORE)                           \
			 : "+r"(from), "+r"(to), "+r"(turns)                                       \
			 : "r"(yields)                                                             \
			 : "rax", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",  \
			   "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",     \
			   "xmm14", "xmm15")

static void keep_vectors(uint64_t turns)
{
	const void *from = &wanted;
	void *to = &found;
	uint64_t yields = under_augur();

	if (avx)
		KEEP(LOAD_AVX, STORE_AVX);
	else
		KEEP(LOAD_SSE, STORE_SSE);
}

static void set_xcr0(uint64_t wanted_xcr0)
{
	uint32_t ecx = cpuid(1, 0).ecx;

	if (!(ecx & CPUID_1_ECX_XSAVE) || !(ecx & CPUID_1_ECX_AVX))
		return;
	xcr0 = wanted_xcr0;
	avx = xcr0 & XCR0_AVX;
	write_cr4(read_cr4() | CR4_OSXSAVE);
	xsetbv(0, xcr0);
}

static void fill(struct random *random)
{
	for (unsigned i = 0; i < sizeof(wanted) / 8; i++) {
		uint64_t value = random_next(random);

		memcpy((uint8_t *)&wanted + 8 * i, &value, 8);
	}
}

static bool same(void)
{
	for (unsigned i = 0; i < 16; i++)
		if (memcmp(wanted.bytes[i], found.bytes[i], avx ? 32 : 16) != 0)
			return false;
	return true;
}

static void test_x87(uint64_t seed, uint64_t turns)
{
	uint64_t in = seed | 1ull << 40, out = 0;
	uint16_t control = 0x27f, control_out = 0;

	__asm__ volatile("fninit; fldcw %4; fildll %3\n\t"
			 "1: dec %2; jnz 1b\n\t"
			 "fistpll %0; fnstcw %1"
			 : "=m"(out), "=m"(control_out), "+r"(turns)
			 : "m"(in), "m"(control)
			 : "cc");
	check(out == in, "x87 lost its register");
	check(control_out == control, "x87 control word became %#x", control_out);
}

static void test_mxcsr(uint64_t turns)
{
	uint32_t in = 0x1f80 | 0x6000, out = 0, usual = 0x1f80;

	__asm__ volatile("ldmxcsr %1\n\t1: dec %2; jnz 1b\n\tstmxcsr %0; ldmxcsr %3"
			 : "=m"(out), "+m"(in), "+r"(turns)
			 : "m"(usual)
			 : "cc");
	check(out == in, "MXCSR became %#x", (unsigned)out);
}

static bool upper_halves_clear(void)
{
	static const uint8_t zeros[16];

	for (unsigned i = 0; i < 16; i++)
		if (memcmp(found.bytes[i] + 16, zeros, 16) != 0)
			return false;
	return true;
}

/* What AVX adds has its initial value when it is switched on: nothing that another vCPU left. */
static void test_fresh_avx(void)
{
	const void *from = NULL;
	void *to = &found;

	if (avx || !xcr0)
		return;
	xsetbv(0, XCR0_ALL);
	__asm__ volatile(ALL_REGISTERS(STORE_AVX) : "+r"(from), "+r"(to) : : "memory");
	xsetbv(0, xcr0);
	check(upper_halves_clear(), "AVX registers were not clear when AVX was switched on");
}

int main(void)
{
	const char *line = guest_cmdline();
	struct random random = { arg_u64(line, "seed", 1) };
	uint64_t rounds = arg_u64(line, "rounds", 200);

	set_xcr0(arg_u64(line, "xcr0", XCR0_ALL));
	printf("registers: %s\n", avx ? "x87, SSE, AVX" : "x87, SSE");
	for (uint64_t i = 0; i < rounds; i++) {
		fill(&random);
		keep_vectors(1 + random_below(&random, 20000));
		if (!check(same(), "vector registers changed in round %lu", i))
			break;
		if (!check(!xcr0 || xgetbv(0) == xcr0, "XCR0 became %#lx", xgetbv(0)))
			break;
	}
	test_fresh_avx();
	test_x87(arg_u64(line, "seed", 1), 5000000);
	test_mxcsr(5000000);
	return verdict();
}
