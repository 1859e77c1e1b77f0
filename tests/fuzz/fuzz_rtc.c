/* Any sequence of accesses and time through the clock: what it shows is always a time of day. */
#include "drivers/virt/rtc.h"
#include "tests/fuzz/fuzz_input.h"

enum { BINARY_24 = 0x06, SET = 0x80 };

static uint8_t get(const struct rtc *r, uint8_t reg, uint64_t now)
{
	struct rtc copy = *r;

	copy.ram[0x0B] = (copy.ram[0x0B] & SET) | BINARY_24;
	rtc_write(&copy, 0x70, reg, now);
	return rtc_read(&copy, 0x71, now);
}

static void check(const struct rtc *r, uint64_t now)
{
	require(get(r, 0x00, now) < 60);
	require(get(r, 0x02, now) < 60);
	require(get(r, 0x04, now) < 24);
	require(get(r, 0x06, now) >= 1 && get(r, 0x06, now) <= 7);
	require(get(r, 0x07, now) >= 1 && get(r, 0x07, now) <= 31);
	require(get(r, 0x08, now) >= 1 && get(r, 0x08, now) <= 12);
	require(get(r, 0x09, now) < 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint64_t now = take_ticks(&in);
	struct rtc r;

	rtc_init(&r, take(&in, 4) + 1, (int32_t)take(&in, 4), now);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);

		now += take_ticks(&in);
		if (what & 1)
			rtc_read(&r, 0x70 + (what >> 1 & 1), now);
		else
			rtc_write(&r, 0x70 + (what >> 1 & 1), (uint8_t)take(&in, 1), now);
		check(&r, now);
	}
	return 0;
}
