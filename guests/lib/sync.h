/* Spinlock and barrier for the vCPUs of one guest. Zero-initialized is ready to use. */
#ifndef GUESTS_LIB_SYNC_H
#define GUESTS_LIB_SYNC_H

#include <stdint.h>

#include "guests/lib/cpu.h"

struct spinlock {
	uint32_t next, owner; /* tickets */
};

static inline void spin_lock(struct spinlock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		cpu_relax();
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->owner, lock->owner + 1, __ATOMIC_RELEASE);
}

struct barrier {
	uint32_t arrived, round;
};

/* Returns when `count` vCPUs have called it; may be used again at once. */
static inline void barrier_wait(struct barrier *barrier, uint32_t count)
{
	uint32_t round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == count) {
		barrier->arrived = 0;
		__atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
		cpu_relax();
}

#endif
