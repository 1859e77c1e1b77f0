/*
 * Locks around output that has to work while the machine goes down. Normally they are plain spin
 * locks. In a panic the one core that still runs may have interrupted the owner, or the owner was
 * muted for good: after a bounded wait the lock is taken by force.
 */
#ifndef HV_PANIC_LOCK_H
#define HV_PANIC_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/spinlock.h"

#define PANIC_LOCK_TRIES 100000u

static inline void panic_lock(struct spinlock *lock, bool panicking)
{
	if (!panicking) {
		spin_lock(lock);
		return;
	}
	for (uint32_t i = 0; i < PANIC_LOCK_TRIES; i++)
		if (spin_try_lock(lock))
			return;
	spinlock_init(lock, lock->name);
	spin_lock(lock);
}

#endif
