#include <string.h>

#include "ple/lstm.h"

/* The number that stands for row `low` and, 32 bits up, for the row of the gate after it. */
static int64_t pack(int64_t low, int64_t high)
{
	return low + high * (1ll << 32);
}

static void pack_rows(struct ple_lstm_model *model, const struct ple_lstm_weights *w)
{
	for (unsigned u = 0; u < PLE_LSTM_HIDDEN; u++) {
		for (unsigned half = 0; half < 2; half++) {
			unsigned low = 2 * half * PLE_LSTM_HIDDEN + u, high = low + PLE_LSTM_HIDDEN;

			model->packed_bias[u][half] =
				pack(w->bias[low] + (1ll << (25 - half)) + (1ll << 31),
				     w->bias[high] + (1ll << 25));
			for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
				model->packed[u][half][k] =
					pack(w->weight[low][k], w->weight[high][k]);
		}
	}
}

static void pair_columns(struct ple_lstm_model *model, const struct ple_lstm_weights *w)
{
	for (unsigned r = 0; r < PLE_LSTM_ROWS; r++)
		for (unsigned k = 0; k < PLE_LSTM_COLUMNS; k++)
			model->pairs[k / 2][r][k % 2] = w->weight[r][k];
}

static void take_apart(struct ple_line *line, const int32_t *table, unsigned shift)
{
	for (unsigned i = 0; i < PLE_TABLE_SIZE; i++)
		line[i] = (struct ple_line) { (int16_t)table[i] * (1 << shift), table[i] >> 16 };
}

void ple_lstm_prepare(struct ple_lstm_model *model, const struct ple_lstm_weights *weights)
{
	pack_rows(model, weights);
	pair_columns(model, weights);
	take_apart(model->sigmoid, ple_sigmoid_table, 7);
	take_apart(model->tanh, ple_tanh_table, 6);
	memcpy(model->bias, weights->bias, sizeof(model->bias));
}

void ple_lstm_reset(struct ple_lstm_state *state)
{
	memset(state, 0, sizeof(*state));
}
