#include "boot/cores.h"

#include "boot/say.h"
#include "boot/uefi.h"

/* UEFI Platform Initialization specification 1.7, volume 2, 13.4; not in GNU-EFI's headers. */
static EFI_GUID mp_services_guid = {
	0x3fdda605, 0xa76e, 0x4f46, { 0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08 }
};

#define MP_IS_BOOT_CORE 1u
#define MP_ENABLED	2u
#define MP_HEALTHY	4u

struct mp_processor {
	uint64_t id; /* local APIC id */
	uint32_t status;
	uint32_t package;
	uint32_t core;
	uint32_t thread;
	uint32_t extended[6];
};

struct mp_services {
	EFI_STATUS(EFIAPI *count)(struct mp_services *self, UINTN *all, UINTN *enabled);
	EFI_STATUS(EFIAPI *info)(struct mp_services *self, UINTN index, struct mp_processor *out);
};

static void swap_ids(uint32_t *a, uint32_t *b)
{
	uint32_t old = *a;

	*a = *b;
	*b = old;
}

static void add_core(struct boot_info *info, const struct mp_processor *processor)
{
	uint32_t *ids = info->apic_ids;

	if ((processor->status & (MP_ENABLED | MP_HEALTHY)) != (MP_ENABLED | MP_HEALTHY))
		return;
	if (info->core_count == BOOT_MAX_CORES) {
		say("Augur uses the first %d processors only\n", BOOT_MAX_CORES);
		return;
	}
	ids[info->core_count] = (uint32_t)processor->id;
	if (processor->status & MP_IS_BOOT_CORE)
		swap_ids(&ids[0], &ids[info->core_count]);
	info->core_count++;
}

void cores_find(struct boot_info *info)
{
	struct mp_services *mp = NULL;
	UINTN all = 0, enabled = 0;

	if (EFI_ERROR(boot_services()->LocateProtocol(&mp_services_guid, NULL, (void **)&mp)) ||
	    EFI_ERROR(mp->count(mp, &all, &enabled)))
		return;
	for (UINTN i = 0; i < all; i++) {
		struct mp_processor processor = { 0 };

		if (!EFI_ERROR(mp->info(mp, i, &processor)))
			add_core(info, &processor);
	}
}
