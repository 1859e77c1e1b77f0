/* The states in which a vCPU can begin: reset, start-up IPI, real, protected and long mode. */
#include <string.h>

#include "vmx/registers.h"
#include "vmx/vmcs_build.h"

#define FLAT_CODE 0x08
#define FLAT_DATA 0x10

#define CODE_REAL   (ACCESS_TYPE_CODE_XR | ACCESS_CODE_DATA | ACCESS_PRESENT)
#define DATA_REAL   (ACCESS_TYPE_DATA_RW | ACCESS_CODE_DATA | ACCESS_PRESENT)
#define DATA_FLAT   (DATA_REAL | ACCESS_DEFAULT_BIG | ACCESS_GRANULARITY)
#define CODE_FLAT32 (CODE_REAL | ACCESS_DEFAULT_BIG | ACCESS_GRANULARITY)
#define CODE_FLAT64 (CODE_REAL | ACCESS_LONG | ACCESS_GRANULARITY)
#define LDT_EMPTY   (ACCESS_TYPE_LDT | ACCESS_PRESENT)
#define TSS_BUSY    (ACCESS_TYPE_BUSY_TSS | ACCESS_PRESENT)

#define TSS_LIMIT  0x67
#define REAL_LIMIT 0xffff

static void data_segments(struct vmcs_start *start, struct vmcs_segment segment)
{
	start->segment[SEGMENT_ES] = segment;
	start->segment[SEGMENT_SS] = segment;
	start->segment[SEGMENT_DS] = segment;
	start->segment[SEGMENT_FS] = segment;
	start->segment[SEGMENT_GS] = segment;
}

void vmcs_start_reset(struct vmcs_start *start, uint32_t signature)
{
	memset(start, 0, sizeof(*start));
	start->gpr[GPR_RDX] = signature;
	start->rip = 0xfff0;
	start->rflags = RFLAGS_FIXED1;
	start->cr0 = CR0_CD | CR0_NW | CR0_ET;
	start->pat = PAT_RESET;
	start->dr7 = DR7_RESET;
	start->segment[SEGMENT_CS] = (struct vmcs_segment) {
		.selector = 0xf000, .limit = REAL_LIMIT, .access = CODE_REAL, .base = 0xffff0000
	};
	data_segments(start, (struct vmcs_segment) { .limit = REAL_LIMIT, .access = DATA_REAL });
	start->segment[SEGMENT_LDTR] =
		(struct vmcs_segment) { .limit = REAL_LIMIT, .access = LDT_EMPTY };
	start->segment[SEGMENT_TR] =
		(struct vmcs_segment) { .limit = REAL_LIMIT, .access = TSS_BUSY };
	start->gdtr_limit = REAL_LIMIT;
	start->idtr_limit = REAL_LIMIT;
}

void vmcs_start_sipi(struct vmcs_start *start, uint32_t signature, uint8_t vector)
{
	vmcs_start_reset(start, signature);
	start->rip = 0;
	start->segment[SEGMENT_CS].selector = (uint16_t)(vector << 8);
	start->segment[SEGMENT_CS].base = (uint64_t)vector << 12;
}

/* Firmware would have enabled the caches before it hands over. */
void vmcs_start_real16(struct vmcs_start *start, uint16_t segment, uint16_t offset, uint16_t stack)
{
	vmcs_start_reset(start, 0);
	start->cr0 = CR0_ET;
	start->rip = offset;
	start->gpr[GPR_RSP] = stack;
	start->segment[SEGMENT_CS].selector = segment;
	start->segment[SEGMENT_CS].base = (uint64_t)segment << 4;
}

static void flat_segments(struct vmcs_start *start, uint32_t code_access)
{
	start->segment[SEGMENT_CS] = (struct vmcs_segment) { .selector = FLAT_CODE,
							     .limit = UINT32_MAX,
							     .access = code_access };
	data_segments(start, (struct vmcs_segment) { .selector = FLAT_DATA,
						     .limit = UINT32_MAX,
						     .access = DATA_FLAT });
	start->segment[SEGMENT_LDTR] = (struct vmcs_segment) { .access = ACCESS_UNUSABLE };
	start->segment[SEGMENT_TR] =
		(struct vmcs_segment) { .limit = TSS_LIMIT, .access = TSS_BUSY };
	start->gdtr_limit = 0;
	start->idtr_limit = 0;
}

void vmcs_start_prot32(struct vmcs_start *start, uint32_t entry, uint32_t stack)
{
	vmcs_start_reset(start, 0);
	flat_segments(start, CODE_FLAT32);
	start->cr0 = CR0_PE | CR0_ET;
	start->rip = entry;
	start->gpr[GPR_RSP] = stack;
}

void vmcs_start_long64(struct vmcs_start *start, uint64_t entry, uint64_t stack, uint64_t cr3)
{
	vmcs_start_reset(start, 0);
	flat_segments(start, CODE_FLAT64);
	start->cr0 = CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE;
	start->cr3 = cr3;
	start->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	start->efer = EFER_LME | EFER_LMA;
	start->rip = entry;
	start->gpr[GPR_RSP] = stack;
}
