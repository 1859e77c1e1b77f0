#include "vmx/cpuid_policy.h"

#include <stddef.h>
#include <string.h>

#include "vmx/registers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n)	     (1u << (n))
#define ALL	     0xffffffffu

#define MAX_BASIC    0x16u
#define MAX_EXTENDED 0x80000008u

#define LEAF1_ECX_XSAVE	  BIT(26)
#define LEAF1_ECX_OSXSAVE BIT(27)
#define LEAF1_EDX_HTT	  BIT(28)

enum reg { EAX, EBX, ECX, EDX };

/*
 * What passes. A register without a row is 0: new features of new processors stay hidden until
 * somebody has thought about them.
 */
const struct cpuid_rule cpuid_rules[] = {
	{ 0x0, 0, EBX, ALL, 0, "vendor; the last leaf in EAX is ours" },
	{ 0x0, 0, ECX, ALL, 0, "vendor" },
	{ 0x0, 0, EDX, ALL, 0, "vendor" },
	{ 0x1, 0, EAX, 0x0fff3fff, 0, "family, model, stepping" },
	{ 0x1, 0, EBX, 0x0000ffff, 0, "brand, CLFLUSH size; count and APIC id are ours" },
	{ 0x1, 0, ECX,
	  BIT(0) | BIT(1) | BIT(9) | BIT(12) | BIT(13) | BIT(17) | BIT(19) | BIT(20) | BIT(22) |
		  BIT(23) | BIT(25) | LEAF1_ECX_XSAVE | BIT(28) | BIT(29) | BIT(30),
	  BIT(21) | BIT(24) | BIT(31),
	  "instruction sets, PCID; set x2APIC, TSC deadline, hypervisor; without VMX and SMX (no "
	  "nesting), MONITOR, DS, EIST, thermal and performance MSRs" },
	{ 0x1, 0, EDX,
	  BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) |
		  BIT(11) | BIT(13) | BIT(14) | BIT(15) | BIT(16) | BIT(17) | BIT(19) | BIT(23) |
		  BIT(24) | BIT(25) | BIT(26) | BIT(27),
	  0,
	  "without MTRR (EPT decides memory types; hiding them spares the guest's rendezvous with "
	  "caches off), DS, thermal; MCA has no banks" },
	{ 0x2, 0, EAX, ALL, 0, "cache descriptors" },
	{ 0x2, 0, EBX, ALL, 0, "cache descriptors" },
	{ 0x2, 0, ECX, ALL, 0, "cache descriptors" },
	{ 0x2, 0, EDX, ALL, 0, "cache descriptors" },
	{ 0x6, 0, EAX, 0, BIT(2), "only: the APIC timer always runs" },
	{ 0x7, 0, EBX,
	  BIT(0) | BIT(3) | BIT(5) | BIT(6) | BIT(7) | BIT(8) | BIT(9) | BIT(10) | BIT(13) |
		  BIT(16) | BIT(17) | BIT(18) | BIT(19) | BIT(20) | BIT(21) | BIT(23) | BIT(24) |
		  BIT(26) | BIT(27) | BIT(28) | BIT(29) | BIT(30) | BIT(31),
	  BIT(1),
	  "instruction sets, SMEP, SMAP; TSC_ADJUST is emulated; without SGX, TSX, RDT, MPX, PT" },
	{ 0x7, 0, ECX,
	  BIT(1) | BIT(2) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14) |
		  BIT(22) | BIT(25) | BIT(27) | BIT(28),
	  0,
	  "instruction sets, UMIP; without protection keys, CET, LA57, WAITPKG, key locker: state "
	  "that no world switch saves" },
	{ 0x7, 0, EDX, BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(10) | BIT(14), 0,
	  "instruction sets, MD_CLEAR; without SPEC_CTRL and its kin, AMX, user interrupts" },
	{ 0x80000001, 0, ECX, BIT(0) | BIT(5) | BIT(8), 0, "LAHF, LZCNT, PREFETCHW" },
	{ 0x80000001, 0, EDX, BIT(11) | BIT(20) | BIT(26) | BIT(27) | BIT(29), 0,
	  "SYSCALL, NX, 1 GiB pages, RDTSCP, long mode" },
	{ 0x80000002, 0, EAX, ALL, 0, "brand string" },
	{ 0x80000002, 0, EBX, ALL, 0, "brand string" },
	{ 0x80000002, 0, ECX, ALL, 0, "brand string" },
	{ 0x80000002, 0, EDX, ALL, 0, "brand string" },
	{ 0x80000003, 0, EAX, ALL, 0, "brand string" },
	{ 0x80000003, 0, EBX, ALL, 0, "brand string" },
	{ 0x80000003, 0, ECX, ALL, 0, "brand string" },
	{ 0x80000003, 0, EDX, ALL, 0, "brand string" },
	{ 0x80000004, 0, EAX, ALL, 0, "brand string" },
	{ 0x80000004, 0, EBX, ALL, 0, "brand string" },
	{ 0x80000004, 0, ECX, ALL, 0, "brand string" },
	{ 0x80000004, 0, EDX, ALL, 0, "brand string" },
	{ 0x80000006, 0, ECX, ALL, 0, "L2 cache" },
	{ 0x80000007, 0, EDX, 0, BIT(8), "invariant TSC: all of our own time depends on it too" },
	{ 0x80000008, 0, EAX, 0xff, 48 << 8, "physical address size; linear 48, without LA57" },
};
const unsigned cpuid_rule_count = COUNT(cpuid_rules);

