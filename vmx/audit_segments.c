/* Rules on guest segment registers (SDM 26.3.1.2). */
#include "vmx/audit_rules.h"
#include "vmx/msr_policy.h"
#include "vmx/registers.h"

#define RULE(section, text, holds)                                                                 \
	{                                                                                          \
		section, text, holds                                                               \
	}
#define SELECTOR_RPL	3
#define SELECTOR_TI	4
#define ACCESS_RESERVED 0xfffe0f00u
#define ACCESS_V86	0xf3u
#define TYPE_ACCESSED	1u
#define TYPE_READABLE	2u
#define TYPE_CODE	8u
#define TYPE_BUSY_TSS16 3u

typedef const struct audit_reader reader;

static uint32_t selector_of(reader *vmcs, uint32_t s)
{
	return (uint32_t)audit_get(vmcs, VMCS_GUEST_ES_SELECTOR + 2 * s);
}

static uint64_t base_of(reader *vmcs, uint32_t s)
{
	return audit_get(vmcs, VMCS_GUEST_ES_BASE + 2 * s);
}

static uint32_t limit_of(reader *vmcs, uint32_t s)
{
	return (uint32_t)audit_get(vmcs, VMCS_GUEST_ES_LIMIT + 2 * s);
}

static uint32_t access_of(reader *vmcs, uint32_t s)
{
	return (uint32_t)audit_get(vmcs, VMCS_GUEST_ES_ACCESS + 2 * s);
}

static uint32_t type_of(reader *vmcs, uint32_t s)
{
	return access_of(vmcs, s) & ACCESS_TYPE_MASK;
}

static uint32_t dpl_of(reader *vmcs, uint32_t s)
{
	return (access_of(vmcs, s) & ACCESS_DPL_MASK) >> ACCESS_DPL_SHIFT;
}

static bool usable(reader *vmcs, uint32_t s)
{
	return s == SEGMENT_CS || !(access_of(vmcs, s) & ACCESS_UNUSABLE);
}

static bool v86(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_RFLAGS) & RFLAGS_VM;
}

static bool unrestricted(reader *vmcs)
{
	return audit_secondary(vmcs, SECONDARY_UNRESTRICTED_GUEST);
}

static bool protected_mode(reader *vmcs)
{
	return audit_get(vmcs, VMCS_GUEST_CR0) & CR0_PE;
}

typedef bool (*segment_check)(reader *vmcs, uint32_t s);

/* One check over a span of segments; those not usable pass. */
static bool each(reader *vmcs, uint32_t first, uint32_t last, segment_check check)
{
	for (uint32_t s = first; s <= last; s++)
		if (usable(vmcs, s) && !check(vmcs, s))
			return false;
	return true;
}

/* ---- Selectors ---- */

static bool system_selectors(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return !(selector_of(vmcs, SEGMENT_TR) & SELECTOR_TI) &&
	       (!usable(vmcs, SEGMENT_LDTR) || !(selector_of(vmcs, SEGMENT_LDTR) & SELECTOR_TI));
}

static bool equal_rpl(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return v86(vmcs) || unrestricted(vmcs) ||
	       !((selector_of(vmcs, SEGMENT_SS) ^ selector_of(vmcs, SEGMENT_CS)) & SELECTOR_RPL);
}

/* ---- Virtual-8086 mode ---- */

static bool v86_segments(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	for (uint32_t s = SEGMENT_ES; v86(vmcs) && s <= SEGMENT_GS; s++)
		if (base_of(vmcs, s) != (uint64_t)selector_of(vmcs, s) << 4 ||
		    limit_of(vmcs, s) != 0xffff || access_of(vmcs, s) != ACCESS_V86)
			return false;
	return true;
}

/* ---- Bases ---- */

static bool canonical_bases(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return msr_canonical(base_of(vmcs, SEGMENT_TR)) &&
	       msr_canonical(base_of(vmcs, SEGMENT_FS)) &&
	       msr_canonical(base_of(vmcs, SEGMENT_GS)) &&
	       (!usable(vmcs, SEGMENT_LDTR) || msr_canonical(base_of(vmcs, SEGMENT_LDTR)));
}

