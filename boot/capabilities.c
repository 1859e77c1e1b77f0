#include "boot/capabilities.h"

#include <stdio.h>
#include <string.h>

#include "boot/say.h"
#include "hv/cpuid.h"
#include "hv/msr.h"
#include "vmx/caps.h"

#define CR4_LA57    (1ull << 12)
#define TEXT_LENGTH 4096

static const struct caps_ops machine = { .cpuid = cpuid_read_registers, .rdmsr = msr_read };

/* say() takes a line at a time. */
static void say_lines(char *text)
{
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		say("  %s\n", line);
}

bool capabilities_suffice(void)
{
	static struct vmx_caps_raw raw;
	static char text[TEXT_LENGTH];
	unsigned missing;

	caps_read(&raw, &machine);
	missing = caps_missing(&raw, text, sizeof(text));
	if (cr4_read() & CR4_LA57) {
		strlcat(text, "4-level paging: the firmware set CR4 bit 12 (LA57)\n", sizeof(text));
		missing++;
	}
	if (missing == 0)
		return true;
	say("\nAugur cannot run on this machine. Missing:\n");
	say_lines(text);
	say("%u missing, nothing was changed. Returning to the firmware.\n", missing);
	return false;
}
