#include "drivers/virt/ioapic.h"

#include <string.h>

enum { OFFSET_SELECT = 0x00, OFFSET_WINDOW = 0x10, OFFSET_EOI = 0x40 };
enum { REG_ID = 0, REG_VERSION = 1, REG_ARBITRATION = 2, REG_REDIRECTION = 0x10 };

#define ID_MASK 0x0F000000u
#define VERSION (0x20u | (IOAPIC_PINS - 1) << 16)

/* Redirection table entry. */
#define RTE_MODE(e)    ((uint8_t)((e) >> 8 & 7))
#define RTE_LOGICAL    (1ull << 11)
#define RTE_PENDING    (1ull << 12) /* delivery status: reads as idle */
#define RTE_REMOTE_IRR (1ull << 14)
#define RTE_LEVEL      (1ull << 15)
#define RTE_MASKED     (1ull << 16)
#define RTE_READ_ONLY  (RTE_PENDING | RTE_REMOTE_IRR)
#define RTE_WRITABLE   (0xFF0000000001FFFFull & ~RTE_READ_ONLY)

void ioapic_init(struct ioapic *io, uint8_t id, const struct ioapic_ops *ops, void *context)
{
	memset(io, 0, sizeof(*io));
	io->ops = ops;
	io->context = context;
	io->id = (uint32_t)id << 24 & ID_MASK;
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		io->redirection[pin] = RTE_MASKED;
}

/* Level triggering exists for fixed and lowest priority only; all other modes count as edges. */
static bool is_level(uint64_t entry)
{
	return (entry & RTE_LEVEL) && RTE_MODE(entry) <= APIC_LOWEST_PRIORITY;
}

static void send(struct ioapic *io, uint64_t entry)
{
	uint8_t dest = (uint8_t)(entry >> 56);
	struct apic_message message = {
		.dest = dest == 0xFF ? APIC_BROADCAST : dest,
		.vector = (uint8_t)entry,
		.mode = RTE_MODE(entry),
		.shorthand = APIC_TO_DEST,
		.dest_logical = entry & RTE_LOGICAL,
		.level_triggered = is_level(entry),
		.assert_level = true,
	};

	io->ops->deliver(io->context, &message);
}

/* Delivers a level-triggered pin that is asserted, unmasked and not awaiting its EOI. */
static void service_level(struct ioapic *io, unsigned pin)
{
	uint64_t *entry = &io->redirection[pin];

	if (!is_level(*entry) || !(io->asserted & 1u << pin))
		return;
	if (*entry & (RTE_MASKED | RTE_REMOTE_IRR))
		return;
	*entry |= RTE_REMOTE_IRR;
	send(io, *entry);
}

void ioapic_set_pin(struct ioapic *io, unsigned pin, bool asserted)
{
	uint32_t bit = 1u << pin % 32;
	bool rising = asserted && !(io->asserted & bit);

	if (pin >= IOAPIC_PINS)
		return;
	io->asserted = asserted ? io->asserted | bit : io->asserted & ~bit;
	if (!rising)
		return;
	if (is_level(io->redirection[pin]))
		service_level(io, pin);
	else if (!(io->redirection[pin] & RTE_MASKED))
		send(io, io->redirection[pin]);
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		uint64_t *entry = &io->redirection[pin];

		if (!(*entry & RTE_REMOTE_IRR) || (uint8_t)*entry != vector)
			continue;
		*entry &= ~RTE_REMOTE_IRR;
		service_level(io, pin);
	}
}

/* Making a pin edge-triggered clears its remote IRR: guests use it to get rid of a stuck one. */
static void write_redirection(struct ioapic *io, unsigned index, uint32_t value)
{
	unsigned pin = index / 2;
	unsigned shift = index % 2 * 32;
	uint64_t half = 0xFFFFFFFFull << shift;
	uint64_t *entry = &io->redirection[pin];

	*entry = (*entry & ~(half & RTE_WRITABLE)) | ((uint64_t)value << shift & RTE_WRITABLE);
	if (!is_level(*entry))
		*entry &= ~RTE_REMOTE_IRR;
	service_level(io, pin);
}

static uint32_t read_register(const struct ioapic *io)
{
	unsigned index = io->select - (unsigned)REG_REDIRECTION;

	if (io->select == REG_ID || io->select == REG_ARBITRATION)
		return io->id;
	if (io->select == REG_VERSION)
		return VERSION;
	if (index < 2 * IOAPIC_PINS)
		return (uint32_t)(io->redirection[index / 2] >> index % 2 * 32);
	return 0;
}

static void write_register(struct ioapic *io, uint32_t value)
{
	unsigned index = io->select - (unsigned)REG_REDIRECTION;

	if (io->select == REG_ID)
		io->id = value & ID_MASK;
	else if (index < 2 * IOAPIC_PINS)
		write_redirection(io, index, value);
}

uint32_t ioapic_read(struct ioapic *io, uint32_t offset, unsigned size)
{
	if (size != 4)
		return 0;
	if (offset == OFFSET_SELECT)
		return io->select;
	return offset == OFFSET_WINDOW ? read_register(io) : 0;
}

void ioapic_write(struct ioapic *io, uint32_t offset, unsigned size, uint32_t value)
{
	if (size != 4)
		return;
	if (offset == OFFSET_SELECT)
		io->select = (uint8_t)value;
	else if (offset == OFFSET_WINDOW)
		write_register(io, value);
	else if (offset == OFFSET_EOI)
		ioapic_eoi(io, (uint8_t)value);
}
