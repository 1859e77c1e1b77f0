/*
 * A named ticket lock: first come, first served. Interrupts are off wherever the hypervisor takes
 * a lock, and the NMI handler takes none, so a lock needs no interrupt-saving variant. A holder
 * must not sleep, enter a guest or wait for another core.
 *
 * Lock order (take a lock only while holding locks further up; locks of one line are never nested
 * unless said so):
 *   vm list
 *   vm                     one VM's set-up and state
 *   vcpu / device model    one VM's devices
 *   run queue              one core's; two at once: the lower core index first
 *   libc heap              malloc
 *   paging                 the hypervisor's own tables and windows
 *   page node              one node of the page allocator
 *   log, console           last: anything may print
 */
#ifndef HV_SPINLOCK_H
#define HV_SPINLOCK_H

#include <stdint.h>
#include <stdbool.h>

struct spinlock {
	uint32_t next;	  /* the ticket the next comer takes */
	uint32_t serving; /* the ticket that holds the lock */
	const char *name; /* for panics and lock dumps; static text */
};

#define SPINLOCK_INIT(label)                                                                       \
	{                                                                                          \
		.name = (label)                                                                    \
	}

static inline void spinlock_init(struct spinlock *lock, const char *name)
{
	lock->next = 0;
	lock->serving = 0;
	lock->name = name;
}

static inline void spin_lock(struct spinlock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket)
		__builtin_ia32_pause();
}

/* True if the lock was free and is now held. */
static inline bool spin_try_lock(struct spinlock *lock)
{
	uint32_t ticket = __atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE);

	return __atomic_compare_exchange_n(&lock->next, &ticket, ticket + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->serving, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&lock->next, __ATOMIC_RELAXED);
}

#endif
