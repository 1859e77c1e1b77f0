/*
 * Handing a local APIC over to a processor with virtual-interrupt delivery. The processor is a
 * small model of SDM vol. 3C, 30.2, that is compared with the software APIC on random histories.
 */
#include "tests/unit/lapic_fixture.h"

#include <string.h>

#include "drivers/virt/lapic_page.h"

#define ROUNDS 20000

static struct lapic_page page;
static struct lapic_delivery delivery;

static bool bit(unsigned base, unsigned vector)
{
	return page.reg[base + vector / 32][0] >> vector % 32 & 1;
}

static unsigned top(unsigned base)
{
	for (unsigned vector = 255; vector >= 16; vector--)
		if (bit(base, vector))
			return vector;
	return 0;
}

static void flip(unsigned base, unsigned vector)
{
	page.reg[base + vector / 32][0] ^= 1u << vector % 32;
}

/* Virtual-interrupt delivery; returns the vector, or -1. */
static int deliver(void)
{
	unsigned vector = delivery.status & 0xff;

	if (!lapic_page_waits(&page, delivery.status))
		return -1;
	flip(LAPIC_PAGE_IRR, vector);
	if (!bit(LAPIC_PAGE_ISR, vector))
		flip(LAPIC_PAGE_ISR, vector);
	delivery.status = (uint16_t)(vector << 8 | top(LAPIC_PAGE_IRR));
	return (int)vector;
}

/* EOI virtualization; true if it exits. */
static bool end(void)
{
	unsigned vector = delivery.status >> 8;

	if (!vector)
		return false;
	flip(LAPIC_PAGE_ISR, vector);
	delivery.status = (uint16_t)(top(LAPIC_PAGE_ISR) << 8 | (delivery.status & 0xff));
	if (!(delivery.level[vector / 32] >> vector % 32 & 1))
		return false;
	lapic_vector_ended(&apic, (uint8_t)vector);
	return true;
}

static void everything_goes_over(void **state)
{
	(void)state;
	lapic_inject(&apic, 0x45, true);
	lapic_accept(&apic, 0x45);
	lapic_inject(&apic, 0x47, false);
	lapic_inject(&apic, 0x83, false);
	lapic_set_tpr(&apic, 0x31);
	memset(&page, 0xff, sizeof(page));
	lapic_page_enter(&apic, &page, &delivery);
	assert_int_equal(page.reg[LAPIC_PAGE_TPR][0], 0x31);
	assert_int_equal(page.reg[LAPIC_PAGE_TPR][1], 0);
	assert_true(bit(LAPIC_PAGE_ISR, 0x45));
	assert_int_equal(top(LAPIC_PAGE_ISR), 0x45);
	assert_true(bit(LAPIC_PAGE_IRR, 0x47) && bit(LAPIC_PAGE_IRR, 0x83));
	assert_int_equal(delivery.status, 0x4583);
	assert_int_equal(delivery.level[2], 1u << 5);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(lapic_ppr(&apic), 0);
	assert_true(lapic_consistent(&apic));
}

static void requests_are_handed_over_once(void **state)
{
	(void)state;
	lapic_page_enter(&apic, &page, &delivery);
	assert_int_equal(delivery.status, 0);
	lapic_inject(&apic, 0x62, false);
	lapic_inject(&apic, 0xf1, false);
	assert_int_equal(lapic_pending_vector(&apic), 0xf1);
	assert_false(lapic_page_request(&apic, &page, &delivery));
	assert_int_equal(delivery.status, 0xf1);
	assert_int_equal(lapic_pending_vector(&apic), -1);
	assert_int_equal(deliver(), 0xf1);
	assert_int_equal(deliver(), -1);
	assert_false(lapic_page_request(&apic, &page, &delivery));
	assert_int_equal(delivery.status, 0xf162);
	assert_false(end());
	assert_int_equal(deliver(), 0x62);
}

static void level_triggered_vectors_exit_at_their_end(void **state)
{
	(void)state;
	lapic_page_enter(&apic, &page, &delivery);
	lapic_inject(&apic, 0x33, true);
	assert_true(lapic_page_request(&apic, &page, &delivery));
	assert_int_equal(deliver(), 0x33);
	assert_true(end());
	assert_int_equal(recorder.eois, 1);
	assert_int_equal(recorder.eoi_vector, 0x33);
	lapic_inject(&apic, 0x33, true);
	assert_false(lapic_page_request(&apic, &page, &delivery));
	assert_int_equal(deliver(), 0x33);
	assert_true(end());
	lapic_inject(&apic, 0x33, false);
	assert_true(lapic_page_request(&apic, &page, &delivery));
	assert_int_equal(deliver(), 0x33);
	assert_false(end());
	assert_int_equal(recorder.eois, 2);
}

static void the_priority_holds_back_what_it_should(void **state)
{
	(void)state;
	lapic_page_enter(&apic, &page, &delivery);
	lapic_inject(&apic, 0x52, false);
	lapic_page_request(&apic, &page, &delivery);
	page.reg[LAPIC_PAGE_TPR][0] = 0x50;
	assert_false(lapic_page_waits(&page, delivery.status));
	page.reg[LAPIC_PAGE_TPR][0] = 0x4f;
	assert_true(lapic_page_waits(&page, delivery.status));
	assert_false(lapic_page_waits(&page, 0x5152));
	assert_true(lapic_page_waits(&page, 0x4f52));
	assert_false(lapic_page_waits(&page, 0));
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* The same history on the software APIC alone and on the pair of model and processor. */
static void pair_behaves_like_the_software_apic(void **state)
{
	struct lapic soft = apic;
	uint32_t seed = 1;

	(void)state;
	lapic_page_enter(&apic, &page, &delivery);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint8_t vector = (uint8_t)(16 + next_random(&seed) % 240);
		bool level = next_random(&seed) % 4 == 0;
		uint8_t tpr = (uint8_t)next_random(&seed);

		switch (next_random(&seed) % 4) {
		case 0:
			lapic_inject(&apic, vector, level);
			lapic_inject(&soft, vector, level);
			break;
		case 1:
			page.reg[LAPIC_PAGE_TPR][0] = tpr;
			lapic_set_tpr(&soft, tpr);
			break;
		case 2:
			end();
			lapic_eoi(&soft);
			break;
		default:
			lapic_page_request(&apic, &page, &delivery);
			assert_int_equal(deliver(), lapic_pending_vector(&soft));
			if (lapic_pending_vector(&soft) >= 0)
				lapic_accept(&soft, (uint8_t)lapic_pending_vector(&soft));
		}
		assert_true(lapic_consistent(&apic) && lapic_consistent(&soft));
	}
	lapic_page_request(&apic, &page, &delivery);
	for (unsigned w = 0; w < 8; w++) {
		assert_int_equal(page.reg[LAPIC_PAGE_ISR + w][0], soft.isr.word[w]);
		assert_int_equal(page.reg[LAPIC_PAGE_IRR + w][0], soft.irr.word[w]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everything_goes_over, setup_x2apic),
		cmocka_unit_test_setup(requests_are_handed_over_once, setup_x2apic),
		cmocka_unit_test_setup(level_triggered_vectors_exit_at_their_end, setup_x2apic),
		cmocka_unit_test_setup(the_priority_holds_back_what_it_should, setup_x2apic),
		cmocka_unit_test_setup(pair_behaves_like_the_software_apic, setup_x2apic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
