/* From _start to main: checks the hand-over, brings up vCPU 0, runs main and stops the VM. */
#include <stdlib.h>
#include <string.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/percpu.h"

#define TEST_EXIT_PORT 0xf4
#define CMDLINE_MAX    4096

/* Copies, so that the boot area may be reused. */
static struct guest_boot boot;
static char cmdline[CMDLINE_MAX];

static bool augur_present;

int main(void);
_Noreturn void guest_start(const struct guest_boot *handed_over);

const struct guest_boot *guest_boot(void)
{
	return &boot;
}

const char *guest_cmdline(void)
{
	return cmdline;
}

bool under_augur(void)
{
	return augur_present;
}

static bool find_augur(void)
{
	struct cpuid r = cpuid(AUGUR_CPUID_BASE, 0);
	uint32_t words[3] = { r.ebx, r.ecx, r.edx };

	return memcmp(words, AUGUR_CPUID_SIGNATURE, sizeof(words)) == 0;
}

_Noreturn void stop_vm(int code)
{
	if (augur_present)
		augur_exit((uint64_t)code);
	outl(TEST_EXIT_PORT, (uint32_t)code);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static void refuse(const char *why)
{
	console_write(why, strlen(why));
	stop_vm(255);
}

_Noreturn void guest_start(const struct guest_boot *handed_over)
{
	percpu_init(0);
	augur_present = find_augur();
	if (handed_over->magic != GUEST_BOOT_MAGIC)
		refuse("guest: no guest_boot where RDI points\n");
	if (handed_over->version != GUEST_BOOT_VERSION || handed_over->size != sizeof(boot))
		refuse("guest: guest_boot is of another version\n");
	boot = *handed_over;
	strncpy(cmdline, (const char *)(uintptr_t)boot.cmdline, sizeof(cmdline) - 1);
	console_init();
	exit(main());
}
