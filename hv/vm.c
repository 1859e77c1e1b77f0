#include "hv/vm.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv/console.h"
#include "hv/core_loop.h"
#include "hv/cpuid.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/modules.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/rendezvous.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "vmx/vmx.h"

struct vm *vms[VM_MAX];

static const char *const state_names[] = {
	[VM_READY] = "ready",	    [VM_RUNNING] = "running", [VM_PAUSED] = "paused",
	[VM_STOPPING] = "stopping", [VM_STOPPED] = "stopped",
};

static const char *const end_names[] = {
	[VM_END_NONE] = "none",	      [VM_END_EXITED] = "exited", [VM_END_RESET] = "reset",
	[VM_END_CRASHED] = "crashed", [VM_END_KILLED] = "killed", [VM_END_HALTED] = "halted",
};

const char *vm_state_name(enum vm_state state)
{
	return state_names[state];
}

const char *vm_end_name(enum vm_end end)
{
	return end_names[end];
}

static void set_state(struct vm *vm, enum vm_state state)
{
	__atomic_store_n(&vm->state, state, __ATOMIC_RELEASE);
}

struct vm *vm_find(const char *name)
{
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i] && strcmp(vms[i]->name, name) == 0)
			return vms[i];
	return NULL;
}

bool vm_all_stopped(void)
{
	for (unsigned i = 0; i < VM_MAX; i++) {
		enum vm_state state = vms[i] ? vm_state_of(vms[i]) : VM_STOPPED;

		if (state != VM_READY && state != VM_STOPPED)
			return false;
	}
	return true;
}

static bool vcpu_is_dead(const struct vcpu *vcpu)
{
	if (lapic_has_posted(&vcpu->lapic) || vcpu->lapic.events)
		return false;
	return vcpu->wait == VCPU_WAIT_SIPI || (vcpu->wait == VCPU_WAIT_HALT && vcpu->deaf);
}

/* The last one to fall asleep sees all others asleep: each is marked before it looks. */
bool vm_is_dead(const struct vm *vm)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		if (!vcpu_is_dead(vm->vcpus[i]))
			return false;
	return true;
}

uint64_t vm_exits(const struct vm *vm)
{
	uint64_t exits = 0;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		exits += vcpu_exits(vm->vcpus[i]);
	return exits;
}

/* ---- Making and unmaking ---- */

static enum error make_msr_bitmaps(struct vm *vm)
{
	vm->msr_bitmap = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	if (!vm->msr_bitmap)
		return ERR_NO_MEMORY;
	msr_policy_bitmap(&vm->msrs, phys_to_virt(vm->msr_bitmap));
	if (!caps_deliver_interrupts(&vmx_caps))
		return OK;
	vm->msr_bitmap_x2apic = page_alloc_zeroed(PAGE_NODE_ANY, PAGE_COLOUR_ANY);
	if (!vm->msr_bitmap_x2apic)
		return ERR_NO_MEMORY;
	msr_policy_bitmap(&vm->msrs, phys_to_virt(vm->msr_bitmap_x2apic));
	msr_policy_open_x2apic(phys_to_virt(vm->msr_bitmap_x2apic));
	return OK;
}

static enum error build_policies(struct vm *vm)
{
	const struct cpuid_env env = {
		.host = cpuid_read_registers,
		.caps = &vmx_caps,
		.host_xcr0 = vmx_host_xcr0,
		.tsc_hz = tsc_hz,
		.vcpu_count = vm->vcpu_count,
		.tsc_adjust = true,
	};

	cpuid_table_build(&vm->cpuid, &env);
	msr_policy_build(&vm->msrs, &vmx_caps, &vm->cpuid);
	return make_msr_bitmaps(vm);
}

static enum error create_vcpus(struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config->vcpus; i++) {
		enum error error = vcpu_create(vm, i, &vm->vcpus[i]);

		if (error != OK)
			return error;
		vm->lapics[i] = &vm->vcpus[i]->lapic;
		vm->vcpu_count++;
	}
	return OK;
}

static void free_vm(struct vm *vm)
{
	vm_memory_free(vm);
	if (vm->msr_bitmap)
		page_free(vm->msr_bitmap);
	if (vm->msr_bitmap_x2apic)
		page_free(vm->msr_bitmap_x2apic);
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		vcpu_destroy(vm->vcpus[i]);
	free(vm);
}

