/* Cores that a configuration names, once it is known which cores there are. */
#include "hv/config_parser.h"

bool config_cores_beside(const struct config_cores *cores, uint32_t core, uint32_t core_count)
{
	for (uint32_t i = 0; i < core_count; i++)
		if (i != core && config_cores_has(cores, i))
			return true;
	return false;
}

static void check_vm(struct config *cfg, uint32_t index, uint32_t core_count)
{
	struct config_vm *vm = &cfg->vms[index];

	for (uint32_t core = core_count; core < CONFIG_MAX_CORES; core++) {
		if (!config_cores_has(&vm->cores, core))
			continue;
		if (vm->cores_line) {
			config_add_number_error(cfg, vm->cores_line, index,
						"cores: there is no core ", core, "");
			return;
		}
		vm->cores.bits[core / 64] &= ~(1ull << (core % 64));
	}
}

enum error config_check_engine_core(uint32_t core, uint32_t core_count, char *why, size_t size)
{
	if (core >= core_count)
		text_with_number(why, size, "there is no core ", core, "");
	else if (core_count == 1)
		text_with_number(why, size, "core ", core, " is the only one, guests need it");
	else
		return OK;
	return ERR_INVALID;
}

static void refuse_engine_core(struct config *cfg, const char *why)
{
	char reason[sizeof(cfg->errors[0].text)];
	struct text text = text_in(reason, sizeof(reason));

	text_add(&text, "engine: ");
	text_add(&text, why);
	config_add_error(cfg, cfg->engine_line, CONFIG_ALL_VMS, reason);
	cfg->engine = (enum config_engine)0;
}

static void check_engine(struct config *cfg, uint32_t core_count)
{
	char why[64];

	if (config_check_engine_core(cfg->engine_core, core_count, why, sizeof(why)) != OK) {
		refuse_engine_core(cfg, why);
		return;
	}
	for (uint32_t i = 0; i < cfg->vm_count; i++) {
		const struct config_vm *vm = &cfg->vms[i];

		if (vm->valid && !config_cores_beside(&vm->cores, cfg->engine_core, core_count))
			config_add_number_error(cfg, vm->cores_line, i, "cores: core ",
						cfg->engine_core, " is the engine's own");
	}
}

enum error config_check_cores(struct config *cfg, uint32_t core_count)
{
	uint32_t before = cfg->error_count + cfg->errors_lost;

	for (uint32_t i = 0; i < cfg->vm_count; i++)
		check_vm(cfg, i, core_count);
	if (cfg->engine == CONFIG_ENGINE_CORE)
		check_engine(cfg, core_count);
	return cfg->error_count + cfg->errors_lost > before ? ERR_RANGE : OK;
}
