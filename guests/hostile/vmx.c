/* Instructions of VMX and others that this guest was not offered. Expected: #UD (or as noted). */
#include <stddef.h>
#include <stdio.h>

#include "guests/lib/cpu.h"
#include "guests/lib/fault.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

static uint8_t area[4096] __attribute__((aligned(4096)));
static uint64_t area_address;

#define TRIAL(name, code)                                                                          \
	static void name(void *arg)                                                                \
	{                                                                                          \
		(void)arg;                                                                         \
		__asm__ volatile(code ::"m"(area_address), "m"(area)                               \
				 : "rax", "rbx", "rcx", "rdx", "memory", "cc");                    \
	}

TRIAL(do_vmxon, "vmxon %0")
TRIAL(do_vmxoff, "vmxoff")
TRIAL(do_vmclear, "vmclear %0")
TRIAL(do_vmptrld, "vmptrld %0")
TRIAL(do_vmptrst, "vmptrst %0")
TRIAL(do_vmlaunch, "vmlaunch")
TRIAL(do_vmresume, "vmresume")
TRIAL(do_vmread, "xor %%eax, %%eax; vmread %%rax, %%rbx")
TRIAL(do_vmwrite, "xor %%eax, %%eax; vmwrite %%rax, %%rax")
TRIAL(do_invept, "xor %%eax, %%eax; invept %1, %%rax")
TRIAL(do_invvpid, "xor %%eax, %%eax; invvpid %1, %%rax")
TRIAL(do_vmfunc, "xor %%eax, %%eax; vmfunc")
TRIAL(do_getsec, "xor %%eax, %%eax; .byte 0x0f, 0x37")
TRIAL(do_rsm, "rsm")
TRIAL(do_monitor, "lea %1, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor")
TRIAL(do_mwait, "xor %%eax, %%eax; xor %%ecx, %%ecx; mwait")
TRIAL(do_encls, "xor %%eax, %%eax; .byte 0x0f, 0x01, 0xcf")
TRIAL(do_vmmcall, "vmmcall")
TRIAL(do_xsetbv, "xor %%ecx, %%ecx; mov $7, %%eax; xor %%edx, %%edx; xsetbv")
TRIAL(do_invd, "invd")
TRIAL(do_wbinvd, "wbinvd")
TRIAL(do_rdpmc, "mov $0x7fffffff, %%ecx; rdpmc")
TRIAL(do_rdtscp, "rdtscp")

#define ANY (-2)

static const struct {
	const char *name;
	void (*execute)(void *arg);
	int expected; /* vector, NO_FAULT, or ANY where CPUID decides */
} trials[] = {
	{ "VMXON", do_vmxon, VECTOR_UD },
	{ "VMXOFF", do_vmxoff, VECTOR_UD },
	{ "VMCLEAR", do_vmclear, VECTOR_UD },
	{ "VMPTRLD", do_vmptrld, VECTOR_UD },
	{ "VMPTRST", do_vmptrst, VECTOR_UD },
	{ "VMLAUNCH", do_vmlaunch, VECTOR_UD },
	{ "VMRESUME", do_vmresume, VECTOR_UD },
	{ "VMREAD", do_vmread, VECTOR_UD },
	{ "VMWRITE", do_vmwrite, VECTOR_UD },
	{ "INVEPT", do_invept, VECTOR_UD },
	{ "INVVPID", do_invvpid, VECTOR_UD },
	{ "VMFUNC", do_vmfunc, VECTOR_UD },
	{ "GETSEC", do_getsec, VECTOR_UD },
	{ "RSM", do_rsm, VECTOR_UD },
	{ "MONITOR", do_monitor, VECTOR_UD },
	{ "MWAIT", do_mwait, VECTOR_UD },
	{ "ENCLS", do_encls, VECTOR_UD },
	{ "VMMCALL", do_vmmcall, VECTOR_UD },
	{ "XSETBV without OSXSAVE", do_xsetbv, VECTOR_UD },
	{ "RDPMC", do_rdpmc, VECTOR_GP },
	{ "INVD", do_invd, NO_FAULT },
	{ "WBINVD", do_wbinvd, NO_FAULT },
	{ "RDTSCP", do_rdtscp, ANY },
};

int main(void)
{
	area_address = (uintptr_t)area;
	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		int vector = catch_fault(trials[i].execute, NULL);

		printf("%s: vector %d\n", trials[i].name, vector);
		check(trials[i].expected == ANY || vector == trials[i].expected,
		      "%s: vector %d, not %d", trials[i].name, vector, trials[i].expected);
	}
	check(try_write_cr4(read_cr4() | CR4_VMXE) == VECTOR_GP, "CR4.VMXE can be set");
	check(!(read_cr4() & CR4_VMXE), "CR4.VMXE shows");
	return verdict();
}
