#include "drivers/power.h"

#include <stddef.h>

#include "drivers/acpi.h"
#include "hv/core.h"
#include "hv/io.h"
#include "hv/paging.h"

enum {
	BOCHS_SHUTDOWN_PORT = 0x8900,
	QEMU_EXIT_PORT = 0xf4,
	RESET_CONTROL_PORT = 0xcf9, /* bit 1: hard, bit 2: now */
	KEYBOARD_COMMAND_PORT = 0x64,
	KEYBOARD_PULSE_RESET = 0xfe,
	PM1_SLEEP_ENABLE = 1 << 13,
	PM1_SLEEP_TYPE_SHIFT = 10,
};

static struct acpi_register reset_register;
static uint8_t reset_value;
static volatile uint8_t *reset_mmio;
static uint16_t pm1_control_port;

void power_init(const struct acpi_info *acpi)
{
	reset_register = acpi->reset;
	reset_value = acpi->reset_value;
	pm1_control_port = acpi->pm1a_control_port;
	if (reset_register.space == ACPI_SPACE_MEMORY && reset_register.address != 0)
		reset_mmio = mmio_map(reset_register.address, 1, MMIO_UNCACHED);
}

/*
 * The S5 sleep type is in AML, which we do not interpret; it is 0 in QEMU (where real chipsets stay
 * on) and 7 in all of Intel's chipsets.
 */
static void try_sleep_types(void)
{
	static const uint16_t types[] = { 0, 7 };

	if (pm1_control_port == 0)
		return;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		io_write16(pm1_control_port,
			   (uint16_t)(types[i] << PM1_SLEEP_TYPE_SHIFT | PM1_SLEEP_ENABLE));
}

void power_off(uint8_t code)
{
	static const char bochs_word[] = "Shutdown";

	io_write32(QEMU_EXIT_PORT, code);
	for (size_t i = 0; bochs_word[i] != '\0'; i++)
		io_write8(BOCHS_SHUTDOWN_PORT, (uint8_t)bochs_word[i]);
	try_sleep_types();
	cpu_halt_forever();
}

static void acpi_reset(void)
{
	if (reset_mmio != NULL)
		mmio_write8(reset_mmio, reset_value);
	else if (reset_register.space == ACPI_SPACE_IO && reset_register.address != 0)
		io_write8((uint16_t)reset_register.address, reset_value);
}

static void wait_a_moment(void)
{
	for (uint32_t i = 0; i < 1000000; i++)
		__builtin_ia32_pause();
}

static void triple_fault(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} no_idt;

	__asm__ volatile("lidt %0; int3" ::"m"(no_idt));
}

void power_reset(void)
{
	acpi_reset();
	wait_a_moment();
	io_write8(RESET_CONTROL_PORT, 0x02);
	io_write8(RESET_CONTROL_PORT, 0x06);
	wait_a_moment();
	io_write8(KEYBOARD_COMMAND_PORT, KEYBOARD_PULSE_RESET);
	wait_a_moment();
	triple_fault();
	cpu_halt_forever();
}
