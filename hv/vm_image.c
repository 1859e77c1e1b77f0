/* From the configuration's file names to a loaded guest: images, ACPI tables, first registers. */
#include <stdio.h>
#include <string.h>

#include "drivers/virt/acpi_tables.h"
#include "drivers/virt/mptable.h"
#include "hv/log.h"
#include "hv/modules.h"
#include "hv/time.h"
#include "hv/vm.h"

#define ACPI_BASE    0xE0000u
#define MPTABLE_BASE 0xF0000u
#define TABLES_SIZE  0x10000u

static enum error report(struct vm *vm, uint32_t line, const char *text)
{
	log_error("augur.cfg:%u: vm %s: %s", line, vm->name, text);
	return ERR_NOT_FOUND;
}

static enum error find_file(struct vm *vm, const char *name, uint32_t line, struct image_file *file)
{
	const struct boot_module *module = module_find(name);
	char text[128];

	if (!module) {
		snprintf(text, sizeof(text), "%s: file not found", name);
		return report(vm, line, text);
	}
	*file = (struct image_file) {
		.name = name,
		.bytes = module_bytes(module),
		.size = module->size,
	};
	return OK;
}

static enum error find_files(struct vm *vm, struct image_request *request,
			     struct image_module modules[CONFIG_MAX_MODULES])
{
	const struct config_vm *c = vm->config;
	enum error error = find_file(vm, c->image, c->image_line, &request->image);

	if (error == OK && c->initrd[0])
		error = find_file(vm, c->initrd, c->initrd_line, &request->initrd);
	for (uint32_t i = 0; error == OK && i < c->module_count; i++) {
		modules[i].arguments = c->modules[i].arguments;
		error = find_file(vm, c->modules[i].file, c->modules[i].line, &modules[i].file);
	}
	request->modules = modules;
	request->module_count = c->module_count;
	return error;
}

/* The tables go where a PC keeps its BIOS: reserved in every memory map we hand out. */
static enum error write_acpi_tables(struct vm *vm, uint8_t *buffer)
{
	uint32_t apic_ids[VM_MAX_VCPUS];
	struct acpi_config config = {
		.base = ACPI_BASE,
		.cpu_count = vm->vcpu_count,
		.apic_ids = apic_ids,
		.lapic_base = LAPIC_DEFAULT_BASE,
		.ioapic_base = IOAPIC_DEFAULT_BASE,
		.ioapic_id = vm->vcpu_count,
		.com1 = true,
		.rtc = true,
		.legacy_irq = true,
		.power_port = ACPI_POWER_PORT,
	};
	enum error error;
	size_t used;

	for (uint32_t i = 0; i < vm->vcpu_count; i++)
		apic_ids[i] = i;
	error = acpi_tables_build(&config, buffer, TABLES_SIZE, &used);
	if (error != OK)
		return error;
	return guest_ram_write(&vm->ram, ACPI_BASE, buffer, used);
}

/* For kernels that do not read ACPI. */
static enum error write_mp_table(struct vm *vm, uint8_t *buffer)
{
	const struct mptable_config config = {
		.base = MPTABLE_BASE,
		.cpu_count = vm->vcpu_count,
		.cpu_signature = vm->cpuid.basic[1].r[0],
		.cpu_features = vm->cpuid.basic[1].r[3],
		.lapic_base = LAPIC_DEFAULT_BASE,
		.ioapic_base = IOAPIC_DEFAULT_BASE,
		.ioapic_id = vm->vcpu_count,
	};
	size_t used;
	enum error error = mptable_build(&config, buffer, TABLES_SIZE, &used);

	if (error != OK)
		return error;
	return guest_ram_write(&vm->ram, MPTABLE_BASE, buffer, used);
}

static enum error write_tables(struct vm *vm)
{
	static uint8_t buffer[TABLES_SIZE]; /* boot core only */
	enum error error = write_acpi_tables(vm, buffer);

	return error == OK ? write_mp_table(vm, buffer) : error;
}

enum error vm_image_load(struct vm *vm, struct guest_start *start)
{
	struct image_module modules[CONFIG_MAX_MODULES];
	struct image_diag diag = { "" };
	struct image_request request = {
		.kind = vm->config->kind,
		.cmdline = vm->config->cmdline,
		.vcpus = vm->vcpu_count,
		.tsc_hz = tsc_hz,
		.vm_name = vm->name,
		.vm_id = vm->id,
		.rsdp = ACPI_BASE,
	};
	enum error error = find_files(vm, &request, modules);

	if (error != OK)
		return error;
	error = image_load(&request, &vm->ram, start, &diag);
	if (error != OK) {
		report(vm, vm->config->image_line, diag.text);
		return error;
	}
	error = write_tables(vm);
	if (error != OK)
		report(vm, vm->config->line, "no memory for the ACPI and MP tables");
	return error;
}
