"""Prediction against its rivals in the emulator: P1-P5, and S1-S8 as sched_bench has them.

P3 is one case for each recorded trace, p3-NAME: guests/bench/task.c with the trace's rows in it.
Beside each run of the emulator stands the simulator's of the same scenario, seeds and duration.
Figures such as p1.p99_vs_credit are the emulator's, with `sim.` before them the simulator's, whose
runs are of full length. The oracle is the simulator's alone; with broken forecasts the emulator runs
P1 and P2, the simulator everything.

`restless` is `predictive` whose forecasts never rest, which shows what they are worth and what they
cost. Broken forecasts never rest either, or many would harm nobody.
"""
import math
import os
import re
import subprocess

from augur import sched_bench
from augur import trace as t
from augur.bench_run import (Job, asked_for, policies, recorded, run_all, scenarios, standard_job,
                             tool, with_engine)
from augur.config import ConfigError, build_folder

FAULTS = ("stuck", "random", "inverted", "late")
MINE, CREDIT, REACTIVE, RESTLESS = "predictive", "credit", "reactive", "restless"
POLICIES = (CREDIT, REACTIVE, "compensated", MINE, RESTLESS)
NEVER_REST = "policy.quiet_ms = 0\n"
SETTINGS = {RESTLESS: NEVER_REST,       # of MINE under another name
            **{fault: f"{NEVER_REST}policy.fault = {fault}\n" for fault in FAULTS}}
TRACE_TICKS = "1000000000"              # of each case of P3: 10 s; the others last as long as they say
BROKEN = ("p1", "p2")                   # where forecasts are broken in the emulator
SILENT = ("s7",)                        # nobody is latency-sensitive


def ticks(case):
    """How long P1-P5 last, as an argument; "0": as the scenario says."""
    return os.environ.get("TICKS") or (TRACE_TICKS if case.startswith("p3") else "0")


# --- what is to run --------------------------------------------------------------------------------

def traces():
    """{"p3-NAME": path} of the folder TRACES."""
    return {f"p3-{path.stem}": path for path in recorded()}


def replay_guest(name, path):
    """The guest with this recording in it, as a configuration names it."""
    folder = build_folder() / "bench" / "replay"
    folder.mkdir(parents=True, exist_ok=True)
    rows, image = folder / f"{name}.rows", folder / f"{name}.elf"
    rows.write_bytes(tool("rows", str(path), text=False))
    try:
        subprocess.run(["objcopy", "--update-section", f".trace_rows={rows}",
                        build_folder() / "guests" / "bench_task.elf", image], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"{image}: {error}") from error
    return f"build/bench/replay/{name}.elf"


def with_settings(config, settings):
    return config.replace("\n[augur]\n", f"\n[augur]\n{settings}", 1)


def job(case, label, guests):
    """label: a policy, or one of SETTINGS."""
    policy = MINE if label in SETTINGS else label
    if case.startswith("s"):
        job = standard_job(case, policy)
        if policy == label:
            return job
        config = job.config
    else:
        name, _, recording = case.partition("-")
        config = with_engine(tool("config", name, policy, ticks(case),
                                  *([guests[case]] if recording else [])))
    config = with_settings(config, SETTINGS.get(label, ""))
    return Job(case, label, config, build_folder() / "bench" / "predict" / f"{case}.{label}")


def cases(recordings):
    spikes = [s.name for s in scenarios("spikes") if s.name != "p3"]
    standard = [s.name for s in scenarios() if s.name not in SILENT]
    every = sorted([*spikes, *recordings]) + standard
    chosen = asked_for("SCENARIOS", [*every, "p3", *SILENT])
    return [case for case in every
            if not chosen or case in chosen or case.partition("-")[0] in chosen]


# --- figures ---------------------------------------------------------------------------------------

def figures(folder):
    return figures_of(sched_bench.read_run(folder))


def figures_of(run):
    values = sched_bench.figures(run)
    values["reserved"] = (str(run.trace.count(t.RESERVE)), "count")
    values["spikes_missed"] = (str(sum(1 for r in run.trace.records
                                       if r.kind == t.RELEASE and r.b == 1)), "count")
    return values


def ratio(a, b):
    return a / b if b else 1.0


def verdict(of):
    """{figure: ratio} from {policy or broken forecast: {"p99": ticks, "hogs": percent charged}};
    what was not measured is left out."""
    mine, credit, reactive = (of.get(name) for name in (MINE, CREDIT, REACTIVE))
    result = {}
    if mine and credit:
        result["p99_vs_credit"] = ratio(mine["p99"], credit["p99"])
    if mine and reactive:
        result["p99_vs_reactive"] = ratio(mine["p99"], reactive["p99"])
        result["hogs_vs_reactive"] = ratio(mine["hogs"], reactive["hogs"])
    if mine and credit and reactive:
        result["p99_vs_better"] = ratio(mine["p99"], min(credit["p99"], reactive["p99"]))
    if credit and all(fault in of for fault in FAULTS):
        result["fault_vs_credit"] = max(ratio(of[fault]["p99"], credit["p99"]) for fault in FAULTS)
    if mine and reactive and of.get("oracle", reactive)["p99"] < reactive["p99"]:
        result["oracle_share"] = ((reactive["p99"] - mine["p99"])
                                  / (reactive["p99"] - of["oracle"]["p99"]))
    return result


