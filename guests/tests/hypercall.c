/* The hypercall ABI, with right and with wrong arguments. */
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"
#include "hv/error.h"

#define NOWHERE 0xd0000000ull /* neither RAM nor a device */

static void test_unknown(void)
{
	static const uint64_t numbers[] = { 0, 6, 1000, UINT32_MAX, UINT64_MAX, 1ull << 32 | 2 };

	for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int64_t result = augur_hypercall(numbers[i], 0, 0, 0);

		check(result == ERR_UNSUPPORTED, "call %#lx gave %ld", numbers[i], result);
	}
}

static void test_write(void)
{
	static const char text[] = "written by hypercall\n";
	uint64_t end = guest_boot()->memory_low;
	int64_t result = augur_console_write((uintptr_t)text, strlen(text));

	check(result == (int64_t)strlen(text), "a write gave %ld", result);
	check(augur_console_write((uintptr_t)text, 0) == 0, "an empty write fails");
	result = augur_console_write((uintptr_t)text, AUGUR_HC_WRITE_MAX + 1);
	check(result == ERR_INVALID, "a write too long gave %ld", result);
	result = augur_console_write(NOWHERE, 16);
	check(result == ERR_FAULT, "a write from nowhere gave %ld", result);
	result = augur_console_write(end - 8, 16);
	check(result == ERR_FAULT, "a write across the end of RAM gave %ld", result);
	result = augur_console_write(UINT64_MAX - 4, 16);
	check(result == ERR_FAULT, "a write that wraps around gave %ld", result);
	result = augur_console_write((uintptr_t)text, UINT64_MAX);
	check(result == ERR_INVALID, "a write of 2^64 - 1 bytes gave %ld", result);
}

static void test_stats(void)
{
	static struct augur_vcpu_stats first __attribute__((aligned(64)));
	static struct augur_vcpu_stats second __attribute__((aligned(64)));
	int64_t result;

	check(augur_vcpu_stats((uintptr_t)&first) == 0, "statistics fail");
	check(first.run_ticks > 0 && first.exits > 0 && first.switches > 0,
	      "statistics are empty: run %lu, exits %lu, switches %lu", first.run_ticks,
	      first.exits, first.switches);
	spin_turns(100000);
	cpuid(0, 0);
	augur_vcpu_stats((uintptr_t)&second);
	check(second.run_ticks - first.run_ticks >= 200000, "200,000 instructions took %lu ticks",
	      second.run_ticks - first.run_ticks);
	check(second.exits - first.exits >= 2, "two exits counted as %lu",
	      second.exits - first.exits);
	result = augur_vcpu_stats((uintptr_t)&first + 1);
	check(result == ERR_INVALID, "a misaligned address gave %ld", result);
	result = augur_vcpu_stats(0x10fe8);
	check(result == ERR_INVALID, "an address that crosses a page gave %ld", result);
	result = augur_vcpu_stats(NOWHERE);
	check(result == ERR_FAULT, "an address that is nowhere gave %ld", result);
}

static void test_yield_and_core(void)
{
	check(augur_core_id() >= 0, "core id %ld", augur_core_id());
	check(augur_yield() == 0, "yield fails");
}

static void test_registers_survive(void)
{
	uint64_t rax = AUGUR_HC_CORE_ID, rbx = 1, rcx = 2, rdx = 3, rsi = 4, rdi = 5;
	register uint64_t r8 __asm__("r8") = 6, r15 __asm__("r15") = 7;

	__asm__ volatile("vmcall"
			 : "+a"(rax), "+b"(rbx), "+c"(rcx), "+d"(rdx), "+S"(rsi), "+D"(rdi),
			   "+r"(r8), "+r"(r15));
	check(rbx == 1 && rcx == 2 && rdx == 3 && rsi == 4 && rdi == 5 && r8 == 6 && r15 == 7,
	      "a register other than RAX changed");
}

int main(void)
{
	if (!check(under_augur(), "no signature in CPUID"))
		return verdict();
	test_unknown();
	test_write();
	test_stats();
	test_yield_and_core();
	test_registers_survive();
	return verdict();
}
