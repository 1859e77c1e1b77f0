#include "hv/self_test.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/apic.h"
#include "hv/core.h"
#include "hv/log.h"
#include "hv/msr.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/smp.h"
#include "hv/time.h"
#include "hv/traps.h"

#define PATIENCE_US 100000u /* long: an emulator may have other things to do */
#define SILENCE_US  500u

/* Each returns NULL, or what is wrong. */
struct self_test {
	const char *name;
	const char *(*run)(void);
};

/* True if the exception of an undefined instruction was caught. */
static bool undefined_is_caught(void)
{
	bool caught = true;

	__asm__ volatile("1:	ud2\n"
			 "	movb $0, %[caught]\n"
			 "2:\n" EXCEPTION_FIXUP("1b", "2b")
			 : [caught] "+qm"(caught)::"memory");
	return caught;
}

/* True if the page fault of a null pointer was caught. */
static bool null_is_caught(void)
{
	bool caught = true;

	__asm__ volatile("1:	movb (%[null]), %%al\n"
			 "	movb $0, %[caught]\n"
			 "2:\n" EXCEPTION_FIXUP("1b", "2b")
			 : [caught] "+qm"(caught)
			 : [null] "r"(0ul)
			 : "memory", "al");
	return caught;
}

static const char *test_exceptions(void)
{
	uint64_t value;

	if (!undefined_is_caught() || !null_is_caught())
		return "one was not caught";
	if (!rdmsr_safe(MSR_APIC_BASE, &value) || !wrmsr_safe(MSR_APIC_BASE, value))
		return "an MSR that is there seems not to be";
	return NULL;
}

static const char *test_protection(void)
{
	struct paging_audit audit;

	return paging_audit(&audit) ? NULL : "paging_audit() found a violation";
}

/* True when the bits have come; looks with interrupts on, so it never sleeps over a lost one. */
static bool poll_pending(uint32_t bits, uint32_t us)
{
	uint64_t deadline = tsc_now() + ticks_from_us(us);

	while ((this_core()->pending & bits) == 0) {
		if (tsc_now() > deadline)
			return false;
		trap_drain_interrupts();
	}
	core_take_pending(this_core());
	return true;
}

static const char *test_timer(void)
{
	uint64_t deadline = tsc_now() + ticks_from_us(100);

	core_take_pending(this_core());
	apic_timer_arm(deadline);
	if (!poll_pending(CORE_PENDING_TIMER, PATIENCE_US))
		return "it does not fire";
	if (tsc_now() < deadline)
		return "it fires early";
	apic_timer_arm(tsc_now() - 1);
	if (!poll_pending(CORE_PENDING_TIMER, PATIENCE_US))
		return "it does not fire for a deadline that has passed";
	apic_timer_arm(tsc_now() + ticks_from_us(100));
	apic_timer_disarm();
	if (poll_pending(CORE_PENDING_TIMER, SILENCE_US))
		return "it fires although disarmed";
	return NULL;
}

static const char *test_idle(void)
{
	apic_timer_arm(tsc_now() + ticks_from_us(100));
	while (this_core()->pending == 0)
		cpu_idle_wait(&this_core()->pending);
	core_take_pending(this_core());
	apic_send_fixed(apic_id(), VECTOR_WAKE);
	if (!poll_pending(CORE_PENDING_WAKE, PATIENCE_US))
		return "the wake-up IPI does not arrive";
	apic_send_nmi(apic_id());
	return poll_pending(CORE_PENDING_KICK, PATIENCE_US) ? NULL
							    : "an NMI to itself does not arrive";
}

static bool kick_arrives(struct core *core)
{
	uint64_t deadline = tsc_now() + ticks_from_us(PATIENCE_US);
	uint32_t before = core->kicks;

	apic_send_nmi(core->apic_id);
	while (core->kicks == before)
		if (tsc_now() > deadline)
			return false;
	return true;
}

static const char *test_kicks(void)
{
	for (uint32_t i = 1; i < core_count; i++)
		for (uint32_t round = 0; round < 10; round++)
			if (!kick_arrives(cores[i]))
				return "an NMI to another core does not arrive";
	return NULL;
}

static const char *test_pages(void)
{
	uint64_t block = page_alloc_2m(PAGE_NODE_ANY);
	uint64_t page = page_alloc(PAGE_NODE_ANY, 1);
	const char *wrong = NULL;

	if (block == 0 || page == 0)
		return "no memory";
	memset(phys_to_virt(page), 0xff, PAGE_SIZE);
	page_zero(page);
	if (block % BLOCK_SIZE != 0 || page_colour_of(page) != 1)
		wrong = "a page of the wrong kind";
	else if (memchr(phys_to_virt(page), 0xff, PAGE_SIZE) != NULL)
		wrong = "a zeroed page is not zero";
	page_free(page);
	page_free_2m(block);
	return wrong;
}

static const char *test_heap(void)
{
	size_t size = 100000; /* more than one step of the heap's growth */
	uint8_t *bytes = calloc(1, size);
	const char *wrong = NULL;

	if (bytes == NULL)
		return "no memory";
	for (size_t i = 0; i < size && wrong == NULL; i++)
		if (bytes[i] != 0)
			wrong = "calloc returns junk";
	bytes[size - 1] = 1;
	free(bytes);
	return wrong;
}

static const struct self_test tests[] = {
	{ "exceptions", test_exceptions },
	{ "protection", test_protection },
	{ "timer", test_timer },
	{ "idle", test_idle },
	{ "kicks", test_kicks },
	{ "pages", test_pages },
	{ "heap", test_heap },
};

bool self_test_run(void)
{
	size_t count = sizeof(tests) / sizeof(tests[0]), passed = 0;

	for (size_t i = 0; i < count; i++) {
		const char *wrong = tests[i].run();

		passed += wrong == NULL;
		if (wrong != NULL)
			log_error("self-test: %s: %s", tests[i].name, wrong);
	}
	log_info("self-test: %lu of %lu passed", passed, count);
	return passed == count;
}
