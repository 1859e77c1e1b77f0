/* First states of a vCPU that several image kinds share. */
#ifndef HV_IMAGES_START_H
#define HV_IMAGES_START_H

#include "hv/images/load.h"

/* Real mode, segments at 0, the interrupt table at 0 as after reset. */
void start_real16(struct guest_start *start, uint16_t ip);

/*
 * 32-bit protected mode without paging: CS 0x10 and SS, DS, ES, FS, GS 0x18, all flat, in a table
 * that is written to `gdt` (START_GDT32_SIZE bytes).
 */
enum error start_prot32(struct load *load, uint32_t eip, uint64_t gdt);

#define START_GDT32_SIZE 32

/*
 * 64-bit mode over page tables at cr3: CS 0x08, SS, DS, ES, FS, GS 0x10, a TSS at `tss`
 * (START_TSS_SIZE bytes), all in a table that is written to `gdt` (START_GDT64_SIZE bytes).
 */
enum error start_long64(struct load *load, uint64_t rip, uint64_t cr3, uint64_t gdt, uint64_t tss);

#define START_GDT64_SIZE 40
#define START_TSS_SIZE	 104

#endif
