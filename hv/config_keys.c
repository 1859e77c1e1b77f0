/* The keys of the configuration and how each one's value is taken. */
#include "hv/config_numa.h"
#include "hv/config_parser.h"
#include "hv/config_value.h"

static bool number_in_range(struct parser *parser, const struct key *key, struct span value,
			    uint64_t *number)
{
	char reason[80];
	struct text text = text_in(reason, sizeof(reason));

	if (value_number(value, number) && *number >= key->min && *number <= key->max)
		return true;
	text_add(&text, "is not a number from ");
	text_add_number(&text, key->min);
	text_add(&text, " to ");
	text_add_number(&text, key->max);
	parser_complain(parser, key->name, value, reason);
	return false;
}

static bool set_u32(struct parser *parser, const struct key *key, void *field, struct span value)
{
	uint64_t number;

	if (!number_in_range(parser, key, value, &number))
		return false;
	*(uint32_t *)field = (uint32_t)number;
	return true;
}

static bool set_u64(struct parser *parser, const struct key *key, void *field, struct span value)
{
	return number_in_range(parser, key, value, field);
}

static bool set_memory(struct parser *parser, const struct key *key, void *field, struct span value)
{
	uint64_t size;

	if (!value_size(value, &size)) {
		parser_complain(parser, key->name, value, "is not a size such as 256M");
		return false;
	}
	if (size < key->min || size > key->max) {
		parser_complain(parser, key->name, value, "is not between 1M and 512G");
		return false;
	}
	if (size % 4096) {
		parser_complain(parser, key->name, value, "is not a multiple of 4K");
		return false;
	}
	*(uint64_t *)field = size;
	return true;
}

static bool word_index(struct parser *parser, const struct key *key, struct span value,
		       uint32_t *index)
{
	char reason[80];
	struct text text = text_in(reason, sizeof(reason));

	if (value_word(value, key->words, index))
		return true;
	text_add(&text, "is not one of");
	for (unsigned i = 0; key->words[i]; i++) {
		text_add(&text, i ? ", " : " ");
		text_add(&text, key->words[i]);
	}
	parser_complain(parser, key->name, value, reason);
	return false;
}

/* For fields of enumeration types whose values are the words' indices. */
static bool set_word(struct parser *parser, const struct key *key, void *field, struct span value)
{
	return word_index(parser, key, value, field);
}

static bool set_bool(struct parser *parser, const struct key *key, void *field, struct span value)
{
	uint32_t index;

	if (!word_index(parser, key, value, &index))
		return false;
	*(bool *)field = index;
	return true;
}

static bool set_name(struct parser *parser, const struct key *key, void *field, struct span value)
{
	if (value_name(value, field))
		return true;
	parser_complain(parser, key->name, value,
			"is not a name of letters, digits, _ - . (at most 31)");
	return false;
}

static bool set_file(struct parser *parser, const struct key *key, void *field, struct span value)
{
	if (value_file(value, field))
		return true;
	parser_complain(parser, key->name, value, "is not a file name of at most 63 characters");
	return false;
}

static bool set_string(struct parser *parser, const struct key *key, void *field, struct span value)
{
	const char *copy = parser_keep(parser, value);

	(void)key;
	if (copy)
		*(const char **)field = copy;
	return copy;
}

/* The field is the whole VM, because "all" is as if nothing were given. */
static bool set_cores(struct parser *parser, const struct key *key, void *field, struct span value)
{
	struct config_vm *vm = field;

	if (span_is(value, "all"))
		return true;
	if (!value_cores(value, &vm->cores)) {
		parser_complain(parser, key->name, value,
				"is not a list such as 0-1,3 of cores from 0 to 255");
		return false;
	}
	vm->cores_line = parser->line;
	return true;
}

/* tick, idle or `core N`; the field is the whole configuration. */
static bool set_engine(struct parser *parser, const struct key *key, void *field, struct span value)
{
	struct config *cfg = field;
	struct span rest = value;
	struct span word = span_cut(&rest, ' ');
	uint32_t place;
	uint64_t core = 0;
	bool given = value_number(span_trim(rest), &core);

	if (!value_word(word, key->words, &place) || (place == CONFIG_ENGINE_CORE) != given ||
	    (!given && span_trim(rest).length) || core > key->max) {
		parser_complain(parser, key->name, value,
				"is not tick, idle or core N, with N from 0 to 255");
		return false;
	}
	cfg->engine = (enum config_engine)place;
	cfg->engine_core = (uint32_t)core;
	cfg->engine_line = parser->line;
	return true;
}

/* The field is the whole configuration, which has several. */
static bool add_weights(struct parser *parser, const struct key *key, void *field,
			struct span value)
{
	struct config *cfg = field;

	if (cfg->weight_count == CONFIG_MAX_WEIGHTS) {
		parser_complain(parser, key->name, value,
				"is one too many: 4 weight files are the limit");
		return false;
	}
	if (!set_file(parser, key, cfg->weights[cfg->weight_count].file, value))
		return false;
	cfg->weights[cfg->weight_count++].line = parser->line;
	return true;
}

