/* Architectural register bits and MSR numbers that the VT-x code and the guests' policies use. */
#ifndef VMX_REGISTERS_H
#define VMX_REGISTERS_H

#include <stdint.h>

/* SDM volume 3A, 2.5 */
#define CR0_PE (1ull << 0)
#define CR0_MP (1ull << 1)
#define CR0_EM (1ull << 2)
#define CR0_TS (1ull << 3)
#define CR0_ET (1ull << 4)
#define CR0_NE (1ull << 5)
#define CR0_WP (1ull << 16)
#define CR0_AM (1ull << 18)
#define CR0_NW (1ull << 29)
#define CR0_CD (1ull << 30)
#define CR0_PG (1ull << 31)

#define CR4_VME	       (1ull << 0)
#define CR4_PVI	       (1ull << 1)
#define CR4_TSD	       (1ull << 2)
#define CR4_DE	       (1ull << 3)
#define CR4_PSE	       (1ull << 4)
#define CR4_PAE	       (1ull << 5)
#define CR4_MCE	       (1ull << 6)
#define CR4_PGE	       (1ull << 7)
#define CR4_PCE	       (1ull << 8)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_UMIP       (1ull << 11)
#define CR4_LA57       (1ull << 12)
#define CR4_VMXE       (1ull << 13)
#define CR4_SMXE       (1ull << 14)
#define CR4_FSGSBASE   (1ull << 16)
#define CR4_PCIDE      (1ull << 17)
#define CR4_OSXSAVE    (1ull << 18)
#define CR4_KL	       (1ull << 19)
#define CR4_SMEP       (1ull << 20)
#define CR4_SMAP       (1ull << 21)
#define CR4_PKE	       (1ull << 22)
#define CR4_CET	       (1ull << 23)
#define CR4_PKS	       (1ull << 24)
#define CR4_UINTR      (1ull << 25)

#define EFER_SCE (1ull << 0)
#define EFER_LME (1ull << 8)
#define EFER_LMA (1ull << 10)
#define EFER_NXE (1ull << 11)

#define RFLAGS_FIXED1 (1ull << 1)
#define RFLAGS_TF     (1ull << 8)
#define RFLAGS_IF     (1ull << 9)
#define RFLAGS_DF     (1ull << 10)
#define RFLAGS_VM     (1ull << 17)

#define XCR0_X87    (1ull << 0)
#define XCR0_SSE    (1ull << 1)
#define XCR0_AVX    (1ull << 2)
#define XCR0_MPX    (3ull << 3)
#define XCR0_OPMASK (1ull << 5)
#define XCR0_ZMM_HI (1ull << 6)
#define XCR0_HI_ZMM (1ull << 7)
#define XCR0_AVX512 (XCR0_OPMASK | XCR0_ZMM_HI | XCR0_HI_ZMM)
#define XCR0_PKRU   (1ull << 9)

#define APIC_BASE_BSP	 (1ull << 8)
#define APIC_BASE_X2APIC (1ull << 10)
#define APIC_BASE_ENABLE (1ull << 11)

/* Value of IA32_PAT after reset: WB, WT, UC-, UC, twice. */
#define PAT_RESET 0x0007040600070406ull

/* DR7 and DR6 after reset. */
#define DR7_RESET 0x400ull
#define DR6_RESET 0xffff0ff0ull

