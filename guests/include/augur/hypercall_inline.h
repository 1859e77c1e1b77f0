/*
 * Hypercalls as C functions, for guests in 64-bit mode (the calling convention and what each call
 * does: <augur/hypercall.h>). Addresses are guest-physical.
 */
#ifndef GUESTS_INCLUDE_AUGUR_HYPERCALL_INLINE_H
#define GUESTS_INCLUDE_AUGUR_HYPERCALL_INLINE_H

#include <augur/hypercall.h>

static inline int64_t augur_hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	int64_t result;

	__asm__ volatile("vmcall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "memory");
	return result;
}

static inline int64_t augur_yield(void)
{
	return augur_hypercall(AUGUR_HC_YIELD, 0, 0, 0);
}

static inline void augur_exit(uint64_t code)
{
	augur_hypercall(AUGUR_HC_EXIT, code, 0, 0);
}

static inline int64_t augur_console_write(uint64_t gpa, uint64_t length)
{
	return augur_hypercall(AUGUR_HC_CONSOLE_WRITE, gpa, length, 0);
}

static inline int64_t augur_core_id(void)
{
	return augur_hypercall(AUGUR_HC_CORE_ID, 0, 0, 0);
}

static inline int64_t augur_vcpu_stats(uint64_t gpa)
{
	return augur_hypercall(AUGUR_HC_VCPU_STATS, gpa, 0, 0);
}

#endif
