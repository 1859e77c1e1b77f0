/*
 * The configuration: an INI-like text with one [augur] section and one [vm NAME] section a VM,
 * parsed into one fixed-size structure. Used by the loader, to learn which files to bring, and by
 * the hypervisor. Sources: hv/config*.c and hv/text.c. No allocation, no I/O; needs memcpy, memset,
 * memcmp, memchr, strcmp and strlen only.
 *
 * Form: `key = value`, one a line. A `#` at the start of a line or after a space starts a comment.
 * Spaces around keys and values do not count. LF and CRLF both end lines.
 *
 * Mistakes do not stop the parser. One in a [vm] section makes that VM invalid and leaves all the
 * others; one in [augur] leaves that setting at its default. Each is recorded with its line.
 *
 * Keys of forecasting, in [augur]; the shell's `engine`, `model` and `drp` change them at run time:
 *   engine = tick | idle | core N      where the predictive engine runs (hv/engine.h)
 *   weights = FILE                     trained weights from the ESP, up to four lines; the first
 *                                      sound one is used, else the default that is built in
 *   policy.forecast = auto | all | off whose demand is forecast
 *   policy.kernels = auto | avx2 | sse2 | general
 *   policy.learnt = WINDOWS            after so many an engine teaches similar VMs
 *   policy.fault = none | stuck | random | inverted | late
 * In [augur], or in [vm NAME] for that VM alone:
 *   policy.weights = default | FILE    one of `weights`
 *   policy.models = default | last,ewma,... | -lstm,...    hv/model_list.h
 * Knobs of partitioning: sched/drp_knobs.h.
 */
#ifndef HV_CONFIG_H
#define HV_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/images/kind.h"

#define CONFIG_MAX_VMS	    64
#define CONFIG_MAX_VCPUS    64 /* a VM */
#define CONFIG_MAX_CORES    256
#define CONFIG_MAX_NODES    16	  /* ACPI_MAX_NODES */
#define CONFIG_MAX_MODULES  8	  /* a VM */
#define CONFIG_MAX_WEIGHTS  4	  /* [augur] weights */
#define CONFIG_MAX_PARAMS   64	  /* policy.KEY lines in all */
#define CONFIG_MAX_ERRORS   32	  /* recorded; more are only counted */
#define CONFIG_NAME_LENGTH  32	  /* VM and policy names, with the terminating zero */
#define CONFIG_FILE_LENGTH  64	  /* file names, with the terminating zero: BOOT_NAME_LENGTH */
#define CONFIG_STRINGS_SIZE 65536 /* all command lines, arguments and parameters together */
#define CONFIG_TEXT_MAX	    (1024 * 1024) /* bytes of configuration text */
#define CONFIG_MEMORY_MIN   0x100000ull	  /* a VM's RAM, bytes */
#define CONFIG_MEMORY_MAX   (1ull << 39)
#define CONFIG_WEIGHT_MAX   65535
#define CONFIG_WEIGHT	    256	     /* default */
#define CONFIG_TIME_US_MAX  10000000 /* slices, periods, budgets: 10 s */

enum config_log { CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };

/* What of the trace is exported (hv/trace.h). */
enum config_trace {
	CONFIG_TRACE_OFF,
	CONFIG_TRACE_SCHED, /* scheduling decisions and what leads to them */
	CONFIG_TRACE_ALL,   /* VM exits and entries too */
};

/* Where the predictive engine runs (hv/engine.h). */
enum config_engine {
	CONFIG_ENGINE_TICK, /* engine = tick: each core, for its own vCPUs */
	CONFIG_ENGINE_IDLE, /* engine = idle: cores with nothing to run, for all */
	CONFIG_ENGINE_CORE, /* engine = core N: that one, for all; it runs no guests */
	CONFIG_ENGINES
};

enum config_latency {
	CONFIG_LATENCY_NO,
	CONFIG_LATENCY_YES, /* latency-sensitive */
	CONFIG_LATENCY_AUTO /* the hypervisor finds out */
};