static bool low_base(reader *vmcs, uint32_t s)
{
	return base_of(vmcs, s) >> 32 == 0;
}

static bool low_bases(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return each(vmcs, SEGMENT_ES, SEGMENT_DS, low_base);
}

/* ---- Access rights of code and data ---- */

static bool cs_type(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t type = type_of(vmcs, SEGMENT_CS);

	(void)caps;
	if (v86(vmcs) || (type == ACCESS_TYPE_DATA_RW && unrestricted(vmcs)))
		return true;
	return type & TYPE_CODE && type & TYPE_ACCESSED;
}

static bool ss_type(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t type = type_of(vmcs, SEGMENT_SS);

	(void)caps;
	return v86(vmcs) || !usable(vmcs, SEGMENT_SS) || type == 3 || type == 7;
}

static bool readable(reader *vmcs, uint32_t s)
{
	uint32_t type = type_of(vmcs, s);

	return type & TYPE_ACCESSED && (!(type & TYPE_CODE) || type & TYPE_READABLE);
}

static bool data_types(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return v86(vmcs) || (each(vmcs, SEGMENT_ES, SEGMENT_ES, readable) &&
			     each(vmcs, SEGMENT_DS, SEGMENT_GS, readable));
}

static bool code_or_data(reader *vmcs, uint32_t s)
{
	return access_of(vmcs, s) & ACCESS_CODE_DATA;
}

static bool s_bits(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return v86(vmcs) || each(vmcs, SEGMENT_ES, SEGMENT_GS, code_or_data);
}

static bool cs_dpl(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t type = type_of(vmcs, SEGMENT_CS), dpl = dpl_of(vmcs, SEGMENT_CS);

	(void)caps;
	if (v86(vmcs))
		return true;
	if (type == ACCESS_TYPE_DATA_RW)
		return dpl == 0;
	return type & 4 ? dpl <= dpl_of(vmcs, SEGMENT_SS) : dpl == dpl_of(vmcs, SEGMENT_SS);
}

static bool ss_dpl(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t dpl = dpl_of(vmcs, SEGMENT_SS);

	(void)caps;
	if (v86(vmcs))
		return true;
	if (!unrestricted(vmcs) && dpl != (selector_of(vmcs, SEGMENT_SS) & SELECTOR_RPL))
		return false;
	if (type_of(vmcs, SEGMENT_CS) == ACCESS_TYPE_DATA_RW || !protected_mode(vmcs))
		return dpl == 0;
	return true;
}

static bool dpl_covers_rpl(reader *vmcs, uint32_t s)
{
	return type_of(vmcs, s) > 11 || dpl_of(vmcs, s) >= (selector_of(vmcs, s) & SELECTOR_RPL);
}

static bool data_dpl(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return v86(vmcs) || unrestricted(vmcs) ||
	       (each(vmcs, SEGMENT_ES, SEGMENT_ES, dpl_covers_rpl) &&
		each(vmcs, SEGMENT_DS, SEGMENT_GS, dpl_covers_rpl));
}

static bool present(reader *vmcs, uint32_t s)
{
	return access_of(vmcs, s) & ACCESS_PRESENT;
}

static bool present_bits(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return (v86(vmcs) || each(vmcs, SEGMENT_ES, SEGMENT_GS, present)) &&
	       each(vmcs, SEGMENT_LDTR, SEGMENT_LDTR, present);
}

static bool without_reserved(reader *vmcs, uint32_t s)
{
	return !(access_of(vmcs, s) & ACCESS_RESERVED);
}

static bool reserved_bits(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return each(vmcs, SEGMENT_ES, SEGMENT_TR, without_reserved);
}

