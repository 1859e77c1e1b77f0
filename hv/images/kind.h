/* The kinds of guest images, as the configuration's `kind =` line names them. */
#ifndef HV_IMAGES_KIND_H
#define HV_IMAGES_KIND_H

enum image_kind {
	IMAGE_AUTO = 0,	      /* find out from the bytes */
	IMAGE_ELF = 1,	      /* bare-metal ELF64, entered in 64-bit mode */
	IMAGE_MULTIBOOT = 2,  /* multiboot1 kernel, entered in 32-bit protected mode */
	IMAGE_LINUX = 3,      /* Linux bzImage, boot protocol 2.06 or later */
	IMAGE_BOOTSECTOR = 4, /* real-mode code at 0x7C00 */
	IMAGE_KINDS
};

#endif
