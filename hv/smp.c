#include "hv/smp.h"

#include <string.h>

#include "boot/boot_info.h"
#include "drivers/acpi.h"
#include "drivers/apic.h"
#include "hv/early_memory.h"
#include "hv/log.h"
#include "hv/page_pool.h"
#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/time.h"
#include "hv/trace.h"

#define INIT_DELAY_US	  10000u  /* Intel SDM vol. 3, 8.4.4.1 */
#define SECOND_STARTUP_US 1000u	  /* a core that has not come by then gets the second SIPI */
#define ARRIVAL_US	  200000u /* after that it is given up */
#define DISCOVERY_US	  100000u

extern const uint8_t trampoline_begin[], trampoline_end[], trampoline_discover[];
extern const uint8_t trampoline_root[], trampoline_gdt_base[], trampoline_far_jump[];
extern const uint8_t trampoline_found[], trampoline_apic_ids[];

/* What hv/trampoline.S hands to the next core that arrives. */
struct core *smp_ap_core;
uint64_t smp_ap_stack_top;
uint64_t smp_ap_root;
_Noreturn void smp_ap_main(struct core *core);

static uint64_t trampoline_page;

static void *trampoline_field(const uint8_t *field)
{
	return phys_to_virt(trampoline_page + (uint64_t)(field - trampoline_begin));
}

static uint32_t trampoline_get(const uint8_t *field)
{
	return *(volatile uint32_t *)trampoline_field(field);
}

static void trampoline_set(const uint8_t *field, uint32_t value)
{
	*(volatile uint32_t *)trampoline_field(field) = value;
}

/* The highest free page below 640 KiB: firmware data tends to lie low. 0 if there is none. */
static uint64_t find_low_page(const struct boot_info *info)
{
	uint64_t best = 0;

	for (uint32_t i = 0; i < info->range_count; i++) {
		const struct boot_range *range = &info->ranges[i];
		uint64_t end = range->base + range->size;

		if (end > 0xa0000)
			end = 0xa0000;
		if (range->type == BOOT_MEMORY_FREE && range->base < end && end - PAGE_SIZE > best)
			best = end - PAGE_SIZE;
	}
	return best;
}

void smp_prepare(const struct boot_info *info)
{
	uint64_t size = (uint64_t)(trampoline_end - trampoline_begin);

	trampoline_page = find_low_page(info);
	if (trampoline_page == 0)
		return;
	memcpy(phys_to_virt(trampoline_page), trampoline_begin, size);
	trampoline_set(trampoline_root, (uint32_t)paging_trampoline_root(trampoline_page));
	trampoline_set(trampoline_gdt_base,
		       trampoline_get(trampoline_gdt_base) + (uint32_t)trampoline_page);
	trampoline_set(trampoline_far_jump,
		       trampoline_get(trampoline_far_jump) + (uint32_t)trampoline_page);
	smp_ap_root = paging_root();
}

static uint8_t startup_page(void)
{
	return (uint8_t)(trampoline_page / PAGE_SIZE);
}

struct id_list {
	uint32_t count;
	uint32_t ids[MAX_CORES];
};

/* Other cores only, each once, as many as fit beside the boot core. */
static void list_add(struct id_list *list, uint32_t id)
{
	if (id == boot_core.apic_id || list->count == MAX_CORES - 1)
		return;
	for (uint32_t i = 0; i < list->count; i++)
		if (list->ids[i] == id)
			return;
	list->ids[list->count++] = id;
}

/* Every core that hears the broadcast writes down its id and halts. */
static void discover(struct id_list *list)
{
	uint32_t found;

	trampoline_set(trampoline_discover, 1);
	apic_send_init_others();
	delay_us(INIT_DELAY_US);
	apic_send_startup_others(startup_page());
	delay_us(DISCOVERY_US);
	trampoline_set(trampoline_discover, 0);
	found = trampoline_get(trampoline_found);
	for (uint32_t i = 0; i < found && i < MAX_CORES; i++)
		list_add(list, ((const uint8_t *)trampoline_field(trampoline_apic_ids))[i]);
	log_info("smp: broadcast answered by %u cores", found);
}

static void find_cores(const struct boot_info *info, const struct acpi_info *acpi,
		       struct id_list *list)
{
	for (uint32_t i = 0; i < info->core_count && i < BOOT_MAX_CORES; i++)
		list_add(list, info->apic_ids[i]);
	if (info->core_count == 0)
		for (uint32_t i = 0; i < acpi->core_count; i++)
			list_add(list, acpi->cores[i].apic_id);
	if (info->core_count == 0 && acpi->core_count == 0)
		discover(list);
}

