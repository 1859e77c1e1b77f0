/*
 * The message that carries an interrupt from its source (a local APIC's ICR or an I/O APIC pin) to
 * local APICs. Values of mode and shorthand are the hardware's encodings (SDM vol 3, 10.6.1).
 */
#ifndef DRIVERS_VIRT_APIC_MESSAGE_H
#define DRIVERS_VIRT_APIC_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

enum apic_delivery {
	APIC_FIXED = 0,
	APIC_LOWEST_PRIORITY = 1,
	APIC_SMI = 2,
	APIC_NMI = 4,
	APIC_INIT = 5,
	APIC_STARTUP = 6, /* vector = page number of the real-mode entry */
	APIC_EXTINT = 7,  /* the vector comes from the PIC */
};

enum apic_shorthand { APIC_TO_DEST = 0, APIC_TO_SELF = 1, APIC_TO_ALL = 2, APIC_TO_OTHERS = 3 };

/* Destination that reaches every local APIC, in either mode. Sources whose destination field has
 * eight bits widen their 0xFF to this. */
#define APIC_BROADCAST 0xFFFFFFFFu

struct apic_message {
	uint32_t dest; /* meaningful for APIC_TO_DEST */
	uint8_t vector;
	uint8_t mode;	   /* enum apic_delivery */
	uint8_t shorthand; /* enum apic_shorthand */
	bool dest_logical;
	bool level_triggered;
	bool assert_level; /* false: an INIT level de-assert, which no modern CPU acts on */
};

#endif