/* A set of pCPUs: bit n % 64 of bits[n / 64]. */
struct config_cores {
	uint64_t bits[CONFIG_MAX_CORES / 64];
};

/*
 * [augur] nodes = 0-1 / 2-3: the cores of node 0, of node 1 and so on; those not named are of node
 * 0. [augur] distance = 10 21 / 21 10: from each node to each, as in the ACPI SLIT, a row for each.
 * Both instead of what the firmware says.
 */
struct config_numa {
	uint32_t node_count; /* 0: `nodes` is not given */
	uint32_t rows;	     /* 0: `distance` is not given */
	uint32_t nodes_line;
	uint32_t distance_line;
	struct config_cores named;
	uint8_t node[CONFIG_MAX_CORES];
	uint8_t distance[CONFIG_MAX_NODES][CONFIG_MAX_NODES];
};

/* Times in microseconds; 0: the policy's own choice. */
struct config_slices {
	uint32_t slice_us;
	uint32_t min_slice_us;
	uint32_t max_slice_us;
	uint32_t period_us;
	uint32_t budget_us;
};

struct config_module {
	char file[CONFIG_FILE_LENGTH];
	const char *arguments; /* the rest of the line, "" if none */
	uint32_t line;
};

struct config_vm {
	char name[CONFIG_NAME_LENGTH]; /* letters, digits, '_', '-', '.'; "": none usable */
	bool valid;    /* false: there is an error about it, do not create this VM */
	uint32_t line; /* of the section's header; all lines count from 1 */
	char image[CONFIG_FILE_LENGTH];
	uint32_t image_line;
	enum image_kind kind;
	char initrd[CONFIG_FILE_LENGTH]; /* "" if none */
	uint32_t initrd_line;
	struct config_module modules[CONFIG_MAX_MODULES];
	uint32_t module_count;
	const char *cmdline;	   /* "" if none */
	uint64_t memory;	   /* bytes, a multiple of 4 KiB (of 2 MiB with pages = 2m) */
	uint32_t vcpus;		   /* 1..CONFIG_MAX_VCPUS */
	struct config_cores cores; /* affinity; all bits set by default */
	uint32_t cores_line;	   /* 0: not given, or "all" */
	uint32_t weight;	   /* 1..CONFIG_WEIGHT_MAX */
	uint32_t cap;		   /* percent of one core for the whole VM, 0: none */
	uint32_t cap_line;
	enum config_latency latency;
	bool autostart;
	bool large_pages; /* demand-allocate 2 MiB at a time */
	bool gang;	  /* `gang = yes`: its vCPUs run at the same time where they can */
	bool pause_exits; /* a vCPU that spins on PAUSE yields to a sibling; yes by default */
	struct config_slices slices; /* [augur]'s where the VM gives none */
};

/* [augur] weights = FILE: trained weights for the predictive engine (hv/weight_files.h). */
struct config_weights {
	char file[CONFIG_FILE_LENGTH];
	uint32_t line;
};

/* `policy.KEY = value`; for one VM, or for all if vm is CONFIG_ALL_VMS. */
struct config_param {
	uint32_t vm; /* index into vms */
	uint32_t line;
	const char *key;
	const char *value;
};

#define CONFIG_ALL_VMS UINT32_MAX

struct config_error {
	uint32_t line;		     /* 0: about the file as a whole */
	char vm[CONFIG_NAME_LENGTH]; /* "": not about a VM */
	char text[112];
};

/*
 * Strings point into `strings`: do not copy the structure. About 130 KiB: not for a stack.
 * Ownership: the caller's. Constant once parsed and checked.
 */
struct config {
	char policy[CONFIG_NAME_LENGTH]; /* whether it exists the scheduler says */
	uint32_t policy_line; /* 0: not given */
	bool batch;
	uint64_t stop_after; /* TSC ticks, 0: never */
	enum config_log log;
	enum config_trace trace;
	enum config_engine engine;
	uint32_t engine_core; /* for CONFIG_ENGINE_CORE */
	uint32_t engine_line; /* 0: not given */
	struct config_numa numa;
	struct config_weights weights[CONFIG_MAX_WEIGHTS];
	uint32_t weight_count;
	struct config_slices slices;

