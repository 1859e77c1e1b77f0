/*
 * Any sequence of accesses and time through the 8254: the next event is always ahead, comes exactly
 * when it was announced, and nothing happens before.
 */
#include "drivers/virt/pit.h"
#include "tests/fuzz/fuzz_input.h"

static unsigned rises;

static void on_interrupt(void *context, bool level)
{
	(void)context;
	rises += level;
}

static const struct pit_ops ops = { on_interrupt };

static void pass_time(struct pit *p, struct fuzz_input *in, uint64_t *now)
{
	uint64_t next = pit_next_event(p), before = rises;

	*now += take_ticks(in);
	pit_advance(p, *now);
	require(pit_next_event(p) > *now);
	require(rises == before + (next <= *now));
}

/* One tick before the event nothing happens, at the event it does. */
static void meet_event(struct pit *p, uint64_t *now)
{
	uint64_t next = pit_next_event(p), before = rises;

	if (next == PIT_NEVER || next <= *now)
		return;
	*now = next - 1;
	pit_advance(p, *now);
	require(rises == before);
	*now = next;
	pit_advance(p, *now);
	require(rises == before + 1 && pit_next_event(p) > *now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	uint64_t tsc_hz = take(&in, 5) | 1000000;
	uint64_t now = 0;
	struct pit p;

	rises = 0;
	pit_init(&p, tsc_hz, &ops, NULL);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);
		uint16_t port = what & 8 ? 0x61 : 0x40 + (what & 7);

		if (what & 0x80)
			pass_time(&p, &in, &now);
		else if (what & 0x40)
			meet_event(&p, &now);
		else if (what & 0x20)
			pit_read(&p, port, now);
		else
			pit_write(&p, port, (uint8_t)take(&in, 1), now);
		for (unsigned i = 0; i < 3; i++)
			require(p.channel[i].count >= 1 && p.channel[i].mode <= 5);
	}
	return 0;
}