/* True if somebody has taken the core by then. */
static bool wait_taken(uint32_t us)
{
	uint64_t deadline = tsc_now() + ticks_from_us(us);

	while (__atomic_load_n(&smp_ap_core, __ATOMIC_ACQUIRE) != NULL)
		if (tsc_now() >= deadline)
			return false;
	return true;
}

static bool wait_online(const struct core *core, uint32_t us)
{
	uint64_t deadline = tsc_now() + ticks_from_us(us);

	while (core->state != CORE_ONLINE)
		if (tsc_now() >= deadline)
			return false;
	return true;
}

/* STARTING to `state`, if nobody was faster: the boot core gives up or the core arrives. */
static bool leave_starting(struct core *core, uint32_t state)
{
	uint32_t expected = CORE_STARTING;

	return __atomic_compare_exchange_n(&core->state, &expected, state, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

/* After INIT. True if the core came to life. */
static bool start_core(struct core *core)
{
	core->state = CORE_STARTING;
	smp_ap_stack_top = core->stacks[CORE_STACK_MAIN].top;
	__atomic_store_n(&smp_ap_core, core, __ATOMIC_SEQ_CST);
	apic_send_startup(core->apic_id, startup_page());
	if (!wait_taken(SECOND_STARTUP_US))
		apic_send_startup(core->apic_id, startup_page());
	if (wait_taken(ARRIVAL_US) && wait_online(core, ARRIVAL_US))
		return true;
	__atomic_store_n(&smp_ap_core, NULL, __ATOMIC_SEQ_CST);
	return !leave_starting(core, CORE_ABSENT);
}

/*
 * Time is the TSC on every core, so they must agree. What can be seen here is a clock that is off
 * by more than a start takes: the core's first reading then lies outside our two.
 */
static void check_clock(const struct core *core, uint64_t before, uint64_t after)
{
	if (core->online_at < before)
		log_warn("smp: the TSC of core %u is behind by %lu ticks or more", core->index,
			 before - core->online_at);
	if (core->online_at > after)
		log_warn("smp: the TSC of core %u is ahead by %lu ticks or more", core->index,
			 core->online_at - after);
}

static bool bring_up(uint32_t apic_id, const struct acpi_info *acpi)
{
	uint64_t before = tsc_now();
	struct core *core = core_create(core_count, apic_id, acpi_core_node(acpi, apic_id));

	if (core == NULL) {
		log_error("smp: no memory for the core with APIC id %u", apic_id);
		return false;
	}
	cores[core_count] = core;
	if (!start_core(core)) {
		log_error("smp: the core with APIC id %u did not start", apic_id);
		return false;
	}
	check_clock(core, before, tsc_now());
	core_count++;
	return true;
}

void smp_start(const struct boot_info *info, const struct acpi_info *acpi,
	       struct smp_report *report)
{
	static struct id_list list;

	*report = (struct smp_report) { 0 };
	if (trampoline_page == 0) {
		log_error("smp: no free page below 640 KiB, staying with one core");
		return;
	}
	find_cores(info, acpi, &list);
	for (uint32_t i = 0; i < list.count; i++)
		apic_send_init(list.ids[i]);
	delay_us(list.count == 0 ? 0 : INIT_DELAY_US);
	for (uint32_t i = 0; i < list.count; i++) {
		report->asked++;
		if (bring_up(list.ids[i], acpi))
			report->started++;
		else
			report->failed_apic_ids[report->failed++] = list.ids[i];
	}
}

/* First C code of every core but the boot core, on its own stack. */
void smp_ap_main(struct core *core)
{
	paging_init_core();
	core_bind(core);
	apic_init_core();
	core->online_at = tsc_now();
	if (apic_id() != core->apic_id || !leave_starting(core, CORE_ONLINE))
		cpu_halt_forever();
	core_main(core);
}

bool core_notify(struct core *core, uint32_t bits)
{
	uint32_t before = __atomic_fetch_or(&core->pending, bits, __ATOMIC_SEQ_CST);

	if (before != 0 || core == this_core())
		return false;
	trace_event(TRACE_IPI, TRACE_NO_ENTITY, core->index, bits);
	apic_send_nmi(core->apic_id);
	return true;
}
