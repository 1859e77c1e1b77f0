"""Pictures of traces: schedule timeline, distribution of wake-up latency, share over time.

Each function draws into a new matplotlib figure and returns it; save() writes it as the file's name
says, svg() and png() give it as text to put into a page.
"""
import base64
import io
import re

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({
    "font.size": 9, "axes.titlesize": 10, "axes.labelsize": 9, "legend.fontsize": 8,
    "axes.spines.top": False, "axes.spines.right": False, "figure.dpi": 100,
    "svg.hashsalt": "augur", "svg.fonttype": "path",
})
from matplotlib import pyplot  # noqa: E402
from matplotlib.collections import PolyCollection  # noqa: E402
from matplotlib.colors import to_rgba  # noqa: E402
from matplotlib.patches import Patch  # noqa: E402
from matplotlib.ticker import EngFormatter  # noqa: E402

# Okabe and Ito's colours, which people with colour blindness can tell apart, and some more.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f",
           "#332288", "#999933", "#882255", "#663300")
LINE_COLOURS = [colour for colour in COLOURS if colour != "#f0e442"]    # yellow is no line on white
WAITING = "#d9d9d9"
WIDTH = 9.0                             # inches
SHOWN_MS = 200                          # of a longer run, unless a range is asked for
WINDOW_MS = 10                          # of shares, at least
WINDOWS_MOST = 60
LEAST = 1e-7                            # seconds; no latency is drawn left of it
LEGEND_MOST = len(COLOURS)              # more vCPUs are shown by class
BAR = 0.8                               # height of a track of 1
LINES = ("-", "--", "-.", ":")


def save(figure, path):
    figure.savefig(path, bbox_inches="tight", metadata=reproducible(str(path)))
    pyplot.close(figure)


def reproducible(path):
    return {"Date": None} if path.endswith(".svg") else {}


def svg(figure):
    """Without the XML prologue; ids made unique, as several pictures share a page."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    body = text.getvalue()
    svg.count = getattr(svg, "count", 0) + 1
    body = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>f{svg.count}-", body)
    return body[body.index("<svg"):]


def png(figure, dots_per_inch=130):
    """As an <img>: for pictures of thousands of boxes."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=dots_per_inch, bbox_inches="tight")
    pyplot.close(figure)
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}">'


def groups(trace):
    """{entity: (label, colour)}; many vCPUs are told apart by their latency class only."""
    entities = trace.entities()
    if len(entities) <= LEGEND_MOST:
        return {e: (trace.entity_name(e), COLOURS[i]) for i, e in enumerate(entities)}
    sensitive = {e for e in entities if (vm := trace.vm(e)) and vm.latency}
    labels = ((f"latency-sensitive vCPUs ({len(sensitive)})", COLOURS[5]),
              (f"other vCPUs ({len(entities) - len(sensitive)})", COLOURS[0]))
    return {e: labels[e not in sensitive] for e in entities}


def shaded(colours):
    """{entity: colour}; where many share a colour, neighbours still differ a little."""
    if len(colours) <= LEGEND_MOST:
        return {entity: colour for entity, (_, colour) in colours.items()}
    return {entity: to_rgba(colour, alpha=(1.0, 0.75, 0.55)[i % 3])
            for i, (entity, (_, colour)) in enumerate(colours.items())}


def legend_below(figure, handles, columns=4):
    """Under everything else, clear of the axis labels."""
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, 0.0),
                  ncol=min(columns, len(handles)), frameon=False)


def shown_range(trace, start_ms, end_ms):
    """Ticks. Of a long run its middle, where starting and ending disturb nothing."""
    whole = trace.milliseconds(trace.end)
    if start_ms is None and end_ms is None and whole > SHOWN_MS:
        start_ms = (whole - SHOWN_MS) / 2
        end_ms = start_ms + SHOWN_MS
    start_ms = start_ms or 0
    end_ms = whole if end_ms is None else end_ms
    return (trace.start + int(start_ms * trace.tsc_hz / 1000),
            trace.start + int(end_ms * trace.tsc_hz / 1000))


def clipped(spans, start, end):
    return [s for s in spans if s.end > start and s.start < end]


def boxes(axes, trace, spans, track, colours, start, end, **style):
    """One rectangle a span: a collection, since there may be thousands."""
    corners = []
    for s in spans:
        left = trace.milliseconds(max(s.start, start))
        right = trace.milliseconds(min(s.end, end))
        low, high = track(s) - BAR / 2, track(s) + BAR / 2
        corners.append(((left, low), (left, high), (right, high), (right, low)))
    axes.add_collection(PolyCollection(corners, facecolors=colours, linewidths=0, **style))


def name_tracks(axes, names):
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def draw_cores(axes, trace, colours, start, end):
    runs = clipped(trace.runs(), start, end)
    colour = shaded(colours)
    boxes(axes, trace, runs, lambda r: r.core, [colour[r.entity] for r in runs], start, end)
    name_tracks(axes, [f"core {core}" for core in range(trace.cores)])


