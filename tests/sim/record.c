#include "tests/sim/record.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "hv/trace_abi.h"

#define VCPUS_PER_VM 64

static FILE *records;

/* As in the hypervisor: VM id and index of the vCPU; tasks of a VM are neighbours. */
static unsigned entity_id(struct sim *sim, const struct sched_entity *entity)
{
	const struct sim_task *task;
	unsigned index = 0;

	if (!entity)
		return TRACE_NO_ENTITY;
	task = (const struct sim_task *)entity;
	while (task - index > sim->tasks && task[-1 - (int)index].vm == task->vm)
		index++;
	return entity->vm * VCPUS_PER_VM + index;
}

static void write_record(struct sim *sim, const struct sched_core *core, enum sched_trace_kind kind,
			 const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now)
{
	struct trace_record record = {
		.tsc = now,
		.kind = (uint16_t)kind,
		.core = (uint16_t)core->id,
		.entity = (uint16_t)entity_id(sim, entity),
		.waiting = (uint16_t)core->waiting,
		.a = a,
		.b = b,
	};

	fwrite(&record, sizeof(record), 1, records);
}

static FILE *open_in(const char *folder, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, "w");
}

bool record_begin(struct sim *sim, const char *folder)
{
	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return false;
	records = open_in(folder, "trace.bin");
	sim->on_trace = write_record;
	return records;
}

static void describe_scheduler(const struct sim *sim, FILE *info)
{
	unsigned count;
	const struct sched_ops *const *policies = sched_policies(&count);

	fprintf(info, "version\t%u\ntsc_hz\t%llu\ncores\t%u\nvcpus_per_vm\t%u\n", TRACE_VERSION,
		(unsigned long long)sim->ms * 1000, sim->core_count, VCPUS_PER_VM);
	for (unsigned i = 0; i < count; i++) {
		fprintf(info, "policy\t%u\t%s\n", i, sched_policy_name(policies[i]));
		if (policies[i] == sim->sched.ops)
			fprintf(info, "running\t%u\n", i);
	}
	for (unsigned i = 0; i < SCHED_REASONS; i++)
		fprintf(info, "reason\t%u\t%s\n", i, sched_reason_name((enum sched_reason)i));
}

/* A VM of several copies has a number behind its name. */
static void describe_vm(const struct sim *sim, unsigned first, FILE *info)
{
	const struct sim_task *task = &sim->tasks[first];
	const struct scenario_vm *spec = task->spec;
	unsigned copy = 0;

	for (unsigned i = 0; i < first; i++)
		copy += sim->tasks[i].spec == spec;
	fprintf(info, "vm\t%u\t%s", task->entity.vm, spec->name);
	if (spec->copies > 1)
		fprintf(info, "%u", copy / spec->vcpus + 1);
	fprintf(info, "\t%u\t%u\t%u\t%s\n", spec->vcpus, spec->weight, spec->cap * spec->vcpus,
		spec->latency ? "latency" : "throughput");
}

static void describe(const struct sim *sim, FILE *info)
{
	describe_scheduler(sim, info);
	for (unsigned i = 0; i < sim->task_count; i += sim->tasks[i].spec->vcpus)
		describe_vm(sim, i, info);
	for (unsigned i = 0; i < sim->core_count; i++) {
		const struct sched_core *core = &sim->cores[i].core;

		fprintf(info, "lost\t%u\t0\nbooks\t%u\t%llu\t%llu\t%llu\t%llu\t%llu\t%llu\n", i, i,
			(unsigned long long)core->start, (unsigned long long)core->run,
			(unsigned long long)core->idle, (unsigned long long)core->overhead,
			(unsigned long long)core->decisions, (unsigned long long)core->switches);
	}
}

bool record_end(struct sim *sim, const char *folder)
{
	FILE *info = open_in(folder, "trace.info");
	bool complete = !ferror(records);

	sim->on_trace = NULL;
	if (info)
		describe(sim, info);
	complete &= fclose(records) == 0;
	return info && !ferror(info) && fclose(info) == 0 && complete;
}