static struct vm *new_vm(uint32_t config_index)
{
	const struct config_vm *section = &config.vms[config_index];
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return NULL;
	vm->id = config_index;
	vm->config_index = config_index;
	vm->config = section;
	snprintf(vm->name, sizeof(vm->name), "%s", section->name);
	spinlock_init(&vm->lock, "vm");
	if (vmx_caps.vpid)
		vm->vpid_base = 1 + vm->id * VM_MAX_VCPUS;
	return vm;
}

enum error vm_create(uint32_t config_index, struct vm **created)
{
	enum error error = ERR_NO_MEMORY;
	struct vm *vm;

	if (vms[config_index])
		return ERR_EXISTS;
	vm = new_vm(config_index);
	if (vm)
		error = create_vcpus(vm);
	if (error == OK)
		error = build_policies(vm);
	if (error != OK) {
		log_error("vm %s: cannot be created: %s", config.vms[config_index].name,
			  error_name(error));
		if (vm)
			free_vm(vm);
		return error;
	}
	vm_console_init(&vm->console, vm->name, vm->id, vm_devices_console_input(), vm);
	console_add_vm(&vm->console);
	vms[vm->id] = vm;
	set_state(vm, VM_READY);
	if (created)
		*created = vm;
	return OK;
}

/* Other cores walk the list in their ticks. */
static void unlink_vm(void *context)
{
	struct vm *vm = context;

	vms[vm->id] = NULL;
}

enum error vm_destroy(struct vm *vm)
{
	enum vm_state state = vm_state_of(vm);

	if (state != VM_READY && state != VM_STOPPED)
		return ERR_STATE;
	console_remove_vm(&vm->console);
	rendezvous(unlink_vm, vm);
	free_vm(vm);
	return OK;
}

/* ---- Starting ---- */

static struct vmcs_segment vmcs_segment_of(const struct guest_segment *s)
{
	return (struct vmcs_segment) { s->selector, s->limit, s->access, s->base };
}

static void convert_start(struct vmcs_start *to, const struct guest_start *from)
{
	vmcs_start_reset(to, 0); /* for everything that an image does not say */
	memcpy(to->gpr, from->gpr, sizeof(to->gpr));
	to->rip = from->rip;
	to->rflags = from->rflags;
	to->cr0 = from->cr0;
	to->cr3 = from->cr3;
	to->cr4 = from->cr4;
	to->efer = from->efer;
	to->segment[SEGMENT_CS] = vmcs_segment_of(&from->cs);
	to->segment[SEGMENT_SS] = vmcs_segment_of(&from->ss);
	to->segment[SEGMENT_DS] = vmcs_segment_of(&from->ds);
	to->segment[SEGMENT_ES] = vmcs_segment_of(&from->es);
	to->segment[SEGMENT_FS] = vmcs_segment_of(&from->fs);
	to->segment[SEGMENT_GS] = vmcs_segment_of(&from->gs);
	to->segment[SEGMENT_TR] = vmcs_segment_of(&from->tr);
	to->segment[SEGMENT_LDTR] = vmcs_segment_of(&from->ldtr);
	to->gdtr_base = from->gdt.base;
	to->gdtr_limit = from->gdt.limit;
	to->idtr_base = from->idt.base;
	to->idtr_limit = from->idt.limit;
}

static void reset_vcpu(struct vcpu *vcpu, const struct guest_start *image, uint64_t now)
{
	struct vmcs_start start;

	vcpu->requests = VCPU_REQUEST_EVENT;
	vcpu->nmi_in_service = false;
	vcpu->pause_asked = false;
	vcpu->wait = vcpu->index ? VCPU_WAIT_SIPI : VCPU_WAIT_NONE;
	vcpu->tsc_offset = -now;
	vcpu->tsc_adjust = 0;
	vcpu->misc_enable = MSR_MISC_ENABLE_RESET;
	vcpu->microcode_rev = 0;
	vcpu->halt_ticks = 0;
	vcpu->halted_at = 0;
	memset(vcpu->exit_counts, 0, sizeof(vcpu->exit_counts));
	vcpu->counted = (struct counter_values) { 0 };
	vcpu->io_operations = 0;
	vcpu->io_bytes = 0;
	vcpu->new_pages = 0;
	vcpu->dirty_log.spilt = 0;
	shadow_reset(&vcpu->shadow, now);
	vcpu_reset_apic(vcpu);
	if (vcpu->index == 0)
		convert_start(&start, image);
	else
		vmcs_start_reset(&start, 0);
	vmx_vcpu_reset(vcpu, &start);
}

