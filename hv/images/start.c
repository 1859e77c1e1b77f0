#include "hv/images/start.h"

#include "vmx/registers.h"

/* Access rights in VMX's form. */
#define ACCESS_CODE16	0x009B
#define ACCESS_DATA16	0x0093
#define ACCESS_CODE32	0xC09B
#define ACCESS_CODE64	0xA09B
#define ACCESS_DATA32	0xC093
#define ACCESS_TSS_BUSY 0x008B

/* The same as descriptors in memory (SDM vol. 3A, 3.4.5), the accessed bit set. */
#define DESCRIPTOR_CODE32 0x00CF9B000000FFFFull
#define DESCRIPTOR_CODE64 0x00AF9B000000FFFFull
#define DESCRIPTOR_DATA32 0x00CF93000000FFFFull

static void set_data_segments(struct guest_start *start, struct guest_segment segment)
{
	start->ss = segment;
	start->ds = segment;
	start->es = segment;
	start->fs = segment;
	start->gs = segment;
}

static struct guest_segment flat_segment(uint16_t selector, uint32_t access)
{
	return (struct guest_segment) { .selector = selector,
					.limit = UINT32_MAX,
					.access = access };
}

void start_real16(struct guest_start *start, uint16_t ip)
{
	start->mode = GUEST_REAL16;
	start->rip = ip;
	start->rflags = RFLAGS_FIXED1;
	start->cr0 = CR0_ET;
	start->cs = (struct guest_segment) { .limit = 0xFFFF, .access = ACCESS_CODE16 };
	set_data_segments(start,
			  (struct guest_segment) { .limit = 0xFFFF, .access = ACCESS_DATA16 });
	start->tr = (struct guest_segment) { .limit = 0xFFFF, .access = ACCESS_TSS_BUSY };
	start->ldtr = (struct guest_segment) { .access = GUEST_SEGMENT_UNUSABLE };
	start->gdt.limit = 0xFFFF;
	start->idt.limit = 0x3FF;
}

enum error start_prot32(struct load *load, uint32_t eip, uint64_t gdt)
{
	static const uint64_t table[] = { 0, 0, DESCRIPTOR_CODE32, DESCRIPTOR_DATA32 };
	struct guest_start *start = load->start;

	_Static_assert(sizeof(table) == START_GDT32_SIZE, "as promised");
	start->mode = GUEST_PROT32;
	start->rip = eip;
	start->rflags = RFLAGS_FIXED1;
	start->cr0 = CR0_PE | CR0_ET | CR0_NE;
	start->cs = flat_segment(0x10, ACCESS_CODE32);
	set_data_segments(start, flat_segment(0x18, ACCESS_DATA32));
	start->tr = (struct guest_segment) { .limit = 0xFFFF, .access = ACCESS_TSS_BUSY };
	start->ldtr = (struct guest_segment) { .access = GUEST_SEGMENT_UNUSABLE };
	start->gdt = (struct guest_table) { gdt, sizeof(table) - 1 };
	return load_put(load, gdt, table, sizeof(table), "GDT");
}

/* The low half of a busy 64-bit TSS's descriptor; the base is below 4 GiB, the high half zero. */
static uint64_t tss_descriptor(uint32_t base)
{
	return (START_TSS_SIZE - 1) | (uint64_t)(base & 0xFFFFFF) << 16 |
	       (uint64_t)ACCESS_TSS_BUSY << 40 | (uint64_t)(base >> 24) << 56;
}

enum error start_long64(struct load *load, uint64_t rip, uint64_t cr3, uint64_t gdt, uint64_t tss)
{
	const uint64_t table[] = { 0, DESCRIPTOR_CODE64, DESCRIPTOR_DATA32,
				   tss_descriptor((uint32_t)tss), 0 };
	struct guest_start *start = load->start;

	_Static_assert(sizeof(table) == START_GDT64_SIZE, "as promised");
	start->mode = GUEST_LONG64;
	start->rip = rip;
	start->rflags = RFLAGS_FIXED1;
	start->cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	start->cr3 = cr3;
	start->cr4 = CR4_PAE;
	start->efer = EFER_LME | EFER_LMA | EFER_NXE;
	start->cs = flat_segment(0x08, ACCESS_CODE64);
	set_data_segments(start, flat_segment(0x10, ACCESS_DATA32));
	start->tr = (struct guest_segment) { .selector = 0x18,
					     .limit = START_TSS_SIZE - 1,
					     .access = ACCESS_TSS_BUSY,
					     .base = tss };
	start->ldtr = (struct guest_segment) { .access = GUEST_SEGMENT_UNUSABLE };
	start->gdt = (struct guest_table) { gdt, sizeof(table) - 1 };
	return load_put(load, gdt, table, sizeof(table), "GDT");
}
