/* The configuration parser: what it accepts, what it refuses, and how it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hv/config.h"

static struct config cfg;

static enum error parse(const char *text)
{
	memset(&cfg, 0xA5, sizeof(cfg));
	return config_parse(&cfg, text, strlen(text));
}

/* One VM "a" with an image and these lines more. */
static enum error parse_vm(const char *lines)
{
	char text[4096];

	snprintf(text, sizeof(text), "[vm a]\nimage = x\n%s", lines);
	return parse(text);
}

static void assert_error(uint32_t index, const char *expected)
{
	char text[256];

	assert_in_range(index, 0, cfg.error_count - 1);
	config_format_error(&cfg.errors[index], "augur.cfg", text, sizeof(text));
	assert_string_equal(text, expected);
}

/* The only mistake in the text, in the VM's line 3. */
static void assert_refused(const char *line, const char *expected)
{
	char text[256];

	assert_int_equal(parse_vm(line), ERR_FORMAT);
	assert_int_equal(cfg.error_count, 1);
	assert_false(cfg.vms[0].valid);
	snprintf(text, sizeof(text), "augur.cfg:3: vm a: %s", expected);
	assert_error(0, text);
}

static void test_empty_text_gives_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse(""), OK);
	assert_string_equal(cfg.policy, "credit");
	assert_false(cfg.batch);
	assert_int_equal(cfg.stop_after, 0);
	assert_int_equal(cfg.log, CONFIG_LOG_INFO);
	assert_int_equal(cfg.trace, CONFIG_TRACE_OFF);
	assert_int_equal(cfg.vm_count, 0);
}

static void test_vm_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse_vm(""), OK);
	const struct config_vm *vm = config_find_vm(&cfg, "a");
	assert_ptr_equal(vm, &cfg.vms[0]);
	assert_true(vm->valid);
	assert_int_equal(vm->line, 1);
	assert_int_equal(vm->kind, IMAGE_AUTO);
	assert_string_equal(vm->initrd, "");
	assert_string_equal(vm->cmdline, "");
	assert_int_equal(vm->memory, 64 << 20);
	assert_int_equal(vm->vcpus, 1);
	assert_int_equal(vm->weight, 256);
	assert_int_equal(vm->cap, 0);
	assert_int_equal(vm->latency, CONFIG_LATENCY_NO);
	assert_true(vm->autostart);
	assert_false(vm->large_pages);
	assert_true(config_cores_has(&vm->cores, 255));
}

static const char full_text[] = "# a comment\r\n"
				"[augur]\r\n"
				"policy = bvt   # why not\r\n"
				"batch = yes\r\n"
				"stop_after = 0x10000000000\r\n"
				"log = debug\r\n"
				"trace = all\r\n"
				"slice_us = 30000\r\n"
				"policy.ratelimit = 1000\r\n"
				"\r\n"
				"[vm linux]\r\n"
				"image = vmlinuz\r\n"
				"initrd = boot/initrd.img\r\n"
				"\tcmdline\t= console=ttyS0 a#b quiet  # not this\r\n"
				"memory = 3G\r\n"
				"vcpus=64\r\n"
				"cores = 0-1, 3,255\r\n"
				"weight = 65535\r\n"
				"cap = 150\r\n"
				"latency = yes\r\n"
				"autostart = no\r\n"
				"pages = 2m\r\n"
				"slice_us = 5\r\n"
				"policy.ratelimit = 7\r\n"
				"[vm mb.2]\r\n"
				"image = kernel.elf\r\n"
				"kind = multiboot\r\n"
				"module = env.txt NR_CPUS=1  two\r\n"
				"module = second\r\n"
				"memory = 1028K";

