/* All predictors, each in its own file. */
#ifndef PLE_MODELS_H
#define PLE_MODELS_H

#include "ple/model.h"

enum ple_member {
	PLE_LAST,	  /* the next is as the last one */
	PLE_MAX8,	  /* as the largest of the last eight */
	PLE_EWMA,	  /* exponentially weighted mean, half-life of a window */
	PLE_HOLT,	  /* level and trend */
	PLE_SEASONAL,	  /* as one period ago */
	PLE_AR,		  /* autoregression of order four, iterated */
	PLE_LINEAR,	  /* online linear quantile regression on the features */
	PLE_TABLE_SEASON, /* quantiles by size of the last and the seasonal value */
	PLE_TABLE_PAGES,  /* and by size of the last value and of memory activity */
	PLE_LSTM,	  /* trained LSTM, last layer learnt online */
	PLE_MEMBERS
};

#define PLE_ALL_MEMBERS ((1u << PLE_MEMBERS) - 1)

/* Indexed by enum ple_member. */
extern const struct ple_model_ops *const ple_models[PLE_MEMBERS];

/* Bytes for the state of any model. */
#define PLE_STATES_SIZE 3424

extern const struct ple_model_ops ple_last, ple_max8, ple_ewma, ple_holt, ple_seasonal, ple_ar,
	ple_linear, ple_table_season, ple_table_pages, ple_lstm_readout;

#endif