/* `file arguments`; the field is the whole VM, which has several. */
static bool add_module(struct parser *parser, const struct key *key, void *field, struct span value)
{
	struct config_vm *vm = field;
	struct config_module *module = &vm->modules[vm->module_count];
	struct span file = span_cut(&value, ' ');

	if (vm->module_count == CONFIG_MAX_MODULES) {
		parser_complain(parser, key->name, file,
				"is one too many: 8 modules are the limit");
		return false;
	}
	if (!set_file(parser, key, module->file, file))
		return false;
	module->arguments = parser_keep(parser, span_trim(value));
	module->line = parser->line;
	vm->module_count++;
	return module->arguments;
}

/* The keys. */

static const char *const yes_no[] = { "no", "yes", NULL };
static const char *const log_words[] = { "error", "warn", "info", "debug", NULL };
static const char *const trace_words[] = { "off", "sched", "all", NULL };
static const char *const engine_words[] = { "tick", "idle", "core", NULL };
static const char *const kind_words[] = { "auto", "elf", "multiboot", "linux", "bootsector", NULL };
static const char *const latency_words[] = { "no", "yes", "auto", NULL };
static const char *const pages_words[] = { "4k", "2m", NULL };

_Static_assert(sizeof(enum config_log) == sizeof(uint32_t), "set_word writes 32 bits");
_Static_assert(sizeof(engine_words) / sizeof(engine_words[0]) == CONFIG_ENGINES + 1, "a word each");
_Static_assert(sizeof(kind_words) / sizeof(kind_words[0]) == IMAGE_KINDS + 1, "a word for each");

#define AT(type, member)   .offset = offsetof(struct type, member)
#define LINE(type, member) .line_offset = offsetof(struct type, member)
#define TIME_RANGE	   .min = 1, .max = CONFIG_TIME_US_MAX

static const struct key augur_keys[] = {
	{ "policy", set_name, AT(config, policy), LINE(config, policy_line) },
	{ "batch", set_bool, AT(config, batch), .words = yes_no },
	{ "stop_after", set_u64, AT(config, stop_after), .max = INT64_MAX },
	{ "log", set_word, AT(config, log), .words = log_words },
	{ "trace", set_word, AT(config, trace), .words = trace_words },
	{ "engine", set_engine, .offset = 0, .words = engine_words, .max = CONFIG_MAX_CORES - 1 },
	{ "weights", add_weights, .offset = 0, .repeats = true },
	{ "nodes", config_set_nodes, AT(config, numa) },
	{ "distance", config_set_distance, AT(config, numa) },
	{ "slice_us", set_u32, AT(config, slices.slice_us), TIME_RANGE },
	{ "min_slice_us", set_u32, AT(config, slices.min_slice_us), TIME_RANGE },
	{ "max_slice_us", set_u32, AT(config, slices.max_slice_us), TIME_RANGE },
	{ "period_us", set_u32, AT(config, slices.period_us), TIME_RANGE },
	{ "budget_us", set_u32, AT(config, slices.budget_us), TIME_RANGE },
};

static const struct key vm_keys[] = {
	{ "image", set_file, AT(config_vm, image), LINE(config_vm, image_line) },
	{ "kind", set_word, AT(config_vm, kind), .words = kind_words },
	{ "initrd", set_file, AT(config_vm, initrd), LINE(config_vm, initrd_line) },
	{ "module", add_module, .repeats = true },
	{ "cmdline", set_string, AT(config_vm, cmdline) },
	{ "memory", set_memory, AT(config_vm, memory), .min = CONFIG_MEMORY_MIN,
	  .max = CONFIG_MEMORY_MAX },
	{ "vcpus", set_u32, AT(config_vm, vcpus), .min = 1, .max = CONFIG_MAX_VCPUS },
	{ "cores", set_cores, .offset = 0 },
	{ "weight", set_u32, AT(config_vm, weight), .min = 1, .max = CONFIG_WEIGHT_MAX },
	{ "cap", set_u32, AT(config_vm, cap), LINE(config_vm, cap_line),
	  .max = 100 * CONFIG_MAX_VCPUS },
	{ "latency", set_word, AT(config_vm, latency), .words = latency_words },
	{ "autostart", set_bool, AT(config_vm, autostart), .words = yes_no },
	{ "gang", set_bool, AT(config_vm, gang), .words = yes_no },
	{ "pause_exits", set_bool, AT(config_vm, pause_exits), .words = yes_no },
	{ "pages", set_bool, AT(config_vm, large_pages), .words = pages_words },
	{ "slice_us", set_u32, AT(config_vm, slices.slice_us), TIME_RANGE },
	{ "min_slice_us", set_u32, AT(config_vm, slices.min_slice_us), TIME_RANGE },
	{ "max_slice_us", set_u32, AT(config_vm, slices.max_slice_us), TIME_RANGE },
	{ "period_us", set_u32, AT(config_vm, slices.period_us), TIME_RANGE },
	{ "budget_us", set_u32, AT(config_vm, slices.budget_us), TIME_RANGE },
};

_Static_assert(sizeof(augur_keys) / sizeof(augur_keys[0]) <= 64, "keys_seen has 64 bits");
_Static_assert(sizeof(vm_keys) / sizeof(vm_keys[0]) <= 64, "keys_seen has 64 bits");

const struct key_table config_augur_keys = { augur_keys,
					     sizeof(augur_keys) / sizeof(augur_keys[0]) };
const struct key_table config_vm_keys = { vm_keys, sizeof(vm_keys) / sizeof(vm_keys[0]) };

const char *config_kind_name(enum image_kind kind)
{
	return (unsigned)kind < IMAGE_KINDS ? kind_words[kind] : "?";
}