	struct config_vm vms[CONFIG_MAX_VMS]; /* in the order of the file, invalid ones included */
	uint32_t vm_count;
	struct config_param params[CONFIG_MAX_PARAMS];
	uint32_t param_count;

	struct config_error errors[CONFIG_MAX_ERRORS]; /* in the order found */
	uint32_t error_count;			       /* recorded */
	uint32_t errors_lost;			       /* found, but no room to record them */

	uint32_t strings_used;
	char strings[CONFIG_STRINGS_SIZE]; /* not cleared beyond strings_used */
};

/*
 * Parses `size` bytes of text (no terminating zero needed) into *cfg, whatever it held before.
 * OK, or ERR_FORMAT if there is any error in the list: *cfg is usable either way.
 */
enum error config_parse(struct config *cfg, const char *text, size_t size);

/*
 * Once the number of pCPUs is known: VMs whose `cores` name an absent one become invalid, and the
 * default "all" shrinks to those present. An engine's own core must be there and not be the only
 * one, else the engine stays at its default; VMs that could run nowhere else become invalid.
 * ERR_RANGE if anything was found wanting.
 */
enum error config_check_cores(struct config *cfg, uint32_t core_count);

/*
 * Likewise for `nodes`, which must name cores that are there, and `distance`, which must have a row
 * for each node (of firmware_nodes, unless `nodes` is given): else they count as not given.
 */
enum error config_check_numa(struct config *cfg, uint32_t core_count, uint32_t firmware_nodes);

/*
 * May the engine have that core for itself? OK, or ERR_INVALID with the reason, as text of at most
 * `size` bytes, if it is absent or the only one. Whether every VM has another is not asked.
 */
enum error config_check_engine_core(uint32_t core, uint32_t core_count, char *why, size_t size);

static inline bool config_cores_has(const struct config_cores *cores, uint32_t core)
{
	return core < CONFIG_MAX_CORES && (cores->bits[core / 64] >> (core % 64) & 1);
}

/* True if the set has any of the cores 0 .. core_count - 1 beside that one. */
bool config_cores_beside(const struct config_cores *cores, uint32_t core, uint32_t core_count);

/* The VM of that name, valid or not; NULL if there is none. */
const struct config_vm *config_find_vm(const struct config *cfg, const char *name);

/* As `kind =` names it: "auto", "elf", ...; "?" for any other value. */
const char *config_kind_name(enum image_kind kind);

/* The line `policy.KEY` of the VM's own section (CONFIG_ALL_VMS: of [augur]), NULL if there is
 * none. */
const struct config_param *config_own_param(const struct config *cfg, uint32_t vm, const char *key);

/* The same for a VM: its own, else that for all VMs, else NULL. */
const struct config_param *config_find_param(const struct config *cfg, uint32_t vm,
					     const char *key);

/*
 * Adds an error found later (a file that is not there, an image that does not load) to the list;
 * vm, if not CONFIG_ALL_VMS, becomes invalid. Text that is too long is cut.
 */
void config_add_error(struct config *cfg, uint32_t line, uint32_t vm, const char *text);

/*
 * Writes "augur.cfg:12: vm linux: memory: not a number" into `to`, cut to fit and always
 * zero-terminated (size >= 1). `file` is the configuration's name. Returns the length written.
 */
size_t config_format_error(const struct config_error *error, const char *file, char *to,
			   size_t size);

/* One mention of a file by [augur] or a valid VM. */
struct config_file {
	const char *name;
	uint32_t vm;   /* index into vms; CONFIG_ALL_VMS: [augur] */
	uint32_t line; /* where it is named */
};

/* All zero is the beginning. */
struct config_file_iterator {
	uint32_t weights;
	uint32_t vm;
	uint32_t slot;
};

/*
 * The next file that is needed: weights, then those of valid VMs: image, initrd, modules, VM by VM.
 * False at the end. The same name comes as often as it is mentioned.
 */
bool config_next_file(const struct config *cfg, struct config_file_iterator *at,
		      struct config_file *file);

#endif
