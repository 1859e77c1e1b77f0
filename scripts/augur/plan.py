"""From a configuration and options to a machine: the command line's word counts first, then the
configuration's own directives (`#! cpus: 2`), then defaults."""
from dataclasses import dataclass

from augur.accel import KINDS, choose
from augur.config import ConfigError
from augur.emulator import Machine
from augur.image import make_machine_image

OPTIONS = {"cpus": int, "memory": int, "timeout": float, "model": str, "accel": str, "until": str,
           "ticks": int}
BATCH = {"cpus": 1, "memory": 1024, "timeout": 300.0}
INTERACTIVE = {"cpus": 2, "memory": 2048}


@dataclass
class Plan:
    machine: Machine
    until: str
    timeout: float                      # seconds of wall clock


def option(config, given, defaults, key):
    value = given.get(key)
    if value is None:
        value = config.directive(key)
    if value is None:
        return defaults.get(key)
    try:
        return OPTIONS[key](value)
    except ValueError as error:
        raise ConfigError(f"{config.path}: {key}: {value} is not a number") from error


def batch_settings(config, given):
    """What a batch run sets in the section [augur]."""
    ticks = option(config, given, {}, "ticks")
    return {"batch": "yes"} | ({} if ticks is None else {"stop_after": ticks})


def make_plan(config, given, defaults, folder):
    """Makes the image, too: folder/disk.img."""
    value = {key: option(config, given, defaults, key) for key in OPTIONS}
    if value["accel"] not in (None, *KINDS):
        raise ConfigError(f"{config.path}: accel: {value['accel']}: not one of {', '.join(KINDS)}")
    if value["cpus"] < 1 or value["memory"] < 128:
        raise ConfigError(f"{config.path}: at least 1 processor and 128 MiB are needed")
    machine = Machine(image=folder / "disk.img", folder=folder, accel=choose(value["accel"]),
                      cpus=value["cpus"], memory=value["memory"], model=value["model"] or "")
    make_machine_image(machine.image, config)
    return Plan(machine, value["until"], value["timeout"])
