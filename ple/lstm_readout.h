/* What goes into the LSTM, and its last layer, one per vCPU. */
#ifndef PLE_LSTM_READOUT_H
#define PLE_LSTM_READOUT_H

#include "ple/models.h"
#include "ple/regression.h"

struct ple_readout {
	_Alignas(32) int32_t weight[PLE_TARGETS][PLE_LSTM_HIDDEN]; /* Q20 */
	uint32_t energy; /* of the hidden units together, over their number: they are of one kind */
	ple_gains gains; /* what follows from it */
};

/* Starts from trained weights, Q12; keeps the rate. */
void ple_readout_load(struct ple_readout *readout,
		      const int16_t trained[PLE_TARGETS][PLE_LSTM_HIDDEN]);

/* What the LSTM sees of a window, Q15: the last value and 15 of the features. */
void ple_lstm_inputs(const struct ple_features *features, int16_t x[PLE_LSTM_INPUTS]);

#endif
