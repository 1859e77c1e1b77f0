#include "boot/acpi.h"

#include <string.h>

#include "boot/uefi.h"

#define ACPI_SPACE_MEMORY 0
#define ACPI_SPACE_IO	  1

/* ACPI specification 6.4, 5.2.5.3 */
struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length; /* this and the rest: revision 2 and later */
	uint64_t xsdt;
} __attribute__((packed));

/* 5.2.6; the RSDT and the XSDT are this and an array of addresses */
struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[6];
	char oem_table[8];
	uint32_t oem_revision;
	uint32_t creator;
	uint32_t creator_revision;
} __attribute__((packed));

/* Serial Port Console Redirection table, revisions 1 to 4: the fields that matter */
struct spcr {
	struct table_header header;
	uint8_t interface; /* 0: 16550, 1: 16450 compatible, 18: 16550 with the address' width */
	uint8_t reserved[3];
	uint8_t space; /* a generic address structure, 5.2.3.2 */
	uint8_t bit_width;
	uint8_t bit_offset;
	uint8_t access;
	uint64_t address;
	uint8_t interrupt_type;
	uint8_t irq;
	uint32_t gsi;
	uint8_t baud;
} __attribute__((packed));

_Static_assert(sizeof(struct table_header) == 36, "ACPI layout");
_Static_assert(__builtin_offsetof(struct spcr, address) == 44, "ACPI layout");
_Static_assert(__builtin_offsetof(struct spcr, baud) == 58, "ACPI layout");

uint64_t acpi_find_rsdp(void)
{
	static const EFI_GUID version_2 = ACPI_20_TABLE_GUID, version_1 = ACPI_TABLE_GUID;
	uint64_t old = 0;

	for (UINTN i = 0; i < uefi->NumberOfTableEntries; i++) {
		const EFI_CONFIGURATION_TABLE *table = &uefi->ConfigurationTable[i];

		if (guid_equal(&table->VendorGuid, &version_2))
			return (uint64_t)table->VendorTable;
		if (guid_equal(&table->VendorGuid, &version_1))
			old = (uint64_t)table->VendorTable;
	}
	return old;
}

static const struct table_header *table_at(const struct table_header *root, unsigned width,
					   unsigned index)
{
	const uint8_t *entry = (const uint8_t *)(root + 1) + (uint64_t)width * index;
	uint64_t address = 0;

	memcpy(&address, entry, width);
	return (const struct table_header *)address;
}

static const struct table_header *find_table(uint64_t rsdp_address, const char *signature)
{
	const struct rsdp *rsdp = (const struct rsdp *)rsdp_address;
	bool wide = rsdp->revision >= 2 && rsdp->xsdt != 0;
	unsigned width = wide ? 8 : 4;
	const struct table_header *root =
		(const struct table_header *)(wide ? rsdp->xsdt : (uint64_t)rsdp->rsdt);

	if (root == NULL || root->length < sizeof(*root))
		return NULL;
	for (unsigned i = 0; i < (root->length - sizeof(*root)) / width; i++) {
		const struct table_header *table = table_at(root, width, i);

		if (table != NULL && memcmp(table->signature, signature, 4) == 0)
			return table;
	}
	return NULL;
}

static uint32_t spcr_baud(uint8_t code)
{
	switch (code) {
	case 3:
		return 9600;
	case 4:
		return 19200;
	case 6:
		return 57600;
	case 7:
		return 115200;
	default:
		return 0; /* as is */
	}
}

static bool is_16550(uint8_t interface)
{
	return interface == 0 || interface == 1 || interface == 18;
}

bool acpi_find_serial(uint64_t rsdp, struct boot_serial *serial)
{
	const struct table_header *table = rsdp != 0 ? find_table(rsdp, "SPCR") : NULL;
	const struct spcr *spcr = (const struct spcr *)table;

	if (table == NULL || table->length < sizeof(*spcr) || spcr->address == 0 ||
	    !is_16550(spcr->interface) || spcr->space > ACPI_SPACE_IO)
		return false;
	serial->kind = spcr->space == ACPI_SPACE_IO ? BOOT_SERIAL_IO : BOOT_SERIAL_MMIO;
	serial->base = spcr->address;
	serial->baud = spcr_baud(spcr->baud);
	return true;
}
