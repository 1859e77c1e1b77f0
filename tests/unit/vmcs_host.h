/* A host's state as 64-bit mode with paging has it, for tests that build a VMCS. */
#ifndef TESTS_UNIT_VMCS_HOST_H
#define TESTS_UNIT_VMCS_HOST_H

#include "vmx/registers.h"
#include "vmx/vmcs_build.h"

static const struct vmcs_host host = {
	.cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_PE,
	.cr3 = 0x1000,
	.cr4 = CR4_PAE | CR4_VMXE | CR4_MCE,
	.efer = EFER_LME | EFER_LMA | EFER_NXE,
	.pat = PAT_RESET,
	.rsp = 0xffff800000010000,
	.rip = 0xffffffff80001000,
	.cs = 0x08,
	.ss = 0x10,
	.tr = 0x18,
	.gs_base = 0xffffffff80200000,
	.tr_base = 0xffffffff80300000,
	.gdtr_base = 0xffffffff80400000,
	.idtr_base = 0xffffffff80500000,
};

#endif