static void test_full_text(void **state)
{
	(void)state;
	assert_int_equal(parse(full_text), OK);
	assert_string_equal(cfg.policy, "bvt");
	assert_true(cfg.batch);
	assert_int_equal(cfg.stop_after, 1ull << 40);
	assert_int_equal(cfg.log, CONFIG_LOG_DEBUG);
	assert_int_equal(cfg.trace, CONFIG_TRACE_ALL);
	assert_int_equal(cfg.vm_count, 2);

	const struct config_vm *linux_vm = &cfg.vms[0];
	assert_string_equal(linux_vm->cmdline, "console=ttyS0 a#b quiet");
	assert_string_equal(linux_vm->initrd, "boot/initrd.img");
	assert_int_equal(linux_vm->memory, 3ull << 30);
	assert_int_equal(linux_vm->vcpus, 64);
	assert_int_equal(linux_vm->cores.bits[0], 0xB);
	assert_int_equal(linux_vm->cores.bits[3], 1ull << 63);
	assert_int_equal(linux_vm->cores_line, 17);
	assert_int_equal(linux_vm->weight, 65535);
	assert_int_equal(linux_vm->cap, 150);
	assert_int_equal(linux_vm->latency, CONFIG_LATENCY_YES);
	assert_false(linux_vm->autostart);
	assert_true(linux_vm->large_pages);
	assert_int_equal(linux_vm->slices.slice_us, 5);

	const struct config_vm *mb = &cfg.vms[1];
	assert_int_equal(mb->kind, IMAGE_MULTIBOOT);
	assert_int_equal(mb->memory, 1028 << 10);
	assert_int_equal(mb->module_count, 2);
	assert_string_equal(mb->modules[0].file, "env.txt");
	assert_string_equal(mb->modules[0].arguments, "NR_CPUS=1  two");
	assert_string_equal(mb->modules[1].arguments, "");
	assert_int_equal(mb->slices.slice_us, 30000);

	assert_string_equal(config_find_param(&cfg, 0, "ratelimit")->value, "7");
	assert_string_equal(config_find_param(&cfg, 1, "ratelimit")->value, "1000");
	assert_null(config_find_param(&cfg, 1, "rate"));
}

static void test_files_in_order(void **state)
{
	static const struct config_file expected[] = { { "vmlinuz", 0, 12 },
						       { "boot/initrd.img", 0, 13 },
						       { "kernel.elf", 1, 26 },
						       { "env.txt", 1, 28 },
						       { "second", 1, 29 } };
	struct config_file_iterator at = { 0 };
	struct config_file file;

	(void)state;
	parse(full_text);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(config_next_file(&cfg, &at, &file));
		assert_string_equal(file.name, expected[i].name);
		assert_int_equal(file.vm, expected[i].vm);
		assert_int_equal(file.line, expected[i].line);
	}
	assert_false(config_next_file(&cfg, &at, &file));
	assert_false(config_next_file(&cfg, &at, &file));
}

static void test_files_of_invalid_vms_are_left_out(void **state)
{
	struct config_file_iterator at = { 0 };
	struct config_file file;

	(void)state;
	parse("[vm a]\nimage = x\nvcpus = 0\n[vm b]\nimage = y\n");
	assert_true(config_next_file(&cfg, &at, &file));
	assert_string_equal(file.name, "y");
	assert_false(config_next_file(&cfg, &at, &file));
}

static void test_bad_numbers(void **state)
{
	(void)state;
	assert_refused("weight = 0", "weight: \"0\" is not a number from 1 to 65535");
	assert_refused("weight = -1", "weight: \"-1\" is not a number from 1 to 65535");
	assert_refused("weight = 65536", "weight: \"65536\" is not a number from 1 to 65535");
	assert_refused("weight = 18446744073709551617",
		       "weight: \"18446744073709551617\" is not a number from 1 to 65535");
	assert_refused("weight =", "weight: \"\" is not a number from 1 to 65535");
	assert_refused("weight = 1x", "weight: \"1x\" is not a number from 1 to 65535");
	assert_refused("weight = 0x", "weight: \"0x\" is not a number from 1 to 65535");
	assert_refused("weight = +1", "weight: \"+1\" is not a number from 1 to 65535");
	assert_refused("vcpus = 65", "vcpus: \"65\" is not a number from 1 to 64");
	assert_refused("vcpus = 0", "vcpus: \"0\" is not a number from 1 to 64");
	assert_refused("cap = 6401", "cap: \"6401\" is not a number from 0 to 6400");
	assert_refused("cap = 101", "cap: more than 100 percent of a core for each vCPU");
	assert_int_equal(parse_vm("cap = 200\nvcpus = 2"), OK);
	assert_refused("budget_us = 10000001",
		       "budget_us: \"10000001\" is not a number from 1 to 10000000");
}

