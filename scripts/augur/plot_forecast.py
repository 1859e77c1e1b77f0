"""Pictures of prediction: demand beside its forecast, weights of the models, slices and reservations.

As plot.py: each function draws into a new figure and returns it.
"""
from augur import plot
from augur import trace as t
from augur.plot import COLOURS, LINE_COLOURS, LINES, WIDTH, Patch, legend_below, pyplot

SHOWN_S = 1.6                           # near the run's end, unless a range is asked for
WINDOW_S = 0.010
ACTUAL, FORECAST, DISTRUST = "#222222", "#0072b2", "#f7e3dc"
SHOWN_MODELS = 0.02                     # a model that never has more weight is not named
SMOOTHED = 8                            # records of weights
MOST_PANELS = 6


def shown(trace, start_s, end_s):
    """(start, end) in seconds since the trace began."""
    whole = trace.seconds(trace.end - trace.start)
    if start_s is None:
        start_s = max(0.0, whole - 1.25 * SHOWN_S)
    return start_s, min(whole, start_s + SHOWN_S if end_s is None else end_s)


def at(trace, tick):
    return trace.seconds(tick - trace.start)


def distrusted(trace, entity):
    """[(start, end)] in seconds: when the forecast was not acted on."""
    spans, since = [], 0.0
    for r in trace.records:
        if r.kind != t.TRUST or r.entity != entity:
            continue
        if r.a and since is not None:
            spans.append((since, at(trace, r.tsc)))
            since = None
        elif not r.a and since is None:
            since = at(trace, r.tsc)
    return spans + ([] if since is None else [(since, at(trace, trace.end))])


def draw_demand(axes, trace, entity, points):
    ends = [at(trace, p.tsc) for p in points]
    wanted, point, high = ([getattr(p, name) / 1000 for p in points]
                           for name in ("actual", "point", "high"))
    for start, end in distrusted(trace, entity):
        axes.axvspan(start, end, color=DISTRUST, linewidth=0)
    axes.fill_between(ends, point, high, step="pre", color=FORECAST, alpha=0.22, linewidth=0)
    axes.step(ends, wanted, where="pre", color=ACTUAL, linewidth=1.0)
    axes.step(ends, point, where="pre", color=FORECAST, linewidth=1.3, linestyle=(0, (3, 1)))
    axes.set_ylabel(trace.entity_name(entity))
    axes.set_ylim(bottom=0)


def panels(count, height, most):
    figure, axes = pyplot.subplots(count, 1, sharex=True, squeeze=False, layout="constrained",
                                   figsize=(WIDTH, min(most, 0.9 + height * count)))
    return figure, [row[0] for row in axes]


def demand(trace, start_s=None, end_s=None, title=None):
    """For each vCPU that was forecast (at most MOST_PANELS): what it wanted in each window beside
    what had been forecast for it. None if nothing was forecast."""
    forecasts = dict(list(trace.forecasts().items())[:MOST_PANELS])
    if not forecasts:
        return None
    start, end = shown(trace, start_s, end_s)
    figure, axes = panels(len(forecasts), 1.25, 9)
    for axis, (entity, points) in zip(axes, forecasts.items()):
        draw_demand(axis, trace, entity,
                    [p for p in points if start <= at(trace, p.tsc) <= end + WINDOW_S])
    axes[-1].set_xlim(start, end)
    axes[-1].set_xlabel("time since the trace began (s)")
    figure.supylabel("CPU time in a window of 10 ms (ms)", fontsize=9)
    figure.suptitle(title or "CPU time wanted, and what had been forecast", fontsize=10)
    legend_below(figure, [
        pyplot.Line2D([], [], color=ACTUAL, label="wanted: ran or waited for the core"),
        pyplot.Line2D([], [], color=FORECAST, linestyle=(0, (3, 1)), label="forecast, median"),
        Patch(color=FORECAST, alpha=0.22, label="up to the 0.95 quantile"),
        Patch(color=DISTRUST, label="forecast not trusted")])
    return figure


def smooth(history):
    """Weights belong to a situation (ple/mixture.h), which changes from window to window: the mean
    of the last SMOOTHED records shows where they go."""
    result = []
    for i, w in enumerate(history):
        recent = [h.weights for h in history[max(0, i + 1 - SMOOTHED):i + 1]]
        result.append(w._replace(weights=[sum(column) / len(recent) for column in zip(*recent)]))
    return result


def named_models(trace, history):
    """Indices of the models that ever had weight worth naming."""
    return [m for m in sorted(trace.models)
            if max(w.weights[m] for w in history) > SHOWN_MODELS]


