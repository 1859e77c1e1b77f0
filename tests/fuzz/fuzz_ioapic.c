/*
 * Any sequence of accesses, pin changes and EOIs through an I/O APIC: only fixed and
 * lowest-priority level pins ever wait for an EOI, and no asserted one is forgotten.
 */
#include "drivers/virt/ioapic.h"
#include "tests/fuzz/fuzz_input.h"

#define REMOTE_IRR (1ull << 14)
#define LEVEL	   (1ull << 15)
#define MASKED	   (1ull << 16)

static unsigned delivered;

static void on_deliver(void *context, const struct apic_message *message)
{
	(void)context;
	require(message->mode < 8 && message->shorthand == APIC_TO_DEST);
	require(!message->level_triggered || message->mode <= APIC_LOWEST_PRIORITY);
	require(message->dest <= 0xFE || message->dest == APIC_BROADCAST);
	delivered++;
}

static const struct ioapic_ops ops = { on_deliver };

static void check(const struct ioapic *io)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t entry = io->redirection[pin];
		bool level = (entry & LEVEL) && (entry >> 8 & 7) <= APIC_LOWEST_PRIORITY;
		bool due = level && !(entry & MASKED) && (io->asserted >> pin & 1);

		require(level || !(entry & REMOTE_IRR));
		require(!due || (entry & REMOTE_IRR));
	}
	require(!(io->asserted >> IOAPIC_PINS));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct ioapic io;

	ioapic_init(&io, (uint8_t)take(&in, 1), &ops, NULL);
	while (in.size) {
		uint8_t what = (uint8_t)take(&in, 1);

		delivered = 0;
		if (what & 0x80)
			ioapic_set_pin(&io, what & 31, what & 0x40);
		else if (what & 0x40)
			ioapic_eoi(&io, (uint8_t)take(&in, 1));
		else if (what & 0x20)
			ioapic_read(&io, (uint32_t)take(&in, 2), what & 7);
		else if (what & 0x10)
			ioapic_write(&io, (uint32_t)take(&in, 2), what & 7, (uint32_t)take(&in, 4));
		else
			ioapic_write(&io, what & 1 ? 0x10 : 0, 4, (uint32_t)take(&in, 4));
		require(delivered <= IOAPIC_PINS);
		require(!(what & 0x80) || delivered <= 1);
		check(&io);
	}
	return 0;
}