static void test_bad_memory(void **state)
{
	(void)state;
	assert_refused("memory = lots", "memory: \"lots\" is not a size such as 256M");
	assert_refused("memory = 1.5G", "memory: \"1.5G\" is not a size such as 256M");
	assert_refused("memory = M", "memory: \"M\" is not a size such as 256M");
	assert_refused("memory = 17179869185G",
		       "memory: \"17179869185G\" is not a size such as 256M");
	assert_refused("memory = 0", "memory: \"0\" is not between 1M and 512G");
	assert_refused("memory = 513G", "memory: \"513G\" is not between 1M and 512G");
	assert_refused("memory = 1048577", "memory: \"1048577\" is not a multiple of 4K");
}

static void test_bad_words_and_names(void **state)
{
	(void)state;
	assert_refused("kind = pe",
		       "kind: \"pe\" is not one of auto, elf, multiboot, linux, bootsector");
	assert_refused("autostart = maybe", "autostart: \"maybe\" is not one of no, yes");
	assert_refused("pages = 1g", "pages: \"1g\" is not one of 4k, 2m");
	assert_refused("initrd = a b",
		       "initrd: \"a b\" is not a file name of at most 63 characters");
	assert_refused("initrd = a\\b",
		       "initrd: \"a\\b\" is not a file name of at most 63 characters");
	assert_refused("module =", "module: \"\" is not a file name of at most 63 characters");
}

static void test_bad_cores(void **state)
{
	static const char *const bad[] = { "",	  "x",	   "1-",   "-1", "3-1",
					   "256", "0-256", "1,,2", "1,", "1 2" };
	char line[64], text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(line, sizeof(line), "cores = %s", bad[i]);
		snprintf(text, sizeof(text),
			 "cores: \"%s\" is not a list such as 0-1,3 of cores from 0 to 255",
			 bad[i]);
		assert_refused(line, text);
	}
}

static void test_bad_lines(void **state)
{
	(void)state;
	assert_refused("color = red", "\"color\" is not a key of this section");
	assert_refused("policy = rr", "\"policy\" is not a key of this section");
	assert_refused("image = y", "\"image\" is given a second time");
	assert_refused("vcpus 2", "\"vcpus 2\" has no =");
	assert_refused("vcpus = 2\x01", "\"vcpus = 2?\" has a control character");
	assert_refused("policy.-a = 1", "policy: \"-a\" is not the name of a parameter");
	assert_int_equal(parse_vm("policy.a = 1\npolicy.a = 2"), ERR_FORMAT);
	assert_error(0, "augur.cfg:4: vm a: policy: \"a\" is given a second time");
}

static void test_contradicting_times(void **state)
{
	static const struct {
		const char *lines, *reason;
	} cases[] = {
		{ "min_slice_us = 9\nmax_slice_us = 8", "min_slice_us is more than max_slice_us" },
		{ "slice_us = 9\nmax_slice_us = 8", "slice_us is more than max_slice_us" },
		{ "slice_us = 9\nmin_slice_us = 10", "min_slice_us is more than slice_us" },
		{ "budget_us = 9\nperiod_us = 8", "budget_us is more than period_us" },
		{ "budget_us = 9", "budget_us needs period_us" },
		{ "period_us = 9", "period_us needs budget_us" },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_vm(cases[i].lines), ERR_FORMAT);
		snprintf(text, sizeof(text), "augur.cfg:1: vm a: %s", cases[i].reason);
		assert_error(0, text);
	}
	assert_int_equal(parse_vm("min_slice_us = 1\nslice_us = 2\nmax_slice_us = 2"), OK);
}

