#include "drivers/virt/mptable.h"

#include "drivers/virt/table_writer.h"

#define POINTER_SIZE   16
#define HEADER_SIZE    44
#define SPECIFICATION  4    /* version 1.4 */
#define LAPIC_VERSION  0x15 /* as the models show it */
#define IOAPIC_VERSION 0x20
#define ISA_BUS	       0
#define ISA_IRQS       16
#define ALL_LAPICS     0xFF

enum { ENTRY_CPU = 0, ENTRY_BUS = 1, ENTRY_IOAPIC = 2, ENTRY_INTERRUPT = 3, ENTRY_LOCAL = 4 };
enum { CPU_ENTRY_SIZE = 20, OTHER_ENTRY_SIZE = 8 };
enum { CPU_ENABLED = 1 << 0, CPU_BOOT = 1 << 1 };
enum { SOURCE_INT = 0, SOURCE_NMI = 1, SOURCE_EXTINT = 3 };
enum { HEADER_LENGTH = 4, HEADER_SUM = 7, HEADER_COUNT = 34 };
enum { POINTER_SUM = 10 };

static uint8_t checksum(const struct table_writer *w, size_t start, size_t end)
{
	uint8_t sum = 0;

	while (start < end)
		sum += w->buffer[start++];
	return (uint8_t)-sum;
}

static void put_pointer(struct table_writer *w, uint32_t table)
{
	put_text(w, "_MP_", 4);
	put(w, table, 4);
	put(w, POINTER_SIZE / 16, 1);
	put(w, SPECIFICATION, 1);
	put(w, 0, 1);	 /* checksum */
	put_zeros(w, 5); /* a table follows; no IMCR */
	if (!w->overflow)
		patch(w, POINTER_SUM, checksum(w, 0, POINTER_SIZE), 1);
}

static void put_header(struct table_writer *w, uint32_t lapic_base)
{
	put_text(w, "PCMP", 4);
	put(w, 0, 2); /* length */
	put(w, SPECIFICATION, 1);
	put(w, 0, 1); /* checksum */
	put_text(w, "AUGUR   ", 8);
	put_text(w, "AUGURVM     ", 12);
	put(w, 0, 6); /* no OEM table */
	put(w, 0, 2); /* number of entries */
	put(w, lapic_base, 4);
	put(w, 0, 4); /* no extended table */
}

static void put_cpu(struct table_writer *w, const struct mptable_config *config, unsigned id)
{
	put(w, ENTRY_CPU, 1);
	put(w, id, 1);
	put(w, LAPIC_VERSION, 1);
	put(w, CPU_ENABLED | (id == 0 ? CPU_BOOT : 0), 1);
	put(w, config->cpu_signature, 4);
	put(w, config->cpu_features, 4);
	put(w, 0, 8);
}

static void put_isa_bus(struct table_writer *w)
{
	put(w, ENTRY_BUS, 1);
	put(w, ISA_BUS, 1);
	put_text(w, "ISA   ", 6);
}

static void put_ioapic(struct table_writer *w, const struct mptable_config *config)
{
	put(w, ENTRY_IOAPIC, 1);
	put(w, config->ioapic_id, 1);
	put(w, IOAPIC_VERSION, 1);
	put(w, 1, 1); /* enabled */
	put(w, config->ioapic_base, 4);
}

/* Polarity and trigger mode are those of the ISA bus. */
static void put_interrupt(struct table_writer *w, uint8_t entry, uint8_t source, uint8_t irq,
			  uint8_t apic, uint8_t pin)
{
	put(w, entry, 1);
	put(w, source, 1);
	put(w, 0, 2);
	put(w, ISA_BUS, 1);
	put(w, irq, 1);
	put(w, apic, 1);
	put(w, pin, 1);
}

/* IRQ 2 is the cascade between the PICs, and its pin has the timer. Returns the entries. */
static unsigned put_isa_interrupts(struct table_writer *w, uint8_t ioapic_id)
{
	unsigned count = 0;

	for (uint8_t irq = 0; irq < ISA_IRQS; irq++) {
		if (irq == 2)
			continue;
		put_interrupt(w, ENTRY_INTERRUPT, SOURCE_INT, irq, ioapic_id, irq ? irq : 2);
		count++;
	}
	return count;
}

static unsigned put_entries(struct table_writer *w, const struct mptable_config *config)
{
	unsigned interrupts;

	for (unsigned id = 0; id < config->cpu_count; id++)
		put_cpu(w, config, id);
	put_isa_bus(w);
	put_ioapic(w, config);
	interrupts = put_isa_interrupts(w, config->ioapic_id);
	put_interrupt(w, ENTRY_LOCAL, SOURCE_EXTINT, 0, ALL_LAPICS, 0);
	put_interrupt(w, ENTRY_LOCAL, SOURCE_NMI, 0, ALL_LAPICS, 1);
	return config->cpu_count + interrupts + 4;
}

size_t mptable_bound(const struct mptable_config *config)
{
	return POINTER_SIZE + HEADER_SIZE + config->cpu_count * (size_t)CPU_ENTRY_SIZE +
	       (ISA_IRQS + 4) * (size_t)OTHER_ENTRY_SIZE;
}

enum error mptable_build(const struct mptable_config *config, void *buffer, size_t size,
			 size_t *used)
{
	struct table_writer w = { .buffer = buffer, .size = size };
	const size_t table = POINTER_SIZE;

	if (!config->cpu_count || config->cpu_count > MPTABLE_MAX_CPUS || config->base % 16)
		return ERR_INVALID;
	put_pointer(&w, config->base + (uint32_t)table);
	put_header(&w, config->lapic_base);
	patch(&w, table + HEADER_COUNT, put_entries(&w, config), 2);
	*used = w.used;
	if (w.overflow)
		return ERR_NO_MEMORY;
	patch(&w, table + HEADER_LENGTH, w.used - table, 2);
	patch(&w, table + HEADER_SUM, checksum(&w, table, w.used), 1);
	return OK;
}
