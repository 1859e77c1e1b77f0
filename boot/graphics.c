#include "boot/graphics.h"

#include "boot/uefi.h"

static EFI_GUID graphics_output = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

/* 1: blue first, 0: red first, -1: neither. */
static int byte_order(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode)
{
	const EFI_PIXEL_BITMASK *mask = &mode->PixelInformation;

	if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
		return 1;
	if (mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor)
		return 0;
	if (mode->PixelFormat != PixelBitMask || mask->GreenMask != 0xff00)
		return -1;
	if (mask->BlueMask == 0xff && mask->RedMask == 0xff0000)
		return 1;
	return mask->RedMask == 0xff && mask->BlueMask == 0xff0000 ? 0 : -1;
}

struct boot_framebuffer graphics_find(void)
{
	struct boot_framebuffer none = { 0 };
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = NULL;

	if (EFI_ERROR(boot_services()->LocateProtocol(&graphics_output, NULL, (void **)&gop)) ||
	    gop->Mode == NULL || gop->Mode->Info == NULL || gop->Mode->FrameBufferBase == 0)
		return none;

	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;
	int order = byte_order(mode);

	if (order < 0)
		return none;
	return (struct boot_framebuffer) {
		.base = gop->Mode->FrameBufferBase,
		.size = gop->Mode->FrameBufferSize,
		.width = mode->HorizontalResolution,
		.height = mode->VerticalResolution,
		.pitch = mode->PixelsPerScanLine * 4,
		.bgr = (uint32_t)order,
	};
}