static void test_one_bad_vm_leaves_the_others(void **state)
{
	(void)state;
	assert_int_equal(parse("[vm a]\nimage = x\nweight = 0\ncap = z\n"
			       "[vm b]\nimage = y\n"
			       "[vm c]\nmemory = 2M\n"
			       "[vm d]\nimage = z\nmemory = 3M\npages = 2m\n"),
			 ERR_FORMAT);
	assert_int_equal(cfg.error_count, 4);
	assert_false(cfg.vms[0].valid);
	assert_true(cfg.vms[1].valid);
	assert_false(cfg.vms[2].valid);
	assert_false(cfg.vms[3].valid);
	assert_error(1, "augur.cfg:4: vm a: cap: \"z\" is not a number from 0 to 6400");
	assert_error(2, "augur.cfg:7: vm c: image: not given");
	assert_error(3, "augur.cfg:9: vm d: memory: not a multiple of 2M, which pages = 2m needs");
}

static void test_bad_headers(void **state)
{
	(void)state;
	assert_int_equal(parse("x = 1\n[vm]\nimage = a\n[vm a b]\n[guest]\nfoo = 1\n[vm z\n"
			       "[vm -a]\n[]\n[augur]\n[augur]\nbatch = yes\n[vm é]\n"),
			 ERR_FORMAT);
	assert_error(0, "augur.cfg:1: \"x = 1\" is before the first section");
	assert_error(1,
		     "augur.cfg:2: vm: \"\" is not a name of letters, digits, _ - . (at most 31)");
	assert_error(
		2, "augur.cfg:4: vm: \"a b\" is not a name of letters, digits, _ - . (at most 31)");
	assert_error(3, "augur.cfg:5: \"guest\" is neither [augur] nor [vm NAME]");
	assert_error(4, "augur.cfg:7: \"[vm z\" has no closing ]");
	assert_error(6, "augur.cfg:9: \"\" is neither [augur] nor [vm NAME]");
	assert_error(7, "augur.cfg:11: there is an [augur] section already");
	assert_error(
		8, "augur.cfg:13: vm: \"??\" is not a name of letters, digits, _ - . (at most 31)");
	assert_false(cfg.batch);
	assert_null(config_find_vm(&cfg, ""));
}

static void test_duplicate_vm(void **state)
{
	(void)state;
	assert_int_equal(parse("[vm a]\nimage = x\n[vm a]\nimage = y\n"), ERR_FORMAT);
	assert_int_equal(cfg.error_count, 1);
	assert_error(0, "augur.cfg:3: vm a: there is a VM of this name already");
	assert_true(cfg.vms[0].valid);
	assert_false(cfg.vms[1].valid);
	assert_ptr_equal(config_find_vm(&cfg, "a"), &cfg.vms[0]);
}

static void test_augur_mistake_keeps_default(void **state)
{
	(void)state;
	assert_int_equal(
		parse("[augur]\nlog = loud\nstop_after = -1\nbudget_us = 3\n[vm a]\nimage = x"),
		ERR_FORMAT);
	assert_error(0, "augur.cfg:2: log: \"loud\" is not one of error, warn, info, debug");
	assert_error(2, "augur.cfg:1: budget_us needs period_us");
	assert_int_equal(cfg.log, CONFIG_LOG_INFO);
	assert_int_equal(cfg.slices.budget_us, 0);
	assert_true(cfg.vms[0].valid);
}

static void test_too_many_vms_and_errors(void **state)
{
	static char text[16384];
	size_t length = 0;

	(void)state;
	for (int i = 0; i < 70; i++)
		length += snprintf(text + length, sizeof(text) - length,
				   "[vm v%d]\nimage = x\nbad = 1\n", i);
	assert_int_equal(config_parse(&cfg, text, length), ERR_FORMAT);
	assert_int_equal(cfg.vm_count, 64);
	assert_int_equal(cfg.error_count, CONFIG_MAX_ERRORS);
	assert_int_equal(cfg.errors_lost, 70 - CONFIG_MAX_ERRORS);
	assert_false(cfg.vms[63].valid);
}

