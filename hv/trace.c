#include "hv/trace.h"

#include "hv/core_loop.h"
#include "hv/export.h"
#include "hv/page_alloc.h"
#include "hv/paging.h"
#include "hv/panic.h"
#include "hv/vm.h"
#include "ple/models.h"
#include "vmx/names.h"

#define FRAME_RECORDS (EXPORT_PAYLOAD_MAX / sizeof(struct trace_record))

/* Of one core: what one trace_service() may send. With exits there is much more to send. */
#define FRAMES_USUAL 8
#define FRAMES_EXITS 64

_Static_assert(TRACE_RECORDS * sizeof(struct trace_record) == 2u << 20, "a ring fills a block");
_Static_assert((int)SCHED_TRACE_TRUST <= TRACE_SCHED_LAST, "the scheduler's kinds have room");
_Static_assert(TRACE_NO_ENTITY >= CONFIG_MAX_VMS * CONFIG_MAX_VCPUS, "entity ids fit 16 bits");

bool trace_exits;

static enum config_trace mode;
static uint64_t asked_until[MAX_CORES]; /* records up to here were asked for by a person */
static struct trace_record frame[FRAME_RECORDS];

/* ---- Rings ---- */

static void make_ring(struct core *core)
{
	uint64_t block = page_alloc_2m(core->node);

	if (!block)
		panic("trace: no memory for the ring of core %u", core->index);
	trace_ring_init(&core->trace, phys_to_virt(block), TRACE_RECORDS, (uint16_t)core->index);
}

void trace_init(enum config_trace wanted)
{
	mode = wanted;
	for (uint32_t i = 0; i < core_count; i++)
		make_ring(cores[i]);
	trace_exits = mode == CONFIG_TRACE_ALL;
}

/* ---- What goes with the records ---- */

#define info(...) export_text(EXPORT_TRACE_INFO, 0, __VA_ARGS__)

static void describe_scheduler(void)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	for (unsigned i = 0; i < count; i++) {
		info("policy\t%u\t%s", i, sched_policy_name(policies[i]));
		if (policies[i] == scheduler.ops)
			info("running\t%u", i);
	}
	for (unsigned i = 0; i < SCHED_REASONS; i++)
		info("reason\t%u\t%s", i, sched_reason_name((enum sched_reason)i));
}

static void describe_models(void)
{
	for (unsigned i = 0; i < PLE_MEMBERS; i++)
		info("model\t%u\t%s", i, ple_models[i]->name);
}

static void describe_exits(void)
{
	for (unsigned i = 0; i < EXIT_REASON_COUNT && trace_exits; i++)
		info("exit\t%u\t%s", i, vmx_exit_reason_name(i));
}

static void describe_vm(const struct vm *vm)
{
	static const char *const classes[] = {
		[CONFIG_LATENCY_NO] = "throughput",
		[CONFIG_LATENCY_YES] = "latency",
		[CONFIG_LATENCY_AUTO] = "auto",
	};
	const struct config_vm *c = vm->config;

	info("vm\t%u\t%s\t%u\t%u\t%u\t%s", vm->id, vm->name, vm->vcpu_count, c->weight, c->cap,
	     classes[c->latency]);
	info("exits\t%u\t%lu", vm->id, vm_exits(vm));
}

static void describe_core(const struct core *core)
{
	const struct sched_core *s = &core->sched;

	info("lost\t%u\t%lu", core->index, core->trace.lost);
	info("books\t%u\t%lu\t%lu\t%lu\t%lu\t%lu\t%lu", core->index, s->start, s->run, s->idle,
	     s->overhead, s->decisions, s->switches);
}

static void describe(void)
{
	info("version\t%u", TRACE_VERSION);
	info("tsc_hz\t%lu", tsc_hz);
	info("cores\t%u", core_count);
	info("vcpus_per_vm\t%u", VM_MAX_VCPUS);
	describe_scheduler();
	describe_models();
	describe_exits();
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i])
			describe_vm(vms[i]);
	for (uint32_t i = 0; i < core_count; i++)
		describe_core(cores[i]);
}

/* ---- Sending ---- */

/* False if nothing was sent: nothing is there, or the channel is full. */
static bool send_frame(struct core *core)
{
	uint32_t count;

	if (!trace_ring_waiting(&core->trace) || !export_has_room(sizeof(frame)))
		return false;
	count = trace_ring_take(&core->trace, frame, FRAME_RECORDS);
	export_frame(EXPORT_TRACE, (uint8_t)core->index, frame, count * sizeof(frame[0]));
	return true;
}

static bool is_due(const struct core *core)
{
	if (core->trace.taken < asked_until[core->index])
		return true;
	return mode != CONFIG_TRACE_OFF && trace_ring_waiting(&core->trace) > TRACE_RECORDS / 2;
}

void trace_service(void)
{
	unsigned most = trace_exits ? FRAMES_EXITS : FRAMES_USUAL;

	for (uint32_t i = 0; i < core_count; i++)
		for (unsigned sent = 0; sent < most && is_due(cores[i]); sent++)
			if (!send_frame(cores[i]))
				break;
}

void trace_export_begin(void)
{
	for (uint32_t i = 0; i < core_count; i++)
		asked_until[i] = trace_ring_written(&cores[i]->trace);
	describe();
}

bool trace_export_busy(void)
{
	for (uint32_t i = 0; i < core_count; i++)
		if (cores[i]->trace.taken < asked_until[i])
			return true;
	return false;
}

void trace_finish(void)
{
	if (mode == CONFIG_TRACE_OFF || !export_enabled())
		return;
	trace_export_begin();
	while (trace_export_busy()) {
		trace_service();
		export_flush();
	}
	describe(); /* once more, for what was lost meanwhile */
}
