#include "drivers/virt/acpi_power.h"

enum { REG_SLEEP_CONTROL, REG_SLEEP_STATUS, REG_RESET };

#define SLEEP_ENABLE  (1u << 5)
#define SLEEP_TYPE(v) ((v) >> 2 & 7u)

/* Nothing ever wakes up, so the status stays clear. */
uint8_t acpi_power_read(const struct acpi_power *p, unsigned reg)
{
	(void)p;
	return reg < ACPI_POWER_PORTS ? 0 : 0xFF;
}

void acpi_power_write(struct acpi_power *p, unsigned reg, uint8_t value)
{
	if (reg == REG_RESET && value == ACPI_POWER_RESET_CODE)
		p->requested(p->context, ACPI_POWER_RESET);
	if (reg != REG_SLEEP_CONTROL || !(value & SLEEP_ENABLE))
		return;
	if (SLEEP_TYPE(value) == ACPI_POWER_SLEEP_S5)
		p->requested(p->context, ACPI_POWER_OFF);
}
