/*
 * A virtual machine: memory, devices, vCPUs, and how it ended.
 *
 * Life: vm_create makes it from a section of the configuration (VM_READY), vm_start loads the image
 * and lets it run, vm_pause and vm_resume hold it, vm_end asks it to stop; when its last vCPU has
 * left its core it is VM_STOPPED and may be started again (the image is loaded anew) or destroyed.
 * Create, start, pause, resume and destroy are for the boot core's loop; vm_end may
 * be called on any core.
 *
 * Locks: vm->lock guards devices, EPT and guest RAM. The local APICs have no lock (drivers/virt/
 * lapic.h). Lock order: hv/spinlock.h.
 */
#ifndef HV_VM_H
#define HV_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/virt/bus.h"
#include "drivers/virt/lapic_route.h"
#include "drivers/virt/pc_ports.h"
#include "hv/config.h"
#include "hv/guest_ram.h"
#include "hv/images/image.h"
#include "hv/spinlock.h"
#include "hv/vcpu.h"
#include "hv/vm_console.h"
#include "vmx/cpuid_policy.h"
#include "vmx/ept.h"
#include "vmx/msr_policy.h"

#define VM_MAX	       CONFIG_MAX_VMS
#define VM_MAX_VCPUS   CONFIG_MAX_VCPUS
#define VM_MMIO_RANGES 1

enum vm_state {
	VM_READY, /* never started */
	VM_RUNNING,
	VM_PAUSED,
	VM_STOPPING, /* ended, some vCPUs have not left their cores yet */
	VM_STOPPED,
};

/* How a run ended. */
enum vm_end {
	VM_END_NONE,
	VM_END_EXITED,	/* by itself: exit hypercall, test-exit port or power-off, with a code */
	VM_END_HALTED,	/* no vCPU can ever run again: all halted with interrupts off */
	VM_END_RESET,	/* it asked for a reset */
	VM_END_CRASHED, /* it did what no guest can survive */
	VM_END_KILLED,	/* by a person, or by the end of a batch run */
};

struct vm_devices {
	struct uart16550 com1;
	struct ioapic ioapic;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct fwcfg fwcfg;
	struct testexit testexit;
	struct acpi_power power;
	struct bus_range ports[PC_PORT_RANGES];
	struct bus_range mmio[VM_MMIO_RANGES];
	struct bus port_bus;
	struct bus mmio_bus;
};

struct vm {
	uint32_t id; /* index in the list of VMs, channel of the export frames */
	uint32_t config_index;
	const struct config_vm *config;
	char name[CONFIG_NAME_LENGTH];

	uint32_t state; /* atomic; enum vm_state */
	uint32_t end;	/* atomic; enum vm_end: whoever sets it first fills in the next two */
	uint64_t end_code;
	char end_message[160]; /* of a crash: vCPU, RIP and reason */
	uint32_t live_vcpus;   /* atomic: not yet gone from their cores */
	uint64_t started;      /* host TSC */
	uint64_t ended;

	struct spinlock lock;
	struct guest_ram ram;
	struct ept ept;
	uint64_t devices_due; /* host TSC of the PIT's next interrupt; TIMER_NEVER: none */
	uint64_t pages;	      /* 4 KiB pages of RAM it was given */
	struct vm_devices devices;
	struct vm_console console;

	struct cpuid_table cpuid;
	struct lapic_route route;
	struct lapic *lapics[VM_MAX_VCPUS];
	struct vcpu *vcpus[VM_MAX_VCPUS];
	uint32_t vcpu_count;
	uint16_t vpid_base; /* VPID of vCPU i is vpid_base + i; 0: without VPID */
	struct msr_policy msrs;
	uint64_t msr_bitmap;	    /* physical address */
	uint64_t msr_bitmap_x2apic; /* in its place while apic_delivers, or 0 */
};

/* The list, by id; NULL where there is none. The boot core changes it, others read: an entry goes
 * away only while they are held (hv/rendezvous.h). */
extern struct vm *vms[VM_MAX];

