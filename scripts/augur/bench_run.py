"""Runs of scenarios in the emulator, one for each processor at a time, each in a folder of its own
under build/bench.

build/bench/scenario makes the configurations from the simulator's own tables.
"""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from augur.batch import run_batch
from augur.config import Config, ConfigError, build_folder
from augur.plan import BATCH, batch_settings, make_plan

AT_ONCE = os.cpu_count() or 1           # emulators


def tool(*arguments, text=True):
    path = build_folder() / "bench" / "scenario"
    try:
        return subprocess.run([path, *arguments], capture_output=True, text=text, check=True).stdout
    except subprocess.CalledProcessError as error:
        raise ConfigError(error.stderr if text else error.stderr.decode()) from error
    except OSError as error:
        raise ConfigError(f"{path}: {error}; run make all") from error


@dataclass
class Scenario:
    name: str
    cores: int
    ticks: int
    title: str


def scenarios(kind="list"):
    """kind: "list", S1-S8; "spikes", P1-P5."""
    return [Scenario(name, int(cores), int(ticks), title) for name, cores, ticks, title in
            (line.split("\t") for line in tool(kind).splitlines())]


def policies():
    return tool("policies").split()


def recorded():
    """The files of recorded demand in the folder TRACES."""
    folder = os.environ.get("TRACES")
    return sorted(Path(folder).glob("*.csv")) if folder else []


def asked_for(variable, known):
    """The words of SCENARIOS or POLICIES in the environment; [] if there are none."""
    words = os.environ.get(variable, "").split()
    for word in words:
        if word not in known:
            raise ConfigError(f"{variable}: there is no {word}; there are: {' '.join(known)}")
    return words


@dataclass(frozen=True)
class Job:
    """A scenario under a policy: a configuration, and where its results go."""
    scenario: str
    policy: str
    config: str                         # its text
    folder: Path


def with_engine(config):
    """ENGINE="core 1" in the environment: where the predictive engine runs."""
    place = os.environ.get("ENGINE")
    return config.replace("[augur]\n", f"[augur]\nengine = {place}\n") if place else config


def standard_job(scenario, policy):
    return Job(scenario, policy, with_engine(tool("config", scenario, policy)),
               build_folder() / "bench" / "sched" / f"{scenario}.{policy}")


def is_fresh(job):
    """True if what is there was made with the present configuration, hypervisor and guests."""
    build = build_folder()
    inputs = (build / "hv.elf", build / "guests" / "bench_task.elf", build / "bench" / "scenario")
    try:
        made = (job.folder / "complete").stat().st_mtime
        return (all(made > path.stat().st_mtime for path in inputs)
                and (job.folder / "scenario.cfg").read_text() == job.config)
    except OSError:
        return False


def run_failures(outcome, plan):
    yield from outcome.failures(plan.until)
    recorder = outcome.recorder
    for number, name in recorder.names.items():
        if number not in recorder.results:
            yield f"VM {name} has not ended; see hypervisor.log"
    if not recorder.names:
        yield "no VM was started; see hypervisor.log"


def run(job, reuse=False):
    """Leaves the run in the job's folder. reuse: a fresh one may be there already."""
    if reuse and is_fresh(job):
        return
    job.folder.mkdir(parents=True, exist_ok=True)
    (job.folder / "complete").unlink(missing_ok=True)
    path = job.folder / "scenario.cfg"
    path.write_text(job.config)
    config = Config(path)
    config.set(batch_settings(config, {}))
    plan = make_plan(config, {}, BATCH, job.folder)
    try:
        outcome = run_batch(plan.machine, plan.until, plan.timeout)
    finally:
        plan.machine.image.unlink(missing_ok=True)
    for failure in run_failures(outcome, plan):
        raise ConfigError(f"{job.scenario}.{job.policy}: {failure}; output in {job.folder}")
    (job.folder / "complete").touch()


def run_all(jobs, done, reuse=False):
    """Calls done(job) in the order of the jobs; what failed is told at the end."""
    if not jobs:
        raise ConfigError("SCENARIOS and POLICIES leave nothing to run")
    failures = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [(job, pool.submit(run, job, reuse)) for job in jobs]
        try:
            for job, future in futures:
                try:
                    future.result()
                    done(job)
                except ConfigError as error:
                    failures.append(str(error))
        except BaseException:
            for _, future in futures:
                future.cancel()
            raise
    if failures:
        raise ConfigError("\n".join(failures))