static void test_too_many_modules_and_params(void **state)
{
	static char text[16384] = "[vm a]\nimage = x\n";
	size_t length = strlen(text);

	(void)state;
	for (int i = 0; i < 9; i++)
		length += snprintf(text + length, sizeof(text) - length, "module = m\n");
	for (int i = 0; i < 65; i++)
		length += snprintf(text + length, sizeof(text) - length, "policy.p%d = %d\n", i, i);
	assert_int_equal(config_parse(&cfg, text, length), ERR_FORMAT);
	assert_int_equal(cfg.error_count, 2);
	assert_error(0,
		     "augur.cfg:11: vm a: module: \"m\" is one too many: 8 modules are the limit");
	assert_error(1, "augur.cfg:76: vm a: policy: \"p64\" is one too many: 64 parameters are "
			"the limit");
}

static void test_strings_run_out(void **state)
{
	static char text[CONFIG_STRINGS_SIZE + 64];
	int start = sprintf(text, "[vm a]\nimage = x\ncmdline = ");

	(void)state;
	memset(text + start, 'c', CONFIG_STRINGS_SIZE - 1);
	assert_int_equal(config_parse(&cfg, text, start + CONFIG_STRINGS_SIZE - 1), OK);
	assert_int_equal(strlen(cfg.vms[0].cmdline), CONFIG_STRINGS_SIZE - 1);
	memset(text + start, 'c', CONFIG_STRINGS_SIZE);
	assert_int_equal(config_parse(&cfg, text, start + CONFIG_STRINGS_SIZE), ERR_FORMAT);
	assert_error(0, "augur.cfg:3: vm a: command lines and parameters exceed 64K in all");
	assert_string_equal(cfg.vms[0].cmdline, "");
}

static void test_too_long_text(void **state)
{
	static char text[CONFIG_TEXT_MAX + 1];

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(config_parse(&cfg, text, CONFIG_TEXT_MAX), OK);
	assert_int_equal(config_parse(&cfg, text, CONFIG_TEXT_MAX + 1), ERR_FORMAT);
	assert_error(0, "augur.cfg: longer than 1M, not read");
}

static void test_check_cores(void **state)
{
	(void)state;
	parse("[vm a]\nimage = x\ncores = 0-3\n[vm b]\nimage = x\n[vm c]\nimage = x\ncores = 1\n"
	      "[vm d]\nimage = x\ncores = all\n");
	assert_int_equal(config_check_cores(&cfg, 4), OK);
	assert_int_equal(cfg.vms[1].cores.bits[0], 0xF);
	assert_int_equal(cfg.vms[3].cores.bits[0], 0xF);
	assert_int_equal(cfg.vms[3].cores.bits[3], 0);
	assert_int_equal(config_check_cores(&cfg, 2), ERR_RANGE);
	assert_false(cfg.vms[0].valid);
	assert_true(cfg.vms[1].valid);
	assert_true(cfg.vms[2].valid);
	assert_error(0, "augur.cfg:3: vm a: cores: there is no core 2");
}

static void test_engine_places(void **state)
{
	(void)state;
	assert_int_equal(parse("[augur]\n"), OK);
	assert_int_equal(cfg.engine, CONFIG_ENGINE_TICK);
	assert_int_equal(parse("[augur]\nengine = idle\n"), OK);
	assert_int_equal(cfg.engine, CONFIG_ENGINE_IDLE);
	assert_int_equal(parse("[augur]\nengine = core  3\n"), OK);
	assert_int_equal(cfg.engine, CONFIG_ENGINE_CORE);
	assert_int_equal(cfg.engine_core, 3);
}

static void test_weights_come_first(void **state)
{
	struct config_file_iterator at = { 0 };
	struct config_file file;

	(void)state;
	assert_int_equal(parse("[vm a]\nimage = x\n[augur]\nweights = w.bin\nweights = v.bin\n"),
			 OK);
	assert_true(config_next_file(&cfg, &at, &file));
	assert_string_equal(file.name, "w.bin");
	assert_int_equal(file.vm, CONFIG_ALL_VMS);
	assert_int_equal(file.line, 4);
	assert_true(config_next_file(&cfg, &at, &file));
	assert_string_equal(file.name, "v.bin");
	assert_true(config_next_file(&cfg, &at, &file));
	assert_string_equal(file.name, "x");
	assert_false(config_next_file(&cfg, &at, &file));
}

