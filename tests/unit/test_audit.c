/* The auditor: what the builder makes passes; each rule has a state that breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/caps_models.h"
#include "tests/unit/vmcs_host.h"
#include "vmx/audit.h"
#include "vmx/registers.h"
#include "vmx/vmcs_build.h"

#define AUDITED "corei7_skylake_x"

/* The encoding of VMCS_VPID is 0, which ends a list of writes: bits above 15 are dropped. */
#define VPID_FIELD (0x10000 | VMCS_VPID)

enum start { START_RESET, START_SIPI, START_REAL16, START_PROT32, START_LONG64, START_COUNT };

static struct vmcs_image build(const struct vmx_caps *caps, enum start mode)
{
	const struct vmcs_settings settings = {
		.eptp = 0x20001e | (caps->ept_accessed_dirty ? 0x40 : 0),
		.msr_bitmap = 0x30000,
		.vpid = 7,
		.ple_gap = 128,
		.ple_window = 4096,
		.guest_cr4_allowed = caps->cr4_fixed1,
		.rdtscp = true,
		.pml_page = 0x60000,
		.tsc_multiplier = 1ull << 48,
		.save_preemption_timer = true,
	};
	struct vmcs_image image;
	struct vmcs_start start;

	switch (mode) {
	case START_RESET:
		vmcs_start_reset(&start, 0x50654);
		break;
	case START_SIPI:
		vmcs_start_sipi(&start, 0x50654, 0x9a);
		break;
	case START_REAL16:
		vmcs_start_real16(&start, 0, 0x7c00, 0x7c00);
		break;
	case START_PROT32:
		vmcs_start_prot32(&start, 0x100000, 0x9000);
		break;
	default:
		vmcs_start_long64(&start, 0x200000, 0x80000, 0x1000);
		break;
	}
	vmcs_build(&image, caps, &host, &settings, &start);
	return image;
}

static void set(struct vmcs_image *image, uint32_t field, uint64_t value)
{
	for (uint32_t i = 0; i < image->count; i++)
		if (image->writes[i].field == field) {
			image->writes[i].value = value;
			return;
		}
	image->writes[image->count++] = (struct vmcs_write) { .field = field, .value = value };
}

static void built_states_pass_on_every_model(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MODEL_COUNT; i++) {
		struct vmx_caps caps;

		if (!models[i].fit)
			continue;
		caps = model_caps(models[i].name);
		for (enum start mode = 0; mode < START_COUNT; mode++) {
			struct vmcs_image image = build(&caps, mode);
			const struct audit_reader reader = { audit_read_image, &image };
			const struct audit_rule *failed[1] = { NULL };

			if (audit_vmcs(&reader, &caps, failed, 1))
				fail_msg("%s, start %d: %s", models[i].name, mode, failed[0]->text);
		}
	}
}

/* How a control word changes: bits set, bits cleared. */
struct toggle {
	uint32_t field;
	uint32_t set, clear;
};

/* One breach: where it starts from, what it changes, and the beginning of the rule it breaks. */
struct breach {
	const char *text;
	enum start mode;
	struct toggle controls[2];
	struct {
		uint32_t field;
		uint64_t value;
	} writes[4];
};

#define INJECT(type, vector) (INTERRUPTION_VALID | (type) | (vector))
#define PIN(s, c)                                                                                  \
	{                                                                                          \
		VMCS_PIN_CONTROLS, s, c                                                            \
	}
#define PRIMARY(s, c)                                                                              \
	{                                                                                          \
		VMCS_PRIMARY_CONTROLS, s, c                                                        \
	}
#define SECONDARY(s, c)                                                                            \
	{                                                                                          \
		VMCS_SECONDARY_CONTROLS, s, c                                                      \
	}
#define EXIT(s, c)                                                                                 \
	{                                                                                          \
		VMCS_EXIT_CONTROLS, s, c                                                           \
	}
#define ENTRY(s, c)                                                                                \
	{                                                                                          \
		VMCS_ENTRY_CONTROLS, s, c                                                          \
	}
