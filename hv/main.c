/* From the loader's jump to all cores in core_main(): the order in which the machine is taken over.
 */
#include <stdlib.h>
#include <string.h>

#include "boot/boot_info.h"
#include "drivers/acpi.h"
#include "drivers/apic.h"
#include "drivers/power.h"
#include "hv/console.h"
#include "hv/core.h"
#include "hv/io.h"
#include "hv/log.h"
#include "hv/main.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/self_test.h"
#include "hv/smp.h"
#include "hv/time.h"
#include "hv/traps.h"

extern uint8_t boot_ist_top[];
void hv_main(const struct boot_info *handed_over); /* called from hv/entry.S */

struct boot_info boot_info;
struct acpi_info acpi_info;
struct smp_report smp_report;

static unsigned log_core(void)
{
	return this_core()->index;
}

static uint64_t log_time(void)
{
	return tsc_hz == 0 ? 0 : ns_from_ticks(tsc_now()) / 1000;
}

/* Makes this_core() and exceptions work; all interrupt stacks are one until there is memory. */
static void init_boot_core(void)
{
	uint64_t tops[IST_COUNT];

	for (uint32_t i = 0; i < IST_COUNT; i++)
		tops[i] = (uint64_t)boot_ist_top;
	segments_build(&boot_core.segments, tops);
	boot_core.state = CORE_ONLINE;
	cores[0] = &boot_core;
	core_count = 1;
	traps_init();
	core_bind(&boot_core);
}

/* The two legacy interrupt controllers stay silent: the hypervisor uses local APICs only. */
static void mask_legacy_interrupts(void)
{
	io_write8(0x21, 0xff);
	io_write8(0xa1, 0xff);
}

static bool is_mapped_ram(uint64_t phys, uint64_t length)
{
	return length <= DIRECT_MAP_SIZE && phys < DIRECT_MAP_SIZE - length &&
	       paging_is_mapped(phys_to_virt(phys)) &&
	       paging_is_mapped(phys_to_virt(phys + length - 1));
}

/* Most firmware keeps its tables in ACPI memory; some in reserved memory, mapped on request. */
static const void *map_acpi(void *context, uint64_t phys, uint64_t length)
{
	(void)context;
	if (length == 0 || is_mapped_ram(phys, length))
		return phys_to_virt(phys);
	return (const void *)mmio_map(phys, length, MMIO_UNCACHED);
}

static void load_symbols(void)
{
	struct symbol_table table = {
		.symtab = phys_to_virt(boot_info.symtab_base),
		.symtab_size = boot_info.symtab_size,
		.strtab = phys_to_virt(boot_info.strtab_base),
		.strtab_size = boot_info.strtab_size,
	};

	if (boot_info.symtab_base != 0)
		panic_set_symbols(&table);
}

static void init_memory(void)
{
	paging_init(&boot_info);
	load_symbols();
	smp_prepare(&boot_info);
	acpi_parse(boot_info.rsdp, map_acpi, NULL, &acpi_info);
	page_alloc_init(&boot_info, &acpi_info);
	if (!core_make_stacks(&boot_core))
		panic("no memory for the boot core's stacks");
}

static void report_memory(void)
{
	for (uint32_t node = 0; node < page_node_count(); node++) {
		struct page_counts counts;

		page_counts(node, &counts);
		log_info("memory: node %u: %lu MiB free, %lu blocks of 2 MiB, %u colours", node,
			 counts.free >> 8, counts.whole_blocks, page_colour_count());
	}
}

static void init_clocks(void)
{
	if (apic_init() != OK)
		panic("no local APIC");
	boot_core.apic_id = apic_id();
	boot_core.node = acpi_core_node(&acpi_info, boot_core.apic_id);
	time_init(acpi_info.pm_timer_port);
	apic_timer_init();
	log_info("time: TSC %lu Hz by the %s; %s with %s timer", tsc_hz, time_reference(),
		 apic_is_x2() ? "x2APIC" : "xAPIC",
		 apic_has_tsc_deadline() ? "TSC-deadline" : "one-shot");
}

static void check_protection(void)
{
	struct paging_audit audit;

	if (!paging_audit(&audit))
		panic("memory protection: %lu of %lu pages writable and executable, %lu user, "
		      "%lu in the lower half (first %#lx), %u of %u guards mapped, WP and NX %s",
		      audit.writable_executable, audit.pages, audit.user, audit.lower_half,
		      audit.first_bad, audit.guards_mapped, audit.guards,
		      audit.protections_on ? "on" : "off");
	log_info("memory: protection holds: %lu mappings, none writable and executable; %u guards",
		 audit.pages, audit.guards);
}

/* On the boot core's final stack. */
static void main_on_own_stack(void *unused)
{
	(void)unused;
	core_bind(&boot_core);
	paging_drop_boot_stacks();
	console_start(&boot_info);
	report_memory();
	power_init(&acpi_info);
	init_clocks();
	smp_start(&boot_info, &acpi_info, &smp_report);
	log_info("smp: %u of %u cores online", core_count, smp_report.asked + 1);
	check_protection();
	self_test_run();
	augur_start();
}

void hv_main(const struct boot_info *handed_over)
{
	memcpy(&boot_info, handed_over, sizeof(boot_info));
	mask_legacy_interrupts();
	init_boot_core();
	log_set_source((struct log_source) { .microseconds = log_time, .core = log_core });
	console_start_early(&boot_info);
	if (boot_info.magic != BOOT_INFO_MAGIC || boot_info.version != BOOT_INFO_VERSION ||
	    boot_info.size != sizeof(boot_info))
		panic("boot_info: loader and hypervisor are of different versions");
	init_memory();
	run_on_stack(boot_core.stacks[CORE_STACK_MAIN].top, main_on_own_stack, NULL);
}

static void print_core(const struct core *core)
{
	log_info("core %u: APIC id %u, node %u, state %u", core->index, core->apic_id, core->node,
		 core->state);
}

__attribute__((weak)) void augur_start(void)
{
	for (uint32_t i = 0; i < core_count; i++)
		print_core(cores[i]);
	log_info("nothing to run, powering off");
	console_flush();
	power_off(0);
}
