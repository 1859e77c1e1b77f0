/* What newlib wants from its surroundings. The loader uses nothing of it that allocates. */
#include <malloc.h>
#include <reent.h>
#include <stddef.h>

#include "boot/say.h"
#include "boot/uefi.h"

void *_sbrk_r(struct _reent *reent, ptrdiff_t increment)
{
	(void)reent;
	(void)increment;
	return (void *)-1;
}

void __malloc_lock(struct _reent *reent)
{
	(void)reent;
}

void __malloc_unlock(struct _reent *reent)
{
	(void)reent;
}

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
	say("Augur: %s:%d: %s: assertion failed: %s\n", file, line, function, expression);
	boot_services()->Exit(uefi_image, EFI_ABORTED, 0, NULL);
	for (;;)
		;
}