#define INFO VMCS_ENTRY_INTERRUPTION_INFO
#define V86_CR                                                                                     \
	{                                                                                          \
		VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_VM                                       \
	}

/* clang-format off */
static const struct breach breaches[] = {
	{ "pin-based controls", 0, { PIN(0, 1 << 1) }, { { 0 } } },
	{ "primary controls", 0, { PRIMARY(1 << 0, 0) }, { { 0 } } },
	{ "secondary controls", 0, { SECONDARY(1u << 31, 0) }, { { 0 } } },
	{ "tertiary controls", 0, { PRIMARY(PRIMARY_TERTIARY_CONTROLS, 0) },
	  { { VMCS_TERTIARY_CONTROLS, 1 } } },
	{ "the CR3-target count", 0, { { 0 } }, { { VMCS_CR3_TARGET_COUNT, 5 } } },
	{ "I/O bitmaps", 0, { PRIMARY(PRIMARY_IO_BITMAPS, 0) }, { { VMCS_IO_BITMAP_B, 0x1001 } } },
	{ "the MSR bitmap", 0, { { 0 } }, { { VMCS_MSR_BITMAP, 0x30800 } } },
	{ "the MSR bitmap", 0, { { 0 } }, { { VMCS_MSR_BITMAP, 1ull << 40 } } },
	{ "the virtual-APIC address", 0, { PRIMARY(PRIMARY_TPR_SHADOW, 0) },
	  { { VMCS_VIRTUAL_APIC_ADDRESS, 8 } } },
	{ "bits 31:4 of the TPR threshold", 0, { PRIMARY(PRIMARY_TPR_SHADOW, 0) },
	  { { VMCS_TPR_THRESHOLD, 16 } } },
	{ "x2APIC mode, APIC-register", 0, { SECONDARY(SECONDARY_VIRTUALIZE_X2APIC, 0) }, { { 0 } } },
	{ "virtual NMIs need", 0, { PIN(0, PIN_NMI_EXITING) }, { { 0 } } },
	{ "NMI-window exiting", 0, { PIN(0, PIN_VIRTUAL_NMIS), PRIMARY(PRIMARY_NMI_WINDOW_EXITING, 0) },
	  { { 0 } } },
	{ "the APIC-access address", 0, { SECONDARY(SECONDARY_VIRTUALIZE_APIC_ACCESSES, 0) },
	  { { VMCS_APIC_ACCESS_ADDRESS, 1 } } },
	{ "virtualize x2APIC mode excludes", 0,
	  { SECONDARY(SECONDARY_VIRTUALIZE_APIC_ACCESSES | SECONDARY_VIRTUALIZE_X2APIC, 0) }, { { 0 } } },
	{ "virtual-interrupt delivery needs", 0,
	  { PIN(0, PIN_EXTERNAL_INTERRUPT_EXITING), SECONDARY(SECONDARY_VIRTUAL_INTERRUPT_DELIVERY, 0) },
	  { { 0 } } },
	{ "posted interrupts need", 0, { PIN(PIN_POSTED_INTERRUPTS, 0) }, { { 0 } } },
	{ "an enabled VPID", 0, { { 0 } }, { { VPID_FIELD, 0 } } },
	{ "EPTP must have", 0, { { 0 } }, { { VMCS_EPT_POINTER, 0x20001c } } },
	{ "EPTP must have", 0, { { 0 } }, { { VMCS_EPT_POINTER, 0x20000e } } },
	{ "EPTP must have", 0, { { 0 } }, { { VMCS_EPT_POINTER, 0x20009e } } },
	{ "unrestricted guest, PML", 0, { SECONDARY(0, SECONDARY_EPT) }, { { 0 } } },
	{ "the PML address", 0, { { 0 } }, { { VMCS_PML_ADDRESS, 0x60010 } } },
	{ "VMREAD and VMWRITE bitmaps", 0, { SECONDARY(SECONDARY_VMCS_SHADOWING, 0) },
	  { { VMCS_VMREAD_BITMAP, 1 } } },
	{ "the virtualization-exception", 0, { SECONDARY(SECONDARY_EPT_VIOLATION_VE, 0) },
	  { { VMCS_VE_INFORMATION_ADDRESS, 1 } } },
	{ "the TSC multiplier", 0, { { 0 } }, { { VMCS_TSC_MULTIPLIER, 0 } } },
	{ "VM-exit controls", 0, { EXIT(0, 1 << 0) }, { { 0 } } },
	{ "saving the preemption timer", 0, { PIN(0, PIN_PREEMPTION_TIMER) }, { { 0 } } },
	{ "VM-exit MSR areas", 0, { { 0 } },
	  { { VMCS_EXIT_MSR_LOAD_COUNT, 1 }, { VMCS_EXIT_MSR_LOAD_ADDRESS, 8 } } },
	{ "VM-entry controls", 0, { ENTRY(1u << 31, 0) }, { { 0 } } },
	{ "entry to SMM", 0, { ENTRY(ENTRY_TO_SMM, 0) }, { { 0 } } },
	{ "the VM-entry MSR area", 0, { { 0 } },
	  { { VMCS_ENTRY_MSR_LOAD_COUNT, 1 }, { VMCS_ENTRY_MSR_LOAD_ADDRESS, (1ull << 40) - 8 } } },
	{ "an injected event must have a type", 0, { { 0 } }, { { INFO, INJECT(1 << 8, 0) } } },
	{ "an injected event must have a type", 0, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_OTHER_EVENT, 0) } } },
	{ "an injected event's vector", 0, { { 0 } }, { { INFO, INJECT(INTERRUPTION_NMI, 3) } } },
	{ "an injected event's vector", 0, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, 32) } } },
	{ "an error code must be", START_PROT32, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_GP) } } },
	{ "an error code must be", START_REAL16, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_GP) | INTERRUPTION_ERROR_CODE } } },
	{ "an error code must be", START_PROT32, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_UD) | INTERRUPTION_ERROR_CODE } } },
	{ "bits 31:15 of an injected", START_PROT32, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_GP) | INTERRUPTION_ERROR_CODE },
	    { VMCS_ENTRY_EXCEPTION_ERROR_CODE, 0x8000 } } },
	{ "bits 30:12 of the interruption", 0, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_NMI, 2) | 1 << 12 } } },
	{ "an injected software event", 0, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_SOFTWARE_INTERRUPT, 0x80) },
	    { VMCS_ENTRY_INSTRUCTION_LENGTH, 16 } } },

	{ "host CR0", 0, { { 0 } }, { { VMCS_HOST_CR0, CR0_PG | CR0_PE } } },
	{ "host CR4 must suit", 0, { { 0 } }, { { VMCS_HOST_CR4, CR4_PAE } } },
	{ "host CR3", 0, { { 0 } }, { { VMCS_HOST_CR3, 1ull << 40 } } },
	{ "host IA32_SYSENTER", 0, { { 0 } }, { { VMCS_HOST_SYSENTER_EIP, 1ull << 47 } } },
	{ "host IA32_PAT", 0, { { 0 } }, { { VMCS_HOST_PAT, 2 } } },
	{ "host IA32_EFER", 0, { { 0 } }, { { VMCS_HOST_EFER, EFER_LME } } },
	{ "host IA32_EFER", 0, { { 0 } }, { { VMCS_HOST_EFER, EFER_LME | EFER_LMA | 2 } } },
	{ "RPL and TI of host", 0, { { 0 } }, { { VMCS_HOST_DS_SELECTOR, 0x13 } } },
	{ "RPL and TI of host", 0, { { 0 } }, { { VMCS_HOST_TR_SELECTOR, 0x1c } } },
	{ "host CS and TR", 0, { { 0 } }, { { VMCS_HOST_TR_SELECTOR, 0 } } },
	{ "host FS, GS", 0, { { 0 } }, { { VMCS_HOST_IDTR_BASE, 1ull << 63 } } },
	{ "the host address-space", 0, { EXIT(0, EXIT_HOST_64BIT) }, { { 0 } } },
	{ "host CR4.PAE", 0, { { 0 } }, { { VMCS_HOST_CR4, CR4_VMXE } } },
	{ "host RIP", 0, { { 0 } }, { { VMCS_HOST_RIP, 1ull << 48 } } },

	{ "CR0 must suit", 0, { { 0 } }, { { VMCS_GUEST_CR0, CR0_ET } } },
	{ "CR0 must suit", START_PROT32, { SECONDARY(0, SECONDARY_UNRESTRICTED_GUEST) }, { { 0 } } },
	{ "CR0.PG needs", 0, { { 0 } }, { { VMCS_GUEST_CR0, CR0_PG | CR0_NE } } },
	{ "CR4 must suit", 0, { { 0 } }, { { VMCS_GUEST_CR4, 0 } } },
	{ "CR4.CET needs", 0, { { 0 } }, { { VMCS_GUEST_CR4, CR4_VMXE | CR4_CET } } },
	{ "reserved bits of IA32_DEBUGCTL", 0, { { 0 } }, { { VMCS_GUEST_DEBUGCTL, 4 } } },
	{ "an IA-32e mode guest needs", START_LONG64, { { 0 } },
	  { { VMCS_GUEST_CR4, CR4_VMXE | CR4_MCE } } },
	{ "CR4.PCIDE needs", START_PROT32, { { 0 } }, { { VMCS_GUEST_CR4, CR4_VMXE | CR4_PCIDE } } },
	{ "CR3 must not", START_LONG64, { { 0 } }, { { VMCS_GUEST_CR3, 1ull << 63 | 0x1000 } } },
	{ "bits 63:32 of DR7", 0, { { 0 } }, { { VMCS_GUEST_DR7, 1ull << 32 } } },
	{ "IA32_SYSENTER_ESP", 0, { { 0 } }, { { VMCS_GUEST_SYSENTER_ESP, 1ull << 47 } } },
	{ "IA32_PAT must", 0, { { 0 } }, { { VMCS_GUEST_PAT, 3 } } },
	{ "reserved bits of IA32_EFER", 0, { { 0 } }, { { VMCS_GUEST_EFER, 2 } } },
	{ "IA32_EFER.LMA must", START_LONG64, { { 0 } }, { { VMCS_GUEST_EFER, EFER_LME } } },
	{ "with CR0.PG IA32_EFER.LMA", START_LONG64, { { 0 } }, { { VMCS_GUEST_EFER, EFER_LMA } } },
	{ "GDTR and IDTR bases", 0, { { 0 } }, { { VMCS_GUEST_IDTR_BASE, 1ull << 50 } } },
	{ "bits 31:16 of GDTR", 0, { { 0 } }, { { VMCS_GUEST_GDTR_LIMIT, 0x10000 } } },
	{ "RIP must be canonical", START_PROT32, { { 0 } }, { { VMCS_GUEST_RIP, 1ull << 32 } } },
	{ "RIP must be canonical", START_LONG64, { { 0 } }, { { VMCS_GUEST_RIP, 1ull << 47 } } },
	{ "RFLAGS: reserved", 0, { { 0 } }, { { VMCS_GUEST_RFLAGS, 0 } } },
	{ "RFLAGS: reserved", 0, { { 0 } }, { { VMCS_GUEST_RFLAGS, 2 | 1 << 15 } } },
	{ "RFLAGS.VM needs", START_LONG64, { { 0 } }, { V86_CR } },
	{ "RFLAGS.VM needs", START_REAL16, { { 0 } }, { V86_CR } },
	{ "an injected external interrupt needs", 0, { { 0 } },
	  { { INFO, INJECT(INTERRUPTION_EXTERNAL, 0x20) } } },
	{ "the activity state must be", 0, { { 0 } }, { { VMCS_GUEST_ACTIVITY, 4 } } },
	{ "the HLT state needs", START_PROT32, { { 0 } },
	  { { VMCS_GUEST_ACTIVITY, ACTIVITY_HLT }, { VMCS_GUEST_SS_ACCESS, 0xc0f3 } } },
	{ "blocking by STI or MOV SS needs", 0, { { 0 } },
	  { { VMCS_GUEST_ACTIVITY, ACTIVITY_HLT },
	    { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS } } },
	{ "an injected event must be one that ends", 0, { { 0 } },
	  { { VMCS_GUEST_ACTIVITY, ACTIVITY_HLT },
	    { INFO, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_UD) } } },
	{ "an injected event must be one that ends", 0, { { 0 } },
	  { { VMCS_GUEST_ACTIVITY, ACTIVITY_SHUTDOWN },
	    { VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_IF },
	    { INFO, INJECT(INTERRUPTION_EXTERNAL, 0x20) } } },
	{ "an injected event must be one that ends", 0, { { 0 } },
	  { { VMCS_GUEST_ACTIVITY, ACTIVITY_WAIT_FOR_SIPI }, { INFO, INJECT(INTERRUPTION_NMI, 2) } } },
	{ "bits 31:4 of the interruptibility", 0, { { 0 } }, { { VMCS_GUEST_INTERRUPTIBILITY, 16 } } },
	{ "blocking by STI and by MOV SS", 0, { { 0 } },
	  { { VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_IF }, { VMCS_GUEST_INTERRUPTIBILITY, 3 } } },
	{ "blocking by STI needs RFLAGS.IF", 0, { { 0 } },
	  { { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_STI } } },
	{ "an injected external interrupt must not", 0, { { 0 } },
	  { { VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_IF },
	    { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_STI },
	    { INFO, INJECT(INTERRUPTION_EXTERNAL, 0x20) } } },
	{ "an injected NMI must not", 0, { { 0 } },
	  { { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_NMI }, { INFO, INJECT(INTERRUPTION_NMI, 2) } } },
	{ "there must be no blocking by SMI", 0, { { 0 } },
	  { { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_SMI } } },
	{ "reserved bits of the pending debug", 0, { { 0 } },
	  { { VMCS_GUEST_PENDING_DEBUG, 1 << 4 } } },
	{ "a single step held back", 0, { { 0 } },
	  { { VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_TF },
	    { VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS } } },
	{ "the VMCS link pointer", 0, { { 0 } }, { { VMCS_LINK_POINTER, 0x1001 } } },
	{ "present PDPTEs", START_PROT32, { { 0 } },
	  { { VMCS_GUEST_CR0, CR0_PG | CR0_PE | CR0_NE }, { VMCS_GUEST_CR4, CR4_PAE | CR4_VMXE },
	    { VMCS_GUEST_PDPTE2, 3 } } },

	{ "TI of TR", 0, { { 0 } }, { { VMCS_GUEST_TR_SELECTOR, 4 } } },
	{ "TI of TR", 0, { { 0 } }, { { VMCS_GUEST_LDTR_SELECTOR, 4 } } },
	{ "SS.RPL must equal", START_PROT32, { SECONDARY(0, SECONDARY_UNRESTRICTED_GUEST) },
	  { { VMCS_GUEST_SS_SELECTOR, 0x13 } } },
	{ "in virtual-8086 mode", START_PROT32, { { 0 } }, { V86_CR } },
	{ "bases of TR, FS", START_LONG64, { { 0 } }, { { VMCS_GUEST_FS_BASE, 1ull << 47 } } },
	{ "bases of CS", START_LONG64, { { 0 } }, { { VMCS_GUEST_SS_BASE, 1ull << 32 } } },
	{ "CS must be accessed", START_PROT32, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xc09a } } },
	{ "CS must be accessed", START_PROT32, { SECONDARY(0, SECONDARY_UNRESTRICTED_GUEST) },
	  { { VMCS_GUEST_CS_ACCESS, 0xc093 } } },
	{ "a usable SS", START_PROT32, { { 0 } }, { { VMCS_GUEST_SS_ACCESS, 0xc091 } } },
	{ "usable DS, ES", START_PROT32, { { 0 } }, { { VMCS_GUEST_GS_ACCESS, 0xc099 } } },
	{ "usable DS, ES", START_PROT32, { { 0 } }, { { VMCS_GUEST_ES_ACCESS, 0xc092 } } },
	{ "S of code and data", START_PROT32, { { 0 } }, { { VMCS_GUEST_DS_ACCESS, 0xc083 } } },
	{ "CS.DPL must be 0", START_PROT32, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xc0fb } } },
	{ "CS.DPL must be 0", START_PROT32, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xc0ff } } },
	{ "CS.DPL must be 0", START_PROT32, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xc0f3 } } },
	{ "SS.DPL must be 0", START_REAL16, { { 0 } }, { { VMCS_GUEST_SS_ACCESS, 0xf3 } } },
	{ "DPL of DS", START_PROT32, { SECONDARY(0, SECONDARY_UNRESTRICTED_GUEST) },
	  { { VMCS_GUEST_DS_SELECTOR, 0x13 } } },
	{ "P of usable", START_PROT32, { { 0 } }, { { VMCS_GUEST_FS_ACCESS, 0xc013 } } },
	{ "P of usable", START_REAL16, { { 0 } }, { { VMCS_GUEST_LDTR_ACCESS, 0x02 } } },
	{ "reserved access-right bits", START_PROT32, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xc19b } } },
	{ "reserved access-right bits", START_PROT32, { { 0 } }, { { VMCS_GUEST_TR_ACCESS, 0x2008b } } },
	{ "CS.D must be 0", START_LONG64, { { 0 } }, { { VMCS_GUEST_CS_ACCESS, 0xe09b } } },
	{ "G must suit", START_PROT32, { { 0 } }, { { VMCS_GUEST_DS_LIMIT, 0xfffff000 } } },
	{ "G must suit", START_REAL16, { { 0 } }, { { VMCS_GUEST_ES_LIMIT, 0x100000 } } },
	{ "TR must be", START_PROT32, { { 0 } }, { { VMCS_GUEST_TR_ACCESS, 0x89 } } },
	{ "TR must be", START_LONG64, { { 0 } }, { { VMCS_GUEST_TR_ACCESS, 0x83 } } },
	{ "TR must be", START_PROT32, { { 0 } }, { { VMCS_GUEST_TR_ACCESS, 0x1008b } } },
	{ "a usable LDTR", START_PROT32, { { 0 } }, { { VMCS_GUEST_LDTR_ACCESS, 0x8b } } },
};
/* clang-format on */
#define BREACHES (sizeof(breaches) / sizeof(breaches[0]))

