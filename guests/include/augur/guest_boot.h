/*
 * What the hypervisor hands to a bare-metal 64-bit guest: the state of vCPU 0 at e_entry of an
 * ELF64 program (kind = elf), and the structure that RDI points to.
 *
 * State at entry (vCPU 0; the other vCPUs wait for INIT/SIPI as on a real machine):
 *   RDI       guest-physical address of struct guest_boot; all other general registers are 0
 *   RSP       top of a 16 KiB stack in the boot area, 16-byte aligned
 *   RFLAGS    2, so interrupts are off
 *   CR0       PE, NE, WP, PG, MP, ET; caching on
 *   CR3       tables in the boot area: identity map, writable, executable, 2 MiB pages (or
 *             larger), of all of RAM and of the first 4 GiB (so that the APICs can be reached)
 *   CR4       PAE (OSFXSR, OSXSAVE are the guest's to set)
 *   EFER      LME, LMA, NXE; SCE 0
 *   CS        64-bit code, DPL 0; SS, DS, ES, FS, GS flat writable data, bases 0
 *   GDTR      a table in the boot area with these two descriptors
 *   IDTR      limit 0
 *   LDTR      null; TR a busy TSS
 *   APIC      enabled in xAPIC mode, id = index of the vCPU; x2APIC mode can be switched on
 *
 * The boot area is GUEST_BOOT_AREA_BASE..GUEST_BOOT_AREA_END: this structure, command line, page
 * tables, GDT, TSS and stack live inside. It is ordinary RAM, the guest's to reuse. Programs are
 * linked at GUEST_LOAD_BASE or above; what no segment covers is zero.
 *
 * Guest-physical layout: RAM from 0 to memory_low, and memory_high bytes from 4 GiB. Local APIC at
 * 0xfee00000, I/O APIC at 0xfec00000, COM1 at port 0x3f8 (I/O APIC pin 4), test exit at port 0xf4.
 *
 * All integers little-endian; all addresses guest-physical; sizes in bytes.
 */
#ifndef GUESTS_INCLUDE_AUGUR_GUEST_BOOT_H
#define GUESTS_INCLUDE_AUGUR_GUEST_BOOT_H

#include <stddef.h>
#include <stdint.h>

#define GUEST_BOOT_MAGIC       0x544f4f4254535547ull /* "GUSTBOOT" */
#define GUEST_BOOT_VERSION     1u
#define GUEST_BOOT_NAME_LENGTH 32 /* bytes, with the terminating zero */

#define GUEST_BOOT_AREA_BASE 0x1000u
#define GUEST_BOOT_AREA_END  0x10000u
#define GUEST_BOOT_STACK     0x4000u	  /* bytes of the stack that RSP starts in */
#define GUEST_LOAD_BASE	     0x100000u	  /* lowest address that a program may be linked at */
#define GUEST_HIGH_RAM_BASE  0x100000000u /* where memory_high begins */
#define GUEST_LOW_RAM_MAX    0xc0000000u  /* memory_low never exceeds this */

struct guest_boot {
	uint64_t magic;	      /* GUEST_BOOT_MAGIC */
	uint32_t version;     /* GUEST_BOOT_VERSION; a guest refuses any other */
	uint32_t size;	      /* sizeof(struct guest_boot) */
	uint64_t memory_low;  /* RAM from address 0, at most GUEST_LOW_RAM_MAX */
	uint64_t memory_high; /* RAM from GUEST_HIGH_RAM_BASE, 0 if there is none */
	uint64_t tsc_hz;      /* TSC ticks a second */
	uint32_t vcpu_count;  /* APIC ids are 0..vcpu_count-1 */
	uint32_t vm_id;
	uint64_t cmdline; /* zero-terminated text, never 0: an empty line is an empty string */
	uint64_t rsdp;	  /* ACPI root pointer, 0 if the VM has no ACPI tables */
	char name[GUEST_BOOT_NAME_LENGTH]; /* of the VM, zero-terminated, cut if longer */
};

_Static_assert(offsetof(struct guest_boot, memory_low) == 16, "shared layout");
_Static_assert(offsetof(struct guest_boot, tsc_hz) == 32, "shared layout");
_Static_assert(offsetof(struct guest_boot, vcpu_count) == 40, "shared layout");
_Static_assert(offsetof(struct guest_boot, cmdline) == 48, "shared layout");
_Static_assert(offsetof(struct guest_boot, name) == 64, "shared layout");
_Static_assert(sizeof(struct guest_boot) == 96, "shared layout");

#endif