/* What a feature needs besides the processor's own bit. */
enum condition {
	IF_XSAVE,
	IF_AVX,
	IF_AVX512,
	IF_RDTSCP,
	IF_INVPCID,
	IF_TSC_ADJUST,
	CONDITION_COUNT,
};

static const struct {
	enum condition condition;
	uint32_t leaf;
	enum reg reg;
	uint32_t bits;
} conditional[] = {
	{ IF_XSAVE, 0x1, ECX, LEAF1_ECX_XSAVE },
	{ IF_AVX, 0x1, ECX, BIT(12) | BIT(28) | BIT(29) }, /* FMA, AVX, F16C */
	{ IF_AVX, 0x7, EBX, BIT(5) },			   /* AVX2 */
	{ IF_AVX, 0x7, ECX, BIT(9) | BIT(10) },		   /* VAES, VPCLMULQDQ */
	{ IF_AVX512, 0x7, EBX,
	  BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31) },
	{ IF_AVX512, 0x7, ECX, BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14) },
	{ IF_AVX512, 0x7, EDX, BIT(2) | BIT(3) | BIT(8) },
	{ IF_RDTSCP, 0x7, ECX, BIT(22) }, /* RDPID */
	{ IF_RDTSCP, 0x80000001, EDX, BIT(27) },
	{ IF_INVPCID, 0x7, EBX, BIT(10) },
	{ IF_TSC_ADJUST, 0x7, EBX, BIT(1) },
};

/* CR4 bits that a guest may set because of a feature it was told of. */
static const struct {
	uint64_t cr4;
	uint32_t leaf;
	enum reg reg;
	uint32_t bit;
} cr4_features[] = {
	{ CR4_VME | CR4_PVI, 0x1, EDX, BIT(1) }, { CR4_DE, 0x1, EDX, BIT(2) },
	{ CR4_PSE, 0x1, EDX, BIT(3) },		 { CR4_TSD, 0x1, EDX, BIT(4) },
	{ CR4_PCE, 0x1, EDX, BIT(5) },		 { CR4_PAE, 0x1, EDX, BIT(6) },
	{ CR4_MCE, 0x1, EDX, BIT(7) },		 { CR4_PGE, 0x1, EDX, BIT(13) },
	{ CR4_OSFXSR, 0x1, EDX, BIT(24) },	 { CR4_OSXMMEXCPT, 0x1, EDX, BIT(25) },
	{ CR4_PCIDE, 0x1, ECX, BIT(17) },	 { CR4_OSXSAVE, 0x1, ECX, LEAF1_ECX_XSAVE },
	{ CR4_FSGSBASE, 0x7, EBX, BIT(0) },	 { CR4_SMEP, 0x7, EBX, BIT(7) },
	{ CR4_SMAP, 0x7, EBX, BIT(20) },	 { CR4_UMIP, 0x7, ECX, BIT(2) },
};

/* ---- Building ---- */

