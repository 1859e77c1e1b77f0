/*
 * All vCPUs: start, identity, shared memory, and a TSC that agrees between them.
 * Command line: rounds=N (default 2000; fewer where vCPUs share cores, since the lock is fair).
 */
#include "guests/lib/apic.h"
#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/percpu.h"
#include "guests/lib/smp.h"
#include "guests/lib/sync.h"
#include "guests/lib/verdict.h"

static struct barrier barrier;
static struct spinlock lock;
static unsigned cpus;
static uint64_t rounds;
static volatile bool go;
static uint32_t atomic_sum;
static volatile uint32_t locked_sum;
static volatile uint64_t last_tsc;
static uint32_t warps;
static uint64_t largest_warp;

static void check_identity(unsigned index)
{
	uint32_t leaf1 = cpuid(1, 0).ebx >> 24;
	uint32_t leafb = cpuid(0xb, 0).edx;
	bool bsp = rdmsr(MSR_APIC_BASE) & 1u << 8;

	check(apic_id() == index, "vCPU %u: APIC id %u", index, (unsigned)apic_id());
	check(leaf1 == index, "vCPU %u: CPUID 1 says id %u", index, (unsigned)leaf1);
	check(leafb == index, "vCPU %u: CPUID 0xb says id %u", index, (unsigned)leafb);
	check(bsp == (index == 0), "vCPU %u: BSP flag is %d", index, bsp);
}

static void add_up(void)
{
	for (uint64_t i = 0; i < rounds; i++) {
		__atomic_add_fetch(&atomic_sum, 1, __ATOMIC_RELAXED);
		spin_lock(&lock);
		locked_sum++;
		spin_unlock(&lock);
	}
}

/* A reading under the lock must not lie before the previous one, whoever took that. */
static void compare_tsc(void)
{
	for (uint64_t i = 0; i < rounds; i++) {
		uint64_t now;

		spin_lock(&lock);
		now = rdtsc_ordered();
		if (now < last_tsc) {
			warps++;
			if (last_tsc - now > largest_warp)
				largest_warp = last_tsc - now;
		}
		last_tsc = now;
		spin_unlock(&lock);
	}
}

static void work(unsigned index)
{
	while (!go)
		cpu_relax();
	check_identity(index);
	barrier_wait(&barrier, cpus);
	add_up();
	barrier_wait(&barrier, cpus);
	compare_tsc();
	barrier_wait(&barrier, cpus);
}

int main(void)
{
	unsigned wanted = guest_boot()->vcpu_count;

	rounds = arg_u64(guest_cmdline(), "rounds", 2000);
	apic_init();
	cpus = smp_start_all(work);
	check(cpus == wanted, "%u of %u vCPUs run", cpus, wanted);
	go = true;
	work(0);
	check(atomic_sum == cpus * rounds, "atomic sum %u", (unsigned)atomic_sum);
	check(locked_sum == cpus * rounds, "locked sum %u", (unsigned)locked_sum);
	check(warps == 0, "the TSC ran backwards %u times, by up to %lu", (unsigned)warps,
	      largest_warp);
	return verdict();
}