def draw_weights(axes, trace, history, models, colours):
    times = [at(trace, w.tsc) for w in history]
    layers = [[100 * w.weights[m] for w in history] for m in models]
    rest = [max(0.0, 100 - sum(column)) for column in zip(*layers)]
    axes.stackplot(times, *layers, rest, colors=[*(colours[m] for m in models), "#eeeeee"],
                   step="post", linewidth=0)
    axes.set_ylim(0, 100)


def weights(trace, title=None):
    """How the mixture's weights moved, for each vCPU that was forecast. None if nothing was."""
    found = dict(list(trace.weights().items())[:MOST_PANELS])
    found = {entity: smooth(history) for entity, history in found.items() if len(history) > 1}
    if not found:
        return None
    models = sorted({m for history in found.values() for m in named_models(trace, history)})
    colours = {m: COLOURS[m % len(COLOURS)] for m in trace.models}
    figure, axes = panels(len(found), 1.15, 9)
    for axis, (entity, history) in zip(axes, found.items()):
        draw_weights(axis, trace, history, models, colours)
        axis.set_ylabel(trace.entity_name(entity))
    axes[-1].set_xlim(at(trace, trace.start), at(trace, trace.end))
    axes[-1].set_xlabel("time since the trace began (s)")
    figure.supylabel("weight in the mixture (%)", fontsize=9)
    figure.suptitle(title or "Weights of the models, for the 0.95 quantile of the next 10 ms",
                    fontsize=10)
    legend_below(figure, [Patch(color=colours[m], label=trace.models[m]) for m in models]
                 + [Patch(color="#eeeeee", label="others")])
    return figure


# enum drp_end of sched/drp.h; None: stands at the end of the trace.
ENDS = {0: ("the spike came", "#009e73"), 1: ("no spike came", "#d55e00"),
        2: ("not trusted any more", "#cc79a7"), 3: ("class changed", "#7f7f7f"),
        None: ("still stands", "#9fd8c4")}


def draw_slices(axes, trace, slices, styles, name):
    for entity, changes in sorted(slices.items()):
        times = [at(trace, tick) for tick, _ in changes] + [at(trace, trace.end)]
        values = [1000 * trace.seconds(ticks) for _, ticks in changes]
        axes.step(times, values + values[-1:], where="post", linewidth=1.3, **styles[entity])
    axes.set_ylabel(f"slice of\n{name} (ms)")
    axes.set_ylim(bottom=0)


def draw_reservations(axes, trace, reservations, entities):
    for row, entity in enumerate(entities):
        for r in reservations:
            if r.entity == entity:
                axes.broken_barh([(at(trace, r.start), trace.seconds(r.end - r.start))],
                                 (row - 0.38, 0.76), color=ENDS[r.why][1], linewidth=0)
    plot.name_tracks(axes, [trace.entity_name(entity) for entity in entities])
    axes.set_ylabel("reserved for")


def partition(trace, start_s=None, end_s=None, title=None):
    """The slices as planned, and when cycles were reserved for whom. None if nothing was planned."""
    slices, reservations = trace.slices(), trace.reservations()
    if not slices and not reservations:
        return None
    start, end = shown(trace, start_s, end_s)
    entities = sorted({r.entity for r in reservations})
    styles = {entity: {"color": LINE_COLOURS[i % len(LINE_COLOURS)], "linestyle": LINES[i % len(LINES)]}
              for i, entity in enumerate(sorted(slices))}     # equal slices lie upon each other
    figure, axes = pyplot.subplots(3, 1, sharex=True, layout="constrained",
                                   figsize=(WIDTH, 4.4 + 0.25 * len(entities)),
                                   gridspec_kw={"height_ratios": [5, 4, 1 + len(entities)]})
    for axis, name, latency in ((axes[0], "latency-sensitive", True), (axes[1], "others", False)):
        draw_slices(axis, trace, {entity: changes for entity, changes in slices.items()
                                  if trace.vm(entity).latency == latency}, styles, name)
    draw_reservations(axes[2], trace, reservations, entities)
    axes[2].set_xlim(start, end)
    axes[2].set_xlabel("time since the trace began (s)")
    figure.suptitle(title or "Slices and reservations", fontsize=10)
    ended = dict.fromkeys(r.why for r in reservations
                          if at(trace, r.start) < end and at(trace, r.end) > start)
    legend_below(figure, [pyplot.Line2D([], [], label="slice of " + trace.entity_name(e), **style)
                          for e, style in styles.items()]
                 + [Patch(color=ENDS[why][1], label=f"reserved: {ENDS[why][0]}") for why in ended])
    return figure
