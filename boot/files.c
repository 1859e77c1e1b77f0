#include "boot/files.h"

#include <string.h>

#define FOLDER	    "\\augur\\"
#define PATH_LENGTH 128

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;

static EFI_STATUS open_volume(EFI_FILE_HANDLE *root)
{
	EFI_LOADED_IMAGE *self = NULL;
	EFI_SIMPLE_FILE_SYSTEM_PROTOCOL *volume = NULL;
	EFI_STATUS status =
		boot_services()->HandleProtocol(uefi_image, &loaded_image_guid, (void **)&self);

	if (EFI_ERROR(status))
		return status;
	status = boot_services()->HandleProtocol(self->DeviceHandle, &file_system_guid,
						 (void **)&volume);
	return EFI_ERROR(status) ? status : volume->OpenVolume(volume, root);
}

static EFI_STATUS open_file(const char *name, EFI_FILE_HANDLE *file)
{
	CHAR16 path[PATH_LENGTH] = L"" FOLDER;
	size_t length = strlen(FOLDER), i = 0;
	EFI_FILE_HANDLE root = NULL;

	for (; name[i] != '\0' && length + i < PATH_LENGTH - 1; i++)
		path[length + i] = (unsigned char)name[i];
	path[length + i] = L'\0';

	EFI_STATUS status = open_volume(&root);

	if (EFI_ERROR(status))
		return status;
	status = root->Open(root, file, path, EFI_FILE_MODE_READ, 0);
	root->Close(root);
	return status;
}

static EFI_STATUS file_size(EFI_FILE_HANDLE file, uint64_t *size)
{
	union {
		EFI_FILE_INFO info;
		uint8_t bytes[sizeof(EFI_FILE_INFO) + 2 * PATH_LENGTH];
	} buffer;
	UINTN length = sizeof(buffer);
	EFI_STATUS status = file->GetInfo(file, &file_info_guid, &length, &buffer);

	if (EFI_ERROR(status))
		return status;
	*size = buffer.info.FileSize;
	return buffer.info.Attribute & EFI_FILE_DIRECTORY ? EFI_NOT_FOUND : EFI_SUCCESS;
}

static EFI_STATUS read_all(EFI_FILE_HANDLE handle, struct file_bytes *file)
{
	EFI_STATUS status = file_size(handle, &file->size);

	if (EFI_ERROR(status))
		return status;
	file->base = alloc_handed_over(file->size + 1);
	if (file->base == NULL)
		return EFI_OUT_OF_RESOURCES;

	UINTN length = file->size;

	status = handle->Read(handle, &length, file->base);
	if (!EFI_ERROR(status) && length != file->size)
		status = EFI_END_OF_FILE;
	if (EFI_ERROR(status))
		boot_services()->FreePages((EFI_PHYSICAL_ADDRESS)file->base,
					   pages_for(file->size + 1));
	return status;
}

EFI_STATUS file_read(const char *name, struct file_bytes *file)
{
	EFI_FILE_HANDLE handle = NULL;
	EFI_STATUS status = open_file(name, &handle);

	if (EFI_ERROR(status))
		return status;
	status = read_all(handle, file);
	handle->Close(handle);
	return status;
}

const char *file_error(EFI_STATUS status)
{
	switch (status) {
	case EFI_NOT_FOUND:
		return "no such file";
	case EFI_OUT_OF_RESOURCES:
		return "too little memory for it";
	case EFI_END_OF_FILE:
	case EFI_VOLUME_CORRUPTED:
		return "it ends early, the file system is damaged";
	default:
		return "the disk cannot be read";
	}
}
