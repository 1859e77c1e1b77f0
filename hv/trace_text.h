/* Trace records as text for people. Pure. */
#ifndef HV_TRACE_TEXT_H
#define HV_TRACE_TEXT_H

#include <stddef.h>

#include "hv/trace_abi.h"

/* "pick", "wake"...; "kind N" has no name: "?". */
const char *trace_kind_name(unsigned kind);

/*
 * What the record says beside time, core and entity, such as "until +3000, reason wake". Moments
 * are given relative to the record's. Cut to fit, always zero-terminated (size >= 1); returns `to`.
 */
const char *trace_describe(const struct trace_record *record, char *to, size_t size);

#endif
