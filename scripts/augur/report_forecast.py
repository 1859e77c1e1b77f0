"""The report's part about prediction: P1-P5 under `predictive` and its rivals."""
from html import escape

from augur import plot, plot_forecast, predict_bench
from augur.report import lost_records, number, picture

INTRODUCTION = """
<h2 id="prediction">Prediction</h2>
<p>Scenarios in which latency-sensitive VMs now and then need far more than their burst budget.
<b>Burst</b>: from the moment it was due to the end of its work. <b>/ credit</b>, <b>/ reactive</b>:
p99 in relation to these rivals. <b>Engine</b>: what forecasts took of the core. <b>Reserved</b>:
reservations, and those whose spike did not come. <b>Simulated p99</b>: the same scenario for the
same time in the simulator, where forecasts take no time. <b>restless</b>: predictive, but forecasts
do not rest while everybody of the latency class is well served; so there is something to be seen of
them.</p>
"""

COLUMNS = (("burst p50", "burst_p50"), ("p99", "burst_p99"), ("max", "burst_max"),
           ("lateness p99", "late_p99"), ("others %, raw", "hogs_raw"), ("charged", "hogs_charged"),
           ("unfair %", "fair_err"), ("engine %", "forecasting"), ("reserved", "reserved"),
           ("no spike", "spikes_missed"))


def relation(results, policy, rival):
    if rival not in results:
        return "-"
    mine, other = (float(results[p][1]["burst_p99"][0]) for p in (policy, rival))
    return f"{mine / other:.3f}" if other else "-"


def table(results, model):
    titles = ["policy", *(title for title, _ in COLUMNS), "/ credit", "/ reactive", "simulated p99"]
    rows = ["<tr>" + "".join(f"<th>{title}</th>" for title in titles) + "</tr>"]
    for policy, (_, values) in results.items():
        kind = ' class="best"' if policy == predict_bench.MINE else ""
        cells = [policy, *(number(values.get(key, ("-",))[0]) for _, key in COLUMNS),
                 *(relation(results, policy, rival) for rival in ("credit", "reactive")),
                 f"{model[policy]['p99']:,.0f}" if policy in model else "-"]
        rows.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return "<table>" + "\n".join(rows) + "</table>"


def distributions(case, results):
    for what, name, samples in (("bursts", "burst completion", lambda run: run.bursts),
                                ("wake-ups", "wake-up lateness", lambda run: run.late)):
        series = [(policy, [run.trace.seconds(ticks) for ticks in samples(run)])
                  for policy, (run, _) in results.items()]
        figure = plot.latency_cdf(series, f"{case}: {name} by policy", what)
        yield picture(plot.svg(figure), "Prediction against each rival; further left is better.")


DRAWN = (
    (plot_forecast.demand, "demand and its forecast",
     "A window's demand in black; the forecast had been made before the window began."),
    (plot_forecast.weights, "weights of the models",
     "Mean of the last eight records, half a second: weights depend on the situation of a vCPU."),
    (plot_forecast.partition, "slices and reservations",
     "Slices as dynamic partitioning planned them, and for whom cycles stood reserved."),
)


def forecast_pictures(case, run):
    for draw, name, caption in DRAWN:
        figure = draw(run.trace, title=f"{case}, {predict_bench.RESTLESS}: {name}")
        if figure is None:
            yield f"<p>{escape(name)}: there is nothing of it in the trace.</p>"
        else:
            yield picture(plot.png(figure), f"{caption} {lost_records(run)}")


def section(case, title, results, model):
    """results: {policy: (run, figures)}; model: {policy: {"p99", "hogs"}} of the simulator."""
    parts = [f'<h3 id="{case}">{case.upper()}: {escape(title)}</h3>', table(results, model),
             *distributions(case, results)]
    if predict_bench.RESTLESS in results:
        parts += forecast_pictures(case, results[predict_bench.RESTLESS][0])
    return "\n".join(parts)