static void test_too_many_weights(void **state)
{
	(void)state;
	assert_int_equal(parse("[augur]\nweights = a\nweights = b\nweights = c\nweights = d\n"
			       "weights = e\n"),
			 ERR_FORMAT);
	assert_int_equal(cfg.weight_count, 4);
	assert_error(0,
		     "augur.cfg:6: weights: \"e\" is one too many: 4 weight files are the limit");
}

static void test_bad_engine_places(void **state)
{
	static const char *const bad[] = { "core",   "core x", "core 256", "core -1", "core 1 2",
					   "tick 1", "idle 0", "cores 1",  "often" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[augur]\nengine = %s\n", bad[i]);
		assert_int_equal(parse(text), ERR_FORMAT);
		assert_int_equal(cfg.engine, CONFIG_ENGINE_TICK);
		snprintf(
			text, sizeof(text),
			"augur.cfg:2: engine: \"%s\" is not tick, idle or core N, with N from 0 to 255",
			bad[i]);
		assert_error(0, text);
	}
}

static void test_nodes_and_distances(void **state)
{
	(void)state;
	assert_int_equal(parse("[augur]\nnodes = 0,3 / 1-2\ndistance = 10 21 / 31  10\n"), OK);
	assert_int_equal(config_check_numa(&cfg, 4, 1), OK);
	assert_int_equal(cfg.numa.node_count, 2);
	assert_int_equal(cfg.numa.node[0], 0);
	assert_int_equal(cfg.numa.node[2], 1);
	assert_int_equal(cfg.numa.node[3], 0);
	assert_int_equal(cfg.numa.rows, 2);
	assert_int_equal(cfg.numa.distance[0][1], 21);
	assert_int_equal(cfg.numa.distance[1][0], 31);
	assert_int_equal(parse("[augur]\ndistance = 10\n"), OK);
	assert_int_equal(config_check_numa(&cfg, 4, 1), OK);
}

static void test_bad_nodes(void **state)
{
	static const struct {
		const char *value, *why;
	} bad[] = {
		{ "0-1 / x", "is not a list of cores for each node, such as 0-1 / 2-3" },
		{ "0-1 / / 2", "is not a list of cores for each node, such as 0-1 / 2-3" },
		{ "0-1 / 1-2", "names a core twice" },
		{ "0/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "has more than 16 nodes" },
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[augur]\nnodes = %s\n", bad[i].value);
		assert_int_equal(parse(text), ERR_FORMAT);
		assert_int_equal(cfg.numa.node_count, 0);
		snprintf(text, sizeof(text), "augur.cfg:2: nodes: \"%s\" %s", bad[i].value,
			 bad[i].why);
		assert_error(0, text);
	}
}

static void test_bad_distances(void **state)
{
	static const char *const bad[] = {
		"x",
		"10 20",
		"10 20 / 20",
		"10 9 / 20 10",
		"11",
		"10 256 / 1 10",
		"10 20 / 20 20",
		"10 -1 / 20 10",
		"10 / 10",
		"10 20 / 20 10 / 20 20",
	};
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[augur]\ndistance = %s\n", bad[i]);
		assert_int_equal(parse(text), ERR_FORMAT);
		assert_int_equal(cfg.numa.rows, 0);
		assert_int_equal(cfg.errors[0].line, 2);
	}
}

static void test_nodes_must_be_there(void **state)
{
	(void)state;
	parse("[augur]\nnodes = 0 / 1,5\ndistance = 10 20 / 20 10\n");
	assert_int_equal(config_check_numa(&cfg, 4, 1), ERR_RANGE);
	assert_error(0, "augur.cfg:2: nodes: there is no core 5");
	assert_error(1, "augur.cfg:3: distance: there must be a row for each node, 1");
	assert_int_equal(cfg.numa.node_count, 0);
	assert_int_equal(cfg.numa.rows, 0);
}