static struct vmcs_image break_it(const struct vmx_caps *caps, const struct breach *breach)
{
	struct vmcs_image image = build(caps, breach->mode);

	for (unsigned i = 0; i < 2 && breach->controls[i].field; i++) {
		const struct toggle *t = &breach->controls[i];
		uint64_t old = vmcs_image_value(&image, t->field, NULL);

		set(&image, t->field, (old | t->set) & ~(uint64_t)t->clear);
	}
	for (unsigned i = 0; i < 4 && breach->writes[i].field; i++)
		set(&image, breach->writes[i].field & 0xffff, breach->writes[i].value);
	return image;
}

static bool is_rule(const struct audit_rule *rule, const struct breach *breach)
{
	return strncmp(rule->text, breach->text, strlen(breach->text)) == 0;
}

static void each_breach_is_named(void **state)
{
	struct vmx_caps caps = model_caps(AUDITED);

	(void)state;
	for (unsigned i = 0; i < BREACHES; i++) {
		struct vmcs_image image = break_it(&caps, &breaches[i]);
		const struct audit_reader reader = { audit_read_image, &image };
		const struct audit_rule *failed[64];
		unsigned count = audit_vmcs(&reader, &caps, failed, 64);
		bool named = false;

		for (unsigned k = 0; k < count && k < 64; k++)
			named |= is_rule(failed[k], &breaches[i]);
		if (!named)
			fail_msg("breach %u not found: %s", i, breaches[i].text);
	}
}

