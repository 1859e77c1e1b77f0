/* From text to struct config: lines, sections, and the checks across lines. */
#include <string.h>

#include "hv/config_parser.h"
#include "hv/config_value.h"

/* Records "subject: [quoted] reason" for the current line; either of the first two can be left out.
 */
void parser_complain(struct parser *parser, const char *subject, struct span quoted,
		     const char *reason)
{
	char buffer[sizeof(parser->cfg->errors[0].text)];
	struct text text = text_in(buffer, sizeof(buffer));

	if (subject) {
		text_add(&text, subject);
		text_add(&text, ": ");
	}
	if (quoted.at) {
		text_add_quoted(&text, quoted);
		text_add(&text, " ");
	}
	text_add(&text, reason);
	config_add_error(parser->cfg, parser->line, parser->vm, buffer);
}

/* A zero-terminated copy that lives as long as the configuration; NULL if the room is used up. */
const char *parser_keep(struct parser *parser, struct span span)
{
	struct config *cfg = parser->cfg;
	char *copy = cfg->strings + cfg->strings_used;

	if (span.length >= sizeof(cfg->strings) - cfg->strings_used) {
		parser_complain(parser, NULL, NO_QUOTE,
				"command lines and parameters exceed 64K in all");
		return NULL;
	}
	memcpy(copy, span.at, span.length);
	copy[span.length] = 0;
	cfg->strings_used += span.length + 1;
	return copy;
}

static void apply_key(struct parser *parser, const struct key_table *table, void *section,
		      struct span name, struct span value)
{
	uint32_t i = 0;

	while (i < table->count && !span_is(name, table->keys[i].name))
		i++;
	if (i == table->count) {
		parser_complain(parser, NULL, name, "is not a key of this section");
		return;
	}
	const struct key *key = &table->keys[i];
	if ((parser->keys_seen >> i & 1) && !key->repeats) {
		parser_complain(parser, NULL, name, "is given a second time");
		return;
	}
	parser->keys_seen |= 1ull << i;
	char *base = section;
	if (key->set(parser, key, base + key->offset, value) && key->line_offset)
		*(uint32_t *)(base + key->line_offset) = parser->line;
}

static void add_param(struct parser *parser, struct span name, struct span value)
{
	struct config *cfg = parser->cfg;
	char key[CONFIG_NAME_LENGTH];

	if (!value_name(name, key)) {
		parser_complain(parser, "policy", name, "is not the name of a parameter");
		return;
	}
	if (config_own_param(cfg, parser->vm, key)) {
		parser_complain(parser, "policy", name, "is given a second time");
		return;
	}
	if (cfg->param_count == CONFIG_MAX_PARAMS) {
		parser_complain(parser, "policy", name,
				"is one too many: 64 parameters are the limit");
		return;
	}
	struct config_param *param = &cfg->params[cfg->param_count];
	param->vm = parser->vm;
	param->line = parser->line;
	param->key = parser_keep(parser, name);
	param->value = parser_keep(parser, value);
	if (param->key && param->value)
		cfg->param_count++;
}

static void parse_setting(struct parser *parser, struct span line)
{
	static const char prefix[] = "policy.";
	const size_t prefix_length = sizeof(prefix) - 1;
	struct config *cfg = parser->cfg;
	struct span value = line;
	struct span name = span_trim(span_cut(&value, '='));

	if (!memchr(line.at, '=', line.length)) {
		parser_complain(parser, NULL, name, "has no =");
		return;
	}
	value = span_trim(value);
	if (name.length > prefix_length && memcmp(name.at, prefix, prefix_length) == 0) {
		name.at += prefix_length;
		name.length -= prefix_length;
		add_param(parser, name, value);
		return;
	}
	if (parser->section == SECTION_AUGUR)
		apply_key(parser, &config_augur_keys, cfg, name, value);
	else
		apply_key(parser, &config_vm_keys, &cfg->vms[parser->vm], name, value);
}

static void default_vm(struct config_vm *vm, uint32_t line)
{
	memset(vm, 0, sizeof(*vm));
	memset(&vm->cores, 0xFF, sizeof(vm->cores));
	vm->valid = true;
	vm->line = line;
	vm->cmdline = "";
	vm->memory = 64ull << 20;
	vm->vcpus = 1;
	vm->weight = CONFIG_WEIGHT;
	vm->autostart = true;
	vm->pause_exits = true;
}

static void begin_vm(struct parser *parser, struct span name)
{
	struct config *cfg = parser->cfg;
	char text[CONFIG_NAME_LENGTH];

	if (cfg->vm_count == CONFIG_MAX_VMS) {
		parser_complain(parser, "vm", name, "is one too many: 64 VMs are the limit");
		return;
	}
	bool named = value_name(name, text);
	bool taken = named && config_find_vm(cfg, text);
	parser->section = SECTION_VM;
	parser->vm = cfg->vm_count++;
	default_vm(&cfg->vms[parser->vm], parser->line);
	if (named)
		memcpy(cfg->vms[parser->vm].name, text, sizeof(text));
	else
		parser_complain(parser, "vm", name,
				"is not a name of letters, digits, _ - . (at most 31)");
	if (taken)
		parser_complain(parser, NULL, NO_QUOTE, "there is a VM of this name already");
}

static void begin_augur(struct parser *parser)
{
	if (parser->augur_line) {
		parser_complain(parser, NULL, NO_QUOTE, "there is an [augur] section already");
		return;
	}
	parser->augur_line = parser->line;
	parser->section = SECTION_AUGUR;
}

