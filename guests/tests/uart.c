/* The 16550 at COM1: registers, FIFO in loopback, and interrupts through the I/O APIC. */
#include "guests/lib/apic.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/interrupt.h"
#include "guests/lib/ioapic.h"
#include "guests/lib/verdict.h"

#define UART_VECTOR 0x71

#define IER_RX	     0x01
#define IER_THRE     0x02
#define FCR_ENABLE   0x01
#define FCR_CLEAR    0x06
#define FCR_TRIGGER8 0x80
#define IIR_NONE     0x01
#define IIR_THRE     0x02
#define IIR_RX	     0x04
#define IIR_TIMEOUT  0x0c
#define MCR_OUT2     0x08
#define MCR_LOOP     0x10
#define LSR_OVERRUN  0x02
#define LSR_IDLE     0x60

static volatile unsigned interrupts;
static volatile uint8_t last_iir;

static uint8_t get(enum uart_register reg)
{
	return inb((uint16_t)(COM1_PORT + reg));
}

static void put(enum uart_register reg, uint8_t value)
{
	outb((uint16_t)(COM1_PORT + reg), value);
}

static void on_interrupt(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	last_iir = get(UART_IIR) & 0x0f;
	if (last_iir == IIR_RX || last_iir == IIR_TIMEOUT)
		while (get(UART_LSR) & UART_LSR_DATA_READY)
			get(UART_DATA);
	apic_eoi();
}

static void settle(void)
{
	interrupts_on();
	for (unsigned i = 0; i < 200; i++)
		cpu_relax();
	interrupts_off();
}

static void test_registers(void)
{
	for (unsigned value = 0; value < 256; value += 85) {
		put(UART_SCR, (uint8_t)value);
		check(get(UART_SCR) == value, "scratch register lost %#x", value);
	}
	put(UART_LCR, UART_LCR_DLAB | 3);
	put(UART_DATA, 0x34);
	put(UART_IER, 0x12);
	check(get(UART_DATA) == 0x34 && get(UART_IER) == 0x12, "divisor does not read back");
	put(UART_DATA, 1);
	put(UART_IER, 0);
	put(UART_LCR, 3);
	check(get(UART_LCR) == 3, "LCR does not read back");
	check(get(UART_IER) == 0, "IER holds the divisor");
	put(UART_IIR, FCR_ENABLE | FCR_CLEAR);
	check((get(UART_IIR) & 0xc0) == 0xc0, "no FIFOs");
	check((get(UART_LSR) & LSR_IDLE) == LSR_IDLE, "the idle transmitter is not empty");
}

static void test_loopback(void)
{
	put(UART_MCR, MCR_LOOP | 0x0a); /* RTS, OUT2 come back as CTS, DCD */
	check((get(UART_MSR) & 0xf0) == 0x90, "modem lines in loopback: %#x", get(UART_MSR));
	for (unsigned i = 0; i < 16; i++)
		put(UART_DATA, (uint8_t)(0x40 + i));
	for (unsigned i = 0; i < 16; i++) {
		check(get(UART_LSR) & UART_LSR_DATA_READY, "byte %u of the FIFO is missing", i);
		check(get(UART_DATA) == 0x40 + i, "byte %u of the FIFO is another", i);
	}
	check(!(get(UART_LSR) & UART_LSR_DATA_READY), "more bytes than were sent");
	for (unsigned i = 0; i < 17; i++)
		put(UART_DATA, (uint8_t)i);
	check(get(UART_LSR) & LSR_OVERRUN, "17 bytes do not overrun a FIFO of 16");
	check(!(get(UART_LSR) & LSR_OVERRUN), "reading LSR does not clear the overrun");
	put(UART_IIR, FCR_ENABLE | FCR_CLEAR);
	check(!(get(UART_LSR) & UART_LSR_DATA_READY), "clearing the FIFO leaves bytes");
}

/* Bytes get into the FIFO by loopback, during which OUT2 does not let interrupts through. */
static void receive(unsigned count)
{
	interrupts = 0;
	put(UART_MCR, MCR_LOOP);
	for (unsigned i = 0; i < count; i++)
		put(UART_DATA, 'x');
	put(UART_MCR, MCR_OUT2);
	settle();
}

static void test_interrupts(void)
{
	interrupt_handle(UART_VECTOR, on_interrupt);
	ioapic_route(IOAPIC_PIN_COM1, UART_VECTOR, 0, 0);
	put(UART_MCR, MCR_OUT2);
	put(UART_IER, IER_THRE);
	settle();
	check(interrupts == 1 && last_iir == IIR_THRE, "THRE: %u interrupts, IIR %#x", interrupts,
	      last_iir);
	check((get(UART_IIR) & 0x0f) == IIR_NONE, "THRE stays after IIR was read");
	put(UART_IER, IER_RX);
	put(UART_IIR, FCR_ENABLE | FCR_CLEAR | FCR_TRIGGER8);
	receive(1);
	check(interrupts == 1 && last_iir == IIR_TIMEOUT, "time-out: %u interrupts, IIR %#x",
	      interrupts, last_iir);
	put(UART_IER, 0);
	receive(8);
	check(interrupts == 0, "an interrupt that IER forbids");
	put(UART_IER, IER_RX);
	settle();
	check(interrupts == 1 && last_iir == IIR_RX, "8 bytes: %u interrupts, IIR %#x", interrupts,
	      last_iir);
}

static void test_mask(void)
{
	ioapic_route(IOAPIC_PIN_COM1, UART_VECTOR, 0, IOAPIC_MASKED);
	receive(1);
	check(interrupts == 0, "a masked pin interrupts");
	get(UART_DATA);
}

int main(void)
{
	apic_init();
	test_registers();
	test_loopback();
	test_interrupts();
	test_mask();
	put(UART_IER, 0);
	put(UART_IIR, FCR_ENABLE | FCR_CLEAR);
	console_init();
	return verdict();
}