static void each_rule_can_be_broken(void **state)
{
	(void)state;
	for (const struct audit_rule *const *table = audit_tables; *table; table++)
		for (const struct audit_rule *rule = *table; rule->text; rule++) {
			bool found = false;

			for (unsigned i = 0; i < BREACHES; i++)
				found |= is_rule(rule, &breaches[i]);
			if (!found)
				fail_msg("no breach of: %s %s", rule->section, rule->text);
		}
}

static void legal_injections_pass(void **state)
{
	static const struct {
		enum start mode;
		uint32_t info;
		uint64_t rflags, activity;
	} good[] = {
		{ START_LONG64, INJECT(INTERRUPTION_EXTERNAL, 0x20), 0x202, ACTIVITY_ACTIVE },
		{ START_LONG64, INJECT(INTERRUPTION_EXTERNAL, 0xff), 0x202, ACTIVITY_HLT },
		{ START_LONG64, INJECT(INTERRUPTION_NMI, 2), 2, ACTIVITY_HLT },
		{ START_LONG64,
		  INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_GP) | INTERRUPTION_ERROR_CODE, 2,
		  ACTIVITY_ACTIVE },
		{ START_REAL16, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_GP), 2,
		  ACTIVITY_ACTIVE },
		{ START_PROT32, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_UD), 2,
		  ACTIVITY_ACTIVE },
		{ START_PROT32, INJECT(INTERRUPTION_HARDWARE_EXCEPTION, VECTOR_MC), 2,
		  ACTIVITY_SHUTDOWN },
	};
	struct vmx_caps caps = model_caps(AUDITED);

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct vmcs_image image = build(&caps, good[i].mode);
		const struct audit_reader reader = { audit_read_image, &image };
		const struct audit_rule *failed[1] = { NULL };

		set(&image, VMCS_ENTRY_INTERRUPTION_INFO, good[i].info);
		set(&image, VMCS_GUEST_RFLAGS, good[i].rflags);
		set(&image, VMCS_GUEST_ACTIVITY, good[i].activity);
		if (audit_vmcs(&reader, &caps, failed, 1))
			fail_msg("case %u: %s", i, failed[0]->text);
	}
}