/* NULL if there is none. */
struct vm *vm_find(const char *name);

/*
 * Makes the VM of section `config_index`, not started; *created, unless NULL, is it. ERR_EXISTS: it
 * is there already; ERR_NO_MEMORY, logged.
 */
enum error vm_create(uint32_t config_index, struct vm **created);

/* ERR_STATE unless it is ready or stopped. Other errors, of its image or memory, are logged. */
enum error vm_start(struct vm *vm);

/* ERR_STATE unless it is running, or paused. vCPUs stop and go on in their own time. */
enum error vm_pause(struct vm *vm);
enum error vm_resume(struct vm *vm);

/* ERR_STATE unless it is ready or stopped. Frees everything. */
enum error vm_destroy(struct vm *vm);

/*
 * Ends a run: the first call says how, later ones change nothing. Any core, also inside vm->lock.
 * Returns at once; the vCPUs leave their cores in their own time.
 */
void vm_end(struct vm *vm, enum vm_end end, uint64_t code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* True if no vCPU is left that could wake another: each waits for a SIPI or is deaf in HLT. */
bool vm_is_dead(const struct vm *vm);

/* The core loop: a vCPU has left its core for good. */
void vm_vcpu_gone(struct vm *vm, uint64_t now);

const char *vm_state_name(enum vm_state state);
const char *vm_end_name(enum vm_end end);

/* VM exits of all its vCPUs since it was started. */
uint64_t vm_exits(const struct vm *vm);

/* True when no VM is running, paused or stopping. */
bool vm_all_stopped(void);

static inline enum vm_state vm_state_of(const struct vm *vm)
{
	return (enum vm_state)__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE);
}

/* ---- Scheduling (hv/vm_sched.c) ---- */

/* The VM starts: its vCPUs become the scheduler's. Errors as sched_add(). */
enum error vm_schedule(struct vm *vm, uint64_t now);

/*
 * Boot core: the VM's configuration has changed, or the engine's own core, which its vCPUs have to
 * leave: the scheduler is told, or refuses, with the reason in *why.
 */
enum error vm_apply_params(struct vm *vm, const char **why);

/* Logs a warning if the VM has a cap and the policy none. */
void vm_note_ignored_cap(const struct vm *vm);

/* ---- Memory (hv/vm_memory.c) ---- */

/* Empty: pages come when they are touched (vm_memory_fault). ERR_NO_MEMORY. */
enum error vm_memory_init(struct vm *vm);

/* Gives all pages back; nothing of the VM may run any more. */
void vm_memory_free(struct vm *vm);

/* Backs the page of RAM that holds gpa. Under vm->lock. */
enum error vm_memory_fault(struct vm *vm, uint64_t gpa);

/* ---- Devices (hv/vm_devices.c) ---- */

/* All devices as after power-on, wired to ports and memory. `now`: host TSC. */
void vm_devices_init(struct vm *vm, uint64_t now);

/* How keystrokes reach COM1; its context is the VM. */
vm_console_input vm_devices_console_input(void);

/* Port and MMIO accesses of a guest that no local APIC claims. */
uint64_t vm_port_read(struct vm *vm, uint16_t port, unsigned size);
void vm_port_write(struct vm *vm, uint16_t port, unsigned size, uint64_t value);
uint64_t vm_mmio_read(struct vm *vm, uint64_t gpa, unsigned size);
void vm_mmio_write(struct vm *vm, uint64_t gpa, unsigned size, uint64_t value);

/* Vector that the PIC hands to vCPU 0 for an ExtINT. */
uint8_t vm_pic_acknowledge(struct vm *vm);

/* What falls to vCPU 0 to keep going, when vm->devices_due has come: the PIT. */
void vm_devices_advance(struct vm *vm, uint64_t now);

/* ---- Image (hv/vm_image.c) ---- */

/* Loads the image into fresh RAM; messages are logged with file, VM and reason. */
enum error vm_image_load(struct vm *vm, struct guest_start *start);

#endif
