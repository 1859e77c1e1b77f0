#include "hv/trace_text.h"

#include <stdio.h>

#include "ple/models.h"
#include "sched/drp.h"
#include "sched/sched.h"
#include "sched/trust.h"

typedef void (*describer)(const struct trace_record *record, char *to, size_t size);

/* A later moment as its distance; "never" for those that do not come. */
static void moment(const struct trace_record *record, const char *what, char *to, size_t size)
{
	if (record->a == SCHED_NEVER)
		snprintf(to, size, "%s never", what);
	else
		snprintf(to, size, "%s %+ld", what, (long)(record->a - record->tsc));
}

static void pick(const struct trace_record *record, char *to, size_t size)
{
	char until[40];

	moment(record, "until", until, sizeof(until));
	snprintf(to, size, "%s, reason %s", until, sched_reason_name((enum sched_reason)record->b));
}

static void wake(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "to core %lu%s", (unsigned long)record->a,
		 record->b ? ", preempts" : "");
}

static void block(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "after a burst of %lu", (unsigned long)record->a);
}

static void migrate(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "from core %lu to core %lu", (unsigned long)record->a,
		 (unsigned long)record->b);
}

static void debt(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "is owed %ld by entity %lu", (long)record->a, (unsigned long)record->b);
}

static void class(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "%s", record->a == SCHED_LATENCY ? "latency-sensitive" : "throughput");
}

static unsigned low(uint64_t halves)
{
	return (unsigned)halves;
}

static unsigned high(uint64_t halves)
{
	return (unsigned)(halves >> 32);
}

static void plan(const struct trace_record *record, char *to, size_t size)
{
	static const char *const whys[SCHED_PLAN_WHYS] = {
		[SCHED_PLAN_OWN] = "its own again",
		[SCHED_PLAN_GIVES] = "gives to others",
		[SCHED_PLAN_GROWS] = "needs more",
	};
	unsigned why = high(record->a);

	snprintf(to, size, "%u, was %u: %s, forecast %u", low(record->a), low(record->b),
		 why < SCHED_PLAN_WHYS ? whys[why] : "?", high(record->b));
}

static void policy(const struct trace_record *record, char *to, size_t size)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	snprintf(to, size, "%s",
		 record->a < count ? sched_policy_name(policies[record->a]) : "unknown");
}

static void reserve(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "forecast %u, in 50 ms %u; mean %u, budget %u", high(record->a),
		 low(record->a), high(record->b), low(record->b));
}

static void release(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "after %lu: %s", (unsigned long)record->a,
		 drp_end_name((enum drp_end)record->b));
}

static void swap(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "gets %u from entity %u, needs %u", low(record->a), low(record->b),
		 high(record->a));
}

static void trust(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "%s: %s, error %lu%% of the last value's",
		 record->a ? "trusted" : "not trusted",
		 sched_trust_reason_name((enum sched_trust_reason)(record->b & 0xff)),
		 (unsigned long)(record->b >> 8));
}

static void vm_start(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "vCPUs %lu", (unsigned long)record->a);
}

static void vm_end(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "how %lu, code %lu", (unsigned long)record->a, (unsigned long)record->b);
}

static void timer(const struct trace_record *record, char *to, size_t size)
{
	moment(record, "due", to, size);
}

static void idle(const struct trace_record *record, char *to, size_t size)
{
	moment(record, "until", to, size);
}

static void ipi(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "to core %lu, pending %#lx", (unsigned long)record->a,
		 (unsigned long)record->b);
}

static void nothing_more(const struct trace_record *record, char *to, size_t size)
{
	(void)record;
	(void)size;
	to[0] = '\0';
}

static void forecast(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "wanted %u us, forecast %u to %u; %u ticks", (unsigned)record->a,
		 (unsigned)(record->a >> 32), (unsigned)record->b, (unsigned)(record->b >> 32));
}

/* The model of most weight. */
static void weights(const struct trace_record *record, char *to, size_t size)
{
	const uint64_t packed[2] = { record->a, record->b };
	unsigned best = 0, most = 0;

	for (unsigned m = 0; m < PLE_MEMBERS; m++) {
		unsigned weight = packed[m / 8] >> m % 8 * 8 & 0xff;

		if (weight <= most)
			continue;
		most = weight;
		best = m;
	}
	snprintf(to, size, "most to %s, %u%%", ple_models[best]->name, most * 100 / 255);
}

static void vm_exit(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "reason %lu, RIP %#lx", (unsigned long)record->a,
		 (unsigned long)record->b);
}

static void entry(const struct trace_record *record, char *to, size_t size)
{
	snprintf(to, size, "verdict %lu", (unsigned long)record->a);
}

static const struct {
	const char *name;
	describer describe;
} kinds[TRACE_KINDS] = {
	[SCHED_TRACE_PICK] = { "pick", pick },
	[SCHED_TRACE_WAKE] = { "wake", wake },
	[SCHED_TRACE_BLOCK] = { "block", block },
	[SCHED_TRACE_MIGRATE] = { "migrate", migrate },
	[SCHED_TRACE_DEBT] = { "debt", debt },
	[SCHED_TRACE_CLASS] = { "class", class },
	[SCHED_TRACE_SLICE] = { "slice", plan },
	[SCHED_TRACE_POLICY] = { "policy", policy },
	[SCHED_TRACE_RESERVE] = { "reserve", reserve },
	[SCHED_TRACE_RELEASE] = { "release", release },
	[SCHED_TRACE_SWAP] = { "swap", swap },
	[SCHED_TRACE_CREDIT] = { "credit", plan },
	[SCHED_TRACE_TRUST] = { "trust", trust },
	[TRACE_VM_START] = { "vm_start", vm_start },
	[TRACE_VM_END] = { "vm_end", vm_end },
	[TRACE_TIMER] = { "timer", timer },
	[TRACE_IDLE] = { "idle", idle },
	[TRACE_IPI] = { "ipi", ipi },
	[TRACE_INVEPT] = { "invept", nothing_more },
	[TRACE_FORECAST] = { "forecast", forecast },
	[TRACE_WEIGHTS] = { "weights", weights },
	[TRACE_EXIT] = { "exit", vm_exit },
	[TRACE_ENTRY] = { "entry", entry },
};

const char *trace_kind_name(unsigned kind)
{
	return kind < TRACE_KINDS && kinds[kind].name ? kinds[kind].name : "?";
}

const char *trace_describe(const struct trace_record *record, char *to, size_t size)
{
	if (record->kind < TRACE_KINDS && kinds[record->kind].describe)
		kinds[record->kind].describe(record, to, size);
	else
		snprintf(to, size, "kind %u, a %lu, b %lu", record->kind, (unsigned long)record->a,
			 (unsigned long)record->b);
	return to;
}
