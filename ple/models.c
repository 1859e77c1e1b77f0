#include "ple/models.h"

const struct ple_model_ops *const ple_models[PLE_MEMBERS] = {
	[PLE_LAST] = &ple_last,
	[PLE_MAX8] = &ple_max8,
	[PLE_EWMA] = &ple_ewma,
	[PLE_HOLT] = &ple_holt,
	[PLE_SEASONAL] = &ple_seasonal,
	[PLE_AR] = &ple_ar,
	[PLE_LINEAR] = &ple_linear,
	[PLE_TABLE_SEASON] = &ple_table_season,
	[PLE_TABLE_PAGES] = &ple_table_pages,
	[PLE_LSTM] = &ple_lstm_readout,
};

void ple_learn_nothing(void *state, const struct ple_lessons *lessons)
{
	(void)state;
	(void)lessons;
}