static struct cpuid_leaf *slot(struct cpuid_table *table, uint32_t leaf)
{
	if (leaf < CPUID_BASIC_LEAVES)
		return &table->basic[leaf];
	return &table->extended[leaf - 0x80000000];
}

/* Zeros for a leaf the host does not have. */
static void host_leaf(const struct cpuid_env *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
	uint32_t group = leaf & 0x80000000;

	env->host(group, 0, out);
	if (leaf > out[0] || (out[0] & 0x80000000) != group)
		memset(out, 0, 4 * sizeof(out[0]));
	else
		env->host(leaf, subleaf, out);
}

static void apply_rules(struct cpuid_table *table, const struct cpuid_env *env)
{
	for (unsigned i = 0; i < cpuid_rule_count; i++) {
		const struct cpuid_rule *rule = &cpuid_rules[i];
		uint32_t host[4];

		host_leaf(env, rule->leaf, rule->subleaf, host);
		slot(table, rule->leaf)->r[rule->reg] = (host[rule->reg] & rule->keep) | rule->set;
	}
	table->max_basic = MAX_BASIC;
	table->max_extended = MAX_EXTENDED;
	table->basic[0].r[EAX] = MAX_BASIC;
	table->extended[0].r[EAX] = MAX_EXTENDED;
}

/* AVX-512's three components come together or not at all; AVX only with SSE (SDM vol. 1, 13.3). */
static uint64_t usable_xcr0(const struct cpuid_env *env)
{
	uint32_t host[4];
	uint64_t xcr0;

	host_leaf(env, 0xd, 0, host);
	xcr0 = ((uint64_t)host[EDX] << 32 | host[EAX]) & env->host_xcr0;
	xcr0 &= XCR0_X87 | XCR0_SSE | XCR0_AVX | XCR0_AVX512;
	if ((xcr0 & (XCR0_X87 | XCR0_SSE)) != (XCR0_X87 | XCR0_SSE))
		return 0;
	if (!(xcr0 & XCR0_AVX) || (xcr0 & XCR0_AVX512) != XCR0_AVX512)
		xcr0 &= ~XCR0_AVX512;
	return xcr0;
}

static void apply_conditions(struct cpuid_table *table, const struct cpuid_env *env)
{
	const bool holds[CONDITION_COUNT] = {
		[IF_XSAVE] = table->xcr0_allowed != 0,
		[IF_AVX] = table->xcr0_allowed & XCR0_AVX,
		[IF_AVX512] = table->xcr0_allowed & XCR0_AVX512,
		[IF_RDTSCP] = env->caps->rdtscp,
		[IF_INVPCID] = env->caps->invpcid,
		[IF_TSC_ADJUST] = env->tsc_adjust,
	};

	for (unsigned i = 0; i < COUNT(conditional); i++)
		if (!holds[conditional[i].condition])
			slot(table, conditional[i].leaf)->r[conditional[i].reg] &=
				~conditional[i].bits;
}

