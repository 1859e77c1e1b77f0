/* The pair of 8259s, with the PIT as source, through LINT0 of the local APIC as ExtINT. */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/verdict.h"

#define MASTER	     0x20
#define SLAVE	     0xa0
#define EOI	     0x20
#define READ_ISR     0x0b
#define BASE	     0x30
#define SLAVE_BASE   0x38
#define EXTINT	     (7u << 8)
#define PIT_COMMAND  0x43
#define PIT_CHANNEL0 0x40
#define PIT_MODE2    0x34
#define PIT_1MS	     1193
#define WANTED	     10 /* interrupts */
#define PATIENCE_MS  5000

static volatile unsigned ticks;
static volatile uint8_t isr_seen;

static uint8_t read_register(uint8_t command)
{
	outb(MASTER, command);
	return inb(MASTER);
}

static void on_tick(struct trap_frame *frame)
{
	(void)frame;
	ticks++;
	isr_seen = read_register(READ_ISR);
	outb(MASTER, EOI);
}

static void init_chip(uint16_t port, uint8_t base, uint8_t wiring)
{
	outb(port, 0x11);
	outb(port + 1, base);
	outb(port + 1, wiring);
	outb(port + 1, 0x01);
}

/* Runs with interrupts on until enough ticks have come or the time is over; returns how long. */
static uint64_t wait_ms(uint64_t ms, unsigned enough)
{
	uint64_t start = rdtsc(), ms_ticks = guest_boot()->tsc_hz / 1000;

	interrupts_on();
	while (ticks < enough && rdtsc() - start < ms * ms_ticks)
		cpu_relax();
	interrupts_off();
	return (rdtsc() - start) / ms_ticks;
}

static void test_masks(void)
{
	for (unsigned mask = 0; mask < 256; mask += 51) {
		outb(MASTER + 1, (uint8_t)mask);
		outb(SLAVE + 1, (uint8_t)~mask);
		check(inb(MASTER + 1) == mask && inb(SLAVE + 1) == (uint8_t)~mask,
		      "mask %#x does not read back", mask);
	}
	outb(MASTER + 1, 0xff);
	outb(SLAVE + 1, 0xff);
}

static void start_pit(void)
{
	outb(PIT_COMMAND, PIT_MODE2);
	outb(PIT_CHANNEL0, PIT_1MS & 0xff);
	outb(PIT_CHANNEL0, PIT_1MS >> 8);
}

static void test_timer_interrupts(void)
{
	uint64_t passed;

	interrupt_handle(BASE, on_tick);
	apic_write(APIC_LVT_LINT0, EXTINT);
	start_pit();
	wait_ms(3, 1);
	check(ticks == 0, "a masked line interrupts");
	outb(MASTER + 1, 0xfe);
	passed = wait_ms(PATIENCE_MS, WANTED);
	outb(MASTER + 1, 0xff);
	check(ticks == WANTED, "only %u interrupts in %lu ms at 1 kHz", ticks, passed);
	check(passed >= WANTED - 2, "%u interrupts in %lu ms at 1 kHz", ticks, passed);
	check(isr_seen == 1, "ISR in the handler: %#x", isr_seen);
	check(read_register(READ_ISR) == 0, "ISR is not empty after EOI");
}

int main(void)
{
	apic_init();
	init_chip(MASTER, BASE, 4);
	init_chip(SLAVE, SLAVE_BASE, 2);
	test_masks();
	test_timer_interrupts();
	return verdict();
}
