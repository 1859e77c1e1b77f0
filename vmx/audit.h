/*
 * The debug auditor: checks what is in a VMCS against the rules by which VM entry would refuse it
 * (SDM 26.2 controls and host state, 26.3.1 guest state) and names the rule that fails, because
 * the processor only says "invalid". Pure: fields come through a reader, so it works on the current
 * VMCS, on a struct vmcs_image, and on test data. Not for the fast path: several hundred reads.
 *
 * Not checked: what memory behind the VMCS's addresses holds (MSR lists, virtual-APIC page), and
 * features that the builder never uses (Intel PT, CET, protection keys, SMM).
 */
#ifndef VMX_AUDIT_H
#define VMX_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "vmx/caps.h"

struct audit_reader {
	uint64_t (*read)(void *context, uint32_t field); /* enum vmcs_field; 0 if not there */
	void *context;
};

/* One rule: its section and what must hold, in words. */
struct audit_rule {
	const char *section; /* "26.3.1.2" */
	const char *text;
	bool (*holds)(const struct audit_reader *vmcs, const struct vmx_caps *caps);
};

/* All rules: a NULL-terminated list of tables, each ended by a rule without text. */
extern const struct audit_rule *const audit_tables[];

/*
 * Checks every rule. The first `capacity` failing ones are stored in failed; returns how many
 * failed in all. 0 means that VM entry has no reason known to us to fail.
 */
unsigned audit_vmcs(const struct audit_reader *vmcs, const struct vmx_caps *caps,
		    const struct audit_rule **failed, unsigned capacity);

/* A reader over a struct vmcs_image: .read = audit_read_image, .context = the image. */
uint64_t audit_read_image(void *image, uint32_t field);

#endif
