#include "hv/services.h"

#include "drivers/power.h"
#include "hv/console.h"
#include "hv/core.h"
#include "hv/core_timers.h"
#include "hv/engine.h"
#include "hv/export.h"
#include "hv/log.h"
#include "hv/modules.h"
#include "hv/shell/shell.h"
#include "hv/time.h"
#include "hv/trace.h"
#include "hv/vm.h"

#define INTERACTIVE_US 1000
#define BATCH_US       50000

static struct timer_event service;
static uint64_t service_due;
static struct timer_event deadline; /* of a batch run with stop_after */
static bool shutting_down;

static void end_machine(void)
{
	log_info("all virtual machines have stopped; powering off");
	engine_report();
	shadow_report();
	console_flush();
	trace_finish();
	export_flush();
	power_off(0);
}

void services_shut_down(void)
{
	shutting_down = true;
	for (unsigned i = 0; i < VM_MAX; i++)
		if (vms[i] && vm_state_of(vms[i]) != VM_READY)
			vm_end(vms[i], VM_END_KILLED, 0, "end of the run");
}

static void time_is_up(struct timer_event *event, uint64_t now)
{
	(void)event;
	(void)now;
	log_info("stop_after: the run ends");
	services_shut_down();
}

static void serve(struct timer_event *event, uint64_t now)
{
	if (core_timer_gives_way(&this_core()->timers, event, service_due, now))
		return;
	console_poll();
	trace_service();
	if (!config.batch)
		shell_poll(now / ticks_from_us(1));
	if ((config.batch || shutting_down) && vm_all_stopped())
		end_machine();
	service_due = now + ticks_from_us(config.batch ? BATCH_US : INTERACTIVE_US);
	core_timer_arm(&this_core()->timers, event, service_due);
}

void services_start(uint64_t now)
{
	struct core_timers *timers = &this_core()->timers;

	service.fire = serve;
	service_due = now;
	core_timer_arm(timers, &service, now);
	deadline.fire = time_is_up;
	if (config.batch && config.stop_after)
		core_timer_arm(timers, &deadline, now + config.stop_after);
	console_run();
	if (!config.batch)
		shell_start();
}
