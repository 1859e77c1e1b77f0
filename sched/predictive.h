/* The state of the policy `predictive`, for the shell, reports and tests. */
#ifndef SCHED_PREDICTIVE_H
#define SCHED_PREDICTIVE_H

#include "sched/credit.h"
#include "sched/drp.h"
#include "sched/trust.h"

struct predictive_entity {
	struct credit_entity credit;
	struct sched_trust trust; /* written on the window's tick of the owning core only */
	uint64_t advised;	  /* tick of the last advice */
	uint16_t account;	  /* 1 + index, 0: none */
	uint16_t core;		  /* whose account it is */
};

struct predictive_core {
	struct credit_core credit;
	struct drp drp;
	/* One of the latency class fell short: ticks of the first time, after which it recurred
	 * before quiet_ms passed, and of the last, 0: never. */
	uint64_t short_since, short_at;
	/* NULL: has left, account to be closed. */
	_Atomic(struct sched_entity *) owner[DRP_ACCOUNTS];
	atomic_uint orphans; /* accounts without an owner that are not closed yet */
	bool advised;	     /* somebody was, since the last plan */
};

/* NULL unless `predictive` is running. What another core has may change while it is looked at. */
const struct predictive_core *sched_predictive_core(const struct sched_core *core);

/* NULL if the policy is another one or has not seen the entity yet. */
const struct predictive_entity *sched_predictive_entity(const struct sched_entity *entity);

/* The entity's account on the core it belongs to; NULL: it has none. */
const struct drp_account *sched_predictive_account(const struct sched_entity *entity);

#endif
