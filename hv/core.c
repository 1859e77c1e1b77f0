#include "hv/core.h"

#include "drivers/apic.h"
#include "hv/cpuid.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/paging.h"
#include "hv/traps.h"

#define CR0_VALUE 0x80010033u /* PG, WP, NE, ET, MP, PE */
#define CR4_VALUE 0x00000660u /* OSXMMEXCPT, OSFXSR, MCE, PAE */
#define CR4_SMEP  (1u << 20)

struct core boot_core __attribute__((aligned(CACHE_LINE)));
struct core *cores[MAX_CORES];
uint32_t core_count;

static bool make_stack(struct core *core, enum core_stack_use use, size_t size)
{
	uint8_t *bottom = own_memory_alloc(size, core->node);

	if (bottom == NULL)
		return false;
	core->stacks[use] = (struct core_stack) { (uint64_t)bottom, (uint64_t)bottom + size };
	return true;
}

bool core_make_stacks(struct core *core)
{
	uint64_t ist_tops[IST_COUNT];

	if (!make_stack(core, CORE_STACK_MAIN, CORE_STACK_SIZE))
		return false;
	for (uint32_t i = 0; i < IST_COUNT; i++) {
		if (!make_stack(core, CORE_STACK_IST + i, CORE_IST_STACK_SIZE))
			return false;
		ist_tops[i] = core->stacks[CORE_STACK_IST + i].top;
	}
	segments_build(&core->segments, ist_tops);
	return true;
}

struct core *core_create(uint32_t index, uint32_t apic_id, uint32_t node)
{
	struct core *core = own_memory_alloc(sizeof(*core), node);

	if (core == NULL)
		return NULL;
	core->index = index;
	core->apic_id = apic_id;
	core->node = node;
	return core_make_stacks(core) ? core : NULL;
}

/* The same on all cores, whatever the firmware left: VMX wants NE, page protection WP. */
static void set_control_registers(void)
{
	uint32_t features = cpuid_read_checked(7, 0).ebx;
	bool has_smep = features >> 7 & 1;

	cr0_write(CR0_VALUE);
	cr4_write(CR4_VALUE | (has_smep ? CR4_SMEP : 0));
}

void core_bind(struct core *core)
{
	core->self = core;
	set_control_registers();
	segments_load(&core->segments);
	msr_write(MSR_GS_BASE, (uint64_t)core);
	traps_init_core();
}

__attribute__((weak)) void core_nmi(void)
{
	struct core *core = this_core();

	core->kicks++;
	core_set_pending(core, CORE_PENDING_KICK);
}

void cpu_halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

__attribute__((weak)) void core_main(struct core *core)
{
	for (;;) {
		core_take_pending(core);
		cpu_idle_wait(&core->pending);
	}
}