/* Model-specific registers under the SDM's names (volume 4). */
enum ia32_msr {
	IA32_TSC = 0x10,
	IA32_PLATFORM_ID = 0x17,
	IA32_APIC_BASE = 0x1b,
	IA32_FEATURE_CONTROL = 0x3a,
	IA32_TSC_ADJUST = 0x3b,
	IA32_SPEC_CTRL = 0x48,
	IA32_PRED_CMD = 0x49,
	IA32_BIOS_UPDATE_TRIGGER = 0x79,
	IA32_BIOS_SIGN_ID = 0x8b,
	IA32_PLATFORM_INFO = 0xce,
	IA32_MTRR_CAP = 0xfe,
	IA32_ARCH_CAPABILITIES = 0x10a,
	IA32_FLUSH_CMD = 0x10b,
	IA32_SYSENTER_CS = 0x174,
	IA32_SYSENTER_ESP = 0x175,
	IA32_SYSENTER_EIP = 0x176,
	IA32_MCG_CAP = 0x179,
	IA32_MCG_STATUS = 0x17a,
	IA32_MISC_ENABLE = 0x1a0,
	IA32_DEBUGCTL = 0x1d9,
	IA32_MTRR_PHYS_BASE0 = 0x200, /* base n is 0x200 + 2n, mask n 0x201 + 2n */
	IA32_MTRR_FIX64K_00000 = 0x250,
	IA32_MTRR_FIX16K_80000 = 0x258,
	IA32_MTRR_FIX16K_A0000 = 0x259,
	IA32_MTRR_FIX4K_C0000 = 0x268, /* to 0x26f */
	IA32_PAT = 0x277,
	IA32_MTRR_DEF_TYPE = 0x2ff,
	IA32_VMX_BASIC = 0x480,
	IA32_VMX_PINBASED_CTLS = 0x481,
	IA32_VMX_PROCBASED_CTLS = 0x482,
	IA32_VMX_EXIT_CTLS = 0x483,
	IA32_VMX_ENTRY_CTLS = 0x484,
	IA32_VMX_MISC = 0x485,
	IA32_VMX_CR0_FIXED0 = 0x486,
	IA32_VMX_CR0_FIXED1 = 0x487,
	IA32_VMX_CR4_FIXED0 = 0x488,
	IA32_VMX_CR4_FIXED1 = 0x489,
	IA32_VMX_VMCS_ENUM = 0x48a,
	IA32_VMX_PROCBASED_CTLS2 = 0x48b,
	IA32_VMX_EPT_VPID_CAP = 0x48c,
	IA32_VMX_TRUE_PINBASED_CTLS = 0x48d,
	IA32_VMX_TRUE_PROCBASED_CTLS = 0x48e,
	IA32_VMX_TRUE_EXIT_CTLS = 0x48f,
	IA32_VMX_TRUE_ENTRY_CTLS = 0x490,
	IA32_VMX_VMFUNC = 0x491,
	IA32_VMX_PROCBASED_CTLS3 = 0x492,
	IA32_VMX_EXIT_CTLS2 = 0x493,
	IA32_TSC_DEADLINE = 0x6e0,
	IA32_X2APIC_FIRST = 0x800,
	IA32_X2APIC_TPR = 0x808,
	IA32_X2APIC_PPR = 0x80a,
	IA32_X2APIC_EOI = 0x80b,
	IA32_X2APIC_ISR = 0x810, /* the first of eight, as of IRR */
	IA32_X2APIC_IRR = 0x820,
	IA32_X2APIC_SELF_IPI = 0x83f,
	IA32_X2APIC_LAST = 0x8ff,
	IA32_XSS = 0xda0,
	IA32_EFER = 0xc0000080,
	IA32_STAR = 0xc0000081,
	IA32_LSTAR = 0xc0000082,
	IA32_CSTAR = 0xc0000083,
	IA32_FMASK = 0xc0000084,
	IA32_FS_BASE = 0xc0000100,
	IA32_GS_BASE = 0xc0000101,
	IA32_KERNEL_GS_BASE = 0xc0000102,
	IA32_TSC_AUX = 0xc0000103,
};

/* IA32_FEATURE_CONTROL */
#define FEATURE_CONTROL_LOCK	    (1ull << 0)
#define FEATURE_CONTROL_VMX_IN_SMX  (1ull << 1)
#define FEATURE_CONTROL_VMX_OUTSIDE (1ull << 2)

#endif
