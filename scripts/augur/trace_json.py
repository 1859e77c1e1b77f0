"""A trace in Chrome's trace event format, which ui.perfetto.dev and chrome://tracing show: a track
for each core (who runs, and why) and for each vCPU (running, waiting, what happened to it)."""
import json

from augur import trace as t

CORES, VCPUS = 1, 2                     # "processes": groups of tracks


def name_track(pid, tid, name):
    yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}
    yield {"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid,
           "args": {"sort_index": tid}}


def tracks(trace):
    for pid, name in ((CORES, "cores"), (VCPUS, "vCPUs")):
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}
    for core in range(trace.cores):
        yield from name_track(CORES, core, f"core {core}")
    for entity in trace.entities():
        yield from name_track(VCPUS, entity, trace.entity_name(entity))


def microseconds(trace, tick):
    return round(1000 * trace.milliseconds(tick), 3)


def span(trace, pid, tid, name, start, end, **arguments):
    """Ends where the next one begins, to the nanosecond: Perfetto drops spans that overlap."""
    start, end = microseconds(trace, start), microseconds(trace, end)
    return {"ph": "X", "name": name, "pid": pid, "tid": tid, "ts": start,
            "dur": round(end - start, 3), "args": arguments}


def ticks_ahead(moment, now):
    return "never" if moment == t.NEVER else moment - now


def run_spans(trace):
    for run in trace.runs():
        arguments = {"reason": trace.reasons.get(run.reason, run.reason), "waiting": run.waiting,
                     "slice_ticks": ticks_ahead(run.until, run.start)}
        yield span(trace, CORES, run.core, trace.entity_name(run.entity), run.start, run.end,
                   **arguments)
        yield span(trace, VCPUS, run.entity, f"running on core {run.core}", run.start, run.end,
                   **arguments)


def wait_spans(trace):
    for wait in trace.waits():
        yield span(trace, VCPUS, wait.entity, "waiting", wait.start, wait.end,
                   after="wake-up" if wait.woken else "preemption")


def exit_span(trace, left, end, **arguments):
    return span(trace, CORES, left.core, "exit " + trace.exit_names.get(left.a, str(left.a)),
                left.tsc, end, rip=f"{left.b:#x}", **arguments)


def exit_spans(trace):
    """With trace = all: what the hypervisor did between exit and entry, in pieces if it switched to
    another vCPU meanwhile: spans that are not inside one another must not overlap."""
    exits = {}
    for r in trace.records:
        if r.kind == t.EXIT:
            exits[r.core] = r
        elif r.core not in exits:
            continue
        elif r.kind == t.ENTRY:
            yield exit_span(trace, exits.pop(r.core), r.tsc, verdict=r.a)
        elif r.kind in (t.BLOCK, t.PICK, t.VM_END):
            yield exit_span(trace, exits[r.core], r.tsc)
            exits[r.core] = exits[r.core]._replace(tsc=r.tsc)


def planned(record):
    """A slice or burst budget that a plan has changed, and why: enum sched_plan_why."""
    return {"ticks": t.low(record.a), "before": t.low(record.b),
            "why": ("own", "gives", "grows")[t.high(record.a) % 3],
            "forecast_ticks": t.high(record.b)}


def trust_reason(number):
    """enum sched_trust_reason"""
    names = ("new", "beats", "loses", "guard", "declined")
    return names[number] if number < len(names) else number


# What the fields of a record mean, for those that are shown as moments on the vCPU's track.
MOMENTS = {
    t.WAKE: lambda trace, r: {"to_core": r.a, "preempts": bool(r.b)},
    t.BLOCK: lambda trace, r: {"burst_ticks": r.a},
    t.MIGRATE: lambda trace, r: {"from_core": r.a, "to_core": r.b},
    t.DEBT: lambda trace, r: {"ticks": r.a - (1 << 64) if r.a >> 63 else r.a,
                              "debtor": trace.entity_name(r.b)},
    t.CLASS: lambda trace, r: {"class": ("throughput", "latency")[r.a & 1]},
    t.SLICE: lambda _, r: planned(r),
    t.VM_START: lambda trace, r: {"vcpus": r.a},
    t.VM_END: lambda trace, r: {"how": r.a, "code": r.b},
    t.TIMER: lambda trace, r: {"due_in_ticks": ticks_ahead(r.a, r.tsc)},
    t.POLICY: lambda trace, r: {"policy": trace.policies.get(r.a, r.a)},
    t.RESERVE: lambda trace, r: {"forecast_ticks": t.low(r.a), "forecast_window_ticks": t.high(r.a),
                                 "budget": t.low(r.b), "mean_window_ticks": t.high(r.b)},
    t.RELEASE: lambda trace, r: {"stood_ticks": r.a,
                                 "why": ("done", "missed", "trust", "class")[r.b & 3]},
    t.SWAP: lambda trace, r: {"ticks": t.low(r.a), "needs_ticks": t.high(r.a),
                              "from": trace.entity_name(r.b)},
    t.CREDIT: lambda _, r: planned(r),
    t.TRUST: lambda trace, r: {"trusted": bool(r.a), "why": trust_reason(r.b & 0xff),
                               "error_percent": r.b >> 8},
    t.IPI: lambda trace, r: {"to_core": r.a, "pending": r.b},
    t.INVEPT: lambda trace, r: {},
}
# And of those that are shown otherwise.
MEANINGS = MOMENTS | {
    t.PICK: lambda trace, r: {"slice_ticks": ticks_ahead(r.a, r.tsc),
                              "reason": trace.reasons.get(r.b, r.b)},
    t.FORECAST: lambda _, r: {"wanted_us": t.low(r.a), "forecast_us": t.high(r.a),
                              "high_us": t.low(r.b), "engine_ticks": t.high(r.b)},
}


def moments(trace):
    for r in trace.records:
        if r.kind not in MOMENTS:
            continue
        pid, tid = (CORES, r.core) if r.entity == t.NO_ENTITY else (VCPUS, r.entity)
        yield {"ph": "i", "s": "t", "name": t.KIND_NAMES[r.kind], "pid": pid, "tid": tid,
               "ts": microseconds(trace, r.tsc),
               "args": {"core": r.core, **MOMENTS[r.kind](trace, r)}}


def counters(trace):
    """Demand and its forecast as curves below each vCPU's track."""
    for entity, points in trace.forecasts().items():
        for p in points:
            yield {"ph": "C", "name": f"demand of {trace.entity_name(entity)} (us)", "pid": VCPUS,
                   "ts": microseconds(trace, p.tsc),
                   "args": {"wanted": p.actual, "forecast": p.point, "0.95 quantile": p.high}}


def write_json(trace, path):
    events = [*tracks(trace), *run_spans(trace), *wait_spans(trace), *exit_spans(trace),
              *moments(trace), *counters(trace)]
    document = {"displayTimeUnit": "ns", "traceEvents": events,
                "otherData": {"policy": trace.name, "tsc_hz": trace.tsc_hz,
                              "records": len(trace.records), "lost": sum(trace.lost.values())}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")
