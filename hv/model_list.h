/*
 * Which models of the predictive engine take part, as text: names separated by commas. "default"
 * is PLE_DEFAULT_MEMBERS; a list of names is exactly those; a list that begins with -NAME is the
 * default ones but those. Pure.
 */
#ifndef HV_MODEL_LIST_H
#define HV_MODEL_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The model's index (enum ple_member), -1 if there is none of that name. */
int model_find(const char *name, size_t length);

/* A bit for each model. False: the text names none, or one that there is not; *members stays. */
bool model_list_parse(const char *text, uint32_t *members);

#endif