/* Bits of an APIC id that number the cores. */
static uint32_t id_bits(uint32_t vcpus)
{
	return vcpus > 1 ? 32 - __builtin_clz(vcpus - 1) : 0;
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

/* Leaves 1, 4 and 0xB: one package of single-threaded cores, the last-level cache shared. */
static void build_topology(struct cpuid_table *table, const struct cpuid_env *env)
{
	uint32_t bits = id_bits(env->vcpu_count);
	uint32_t ids = 1u << bits;

	table->basic[1].r[EBX] |= at_most(ids, 255) << 16;
	if (env->vcpu_count > 1)
		table->basic[1].r[EDX] |= LEAF1_EDX_HTT;
	for (uint32_t i = 0; i < CPUID_CACHE_SUBLEAVES; i++) {
		struct cpuid_leaf *cache = &table->cache[i];
		uint32_t level;

		host_leaf(env, 4, i, cache->r);
		level = cache->r[EAX] >> 5 & 7;
		if (!(cache->r[EAX] & 0x1f)) {
			memset(cache, 0, sizeof(*cache));
			break;
		}
		cache->r[EAX] &= 0x3fff;
		cache->r[EAX] |= (level >= 3 ? ids - 1 : 0) << 14 | at_most(ids - 1, 63) << 26;
	}
	table->topology[0] = (struct cpuid_leaf) { { 0, 1, 1 << 8 | 0, 0 } };
	table->topology[1] = (struct cpuid_leaf) { { bits, env->vcpu_count, 2 << 8 | 1, 0 } };
}

/*
 * Only the standard format: XSAVEC is not told of, because Bochs 2.7 describes it inconsistently
 * and restores compacted areas wrongly (a guest's registers came back as zeroes); XSAVES never,
 * because no world switch saves supervisor components.
 */
static void build_xsave(struct cpuid_table *table, const struct cpuid_env *env)
{
	enum { XSAVEOPT = BIT(0) };
	uint32_t host[4];

	if (!table->xcr0_allowed)
		return;
	host_leaf(env, 0xd, 1, host);
	table->xsave[1].r[EAX] = host[EAX] & XSAVEOPT;
	table->xsave[0].r[EAX] = (uint32_t)table->xcr0_allowed;
	table->xsave[0].r[ECX] = 576;
	for (uint32_t i = 2; i < CPUID_XSAVE_SUBLEAVES; i++) {
		if (!(table->xcr0_allowed >> i & 1))
			continue;
		host_leaf(env, 0xd, i, table->xsave[i].r);
		if (table->xsave[i].r[EAX] + table->xsave[i].r[EBX] > table->xsave[0].r[ECX])
			table->xsave[0].r[ECX] = table->xsave[i].r[EAX] + table->xsave[i].r[EBX];
	}
}

/*
 * Leaves 0x15 and 0x16. TSC = crystal * EBX / EAX. The crystal is the TSC itself where its
 * frequency fits 32 bits, so nothing is lost to rounding; the APIC timer counts crystal clocks.
 */
static void build_frequencies(struct cpuid_table *table, const struct cpuid_env *env)
{
	uint32_t ratio = (uint32_t)(env->tsc_hz >> 32) + 1;
	uint32_t mhz = at_most((uint32_t)((env->tsc_hz + 500000) / 1000000), 0xffff);

	table->apic_numerator = ratio;
	table->apic_denominator = 1;
	table->basic[0x15] =
		(struct cpuid_leaf) { { 1, ratio, (uint32_t)((env->tsc_hz + ratio / 2) / ratio),
					0 } };
	table->basic[0x16] = (struct cpuid_leaf) { { mhz, mhz, 100, 0 } };
}

static void build_hypervisor(struct cpuid_table *table, const struct cpuid_env *env)
{
	table->hypervisor[0].r[EAX] = CPUID_HYPERVISOR_LAST;
	memcpy(&table->hypervisor[0].r[EBX], CPUID_SIGNATURE, 12);
	table->hypervisor[1].r[EAX] = (uint32_t)(env->tsc_hz / 1000);
}

static void build_limits(struct cpuid_table *table, const struct cpuid_env *env)
{
	uint32_t features = table->extended[1].r[EDX];

	for (unsigned i = 0; i < COUNT(cr4_features); i++)
		if (slot(table, cr4_features[i].leaf)->r[cr4_features[i].reg] & cr4_features[i].bit)
			table->cr4_allowed |= cr4_features[i].cr4;
	table->cr4_allowed &= env->caps->cr4_fixed1;
	table->efer_allowed = EFER_SCE;
	if (features & BIT(29))
		table->efer_allowed |= EFER_LME | EFER_LMA;
	if (features & BIT(20))
		table->efer_allowed |= EFER_NXE;
	table->physical_bits = table->extended[8].r[EAX] & 0xff;
	if (!table->physical_bits)
		table->physical_bits = 36;
}

/* By hand: the hypervisor is compiled freestanding, where memcpy would be a call. */
static void copy(uint32_t out[4], const struct cpuid_leaf *leaf)
{
	out[EAX] = leaf->r[EAX];
	out[EBX] = leaf->r[EBX];
	out[ECX] = leaf->r[ECX];
	out[EDX] = leaf->r[EDX];
}

/* ---- Leaves that are not the same for everybody ---- */

typedef void (*leaf_function)(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
			      uint32_t subleaf, uint32_t out[4]);

static void features_leaf(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
			  uint32_t subleaf, uint32_t out[4])
{
	(void)table;
	(void)subleaf;
	out[EBX] |= vcpu->apic_id << 24;
	if (vcpu->cr4 & CR4_OSXSAVE)
		out[ECX] |= LEAF1_ECX_OSXSAVE;
}

static void cache_leaf(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
		       uint32_t subleaf, uint32_t out[4])
{
	(void)vcpu;
	if (subleaf < CPUID_CACHE_SUBLEAVES)
		copy(out, &table->cache[subleaf]);
}

/* Subleaf 0 is in the flat table; there are no more. */
static void extended_features_leaf(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
				   uint32_t subleaf, uint32_t out[4])
{
	(void)table;
	(void)vcpu;
	if (subleaf)
		memset(out, 0, sizeof(table->basic[0].r));
}

static void topology_leaf(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
			  uint32_t subleaf, uint32_t out[4])
{
	if (subleaf < COUNT(table->topology))
		copy(out, &table->topology[subleaf]);
	else
		out[ECX] = subleaf & 0xff;
	out[EDX] = vcpu->apic_id;
}

/* Bytes of the XSAVE area for these components, each at its fixed place. */
static uint32_t standard_size(const struct cpuid_table *table, uint64_t xcr0)
{
	uint32_t size = 576;

	for (uint32_t i = 2; i < CPUID_XSAVE_SUBLEAVES; i++) {
		const uint32_t *r = table->xsave[i].r;

		if (xcr0 >> i & 1 && r[EAX] + r[EBX] > size)
			size = r[EAX] + r[EBX];
	}
	return size;
}

static void xsave_leaf(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu,
		       uint32_t subleaf, uint32_t out[4])
{
	if (!table->xcr0_allowed || subleaf >= CPUID_XSAVE_SUBLEAVES)
		return;
	copy(out, &table->xsave[subleaf]);
	if (subleaf == 0)
		out[EBX] = standard_size(table, vcpu->xcr0);
}

enum leaf_kind { KIND_PLAIN, KIND_FEATURES, KIND_CACHE, KIND_EXTENDED, KIND_TOPOLOGY, KIND_XSAVE };

static const leaf_function leaf_functions[] = {
	[KIND_FEATURES] = features_leaf,
	[KIND_CACHE] = cache_leaf,
	[KIND_EXTENDED] = extended_features_leaf,
	[KIND_TOPOLOGY] = topology_leaf,
	[KIND_XSAVE] = xsave_leaf,
};

void cpuid_table_build(struct cpuid_table *table, const struct cpuid_env *env)
{
	memset(table, 0, sizeof(*table));
	table->xcr0_allowed = usable_xcr0(env);
	apply_rules(table, env);
	apply_conditions(table, env);
	build_topology(table, env);
	build_xsave(table, env);
	build_frequencies(table, env);
	build_hypervisor(table, env);
	build_limits(table, env);
	table->kind[0x1] = KIND_FEATURES;
	table->kind[0x4] = KIND_CACHE;
	table->kind[0x7] = KIND_EXTENDED;
	table->kind[0xb] = KIND_TOPOLOGY;
	table->kind[0xd] = KIND_XSAVE;
}

/* ---- Looking up ---- */

/* Leaves outside the flat table; the last basic leaf for numbers in no range, as processors do. */
static const struct cpuid_leaf *outer_leaf(const struct cpuid_table *table, uint32_t leaf)
{
	static const struct cpuid_leaf zero;

	if (leaf >= 0x80000000 && leaf <= table->max_extended)
		return &table->extended[leaf - 0x80000000];
	if (leaf >= CPUID_HYPERVISOR_BASE && leaf <= CPUID_HYPERVISOR_LAST)
		return &table->hypervisor[leaf - CPUID_HYPERVISOR_BASE];
	if (leaf >> 28 == CPUID_HYPERVISOR_BASE >> 28)
		return &zero;
	return &table->basic[table->max_basic];
}

void cpuid_lookup(const struct cpuid_table *table, const struct cpuid_vcpu *vcpu, uint32_t leaf,
		  uint32_t subleaf, uint32_t out[4])
{
	if (leaf > table->max_basic) {
		copy(out, outer_leaf(table, leaf));
		return;
	}
	copy(out, &table->basic[leaf]);
	if (table->kind[leaf] != KIND_PLAIN)
		leaf_functions[table->kind[leaf]](table, vcpu, subleaf, out);
}
