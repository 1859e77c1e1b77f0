/* The file of figures (name, value, unit, separated by tabs) that --tsv asks a program for. */
#ifndef TESTS_SIM_TSV_H
#define TESTS_SIM_TSV_H

#include <stdbool.h>
#include <stdio.h>

/* Both print what went wrong. With path NULL there is no file: *tsv is NULL, and all is well. */
bool tsv_open(FILE **tsv, const char *path);
bool tsv_close(FILE *tsv, const char *path);

#endif
