"""The standard scenarios in the emulator, for every policy: figures of the runs (bench_run.py).

guests/bench/task.c prints what each vCPU measured; the trace says who ran when.
"""
import re
import subprocess
from dataclasses import dataclass, field

from augur import debts, fair
from augur import trace as t
from augur.bench_run import asked_for, policies, recorded, run_all, scenarios, standard_job
from augur.config import ROOT, ConfigError, build_folder

PERCENTILES = (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100))
PLAIN = "credit-plain"
NO_SHARE = ("spin",)                    # work that gives time away by itself: not judged as to fairness


def constants():
    """hv/charges.h, and the policy of tests/bench/charges.h."""
    charges = re.findall(r"#define CHARGE_(\w+)\s+(\d+)", (ROOT / "hv/charges.h").read_text())
    bench = (ROOT / "tests/bench/charges.h").read_text()
    policy = re.search(r'RECOMMENDED_POLICY "([\w-]+)"', bench).group(1)
    return {name: int(value) for name, value in charges}, policy


CHARGE, RECOMMENDED = constants()


# --- reading -------------------------------------------------------------------------------------

@dataclass
class Task:
    """What one vCPU reported."""
    entity: int
    vm: t.Vm
    start: int                          # host ticks, as `end`
    end: int
    work: int                           # instructions
    run: int
    exits: int
    missed: int


@dataclass
class Run:
    trace: t.Trace
    tasks: list = field(default_factory=list)
    late: list = field(default_factory=list)
    bursts: list = field(default_factory=list)
    spinning: set = field(default_factory=set)


def read_run(folder):
    run_ = Run(t.Trace(folder))
    trace = run_.trace
    if any(trace.lost.values()):
        raise ConfigError(f"{folder}: {sum(trace.lost.values())} records of the trace were lost")
    started = {trace.vm(r.entity).id: r.tsc for r in trace.records if r.kind == t.VM_START}
    works = re.findall(r"^cmdline = work=(\w+)", (folder / "scenario.cfg").read_text(), re.MULTILINE)
    for vm, work in zip(trace.vms.values(), works):
        read_console(run_, folder, vm, started[vm.id])
        if work in NO_SHARE:
            run_.spinning |= {task.entity for task in run_.tasks if task.vm == vm}
    return run_


def read_console(run_, folder, vm, epoch):
    """The guest's TSC was 0 when its VM was started."""
    samples = {"LATE": run_.late, "BURST": run_.bursts}
    count = 0
    for line in (folder / f"{vm.name}.console").read_text().splitlines():
        word, *values = line.split()
        if word == "TASK":
            index, start, end, *rest = map(int, values)
            run_.tasks.append(Task(vm.id * run_.trace.vcpus_per_vm + index, vm, epoch + start,
                                   epoch + end, *rest))
            count += 1
        elif word in samples and vm.latency:
            samples[word] += map(int, values)
    if count != vm.vcpus:
        raise ConfigError(f"{folder}: VM {vm.name} has not reported for all its vCPUs")


# --- figures -------------------------------------------------------------------------------------

def window_of(run_):
    """From the start of the last task to the end of the first: everybody is there all the time."""
    return max(task.start for task in run_.tasks), min(task.end for task in run_.tasks)


def parts(run_, start, end):
    """Yields (task, the part of its time on a core that lies between two moments). Time on a core
    is that of the trace, in which the hypervisor's own work counts for who is interrupted by it."""
    of_entity = {}
    for run in run_.trace.runs():
        of_entity.setdefault(run.entity, []).append(run)
    for task in run_.tasks:
        runs = of_entity.get(task.entity, [])
        whole, part = (sum(fair.received(runs, *span).values())
                       for span in ((task.start, task.end), (start, end)))
        yield task, part / whole if whole else 0


def throughput(run_, start, end):
    """What the VMs that are not latency-sensitive computed, of what was left to them: raw, and less
    what real hardware would charge for exits, IPIs and invalidations of all VMs. In percent. The
    formulas are in tests/bench/charges.h."""
    left = (end - start) * run_.trace.cores
    hogs = charge = 0
    for task, part in parts(run_, start, end):
        charge += CHARGE["EXIT"] * task.exits * part
        if task.vm.latency:
            left -= task.work * part
        else:
            hogs += task.work * part
    for r in run_.trace.records:
        if start <= r.tsc < end and r.kind in (t.IPI, t.INVEPT):
            charge += CHARGE["IPI" if r.kind == t.IPI else "INVEPT"]
    return 100 * hogs / left, 100 * (hogs - charge) / left


def overhead(trace):
    """What the hypervisor itself took of all cores, in percent: exits, decisions, forecasts."""
    whole = sum(b.run + b.idle + b.overhead for b in trace.books.values())
    return 100 * sum(b.overhead for b in trace.books.values()) / whole if whole else 0.0


def forecasting(trace):
    """What forecasts took of all cores, in percent."""
    cost = sum(point.cost for points in trace.forecasts().values() for point in points)
    return 100 * cost / ((trace.end - trace.start) * trace.cores)


