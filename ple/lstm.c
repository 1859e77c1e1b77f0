#include <string.h>

#include "ple/lstm.h"

static void pack_rows(struct ple_lstm_model *model, const struct ple_lstm_weights *w)
{
	for (unsigned r = 0; r < PLE_LSTM_ROWS; r += 2)
		for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
			model->packed[r / 2][k] =
				w->weight[r][k] + w->weight[r + 1][k] * (1ll << 32);
}

static void pair_columns(struct ple_lstm_model *model, const struct ple_lstm_weights *w)
{
	for (unsigned r = 0; r < PLE_LSTM_ROWS; r++)
		for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
			model->pairs[k / 2][r][k % 2] = w->weight[r][k];
}

void ple_lstm_prepare(struct ple_lstm_model *model, const struct ple_lstm_weights *weights)
{
	pack_rows(model, weights);
	pair_columns(model, weights);
	memcpy(model->bias, weights->bias, sizeof(model->bias));
}

void ple_lstm_reset(struct ple_lstm_state *state)
{
	memset(state, 0, sizeof(*state));
}