static bool cs_long(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t access = access_of(vmcs, SEGMENT_CS);

	(void)caps;
	return v86(vmcs) || !audit_entry(vmcs, ENTRY_IA32E_GUEST) || !(access & ACCESS_LONG) ||
	       !(access & ACCESS_DEFAULT_BIG);
}

/* A limit that counts pages ends in 0xfff; one above 1 MiB must count pages. */
static bool granularity(reader *vmcs, uint32_t s)
{
	bool pages = access_of(vmcs, s) & ACCESS_GRANULARITY;
	uint32_t limit = limit_of(vmcs, s);

	return pages ? (limit & 0xfff) == 0xfff : limit >> 20 == 0;
}

static bool granularities(reader *vmcs, const struct vmx_caps *caps)
{
	(void)caps;
	return (v86(vmcs) || each(vmcs, SEGMENT_ES, SEGMENT_GS, granularity)) &&
	       each(vmcs, SEGMENT_LDTR, SEGMENT_TR, granularity);
}

/* ---- TR and LDTR ---- */

static bool tr_access(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t access = access_of(vmcs, SEGMENT_TR), type = access & ACCESS_TYPE_MASK;

	(void)caps;
	if (type != ACCESS_TYPE_BUSY_TSS &&
	    (type != TYPE_BUSY_TSS16 || audit_entry(vmcs, ENTRY_IA32E_GUEST)))
		return false;
	return access & ACCESS_PRESENT && !(access & (ACCESS_CODE_DATA | ACCESS_UNUSABLE));
}

static bool ldtr_access(reader *vmcs, const struct vmx_caps *caps)
{
	uint32_t access = access_of(vmcs, SEGMENT_LDTR);

	(void)caps;
	return !usable(vmcs, SEGMENT_LDTR) ||
	       ((access & ACCESS_TYPE_MASK) == ACCESS_TYPE_LDT && !(access & ACCESS_CODE_DATA));
}

const struct audit_rule audit_segment_rules[] = {
	RULE("26.3.1.2", "TI of TR, and of a usable LDTR, must be 0", system_selectors),
	RULE("26.3.1.2", "SS.RPL must equal CS.RPL unless unrestricted guest", equal_rpl),
	RULE("26.3.1.2",
	     "in virtual-8086 mode bases must be selectors * 16, limits 0xffff, access rights 0xf3",
	     v86_segments),
	RULE("26.3.1.2", "bases of TR, FS, GS and a usable LDTR must be canonical",
	     canonical_bases),
	RULE("26.3.1.2", "bases of CS and of usable SS, DS, ES must be below 4 GiB", low_bases),
	RULE("26.3.1.2", "CS must be accessed code, or with unrestricted guest writable data",
	     cs_type),
	RULE("26.3.1.2", "a usable SS must be accessed writable data", ss_type),
	RULE("26.3.1.2", "usable DS, ES, FS, GS must be accessed and readable", data_types),
	RULE("26.3.1.2", "S of code and data segments must be 1", s_bits),
	RULE("26.3.1.2",
	     "CS.DPL must be 0 for data, SS.DPL for non-conforming code, not above it "
	     "for conforming",
	     cs_dpl),
	RULE("26.3.1.2",
	     "SS.DPL must be 0 in real mode or with data in CS, and SS.RPL unless "
	     "unrestricted guest",
	     ss_dpl),
	RULE("26.3.1.2", "DPL of DS, ES, FS, GS must not be below RPL unless unrestricted guest",
	     data_dpl),
	RULE("26.3.1.2", "P of usable segments must be 1", present_bits),
	RULE("26.3.1.2", "reserved access-right bits must be 0", reserved_bits),
	RULE("26.3.1.2", "CS.D must be 0 in 64-bit code", cs_long),
	RULE("26.3.1.2", "G must suit the limit", granularities),
	RULE("26.3.1.2", "TR must be a present busy TSS, 32- or 64-bit in IA-32e mode", tr_access),
	RULE("26.3.1.2", "a usable LDTR must be an LDT", ldtr_access),
	{ 0 },
};
