#include "hv/segments.h"

#include <stddef.h>

#define CODE_DESCRIPTOR 0x00af9b000000ffffull /* 64-bit, present, DPL 0, accessed */
#define DATA_DESCRIPTOR 0x00cf93000000ffffull /* writable, present, DPL 0, accessed */
#define TSS_AVAILABLE	0x89ull		      /* access byte: present, 64-bit TSS */

struct __attribute__((packed)) table_register {
	uint16_t limit;
	uint64_t base;
};

static void build_tss_descriptor(uint64_t *slots, const struct tss *tss)
{
	uint64_t base = (uint64_t)tss;
	uint64_t limit = sizeof(*tss) - 1;

	slots[0] =
		limit | (base & 0xffffff) << 16 | TSS_AVAILABLE << 40 | (base >> 24 & 0xff) << 56;
	slots[1] = base >> 32;
}

void segments_build(struct segments *segments, const uint64_t ist_tops[IST_COUNT])
{
	*segments = (struct segments) { .tss.io_map_base = sizeof(struct tss) };
	segments->gdt[SEGMENT_CODE / 8] = CODE_DESCRIPTOR;
	segments->gdt[SEGMENT_DATA / 8] = DATA_DESCRIPTOR;
	build_tss_descriptor(&segments->gdt[SEGMENT_TSS / 8], &segments->tss);
	for (size_t i = 0; i < IST_COUNT; i++)
		segments->tss.ist[i] = ist_tops[i];
}

static void reload_selectors(void)
{
	__asm__ volatile("pushq %[code]\n"
			 "leaq 1f(%%rip), %%rax\n"
			 "pushq %%rax\n"
			 "lretq\n"
			 "1:\n"
			 "movl %[data], %%eax\n"
			 "movl %%eax, %%ss\n"
			 "movl %%eax, %%ds\n"
			 "movl %%eax, %%es\n"
			 "movl %%eax, %%fs\n"
			 "movl %%eax, %%gs\n"
			 :
			 : [code] "i"(SEGMENT_CODE), [data] "i"(SEGMENT_DATA)
			 : "rax", "memory");
}

void segments_load(struct segments *segments)
{
	struct table_register gdtr = {
		.limit = sizeof(segments->gdt) - 1,
		.base = (uint64_t)segments->gdt,
	};

	build_tss_descriptor(&segments->gdt[SEGMENT_TSS / 8], &segments->tss); /* not busy */
	__asm__ volatile("lgdt %0\n"
			 "lldt %w1" ::"m"(gdtr),
			 "r"(0));
	reload_selectors();
	__asm__ volatile("ltr %w0" ::"r"(SEGMENT_TSS) : "memory");
}
