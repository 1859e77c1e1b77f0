"""One self-contained HTML page about the standard scenarios: tables and pictures, no other files.
The part about forecasts is report_forecast.py's."""
from html import escape

from augur import agreement, plot, sched_bench

COMPARED = ("credit", sched_bench.RECOMMENDED)  # with the simulator
COMPARED_FROM_MS, COMPARED_MS = 100, 120

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.6rem; border-top: 1px solid #ccc;
       padding-top: 1rem; }
table { border-collapse: collapse; font-size: 13px; margin: 1rem 0; }
th, td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid #e5e5e5; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; } tr.best td { background: #eef6ee; } tr.kvm td, tr.sim td { color: #777; }
tr.sim td:first-child { padding-left: 1.6rem; }
figure { margin: 1.2rem 0; } figure svg, figure img { max-width: 100%; height: auto; }
figcaption { font-size: 13px; color: #555; } details { margin: 0.6rem 0; }
summary { cursor: pointer; color: #0072b2; }
"""

# Linux KVM in the same emulator with the same guests, in ticks: what is there to compare with.
KVM = {
    "s1": {"KVM, CFS": ("7,534", "-", "10,111", "13,203", "-", "-"),
           "KVM, SCHED_FIFO": ("7,020", "-", "9,307", "10,446", "-", "-")},
    "s2": {"KVM, CFS": ("7,532", "799,123", "1,265,828", "1,294,708", "-", "75"),
           "KVM, SCHED_FIFO": ("7,058", "7,082", "9,381", "10,848", "-", "0")},
}

COLUMNS = (("lateness p50", "late_p50"), ("p90", "late_p90"), ("p99", "late_p99"),
           ("max", "late_max"), ("burst p99", "burst_p99"), ("missed", "missed"),
           ("others %, raw", "hogs_raw"), ("charged", "hogs_charged"), ("unfair %", "fair_err"),
           ("switches", "switches"), ("exits", "exits"))

INTRODUCTION = """
<p>Every policy ran the same guests with the same seeds in the emulator, where one tick is one
instruction and a millisecond is 100,000 ticks. <b>Lateness</b>: from the deadline that a guest set
to the first instructions of its interrupt handler, as the guest itself saw it. <b>Burst</b>: from
the deadline to the end of the work. <b>Others</b>: what the VMs that are not latency-sensitive
computed, of what was left to them; <b>charged</b> is the same less {exit:,} ticks for each VM exit,
{ipi:,} for each IPI and {invept:,} for each invalidation of EPT entries, which the emulator gives
away. <b>Unfair</b>: the largest shortfall of any vCPU against generalized processor sharing over
any second. Times are ticks. The recommended policy is shaded. <b>Simulated</b>: the same scenario,
with the same scheduler code, in the simulator, whose costs of exits and switches are constants and
whose guests start all at once.</p>
"""


def number(text):
    whole, dot, rest = text.partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole.lstrip("-").isdigit() else text


def cells(values):
    return "".join(f"<td>{escape(v)}</td>" for v in values)


def table(scenario, results, simulated):
    rows = ["<tr><th>policy</th>" + "".join(f"<th>{title}</th>" for title, _ in COLUMNS) + "</tr>"]
    for policy, (_, values) in results.items():
        kind = ' class="best"' if policy == sched_bench.RECOMMENDED else ""
        rows.append(f"<tr{kind}>" + cells([policy, *(number(values.get(key, ("-",))[0])
                                                     for _, key in COLUMNS)]) + "</tr>")
        model = [simulated.get(f"{scenario}.{policy}.{key}") if key in values else None
                 for _, key in COLUMNS]
        if any(model):
            rows.append('<tr class="sim">' + cells(["simulated", *(number(v or "-")
                                                                   for v in model)]) + "</tr>")
    for name, values in KVM.get(scenario, {}).items():
        padding = ["-"] * (len(COLUMNS) - len(values))
        rows.append('<tr class="kvm">' + cells([name, *values, *padding]) + "</tr>")
    return "<table>" + "\n".join(rows) + "</table>"


def picture(drawn, caption):
    return f"<figure>{drawn}<figcaption>{escape(caption)}</figcaption></figure>"


def latency_picture(scenario, results):
    series = [(policy, [run.trace.seconds(ticks) for ticks in run.late])
              for policy, (run, _) in results.items()]
    figure = plot.latency_cdf(series, f"{scenario.name}: wake-up lateness by policy")
    return picture(plot.svg(figure), "Lateness as the guests measured it. Further left is better; a long tail "
                   "to the right is what people notice.")


def policy_pictures(scenario, policy, run):
    title = f"{scenario.name}, {policy}"
    timeline = plot.timeline(run.trace, title=f"{title}: schedule")
    shares = plot.share_over_time(run.trace, title=f"{title}: share over time")
    return (picture(plot.png(timeline), "200 ms from the middle of the run.")
            + picture(plot.png(shares),
                      "What each vCPU got; white is idle or the hypervisor's own time. "
                      + lost_records(run)))


def lost_records(run):
    lost = sum(run.trace.lost.values())
    return f"{len(run.trace.records):,} records in the trace, {lost:,} lost."


def side_by_side(scenario, policy, run):
    """The same stretch of the same schedule, in the emulator and in the simulator."""
    result = agreement.compare(scenario.name, policy, run)
    pictures = ""
    for name, side in (("emulator", result.emulator), ("simulator", result.simulator)):
        start = side.trace.milliseconds(side.start) + COMPARED_FROM_MS
        figure = plot.timeline(side.trace, start, start + COMPARED_MS,
                               f"{scenario.name}, {policy}, {name}")
        pictures += picture(plot.png(figure), "")
    most, vm = result.share()
    switches = result.switches()
    text = (f"Switches: emulator {result.emulator.switches:,}, simulator "
            f"{result.simulator.switches:,}"
            + (f" ({switches:+.2f} %)" if switches is not None else "")
            + f"; shares differ by {most:.3f} % of the machine at most ({vm}).")
    return (f"<details><summary>{escape(policy)}: emulator and simulator side by side</summary>"
            f"<p>{escape(text)} The same {COMPARED_MS} ms of both:</p>{pictures}</details>")


def section(scenario, results, simulated):
    """results: {policy: (run, figures)}; simulated: see sched_bench."""
    parts = [f'<h2 id="{scenario.name}">{scenario.name.upper()}: {escape(scenario.title)}</h2>',
             table(scenario.name, results, simulated)]
    if any(run.late for run, _ in results.values()):
        parts.append(latency_picture(scenario, results))
    for policy, (run, _) in results.items():
        pictures = policy_pictures(scenario, policy, run)
        shown = " open" if policy in (sched_bench.RECOMMENDED, "credit") else ""
        parts.append(f"<details{shown}><summary>{escape(policy)}: schedule and shares</summary>"
                     f"{pictures}</details>")
        if policy in COMPARED:
            parts.append(side_by_side(scenario, policy, run))
    return "\n".join(parts)


def page(sections, version):
    """sections: {id: HTML}"""
    links = " · ".join(f'<a href="#{name}">{name.upper() if name[1:2].isdigit() else name}</a>'
                       for name in sections)
    charge = sched_bench.CHARGE
    introduction = INTRODUCTION.format(exit=charge["EXIT"], ipi=charge["IPI"],
                                       invept=charge["INVEPT"])
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f"<title>Augur: scheduling</title><style>{STYLE}</style></head><body>"
            f"<h1>Augur: scheduling and prediction</h1><p>{escape(version)} · {links}</p>"
            f"{introduction}{''.join(sections.values())}</body></html>\n")


def read_results(folders, figures=sched_bench.figures):
    """{policy: folder} to {policy: (run, figures)}."""
    results = {}
    for policy, folder in folders.items():
        run = sched_bench.read_run(folder)
        results[policy] = (run, figures(run))
    return results
