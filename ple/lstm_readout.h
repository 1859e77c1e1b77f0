/* The LSTM's last layer, one per vCPU. */
#ifndef PLE_LSTM_READOUT_H
#define PLE_LSTM_READOUT_H

#include "ple/models.h"
#include "ple/regression.h"

struct ple_readout {
	_Alignas(32) int32_t weight[PLE_TARGETS][PLE_LSTM_HIDDEN]; /* Q20 */
	uint32_t energy; /* of the hidden units together, over their number: they are of one kind */
};

/* Starts from trained weights, Q12; keeps the rate. */
void ple_readout_load(struct ple_readout *readout,
		      const int16_t trained[PLE_TARGETS][PLE_LSTM_HIDDEN]);

/* A hidden state (Q15) as inputs of the regression. */
void ple_readout_inputs(const int16_t *hidden, int16_t x[PLE_LSTM_HIDDEN]);

#endif
