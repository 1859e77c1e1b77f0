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

static void wait_ns(uint64_t ns)
{
	uint64_t end = rdtsc() + guest_boot()->tsc_hz / 1000000 * ns / 1000;

	interrupts_on();
	while (rdtsc() < end)
		cpu_relax();
	interrupts_off();
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
	interrupt_handle(BASE, on_tick);
	apic_write(APIC_LVT_LINT0, EXTINT);
	start_pit();
	wait_ns(3000000);
	check(ticks == 0, "a masked line interrupts");
	outb(MASTER + 1, 0xfe);
	wait_ns(20000000);
	outb(MASTER + 1, 0xff);
	check(ticks >= 3 && ticks <= 23, "%u interrupts in 20 ms at 1 kHz", ticks);
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