static void test_engine_core_must_be_there(void **state)
{
	(void)state;
	parse("[augur]\nengine = core 4\n[vm a]\nimage = x\n");
	assert_int_equal(config_check_cores(&cfg, 4), ERR_RANGE);
	assert_error(0, "augur.cfg:2: engine: there is no core 4");
	assert_int_equal(cfg.engine, CONFIG_ENGINE_TICK);
	parse("[augur]\nengine = core 0\n[vm a]\nimage = x\n");
	assert_int_equal(config_check_cores(&cfg, 1), ERR_RANGE);
	assert_error(0, "augur.cfg:2: engine: core 0 is the only one, guests need it");
	assert_true(cfg.vms[0].valid);
}

static void test_engine_core_runs_no_guests(void **state)
{
	(void)state;
	parse("[augur]\nengine = core 1\n[vm a]\nimage = x\ncores = 1\n"
	      "[vm b]\nimage = x\ncores = 1-2\n[vm c]\nimage = x\n");
	assert_int_equal(config_check_cores(&cfg, 4), ERR_RANGE);
	assert_error(0, "augur.cfg:5: vm a: cores: core 1 is the engine's own");
	assert_int_equal(cfg.error_count, 1);
	assert_int_equal(cfg.engine, CONFIG_ENGINE_CORE);
	assert_true(cfg.vms[1].valid && cfg.vms[2].valid);
}

static void test_byte_order_mark_and_later_errors(void **state)
{
	(void)state;
	assert_int_equal(parse("\xEF\xBB\xBF[vm a]\nimage = x"), OK);
	config_add_error(&cfg, 2, 0, "image: x: not found");
	assert_error(0, "augur.cfg:2: vm a: image: x: not found");
	assert_false(cfg.vms[0].valid);
}

static void test_format_cuts(void **state)
{
	char text[12];

	(void)state;
	parse_vm("vcpus = 0");
	assert_int_equal(config_format_error(&cfg.errors[0], "augur.cfg", text, sizeof(text)), 11);
	assert_string_equal(text, "augur.cfg:3");
	assert_int_equal(config_format_error(&cfg.errors[0], "augur.cfg", text, 1), 0);
	assert_string_equal(text, "");
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(config_kind_name(IMAGE_BOOTSECTOR), "bootsector");
	assert_string_equal(config_kind_name(IMAGE_KINDS), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty_text_gives_defaults),
		cmocka_unit_test(test_vm_defaults),
		cmocka_unit_test(test_full_text),
		cmocka_unit_test(test_files_in_order),
		cmocka_unit_test(test_files_of_invalid_vms_are_left_out),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_memory),
		cmocka_unit_test(test_bad_words_and_names),
		cmocka_unit_test(test_bad_cores),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_contradicting_times),
		cmocka_unit_test(test_one_bad_vm_leaves_the_others),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_duplicate_vm),
		cmocka_unit_test(test_augur_mistake_keeps_default),
		cmocka_unit_test(test_too_many_vms_and_errors),
		cmocka_unit_test(test_too_many_modules_and_params),
		cmocka_unit_test(test_strings_run_out),
		cmocka_unit_test(test_too_long_text),
		cmocka_unit_test(test_check_cores),
		cmocka_unit_test(test_engine_places),
		cmocka_unit_test(test_weights_come_first),
		cmocka_unit_test(test_too_many_weights),
		cmocka_unit_test(test_bad_engine_places),
		cmocka_unit_test(test_nodes_and_distances),
		cmocka_unit_test(test_bad_nodes),
		cmocka_unit_test(test_bad_distances),
		cmocka_unit_test(test_nodes_must_be_there),
		cmocka_unit_test(test_engine_core_must_be_there),
		cmocka_unit_test(test_engine_core_runs_no_guests),
		cmocka_unit_test(test_byte_order_mark_and_later_errors),
		cmocka_unit_test(test_format_cuts),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
