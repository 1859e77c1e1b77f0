/* The loader's way, from the firmware to the hypervisor. */
#include "boot/acpi.h"
#include "boot/capabilities.h"
#include "boot/cores.h"
#include "boot/graphics.h"
#include "boot/handover.h"
#include "boot/image.h"
#include "boot/modules.h"
#include "boot/say.h"
#include "boot/serial.h"
#include "boot/uefi.h"

static struct boot_info *describe_machine(void)
{
	struct boot_info *info = alloc_handed_over(sizeof(*info));

	if (info == NULL) {
		say("Augur: too little memory\n");
		return NULL;
	}
	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->size = sizeof(*info);
	info->rsdp = acpi_find_rsdp();
	info->serial = serial_find(info->rsdp);
	info->framebuffer = graphics_find();
	cores_find(info);
	return info;
}

/* Returns to the firmware only if Augur cannot run; the reason has been said. */
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);
EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
	struct loaded_image hypervisor;
	struct boot_info *info;

	uefi_image = image;
	uefi = table;
	table->BootServices->SetWatchdogTimer(0, 0, 0, NULL);
	if (!capabilities_suffice())
		return EFI_UNSUPPORTED;
	info = describe_machine();
	if (info != NULL && image_load_hypervisor(info, &hypervisor) && modules_load(info))
		hand_over(info, &hypervisor);
	return EFI_LOAD_ERROR;
}
