#include "hv/rendezvous.h"

#include "hv/smp.h"
#include "vmx/vmx.h"

uint32_t rendezvous_ticket;
static uint32_t arrived; /* cores that wait */

void rendezvous_wait(struct core *core)
{
	uint32_t ticket = __atomic_load_n(&rendezvous_ticket, __ATOMIC_ACQUIRE);

	if (!(ticket & 1) || core->index == 0)
		return;
	if (core->loaded)
		vmx_unload(core->loaded);
	__atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&rendezvous_ticket, __ATOMIC_ACQUIRE) == ticket)
		__builtin_ia32_pause();
	__atomic_fetch_sub(&arrived, 1, __ATOMIC_ACQ_REL);
}

static uint32_t others_online(void)
{
	uint32_t others = 0;

	for (uint32_t i = 1; i < core_count; i++)
		others += cores[i]->state == CORE_ONLINE;
	return others;
}

void rendezvous(void (*fn)(void *context), void *context)
{
	uint32_t others = others_online();

	__atomic_fetch_add(&rendezvous_ticket, 1, __ATOMIC_ACQ_REL);
	for (uint32_t i = 1; i < core_count; i++)
		if (cores[i]->state == CORE_ONLINE)
			core_notify(cores[i], CORE_PENDING_KICK);
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) != others)
		__builtin_ia32_pause();
	fn(context);
	__atomic_fetch_add(&rendezvous_ticket, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) != 0)
		__builtin_ia32_pause();
}