static void parse_header(struct parser *parser, struct span line)
{
	parser->section = SECTION_SKIPPED;
	parser->vm = CONFIG_ALL_VMS;
	parser->keys_seen = 0;
	if (line.at[line.length - 1] != ']') {
		parser_complain(parser, NULL, line, "has no closing ]");
		return;
	}
	struct span inside = span_trim((struct span) { line.at + 1, line.length - 2 });
	struct span rest = inside;
	struct span word = span_cut(&rest, ' ');
	if (span_is(inside, "augur"))
		begin_augur(parser);
	else if (span_is(word, "vm"))
		begin_vm(parser, span_trim(rest));
	else
		parser_complain(parser, NULL, inside, "is neither [augur] nor [vm NAME]");
}

static struct span without_comment(struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		bool starts_word = i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t';

		if (line.at[i] == '#' && starts_word)
			return (struct span) { line.at, i };
	}
	return line;
}

static bool has_control_character(struct span line)
{
	for (size_t i = 0; i < line.length; i++) {
		unsigned char c = line.at[i];

		if ((c < ' ' && c != '\t') || c == 0x7F)
			return true;
	}
	return false;
}

static void parse_line(struct parser *parser, struct span line)
{
	if (line.length && line.at[line.length - 1] == '\r')
		line.length--;
	line = span_trim(without_comment(line));
	if (!line.length)
		return;
	if (has_control_character(line))
		parser_complain(parser, NULL, line, "has a control character");
	else if (line.at[0] == '[')
		parse_header(parser, line);
	else if (parser->section == SECTION_NONE)
		parser_complain(parser, NULL, line, "is before the first section");
	else if (parser->section != SECTION_SKIPPED)
		parse_setting(parser, line);
}

/* What only shows when everything has been read. */

static void inherit(uint32_t *value, uint32_t from)
{
	if (!*value)
		*value = from;
}

static void inherit_slices(struct config_slices *slices, const struct config_slices *from)
{
	inherit(&slices->slice_us, from->slice_us);
	inherit(&slices->min_slice_us, from->min_slice_us);
	inherit(&slices->max_slice_us, from->max_slice_us);
	inherit(&slices->period_us, from->period_us);
	inherit(&slices->budget_us, from->budget_us);
}

/* The first contradiction among the times that are given, NULL if there is none. */
static const char *slices_mistake(const struct config_slices *slices)
{
	uint32_t max = slices->max_slice_us ? slices->max_slice_us : UINT32_MAX;
	uint32_t slice = slices->slice_us ? slices->slice_us : max;

	if (slices->min_slice_us > max)
		return "min_slice_us is more than max_slice_us";
	if (slices->slice_us > max)
		return "slice_us is more than max_slice_us";
	if (slices->min_slice_us > slice)
		return "min_slice_us is more than slice_us";
	if (slices->budget_us > slices->period_us)
		return slices->period_us ? "budget_us is more than period_us"
					 : "budget_us needs period_us";
	return NULL;
}

static void finish_vm(struct config *cfg, uint32_t index)
{
	struct config_vm *vm = &cfg->vms[index];

	inherit_slices(&vm->slices, &cfg->slices);
	const char *mistake = slices_mistake(&vm->slices);
	if (!mistake && vm->slices.period_us && !vm->slices.budget_us)
		mistake = "period_us needs budget_us";
	if (mistake)
		config_add_error(cfg, vm->line, index, mistake);
	if (vm->valid && vm->cap > 100 * vm->vcpus)
		config_add_error(cfg, vm->cap_line, index,
				 "cap: more than 100 percent of a core for each vCPU");
	if (vm->large_pages && vm->memory % (2ull << 20))
		config_add_error(cfg, vm->line, index,
				 "memory: not a multiple of 2M, which pages = 2m needs");
	if (vm->valid && !vm->image[0])
		config_add_error(cfg, vm->line, index, "image: not given");
}

static void finish(struct config *cfg, uint32_t augur_line)
{
	const char *mistake = slices_mistake(&cfg->slices);

	if (mistake) {
		memset(&cfg->slices, 0, sizeof(cfg->slices));
		config_add_error(cfg, augur_line, CONFIG_ALL_VMS, mistake);
	}
	for (uint32_t i = 0; i < cfg->vm_count; i++)
		finish_vm(cfg, i);
}

static void parse_lines(struct parser *parser, struct span text)
{
	static const char byte_order_mark[] = { '\xEF', '\xBB', '\xBF' };

	if (text.length >= 3 && memcmp(text.at, byte_order_mark, 3) == 0) {
		text.at += 3;
		text.length -= 3;
	}
	while (text.length) {
		parser->line++;
		parse_line(parser, span_cut(&text, '\n'));
	}
}

enum error config_parse(struct config *cfg, const char *text, size_t size)
{
	struct parser parser = { .cfg = cfg, .vm = CONFIG_ALL_VMS };

	memset(cfg, 0, offsetof(struct config, strings));
	memcpy(cfg->policy, "credit", sizeof("credit"));
	cfg->log = CONFIG_LOG_INFO;
	if (size > CONFIG_TEXT_MAX)
		config_add_error(cfg, 0, CONFIG_ALL_VMS, "longer than 1M, not read");
	else
		parse_lines(&parser, (struct span) { text, size });
	finish(cfg, parser.augur_line);
	return cfg->error_count ? ERR_FORMAT : OK;
}
