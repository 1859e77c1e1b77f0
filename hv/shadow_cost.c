/* What watching costs: shadow_report(). */
#include "hv/charges.h"
#include "hv/core.h"
#include "hv/export.h"
#include "hv/shadow.h"
#include "hv/time.h"
#include "hv/vm.h"

#define ROUNDS 1024

/* Not to be optimised away, nor moved. */
static inline void keep(void *memory)
{
	__asm__ volatile("" : : "r"(memory) : "memory");
}

static uint64_t count_exits(struct vcpu *vcpu)
{
	uint64_t begun = tsc_now();

	for (uint32_t i = 0; i < ROUNDS; i++) {
		vcpu_count_exit(vcpu, EXIT_REASON_IO, i);
		vcpu_count_io(vcpu, 1);
		keep(vcpu);
	}
	return tsc_now() - begun;
}

static uint64_t count_nothing(struct vcpu *vcpu)
{
	uint64_t begun = tsc_now();

	for (uint32_t i = 0; i < ROUNDS; i++)
		keep(vcpu);
	return tsc_now() - begun;
}

/* Of an exit that counts everything there is to count. */
static uint64_t ticks_per_exit(void)
{
	static struct vcpu scratch;
	uint64_t with = count_exits(&scratch);
	uint64_t without = count_nothing(&scratch);

	return with > without ? (with - without + ROUNDS / 2) / ROUNDS : 0;
}

static uint64_t all_exits(void)
{
	uint64_t exits = 0;

	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i])
			exits += vm_exits(vms[i]);
	return exits;
}

void shadow_report(void)
{
	uint64_t per_exit = ticks_per_exit();
	uint64_t cost = per_exit * all_exits();
	uint64_t time = 0;

	for (uint32_t i = 0; i < core_count; i++) {
		const struct shadow_cost *c = &cores[i]->shadow_cost;
		const struct sched_core *s = &cores[i]->sched;

		cost += c->ticks + CHARGE_EXIT * c->closed + CHARGE_INVEPT * c->flushes;
		time += s->run + s->idle + s->overhead;
	}
	export_figure("shadow.per_exit", per_exit, "ticks");
	if (time)
		export_figure("shadow.share", cost * 1000000 / time, "ppm");
}
