/*
 * ACPI tables from hostile firmware: the input is physical memory, its first eight bytes say where
 * the root pointer is. Checksums would stop most inputs at the door, so the harness first makes
 * those of the root pointer and of everything that looks like a table right.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/acpi.h"

struct memory {
	uint8_t *bytes;
	size_t size;
};

static const void *map_memory(void *context, uint64_t phys, uint64_t length)
{
	const struct memory *memory = context;

	if (phys > memory->size || memory->size - phys < length)
		return NULL;
	return memory->bytes + phys;
}

static void fix_checksum(uint8_t *bytes, size_t length, size_t at)
{
	uint8_t sum = 0;

	bytes[at] = 0;
	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	bytes[at] = (uint8_t)-sum;
}

static void fix_tables(struct memory *memory)
{
	static const char *const signatures[] = { "XSDT", "RSDT", "APIC", "SRAT",
						  "SLIT", "FACP", "SPCR" };

	for (size_t at = 0; at + 36 <= memory->size; at += 4) {
		uint8_t *bytes = memory->bytes + at;
		uint32_t length;

		memcpy(&length, bytes + 4, 4);
		for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
			if (memcmp(bytes, signatures[i], 4) == 0 && length >= 36 &&
			    length <= memory->size - at)
				fix_checksum(bytes, length, 9);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory memory = { malloc(size + 1), size };
	struct acpi_info info;
	uint64_t rsdp = 0;

	memcpy(memory.bytes, data, size);
	if (size >= 8)
		memcpy(&rsdp, data, 8);
	fix_tables(&memory);
	if (rsdp <= size && size - rsdp >= 36) {
		fix_checksum(memory.bytes + rsdp, 20, 8);
		fix_checksum(memory.bytes + rsdp, 36, 32);
	}
	acpi_parse(rsdp, map_memory, &memory, &info);
	if (info.core_count > ACPI_MAX_CORES || info.node_count == 0)
		abort();
	for (uint32_t i = 0; i < info.core_count; i++)
		if (info.cores[i].node >= info.node_count)
			abort();
	free(memory.bytes);
	return 0;
}
