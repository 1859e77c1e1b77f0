"""How well the simulator agrees with the emulator: the same scenario under the same policy in both,
and what differs. The scheduler's code is the same; costs of exits and switches are constants in the
simulator, and guests start one after another in the emulator, so small differences are expected."""
import subprocess
from dataclasses import dataclass

from augur import fair, sched_bench
from augur import trace as t
from augur.config import ConfigError, build_folder


@dataclass
class Side:
    """One of the two runs."""
    trace: t.Trace
    start: int                          # ticks of its trace: the part that is compared
    end: int
    switches: int
    shares: dict                        # VM: percent of all cores
    late: dict                          # "late_p50" and others: ticks, if there were wake-ups


@dataclass
class Agreement:
    scenario: str
    policy: str
    emulator: Side
    simulator: Side

    def switches(self):
        """Difference in percent of the emulator's, None if that one never switched."""
        real = self.emulator.switches
        return 100 * (self.simulator.switches - real) / real if real else None

    def share(self):
        """(largest difference of any VM in percent of the machine, whose)."""
        real, model = self.emulator.shares, self.simulator.shares
        return max((abs(model.get(vm, 0) - share), vm) for vm, share in real.items())

    def late(self, name):
        """Difference in ticks; None without wake-ups."""
        if name not in self.emulator.late:
            return None
        return self.simulator.late[name] - self.emulator.late[name]


def simulate(scenario, policy):
    """Leaves the simulator's trace in a folder; returns that and its figures."""
    folder = build_folder() / "bench" / "simulated"
    program = build_folder() / "sim" / "sim"
    figures = folder / f"{scenario}.{policy}.tsv"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([program, "--scenario", scenario, "--policy", policy, "--record", folder,
                        "--tsv", figures], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"{program}: {error}; run make all") from error
    values = dict(line.split("\t")[:2] for line in figures.read_text().splitlines())
    return folder / f"{scenario}.{policy}", values


def count_switches(trace, start, end):
    """Picks of another vCPU than the one that ran last on that core."""
    last, switches = {}, 0
    for r in trace.records:
        if r.kind != t.PICK or r.entity == t.NO_ENTITY:
            continue
        if start <= r.tsc < end and last.get(r.core) not in (None, r.entity):
            switches += 1
        last[r.core] = r.entity
    return switches


def shares(trace, start, end):
    result = {vm.name: 0.0 for vm in trace.vms.values()}
    for entity, ticks in fair.received(trace.runs(), start, end).items():
        result[trace.vm(entity).name] += 100 * ticks / (end - start) / trace.cores
    return result


def side(trace, start, end, late):
    return Side(trace, start, end, count_switches(trace, start, end), shares(trace, start, end),
                late)


def compare(scenario, policy, run):
    """run: the emulator's, from sched_bench.read_run()."""
    start, end = sched_bench.window_of(run)
    late = {f"late_{name}": t.percentile(run.late, percent)
            for name, percent in sched_bench.PERCENTILES} if run.late else {}
    folder, values = simulate(scenario, policy)
    model = t.Trace(folder)
    modelled = {name: int(values[f"{scenario}.{policy}.{name}"]) for name in late}
    stop = min(model.end, model.start + end - start)
    return Agreement(scenario, policy, side(run.trace, start, end, late),
                     side(model, model.start, stop, modelled))


# --- for people and tools ------------------------------------------------------------------------

HEADER = (f"{'':5} {'policy':13}{'switches: emulator':>19}{'simulator':>11}{'differ':>9}"
          f"{'share differs, %':>18}{'of':>8}{'late p50':>10}{'simulator':>11}"
          f"{'p99':>10}{'simulator':>11}")


def row(a):
    switches = a.switches()
    most, vm = a.share()
    late = [side.late.get(name, "-") for name in ("late_p50", "late_p99")
            for side in (a.emulator, a.simulator)]
    differ = "-" if switches is None else f"{switches:+.2f} %"
    return (f"{a.scenario:5} {a.policy:13}{a.emulator.switches:>19}{a.simulator.switches:>11}"
            f"{differ:>9}{most:>18.3f}{vm:>8}{late[0]:>10}{late[1]:>11}{late[2]:>10}{late[3]:>11}")


def tsv_lines(a):
    prefix = f"agree.{a.scenario}.{a.policy}"
    if (switches := a.switches()) is not None:
        yield f"{prefix}.switches\t{abs(switches):.3f}\tpercent"
    yield f"{prefix}.share\t{a.share()[0]:.3f}\tpercent"
    for name in ("late_p50", "late_p99"):
        if (late := a.late(name)) is not None:
            yield f"{prefix}.{name}\t{abs(late)}\tticks"
