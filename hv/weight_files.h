/*
 * Trained weights of the LSTM (ple/weights.h): the set that comes with the code, named "default",
 * and those that `[augur] weights = FILE` brings from the ESP. All are checked and prepared at the
 * start, so that changing to another one is a matter of a pointer. Boot core; constant afterwards.
 */
#ifndef HV_WEIGHT_FILES_H
#define HV_WEIGHT_FILES_H

#include <stdint.h>

#include "hv/config.h"
#include "ple/weights.h"

#define WEIGHT_FILES_MAX (1 + CONFIG_MAX_WEIGHTS)

struct weight_file {
	const char *name;	     /* of the ESP's file */
	struct ple_weights *weights; /* NULL: not usable... */
	const char *why;	     /* ...because of this; NULL if it is */
};

/* Loads them; what is wrong with a file is logged with its name and line. */
void weight_files_init(void);

/* All of them, the usable or not; the default first. */
const struct weight_file *weight_files(uint32_t *count);

/* What new vCPUs use unless told otherwise: the first usable file given, else the default. */
const struct weight_file *weight_file_first(void);

/* NULL: there is none of that name. */
const struct weight_file *weight_file_find(const char *name);

#endif