def draw_vcpus(axes, trace, colours, start, end):
    row = {entity: i for i, entity in enumerate(colours)}
    waits = clipped(trace.waits(), start, end)
    runs = clipped(trace.runs(), start, end)
    boxes(axes, trace, waits, lambda w: row[w.entity], WAITING, start, end)
    boxes(axes, trace, runs, lambda r: row[r.entity], [colours[r.entity][1] for r in runs], start,
          end)
    wakeups = [w for w in trace.wakeups() if start <= w.due <= end]
    if wakeups:                         # an empty line would count as a point at the origin
        axes.plot([trace.milliseconds(w.due) for w in wakeups],
                  [row[w.entity] - 0.5 for w in wakeups],
                  linestyle="", marker="v", markersize=3, color="black", clip_on=False)
    name_tracks(axes, [trace.entity_name(entity) for entity in colours])


def timeline(trace, start_ms=None, end_ms=None, title=None):
    """Who ran where: a track for each core, and below one for each vCPU if they are few."""
    start, end = shown_range(trace, start_ms, end_ms)
    colours = groups(trace)
    with_vcpus = len(colours) <= LEGEND_MOST
    heights = [trace.cores] + [len(colours)] * with_vcpus
    figure, axes = pyplot.subplots(len(heights), 1, sharex=True, squeeze=False, layout="constrained",
                                   figsize=(WIDTH, 1.3 + 0.28 * sum(heights)),
                                   gridspec_kw={"height_ratios": heights})
    draw_cores(axes[0][0], trace, colours, start, end)
    if with_vcpus:
        draw_vcpus(axes[1][0], trace, colours, start, end)
    axes[-1][0].set_xlim(trace.milliseconds(start), trace.milliseconds(end))
    axes[-1][0].set_xlabel("time since the trace began (ms)")
    figure.suptitle(title or f"Schedule under policy {trace.name}", fontsize=10)
    handles = [Patch(color=colour, label=label)
               for label, colour in dict.fromkeys(colours.values())]
    if with_vcpus:
        handles += [Patch(color=WAITING, label="waiting for a core"),
                    pyplot.Line2D([], [], linestyle="", marker="v", color="black", markersize=4,
                                  label="wake-up due")]
    legend_below(figure, handles)
    return figure


def latency_cdf(series, title="Wake-up latency", what="wake-ups"):
    """series: [(name, latencies in seconds)]. Log scale; below LEAST counts as LEAST."""
    figure, axes = pyplot.subplots(figsize=(WIDTH * 0.75, 3.6), layout="constrained")
    for index, (name, values) in enumerate(series):
        if not values:
            continue
        ordered = sorted(max(LEAST, value) for value in values)
        steps = [100 * (i + 1) / len(ordered) for i in range(len(ordered))]
        axes.step([ordered[0], *ordered], [0, *steps], where="post", linewidth=1.6,
                  color=LINE_COLOURS[index % len(LINE_COLOURS)], linestyle=LINES[index % len(LINES)],
                  label=f"{name} ({len(ordered)} {what})")
    axes.set_xscale("log")
    axes.set_ylim(0, 101)
    axes.axhline(99, color="#999999", linewidth=0.6, linestyle=":")
    axes.annotate("99 %", (1, 99), xycoords=("axes fraction", "data"), xytext=(3, -3),
                  textcoords="offset points", fontsize=8, color="#666666")
    axes.xaxis.set_major_formatter(EngFormatter(unit="s"))
    axes.set_xlabel("latency (logarithmic)")
    axes.set_ylabel(f"{what} served within it (%)")
    axes.set_title(title)
    axes.grid(True, which="major", color="#e5e5e5", linewidth=0.6)
    figure.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=3, frameon=False)
    return figure


def share_over_time(trace, window_ms=WINDOW_MS, title=None):
    """What each vCPU got of the machine, stacked; what is left was idle or overhead."""
    whole = trace.milliseconds(trace.end)
    window_ms = max(window_ms, whole / WINDOWS_MOST)
    shares = trace.shares(int(window_ms * trace.tsc_hz / 1000))
    layers = {}
    for entity, group in groups(trace).items():
        layer = layers.setdefault(group, None)
        values = [100 * share / trace.cores for share in shares.get(entity, ())]
        if values:
            layers[group] = values if layer is None else [a + b for a, b in zip(layer, values)]
    layers = {group: values for group, values in layers.items() if values}
    figure, axes = pyplot.subplots(figsize=(WIDTH, 2.8), layout="constrained")
    edges = [i * window_ms for i in range(len(next(iter(layers.values()))) + 1)]
    bottom = [0.0] * (len(edges) - 1)
    for (label, colour), values in layers.items():
        top = [a + b for a, b in zip(bottom, values)]
        axes.stairs(top, edges, baseline=bottom, fill=True, color=colour, label=label)
        bottom = top
    axes.set_xlim(0, whole)
    axes.set_ylim(0, 100)
    axes.set_xlabel("time since the trace began (ms)")
    axes.set_ylabel(f"share of {trace.cores} core{'s' * (trace.cores > 1)} (%)")
    axes.set_title(title or f"Share over time under policy {trace.name}, windows of {window_ms:.0f} ms")
    figure.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), ncol=5, frameon=False)
    return figure