def geometric(values):
    return math.exp(sum(math.log(max(v, 1e-9)) for v in values) / len(values))


def summary(verdicts):
    """{figure: ratio} of {case: verdict}: of P3, which has many cases, the geometric mean; and the
    worst of all."""
    result = {f"{case}.{key}": value for case, values in verdicts.items()
              for key, value in values.items()}
    recorded = [values for case, values in verdicts.items() if case.startswith("p3-")]
    for key in {key for values in recorded for key in values}:
        result[f"p3.{key}"] = geometric([values[key] for values in recorded if key in values])
    for name, key in (("worst.p99_vs_better", "p99_vs_better"),
                      ("fault.p99_vs_credit", "fault_vs_credit")):
        if every := [values[key] for values in verdicts.values() if key in values]:
            result[name] = max(every)
    return result


def tsv(figures_, prefix=""):
    return [f"{prefix}{name}\t{value:.4f}\tratio" for name, value in figures_.items()]


# --- the simulator ---------------------------------------------------------------------------------

def simulated(case, recordings, *options):
    """{policy or broken forecast: {"p99", "hogs"}} of the same case in the simulator."""
    program = build_folder() / "sim" / "sim-predict"
    path = build_folder() / "bench" / "predict" / f"{case}.simulated.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    what = ["--trace", recordings[case]] if case in recordings else ["--scenario", case]
    try:
        subprocess.run([program, *options, *what, "--tsv", path], stdout=subprocess.DEVNULL,
                       check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigError(f"{program}: {error}") from error
    result = {}
    for line in path.read_text().splitlines():
        if match := re.fullmatch(r"\S+\.([\w-]+)\.(p99|hogs)\t(\S+)\t\w+", line):
            result.setdefault(match.group(1), {})[match.group(2)] = float(match.group(3))
    return result


def simulated_figures(chosen, recordings):
    """The verdicts of the simulator's full-length runs, with broken forecasts."""
    return summary({case: verdict(simulated(case, recordings, "--faults")) for case in chosen})


def is_simulators(figure):
    """Nobody knows the future in the emulator."""
    return figure.endswith(".oracle_share")


# --- the bench -------------------------------------------------------------------------------------

HEADER = (f"{'':14} {'policy':12}{'burst p50':>11}{'p99':>11}{'max':>11}{'late p99':>10}"
          f"{'hogs %':>9}{'charged':>9}{'unfair %':>9}{'engine %':>9}{'reserved':>9}{'missed':>7}"
          f"{'sim: p99':>13}{'charged':>9}")


def row(case, policy, values, model):
    cell = {key: value for key, (value, _) in values.items()}
    return (f"{case:14} {policy:12}{cell['burst_p50']:>11}{cell['burst_p99']:>11}"
            f"{cell['burst_max']:>11}{cell['late_p99']:>10}{cell['hogs_raw']:>9}"
            f"{cell['hogs_charged']:>9}{cell['fair_err']:>9}{cell['forecasting']:>9}{cell['reserved']:>9}"
            f"{cell['spikes_missed']:>7}"
            f"{model['p99'] if model else float('nan'):>13.0f}"
            f"{model['hogs'] if model else float('nan'):>9.2f}")


def rivals(case):
    """Of standard scenarios there are enough runs already without those that never rest."""
    chosen = asked_for("POLICIES", [*policies(), RESTLESS])
    every = [policy for policy in POLICIES if policy != RESTLESS or case.startswith("p")]
    return [policy for policy in chosen or every if policy in POLICIES]


def labels(case, broken):
    chosen = rivals(case)
    return (*chosen, *(FAULTS if broken and MINE in chosen else ()))


def jobs(chosen, recordings, faults=()):
    """faults: cases that are run with broken forecasts, too."""
    guests = {case: replay_guest(case, path) for case, path in recordings.items() if case in chosen}
    return [job(case, label, guests) for case in chosen
            for label in labels(case, case in faults)]


def same_length(case, recordings):
    """The simulator's run that stands beside the emulator's."""
    options = () if case.startswith("s") else ("--ticks", ticks(case))
    return simulated(case, recordings, *options)


def bench():
    """Prints the table as runs end; returns the TSV's lines."""
    recordings = traces()
    chosen = cases(recordings)
    models = {case: same_length(case, recordings) for case in chosen}
    results, lines = {}, []
    print(HEADER, flush=True)

    def done(ended):
        case, policy, values = ended.scenario, ended.policy, figures(ended.folder)
        results.setdefault(case, {})[policy] = {name: float(values[key][0]) for name, key in
                                                (("p99", "burst_p99"), ("hogs", "hogs_charged"))}
        lines.extend(f"{case}.{policy}.{key}\t{value}\t{unit}"
                     for key, (value, unit) in values.items())
        print(row(case, policy, values, models[case].get(policy)), flush=True)

    run_all(jobs(chosen, recordings, BROKEN), done, reuse=True)
    model = simulated_figures(chosen, recordings)
    lines += tsv(summary({case: verdict(of) for case, of in results.items()}))
    lines += tsv({name: value for name, value in model.items() if is_simulators(name)})
    lines += tsv(model, "sim.")
    (build_folder() / "bench" / "predict.tsv").write_text("".join(f"{line}\n" for line in lines))
    return lines
