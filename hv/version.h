/* Which Augur this is: set by the build from the source tree, see version.c. */
#ifndef HV_VERSION_H
#define HV_VERSION_H

extern const char augur_version[];

#endif
