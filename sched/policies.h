/* All policies, each in the file of its name. */
#ifndef SCHED_POLICIES_H
#define SCHED_POLICIES_H

#include "sched/ops.h"

extern const struct sched_ops sched_rr;		   /* sched/rr.c */
extern const struct sched_ops sched_credit;	   /* sched/credit.c */
extern const struct sched_ops sched_credit_plain;  /* sched/credit.c: no BOOST */
extern const struct sched_ops sched_credit_slices; /* sched/credit.c: slices of each vCPU's own */
extern const struct sched_ops sched_compensated; /* sched/credit.c: latency classes, compensation */

#endif
