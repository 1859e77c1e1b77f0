#include "hv/predict.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "hv/engine_kernels.h"
#include "hv/log.h"
#include "hv/predict_trace.h"
#include "hv/rendezvous.h"
#include "hv/time.h"
#include "hv/vm.h"
#include "hv/weight_files.h"
#include "sched/drp_knobs.h"
#include "sched/engine_advice.h"
#include "vmx/vector_loan.h"

/* Pieces: weights change slowly, and take a few hundred instructions. Seven has no common divisor
 * with the usual periods. */
#define TRACE_WEIGHTS_EVERY 7

enum predict_mode predict_mode;
enum sched_fault predict_fault;
uint32_t predict_learnt = 500;
const struct ple_kernels *predict_kernels = &ple_kernels_general;

static const char *const mode_names[PREDICT_MODES] = {
	[PREDICT_AUTO] = "auto",
	[PREDICT_ALL] = "all",
	[PREDICT_OFF] = "off",
};

const char *predict_mode_name(enum predict_mode mode)
{
	return mode < PREDICT_MODES ? mode_names[mode] : "?";
}

/* Kernels that do not agree are a bug of ours; but the machine can do without them. */
static void choose_kernels(void)
{
	const struct ple_kernels *kernels = predict_configured_kernels();

	if (engine_kernels_agree(kernels, weight_file_first()->weights))
		predict_kernels = kernels;
	else
		log_error("forecast: the %s kernels are wrong on this processor", kernels->name);
	log_info("forecast: %s kernels", predict_kernels->name);
}

void predict_init(void)
{
	weight_files_init();
	choose_kernels();
	predict_configure();
}

/* ---- Engines ---- */

/* A set of weights that comes anew brings the LSTM with it; one that takes another's place, not. */
void predict_use_weights(struct predict *predict, const struct weight_file *file)
{
	uint32_t members = predict->engine.members;
	bool had = predict->engine.weights;

	ple_engine_use_weights(&predict->engine, file->weights);
	if (had)
		ple_engine_enable(&predict->engine, members);
	predict->weights = file;
}

/* An experienced engine of a VM with the same image, or NULL. */
static struct ple_engine *find_teacher(const struct vcpu *vcpu)
{
	for (unsigned i = 0; i < VM_MAX; i++) {
		const struct vm *vm = vms[i];

		if (!vm || vm == vcpu->vm || vcpu->index >= vm->vcpu_count ||
		    strcmp(vm->config->image, vcpu->vm->config->image) != 0)
			continue;
		if (vm->vcpus[vcpu->index]->predict->engine.history.windows >= predict_learnt)
			return &vm->vcpus[vcpu->index]->predict->engine;
	}
	return NULL;
}

struct lesson {
	struct ple_engine *to;
	const struct ple_engine *from;
	uint32_t members; /* of `to`: whose models were chosen keeps the choice */
};

static void inherit(void *context)
{
	struct lesson *lesson = context;

	ple_engine_inherit(lesson->to, lesson->from);
	ple_engine_enable(lesson->to, lesson->members);
}

enum error predict_create(struct vcpu *vcpu)
{
	struct predict *predict = memalign(CACHE_LINE, sizeof(*predict));

	if (!predict)
		return ERR_NO_MEMORY;
	memset(predict, 0, sizeof(*predict));
	ple_engine_init(&predict->engine, predict_kernels);
	vcpu->predict = predict;
	predict_use_weights(predict, predict_configured_weights(vcpu->vm->config_index));
	predict_configure_models(&predict->engine, vcpu->vm->config_index);
	return OK;
}

void predict_start(struct vcpu *vcpu)
{
	struct ple_engine *engine = &vcpu->predict->engine;
	struct lesson lesson = { .to = engine, .members = engine->members };

	if (engine->history.windows < predict_learnt)
		lesson.from = find_teacher(vcpu);
	if (!lesson.from)
		return;
	log_info("forecast: %s/%u starts from what a VM with the same image has learnt",
		 vcpu->vm->name, vcpu->index);
	rendezvous(inherit, &lesson);
}

void predict_destroy(struct vcpu *vcpu)
{
	free(vcpu->predict);
}

/* ---- The owning core ---- */

static bool is_forecast(struct vcpu *vcpu, const struct ple_window *window, uint64_t now)
{
	bool spikes = sched_worth_forecasting(&vcpu->predict->peak_us, window, drp_knobs.spike_us);

	if (predict_mode != PREDICT_AUTO)
		return predict_mode == PREDICT_ALL;
	return spikes && vcpu->sched.class == SCHED_LATENCY &&
	       sched_needs_advice(&this_core()->sched, now);
}

static void remember(struct predict *predict, uint32_t actual, uint64_t now)
{
	const struct sched_expectation *said = &predict->advice.cpu[SCHED_10MS];

	predict->past[predict->windows % PREDICT_PAST] = (struct predict_point) {
		.when = now,
		.point = said->point,
		.high = said->high,
		.actual = actual,
	};
	predict->windows++;
}

void predict_window(struct vcpu *vcpu, const struct ple_window *window, uint64_t now)
{
	if (!is_forecast(vcpu, window, now))
		return;
	remember(vcpu->predict, window->run_us + window->wait_us, now);
	handover_put(&vcpu->predict->handover, window);
}

void predict_take(struct vcpu *vcpu, uint64_t now)
{
	struct predict *predict = vcpu->predict;

	if (!handover_take(&predict->handover, &predict->advice))
		return;
	sched_break_advice(&predict->advice, predict_fault, &predict->fault);
	sched_advise(&this_core()->sched, &vcpu->sched, &predict->advice, now);
	predict_trace_forecast(vcpu, now);
}

/* ---- The engine ---- */

static void observe(struct vcpu *vcpu, const struct ple_window *window, uint64_t begun)
{
	struct predict *predict = vcpu->predict;
	struct sched_advice advice;

	vector_borrow();
	ple_engine_observe(&predict->engine, window);
	vector_return();
	sched_advice_of_engine(&advice, &predict->engine, window);
	predict->last_cost = tsc_now() - begun;
	predict->cost += predict->last_cost;
	if (predict->pieces++ % TRACE_WEIGHTS_EVERY == 0)
		predict_trace_weights(vcpu, tsc_now());
	handover_publish(&predict->handover, &advice);
}

bool predict_work(struct vcpu *vcpu)
{
	struct predict *predict = vcpu->predict;
	uint64_t begun = tsc_now();
	struct ple_window window;
	bool any;

	if (!handover_claim(&predict->handover))
		return false;
	any = handover_next(&predict->handover, &window);
	if (any)
		observe(vcpu, &window, begun);
	handover_release(&predict->handover);
	return any;
}
