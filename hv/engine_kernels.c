#include "hv/engine_kernels.h"

#include <string.h>

#include "hv/cpuid.h"
#include "ple/engine.h"
#include "vmx/registers.h"
#include "vmx/vector_loan.h"
#include "vmx/vmx.h"

#define CPUID_7_EBX_AVX2 (1u << 5)
#define CHECK_WINDOWS	 12 /* the longest horizon, twice, and some */

/* XCR0 decides: without its bits AVX instructions are undefined. */
static bool has_avx2(void)
{
	const uint64_t needed = XCR0_SSE | XCR0_AVX;

	return (vmx_host_xcr0 & needed) == needed &&
	       (cpuid_read_checked(7, 0).ebx & CPUID_7_EBX_AVX2);
}

/* SSE2 is part of long mode. */
static bool always(void)
{
	return true;
}

/* The fastest first. */
static const struct {
	const struct ple_kernels *kernels;
	bool (*usable)(void);
} choices[] = {
	{ &ple_kernels_avx2, has_avx2 },
	{ &ple_kernels_sse2, always },
	{ &ple_kernels_general, always },
};

const struct ple_kernels *engine_kernels_find(const char *name, const char **why)
{
	bool any = strcmp(name, "auto") == 0;

	for (unsigned i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		if (!any && strcmp(name, choices[i].kernels->name) != 0)
			continue;
		if (choices[i].usable())
			return choices[i].kernels;
		*why = "is more than this processor has";
		if (!any)
			return NULL;
	}
	*why = any ? *why : "is none of auto, avx2, sse2, general";
	return NULL;
}

/* A burst and its end: every member learns something. */
static void observe_burst(struct ple_engine *engine)
{
	for (unsigned i = 0; i < CHECK_WINDOWS; i++) {
		const struct ple_window window = {
			.run_us = i % 4 ? 700 * i : 9000,
			.pages = 5 * i,
			.io_ops = i,
		};

		ple_engine_observe(engine, &window);
	}
}

bool engine_kernels_agree(const struct ple_kernels *kernels, const struct ple_weights *weights)
{
	static struct ple_engine engines[2];

	ple_engine_init(&engines[0], &ple_kernels_general);
	ple_engine_init(&engines[1], kernels);
	vector_borrow();
	for (unsigned i = 0; i < 2; i++) {
		ple_engine_use_weights(&engines[i], weights);
		observe_burst(&engines[i]);
	}
	vector_return();
	return memcmp(&engines[0].demand, &engines[1].demand, sizeof(engines[0].demand)) == 0 &&
	       memcmp(&engines[0].lstm, &engines[1].lstm, sizeof(engines[0].lstm)) == 0;
}
