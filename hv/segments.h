/* The GDT and TSS of one core: flat 64-bit segments, interrupt stacks (Intel SDM vol. 3, 8.7). */
#ifndef HV_SEGMENTS_H
#define HV_SEGMENTS_H

#include <stdint.h>

/* Selectors; also the VMCS host selectors (data for SS, DS, ES, FS, GS). */
enum segment_selector {
	SEGMENT_CODE = 0x08,
	SEGMENT_DATA = 0x10,
	SEGMENT_TSS = 0x18, /* two slots */
};

/* Exceptions that may come when the running stack is not to be trusted have their own. */
enum interrupt_stack { IST_NONE = 0, IST_NMI = 1, IST_DOUBLE_FAULT = 2, IST_MACHINE_CHECK = 3 };
#define IST_COUNT 3

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* ist[0] is IST 1 */
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map_base;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "hardware layout");

struct segments {
	uint64_t gdt[6]; /* null, code, data, TSS low, TSS high, unused */
	struct tss tss;	 /* its address is the VMCS host TR base */
};

/* Fills the tables; ist_tops[i] is the initial stack pointer of IST i+1, 16-byte aligned. */
void segments_build(struct segments *segments, const uint64_t ist_tops[IST_COUNT]);

/* Loads GDTR, all segment registers and TR on this core. Clears the GS base. */
void segments_load(struct segments *segments);

#endif
