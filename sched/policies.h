/* All policies, each in the file of its name. */
#ifndef SCHED_POLICIES_H
#define SCHED_POLICIES_H

#include "sched/ops.h"

extern const struct sched_ops sched_rr;		   /* sched/rr.c */
extern const struct sched_ops sched_credit;	   /* sched/credit.c */
extern const struct sched_ops sched_credit_plain;  /* sched/credit.c: no BOOST */
extern const struct sched_ops sched_credit_slices; /* sched/credit.c: slices of each vCPU's own */
extern const struct sched_ops sched_bvt;	   /* sched/bvt.c */
extern const struct sched_ops sched_edf;	   /* sched/edf.c */
extern const struct sched_ops sched_table;	   /* sched/table.c */
extern const struct sched_ops sched_reactive;	   /* sched/reactive.c */
extern const struct sched_ops sched_example;	   /* sched/example_60.c */
extern const struct sched_ops sched_compensated;   /* sched/compensated.c */
extern const struct sched_ops sched_predictive;	   /* sched/predictive.c */

#endif