def figures(run_):
    """{name: (value as text, unit)}; without wake-ups there is no lateness to tell."""
    start, end = window_of(run_)
    result = {}
    if run_.late:
        for name, percent in PERCENTILES:
            result[f"late_{name}"] = (str(t.percentile(run_.late, percent)), "ticks")
        for name, percent in (("p50", 50), ("p99", 99), ("max", 100)):
            result[f"burst_{name}"] = (str(t.percentile(run_.bursts, percent)), "ticks")
        missed = sum(task.missed for task in run_.tasks if task.vm.latency)
        result["missed"] = (str(missed), "count")
        result["wakeups"] = (str(len(run_.late)), "count")
    raw, charged = throughput(run_, start, end)
    error, whose = fair.fairness_error(run_.trace, start, end, exempt=run_.spinning)
    result["hogs_raw"] = (f"{raw:.3f}", "percent")
    result["hogs_charged"] = (f"{charged:.3f}", "percent")
    result["fair_err"] = (f"{100 * error:.3f}", "percent")
    result["owed_max"] = (str(debts.most_owed(run_.trace)), "ticks")
    result["overhead"] = (f"{overhead(run_.trace):.3f}", "percent")
    result["forecasting"] = (f"{forecasting(run_.trace):.3f}", "percent")
    result["unfair_to"] = (run_.trace.entity_name(whose) if whose is not None else "-", "name")
    result["switches"] = (str(sum(b.switches for b in run_.trace.books.values())), "count")
    result["exits"] = (str(sum(task.exits for task in run_.tasks)), "count")
    return result


def simulated():
    """{figure such as "s1.credit.late_p99": value} of the same scenarios in the simulator."""
    folder = build_folder() / "bench"
    path = folder / "simulator.tsv"
    program = build_folder() / "sim" / "sim"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([program, "--tsv", path], stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"{program}: {error}; run make all") from error
    return {line.split("\t")[0]: line.split("\t")[1] for line in path.read_text().splitlines()}


COLUMNS = (("late p50", "late_p50"), ("p90", "late_p90"), ("p99", "late_p99"), ("max", "late_max"),
           ("burst p99", "burst_p99"), ("missed", "missed"), ("hogs %", "hogs_raw"),
           ("charged", "hogs_charged"), ("unfair %", "fair_err"), ("switches", "switches"),
           ("exits", "exits"))


def header():
    return f"{'':5} {'policy':14}" + "".join(f"{title:>11}" for title, _ in COLUMNS)


def row(scenario, policy, values):
    return f"{scenario:5} {policy:14}" + "".join(
        f"{values.get(key, ('-', ''))[0]:>11}" for _, key in COLUMNS)


def tsv_lines(scenario, policy, values):
    for name in (policy, "best") if policy == RECOMMENDED else (policy,):
        for key, (value, unit) in values.items():
            yield f"{scenario}.{name}.{key}\t{value}\t{unit}"


def price_of_latency(values, plain):
    """What a policy does better than credit without BOOST, and what it costs the hogs: the latest
    wake-up as a ratio, the hogs' throughput as a loss."""
    def number(figures_, key):
        return float(figures_[key][0])

    result = {}
    if "late_max" in values and number(plain, "late_max"):
        ratio = number(values, "late_max") / number(plain, "late_max")
        result["late_max_vs_plain"] = (f"{ratio:.4f}", "ratio")
    for kind in ("raw", "charged"):
        if number(plain, f"hogs_{kind}"):
            kept = number(values, f"hogs_{kind}") / number(plain, f"hogs_{kind}")
            result[f"hogs_lost_{kind}"] = (f"{100 * (1 - kept):.3f}", "percent")
    return result


def against_plain(results):
    """results: {(scenario, policy): figures}."""
    for (scenario, policy), values in results.items():
        plain = results.get((scenario, PLAIN))
        if plain and policy != PLAIN:
            yield from tsv_lines(scenario, policy, price_of_latency(values, plain))


def selection():
    """[(scenario, policy)], all unless SCENARIOS and POLICIES name some."""
    known = [s.name for s in scenarios()]
    others = [s.name for s in scenarios("spikes")] + [f"p3-{path.stem}" for path in recorded()]
    chosen = asked_for("SCENARIOS", [*known, *others]) or known
    return [(s, p) for s in chosen for p in asked_for("POLICIES", policies()) or policies()]


def bench():
    """Prints the table as runs end; returns the TSV's lines."""
    jobs = [standard_job(s, p) for s, p in selection()]
    lines, results = [], {}
    print(header(), flush=True)

    def done(job):
        values = figures(read_run(job.folder))
        lines.extend(tsv_lines(job.scenario, job.policy, values))
        results[job.scenario, job.policy] = values
        print(row(job.scenario, job.policy, values), flush=True)

    try:
        run_all(jobs, done)
    finally:
        lines.extend(against_plain(results))
        path = build_folder() / "bench" / "sched.tsv"
        path.write_text("".join(line + "\n" for line in lines))
    return lines
