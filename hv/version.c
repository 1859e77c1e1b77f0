#include "hv/version.h"

/* The build may pass -DAUGUR_VERSION='"..."' for this file, such as the output of git describe. */
#ifndef AUGUR_VERSION
#define AUGUR_VERSION "0.1"
#endif

const char augur_version[] = AUGUR_VERSION;
