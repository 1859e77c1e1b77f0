"""How well the simulator agrees with the emulator: the same scenario under the same policy in both,
and what differs. The scheduler's code is the same; costs of exits and switches are constants in the
simulator, so small differences are expected.

The beginning is left out. In the simulator all VMs wake up in the same tick without a history; in
the emulator they have started up before, for more or less time, and begin up to 40 ms apart. Under
credit that matters as long as the BOOST of those first wake-ups lasts: 10 ms for each hog, in which
the first wake-ups of latency-sensitive VMs wait (in S8 for 0.5 s, in S4 for 20 ms)."""
import subprocess
from dataclasses import dataclass

from augur import fair, sched_bench
from augur import trace as t
from augur.config import ConfigError, build_folder


SETTLING = 0.6                          # seconds left out: BOOST of 58 hogs


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
    """Returns the simulator's trace."""
    folder = build_folder() / "bench" / "simulated"
    program = build_folder() / "sim" / "sim"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run([program, "--scenario", scenario, "--policy", policy, "--record",
                        folder], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"{program}: {error}; run make all") from error
    return t.Trace(folder / f"{scenario}.{policy}")


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


def lateness(trace, start, end):
    """From due to chosen, of the latency-sensitive."""
    late = [max(0, w.picked - w.due) for w in trace.wakeups()
            if start <= w.due < end and trace.vm(w.entity).latency]
    return {f"late_{name}": t.percentile(late, percent)
            for name, percent in sched_bench.PERCENTILES} if late else {}


def side(trace, start, end):
    return Side(trace, start, end, count_switches(trace, start, end), shares(trace, start, end),
                lateness(trace, start, end))


def settled(trace, start):
    return start + round(SETTLING * trace.tsc_hz)


def compare(scenario, policy, run):
    """run: the emulator's, from sched_bench.read_run()."""
    start, end = sched_bench.window_of(run)
    model = simulate(scenario, policy)
    stop = min(model.end, model.start + end - start)
    return Agreement(scenario, policy, side(run.trace, settled(run.trace, start), end),
                     side(model, settled(model, model.start), stop))


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
