#include "vmx/audit.h"

#include <stddef.h>

#include "vmx/audit_rules.h"
#include "vmx/vmcs_build.h"

const struct audit_rule *const audit_tables[] = {
	audit_control_rules, audit_host_rules, audit_guest_rules, audit_segment_rules, NULL,
};

unsigned audit_vmcs(const struct audit_reader *vmcs, const struct vmx_caps *caps,
		    const struct audit_rule **failed, unsigned capacity)
{
	unsigned count = 0;

	for (const struct audit_rule *const *table = audit_tables; *table; table++)
		for (const struct audit_rule *rule = *table; rule->text; rule++) {
			if (rule->holds(vmcs, caps))
				continue;
			if (count < capacity)
				failed[count] = rule;
			count++;
		}
	return count;
}

uint64_t audit_read_image(void *image, uint32_t field)
{
	return vmcs_image_value(image, field, NULL);
}