static void virtual_8086_mode_passes(void **state)
{
	struct vmx_caps caps = model_caps(AUDITED);
	struct vmcs_image image = build(&caps, START_PROT32);
	const struct audit_reader reader = { audit_read_image, &image };
	const struct audit_rule *failed[1] = { NULL };

	(void)state;
	set(&image, VMCS_GUEST_RFLAGS, RFLAGS_FIXED1 | RFLAGS_VM);
	for (uint32_t s = SEGMENT_ES; s <= SEGMENT_GS; s++) {
		set(&image, VMCS_GUEST_ES_SELECTOR + 2 * s, 0x1000);
		set(&image, VMCS_GUEST_ES_BASE + 2 * s, 0x10000);
		set(&image, VMCS_GUEST_ES_LIMIT + 2 * s, 0xffff);
		set(&image, VMCS_GUEST_ES_ACCESS + 2 * s, 0xf3);
	}
	if (audit_vmcs(&reader, &caps, failed, 1))
		fail_msg("%s", failed[0]->text);
}

static uint64_t read_nothing(void *context, uint32_t field)
{
	(void)context;
	(void)field;
	return 0;
}

static void more_failures_than_room(void **state)
{
	const struct audit_reader reader = { .read = read_nothing };
	struct vmx_caps caps = model_caps(AUDITED);
	const struct audit_rule *failed[3] = { NULL, NULL, NULL };

	(void)state;
	assert_true(audit_vmcs(&reader, &caps, failed, 2) > 2);
	assert_non_null(failed[1]);
	assert_null(failed[2]);
	assert_int_equal(audit_vmcs(&reader, &caps, NULL, 0),
			 audit_vmcs(&reader, &caps, failed, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_states_pass_on_every_model),
		cmocka_unit_test(each_breach_is_named),
		cmocka_unit_test(each_rule_can_be_broken),
		cmocka_unit_test(legal_injections_pass),
		cmocka_unit_test(virtual_8086_mode_passes),
		cmocka_unit_test(more_failures_than_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
