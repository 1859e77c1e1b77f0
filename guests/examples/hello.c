/* The smallest guest: says where it is, and ends. Command line: code=N is the exit code. */
#include <stdio.h>

#include <augur/hypercall_inline.h>

#include "guests/lib/args.h"
#include "guests/lib/boot.h"
#include "guests/lib/cpu.h"

int main(void)
{
	const struct guest_boot *boot = guest_boot();

	printf("hello from %s: VM %u, %u vCPU, %lu KiB of memory, TSC %lu kHz\n", boot->name,
	       (unsigned)boot->vm_id, (unsigned)boot->vcpu_count,
	       (boot->memory_low + boot->memory_high) / 1024, boot->tsc_hz / 1000);
	printf("command line: %s\n", guest_cmdline());
	if (under_augur())
		printf("running on core %ld\n", augur_core_id());
	return (int)arg_u64(guest_cmdline(), "code", 0);
}
