/*
 * The export channel: machine-readable output of a run, as a stream of frames. It leaves the
 * machine by port 0xE9 (the emulators' debug port) or by the second serial line and is decoded on
 * the host by scripts/augur_export.py, which mirrors these definitions.
 *
 * A frame is struct export_header, then `length` bytes of payload. A decoder that finds no magic
 * where a frame should start skips one byte and looks again.
 */
#ifndef HV_EXPORT_ABI_H
#define HV_EXPORT_ABI_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT_MAGIC_0	   0xa5u
#define EXPORT_MAGIC_1	   0x5au
#define EXPORT_PAYLOAD_MAX 4096u /* bytes; longer data are sent as several frames of one type */

enum export_type {
	EXPORT_CONSOLE = 1, /* bytes a VM wrote to its console; channel = VM id */
	EXPORT_LOG = 2,	    /* hypervisor log, whole lines with newline; channel 0 */
	EXPORT_RESULT = 3,  /* "name=... state=... code=... ticks=... exits=..."; channel = VM id */
	EXPORT_TRACE = 4,   /* trace records; channel = core modulo 256 */
	EXPORT_VM = 5,	    /* declares a VM: payload = its name; channel = VM id */
	EXPORT_FIGURE = 6,  /* "name\tvalue\tunit"; channel 0 */
	EXPORT_TRACE_INFO = 7, /* a line of text about the trace, see hv/trace_abi.h; channel 0 */
};

struct export_header {
	uint8_t magic[2];  /* EXPORT_MAGIC_0, EXPORT_MAGIC_1 */
	uint8_t type;	   /* enum export_type */
	uint8_t channel;   /* by type */
	uint8_t length[2]; /* of the payload in bytes, little endian */
};

_Static_assert(sizeof(struct export_header) == 6, "scripts/augur_export.py reads this layout");

#endif
