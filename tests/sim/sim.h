/*
 * A discrete-event simulator of a machine on which the hypervisor's own scheduler objects run:
 * cores, timers, kicks and the cost of exits and switches are modelled, sched/ is the real code.
 *
 * One thread; events in order of time, then of creation, so a run is a function of its inputs.
 */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/sched.h"
#include "tests/sim/samples.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/trace_csv.h"

#define SIM_FOREVER UINT64_MAX

/* What things cost, in ticks. */
struct sim_costs {
	uint64_t exit;	       /* guest exit, decision and entry of the same vCPU */
	uint64_t switching;    /* more, if another vCPU is entered */
	uint64_t wake;	       /* leaving the idle halt */
	uint64_t kick;	       /* from the kick to the exit on the other core */
	uint64_t pause_window; /* of spinning before a pause-loop exit */
	/* Exits that are counted, for they are charged, and take no time here. */
	uint64_t sleep_exits; /* of a task that goes to sleep, beside HLT: it sets its timer */
	uint64_t tick_ms;     /* the hypervisor's own: one in so many ms of a core; 0: none */
};

extern const struct sim_costs sim_costs_emulator; /* as measured in the emulator */
extern const struct sim_costs sim_costs_none;

/* Shared by the vCPUs of a VM: a spinlock with tickets, as guests/lib/sync.h has it. */
struct sim_vm {
	uint32_t lock_next, lock_owner;
};

struct sim_task {
	struct sched_entity entity;
	const struct scenario_vm *spec;
	struct sim_vm *vm;
	const struct trace_csv *trace;
	unsigned trace_row;
	uint64_t random;
	uint64_t period;
	uint64_t remaining; /* work left until workload_done, SIM_FOREVER: no end */
	uint64_t wake_at;   /* the next wake-up while blocked */
	uint64_t deadline;  /* the moment the present burst was due */
	uint64_t phase_end;
	unsigned phase;
	bool awaits_run; /* lateness of the present burst not yet known */
	bool spinning;	 /* until its ticket is the lock's owner */
	bool holds_lock;
	uint32_t ticket;
	struct sched_node timer;
	/* Results. */
	uint64_t worked;	     /* ticks in the guest that it did not spin away */
	struct sim_samples lateness; /* of wake-ups */
	struct sim_samples bursts;   /* from due to done */
	uint64_t missed;
	uint64_t rounds;       /* critical sections done */
	uint64_t blocked;      /* ticks */
	uint64_t blocked_from; /* SIM_FOREVER: not blocked */
	uint64_t window_run;   /* stats.run at the start of the window */
	uint64_t waits_since;
	uint64_t longest_wait; /* ticks runnable without running */
	uint64_t created;
	double fluid_backlog; /* see fluid.h */
	double fluid_got;     /* in this window */
	double fluid_total;   /* in all windows that have ended */
};

struct sim_core {
	struct sched_core core;
	struct sched_decision decision;
	struct sched_node timer;
	struct sched_node kick;
	uint64_t busy_until; /* in the hypervisor */
	uint64_t run_from;   /* SIM_FOREVER: not in a guest */
	uint64_t spin_until; /* pause-loop exit, SIM_FOREVER: none */
};

struct sim {
	struct sched sched;
	const struct sim_costs *costs;
	uint64_t now;
	uint64_t ms;
	struct sched_heap events;
	struct sim_core *cores;
	unsigned core_count;
	struct sim_task *tasks;
	unsigned task_count;
	struct sim_vm *vms;
	uint64_t exits;
	uint64_t kicks;
	uint64_t events_done;
	uint64_t window_start;
	double fair_error;	    /* worst so far, as a share of a window */
	struct sim_task *unfair_to; /* whose it was */
	bool no_fluid;		    /* do not compare with the fluid: it costs O(n) an event */
	uint64_t fluid_time;
	struct sim_task *streams; /* arrivals as they would be without queueing */
	struct claim *claims;
	uint64_t window;
	/* Called after every event; may be NULL. */
	void (*watch)(struct sim *sim);
	/* Called for every trace record; may be NULL. */
	void (*on_trace)(struct sim *sim, const struct sched_core *core, enum sched_trace_kind kind,
			 const struct sched_entity *entity, uint64_t a, uint64_t b, uint64_t now);
};

/* A machine without tasks. Nodes of `node_cores` cores each (0: one node). */
enum error sim_open(struct sim *sim, unsigned cores, unsigned node_cores, const char *policy,
		    const struct sim_costs *costs, uint64_t ticks_per_ms, unsigned task_room);
void sim_close(struct sim *sim);

/* Adds a vCPU; it starts now. NULL if the scheduler refuses the parameters. */
struct sim_task *sim_add(struct sim *sim, const struct scenario_vm *spec, unsigned vm,
			 uint64_t period, const struct sched_params *params, uint64_t seed);

/* Adds a vCPU whose demand is a trace; the trace must outlive the simulation. */
struct sim_task *sim_add_trace(struct sim *sim, const struct scenario_vm *spec,
			       const struct trace_csv *trace, const struct sched_params *params);

/* Adds all VMs of a scenario. */
void sim_add_scenario(struct sim *sim, const struct scenario *scenario, uint64_t seed);

void sim_run(struct sim *sim, uint64_t until);

/* Changes the policy with all cores stopped, as the hypervisor does it. */
void sim_set_policy(struct sim *sim, const char *policy);

/* Calls the scheduler from core 0, as a shell would: the core leaves its guest before. */
void sim_update(struct sim *sim, void (*change)(struct sim *sim, uint64_t *random),
		uint64_t *random);

/* Ticks that a task has run, waited or been blocked. */
uint64_t sim_life(const struct sim *sim, const struct sim_task *task);

/* VM exits so far. */
uint64_t sim_exits(const struct sim *sim);

/* The event, a timer or a kick, comes at that time, SIM_FOREVER: never, and at no other. */
void sim_schedule(struct sim *sim, struct sched_node *event, uint64_t when);

static inline struct sim_task *sim_task_of(struct sched_entity *entity)
{
	return (struct sim_task *)entity;
}

#endif