static enum error prepare(struct vm *vm, uint64_t now)
{
	struct guest_start start;
	enum error error;

	vm_memory_free(vm);
	error = vm_memory_init(vm);
	if (error != OK)
		return error;
	vm_devices_init(vm, now);
	error = vm_image_load(vm, &start);
	if (error != OK)
		return error;
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		predict_start(vm->vcpus[i]);
	now = tsc_now();
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		reset_vcpu(vm->vcpus[i], &start, now);
	return OK;
}

enum error vm_start(struct vm *vm)
{
	enum vm_state state = vm_state_of(vm);
	uint64_t now = tsc_now();
	enum error error;

	if (state != VM_READY && state != VM_STOPPED)
		return ERR_STATE;
	error = prepare(vm, now);
	if (error == OK)
		error = vm_schedule(vm, now);
	if (error != OK) {
		log_error("vm %s: not started: %s", vm->name, error_name(error));
		vm_memory_free(vm);
		return error;
	}
	vm->end = VM_END_NONE;
	vm->end_code = 0;
	vm->end_message[0] = '\0';
	vm->live_vcpus = vm->vcpu_count;
	vm->started = tsc_now();
	set_state(vm, VM_RUNNING);
	trace_put(TRACE_VM_START, vm->vcpus[0]->sched.id, vm->vcpu_count, 0, vm->started);
	log_info("vm %s: started, %u vCPU%s, %lu MiB", vm->name, vm->vcpu_count,
		 vm->vcpu_count == 1 ? "" : "s", vm->ram.size >> 20);
	vcpu_request(vm->vcpus[0], VCPU_REQUEST_EVENT);
	return OK;
}

/* ---- Holding ---- */

enum error vm_pause(struct vm *vm)
{
	if (vm_state_of(vm) != VM_RUNNING)
		return ERR_STATE;
	set_state(vm, VM_PAUSED);
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		vm->vcpus[i]->pause_asked = true;
		vcpu_request(vm->vcpus[i], VCPU_REQUEST_PAUSE);
	}
	return OK;
}

enum error vm_resume(struct vm *vm)
{
	if (vm_state_of(vm) != VM_PAUSED)
		return ERR_STATE;
	set_state(vm, VM_RUNNING);
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		vm->vcpus[i]->pause_asked = false;
		vcpu_request(vm->vcpus[i], VCPU_REQUEST_EVENT);
	}
	return OK;
}

/* ---- Ending ---- */

void vm_end(struct vm *vm, enum vm_end end, uint64_t code, const char *format, ...)
{
	uint32_t none = VM_END_NONE;
	va_list arguments;

	if (!__atomic_compare_exchange_n(&vm->end, &none, end, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		return;
	vm->end_code = code;
	va_start(arguments, format);
	vsnprintf(vm->end_message, sizeof(vm->end_message), format, arguments);
	va_end(arguments);
	set_state(vm, VM_STOPPING);
	for (uint32_t i = 0; i < vm->vcpu_count; i++) {
		vm->vcpus[i]->pause_asked = false;
		vcpu_request(vm->vcpus[i], VCPU_REQUEST_STOP);
	}
}

static void report_end(const struct vm *vm)
{
	uint64_t ticks = vm->ended - vm->started;

	log_write(vm->end == VM_END_CRASHED ? LOG_ERROR : LOG_INFO,
		  "vm %s: %s, code %lu, after %lu ticks and %lu exits: %s", vm->name,
		  vm_end_name(vm->end), vm->end_code, ticks, vm_exits(vm), vm->end_message);
	export_text(EXPORT_RESULT, vm->id, "name=%s state=%s code=%lu ticks=%lu exits=%lu",
		    vm->name, vm_end_name(vm->end), vm->end_code, ticks, vm_exits(vm));
}

void vm_vcpu_gone(struct vm *vm, uint64_t now)
{
	if (__atomic_sub_fetch(&vm->live_vcpus, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	vm->ended = now;
	trace_put(TRACE_VM_END, vm->vcpus[0]->sched.id, vm->end, vm->end_code, now);
	vm_console_notice(&vm->console, vm->end_message);
	vm_console_flush(&vm->console);
	report_end(vm);
	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		sched_forget(&vm->vcpus[i]->sched);
	set_state(vm, VM_STOPPED);
}
