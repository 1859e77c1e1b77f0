"""Boot tests: a configuration with expectations in its `#!` lines, run in an emulator.

    #! until: TEXT            stop as soon as this appears anywhere in the output
    #! expect NAME: REGEX     somewhere on the console of the VM of that name
    #! reject NAME: REGEX     nowhere on it
    #! log: REGEX             somewhere in the hypervisor's log
    #! reject-log: REGEX      nowhere in it
    #! serial: REGEX          somewhere on the machine's serial line
    #! ends NAME: exited 0    how the VM ended, and its exit code if one is given
    #! trace: KIND 3          at least so many records of that kind in the trace, such as reserve
    #! picks: REASON 3        at least so many decisions for that reason in it, such as directed
    #! refuses: FILE          the loader's refusal is word for word the text of that file
    #! twice: yes             a second run gives the same output, byte for byte
    #! cpus: 2                and memory, model, accel, ticks, timeout: see scripts/run

A test's timeout is meant for processor time of the emulator, so that a busy machine fails no test.
Regular expressions match within the whole text, line by line (re.MULTILINE). Each expectation is
one test. Two more are there without being written: that the run ends before its time limit, and
that no VM crashes of which `ends` does not say so.
"""
import re
from dataclasses import dataclass

from augur import trace as t
from augur.batch import CRASHED, run_batch
from augur.config import Config, ConfigError, build_folder
from augur.plan import BATCH, batch_settings, make_plan

PATIENCE = 4    # on a busy machine a test gets that many times its limit of wall clock

REFUSAL = re.compile(r"^Augur cannot run on this machine.*?^.*Returning to the firmware\.$",
                     re.MULTILINE | re.DOTALL)
REFUSAL_END = "Returning to the firmware."


@dataclass
class Check:
    name: str
    problem: str = ""                   # empty: passed


def text_check(name, text, pattern, wanted=True):
    if text is None:
        return Check(name, "there is no such output" if wanted else "")
    found = re.search(pattern, text, re.MULTILINE) is not None
    return Check(name, "" if found == wanted else "not found" if wanted else "found")


def expect(outcome, vm, pattern, _):
    return text_check(f"expect {vm}: {pattern}", outcome.recorder.console(vm), pattern)


def reject(outcome, vm, pattern, _):
    return text_check(f"reject {vm}: {pattern}", outcome.recorder.console(vm), pattern, False)


def log(outcome, _, pattern, __):
    return text_check(f"log: {pattern}", outcome.recorder.log(), pattern)


def reject_log(outcome, _, pattern, __):
    return text_check(f"reject-log: {pattern}", outcome.recorder.log(), pattern, False)


def serial(outcome, _, pattern, __):
    return text_check(f"serial: {pattern}", outcome.serial, pattern)


def ends(outcome, vm, wanted, _):
    name = f"ends {vm}: {wanted}"
    result = outcome.recorder.result(vm)
    if result is None:
        return Check(name, "it reported no end")
    state, _, code = wanted.partition(" ")
    if result.state != state or (code and result.code != code):
        return Check(name, f"it ended: {result}")
    return Check(name)


def enough(name, count, least):
    return Check(name, "" if count >= int(least or 1) else f"there are {count}")


def trace(outcome, _, wanted, __):
    name = f"trace: {wanted}"
    kind, _, least = wanted.partition(" ")
    if kind not in t.KIND_NAMES.values():
        return Check(name, "there is no such kind")
    try:
        records = t.read_records(outcome.recorder.folder / "trace.bin")
    except OSError as error:
        return Check(name, str(error))
    return enough(name, sum(t.KIND_NAMES.get(r.kind) == kind for r in records), least)


def picks(outcome, _, wanted, __):
    name = f"picks: {wanted}"
    reason, _, least = wanted.partition(" ")
    try:
        recorded = t.Trace(outcome.recorder.folder)
    except (ConfigError, OSError) as error:
        return Check(name, str(error))
    if reason not in recorded.reasons.values():
        return Check(name, "there is no such reason")
    chosen = [r for r in recorded.records if t.KIND_NAMES.get(r.kind) == "pick"]
    return enough(name, sum(recorded.reasons.get(r.b) == reason for r in chosen), least)


def refuses(outcome, _, file, config):
    name = f"refuses: {file}"
    found = REFUSAL.search(outcome.serial)
    if not found:
        return Check(name, "there was no refusal")
    wanted = (config.path.parent / file).read_text().strip()
    return Check(name, "" if found.group(0) == wanted else "it said:\n" + found.group(0))


EXPECTATIONS = {"expect": expect, "reject": reject, "log": log, "reject-log": reject_log,
                "serial": serial, "ends": ends, "trace": trace,
                "picks": picks, "refuses": refuses}
OTHERS = ("twice", "until", "cpus", "memory", "model", "accel", "ticks", "timeout", "missing")


def judged_vms(config):
    """VMs whose end an `ends` directive judges."""
    return {subject for key, subject, _, _ in config.directives if key == "ends"}


def crash_checks(outcome, config):
    """VMs that crashed although no `ends` names them."""
    for result in outcome.recorder.results.values():
        if result.name not in judged_vms(config) and result.state in CRASHED:
            yield Check(f"{result.name} does not crash", str(result))


def end_check(outcome, until):
    if outcome.end == "timeout":
        return Check("ends in time", f"stopped after {outcome.seconds:.0f} s")
    if until and outcome.end != "text":
        return Check("ends in time", f"the text {until!r} did not appear")
    return Check("ends in time")


def reject_unknown(config):
    for key, _, _, line in config.directives:
        if key not in EXPECTATIONS and key not in OTHERS:
            raise ConfigError(f"{config.path}:{line}: {key}: no such directive")


def expectation_checks(outcome, config):
    return [EXPECTATIONS[key](outcome, subject, value, config)
            for key, subject, value, _ in config.directives if key in EXPECTATIONS]


def same_check(first, second):
    """Reproducibility: consoles, log, figures, trace and results of two runs."""
    for file in sorted({*first.recorder.text, *second.recorder.text}):
        if first.recorder.text.get(file) != second.recorder.text.get(file):
            return Check("twice: yes", f"{file} differs")
    for vm in {*first.recorder.results, *second.recorder.results}:
        one, two = (str(o.recorder.results.get(vm)) for o in (first, second))
        if one != two:
            return Check("twice: yes", f"{one}, then {two}")
    traces = [outcome.recorder.trace() for outcome in (first, second)]
    return Check("twice: yes", "" if traces[0] == traces[1] else "trace.bin differs")


def run_once(config, folder):
    plan = make_plan(config, {}, BATCH, folder)
    until = REFUSAL_END if config.directive("refuses") else plan.until
    try:
        return run_batch(plan.machine, until, PATIENCE * plan.timeout, plan.timeout), until
    finally:
        plan.machine.image.unlink(missing_ok=True)


def run_boot_test(path):
    """Returns (checks, seconds, folder of the run's output)."""
    config = Config(path)
    reject_unknown(config)
    config.set(batch_settings(config, {}))
    folder = build_folder() / "boot-tests" / config.path.stem
    outcome, until = run_once(config, folder)
    checks = [end_check(outcome, until)]
    checks += expectation_checks(outcome, config)
    checks += crash_checks(outcome, config)
    if config.directive("twice") == "yes":
        again, _ = run_once(config, folder.with_name(folder.name + "-again"))
        checks.append(same_check(outcome, again))
    return checks, outcome.seconds, folder
