"""How fair a recorded schedule was: compared with generalized processor sharing, a fluid that
serves everybody with work at once, in proportion to their weights, none faster than one core or its
cap. The same measure as the simulator's (tests/sim/fluid.h), with the arrivals of work as the trace
shows them. A. Parekh, R. Gallager, "A generalized processor sharing approach", 1993."""
import math

from augur import trace as t

EPSILON = 1e-6


def arrivals(trace):
    """[(tick, entity, work)] in order; what had not ended when the trace did is endless."""
    jobs, due, since, ran = [], {}, {}, {}

    def close(entity, work):
        if entity in due:
            jobs.append((due.pop(entity), entity, work))

    timers = {}
    for r in trace.records:
        if r.kind == t.TIMER:
            timers[r.entity] = r.a
        elif r.kind == t.WAKE:
            due[r.entity] = min(timers.pop(r.entity, r.tsc), r.tsc)
            ran[r.entity] = 0
        elif r.kind in (t.PICK, t.BLOCK):
            entity, start = since.pop(r.core, (None, 0))
            if entity is not None:
                ran[entity] = ran.get(entity, 0) + r.tsc - start
            if r.kind == t.BLOCK:
                close(r.entity, ran.get(r.entity, 0))
            elif r.entity != t.NO_ENTITY:
                since[r.core] = (r.entity, r.tsc)
    for entity in list(due):
        close(entity, math.inf)
    return sorted(jobs)


def rates(claims, capacity):
    """claims: {key: (weight, limit)}. Weighted max-min fair rates that sum to the capacity unless
    all limits are reached."""
    rate, free = {}, dict(claims)
    while free and capacity > EPSILON:
        weight = sum(w for w, _ in free.values())
        full = {k: limit for k, (w, limit) in free.items() if capacity * w / weight >= limit}
        if not full:
            return rate | {k: capacity * w / weight for k, (w, _) in free.items()}
        for key, limit in full.items():
            rate[key] = limit
            capacity -= limit
            del free[key]
    return rate | dict.fromkeys(free, 0.0)


class Fluid:
    """limits: {entity: (weight, largest rate)}."""

    def __init__(self, limits, cores, jobs):
        self.limits, self.cores, self.jobs = limits, cores, list(reversed(jobs))
        self.backlog, self.got, self.now = {}, dict.fromkeys(limits, 0.0), 0

    def advance(self, until):
        while self.now < until:
            while self.jobs and self.jobs[-1][0] <= self.now:
                _, entity, work = self.jobs.pop()
                self.backlog[entity] = self.backlog.get(entity, 0) + work
            stop = min(until, self.jobs[-1][0]) if self.jobs else until
            self._serve(stop - self.now)
            self.now = stop

    def _serve(self, ticks):
        while ticks > EPSILON and self.backlog:
            rate = rates({e: self.limits[e] for e in self.backlog}, self.cores)
            part = min([ticks, *(self.backlog[e] / r for e, r in rate.items() if r > 0)])
            part = max(part, EPSILON)
            for entity, r in rate.items():
                self.got[entity] += r * part
                self.backlog[entity] -= r * part
                if self.backlog[entity] <= EPSILON:
                    del self.backlog[entity]
            ticks -= part


def received(runs, start, end):
    """{entity: ticks it ran between two moments}."""
    ticks = {}
    for run in runs:
        part = min(run.end, end) - max(run.start, start)
        if part > 0:
            ticks[run.entity] = ticks.get(run.entity, 0) + part
    return ticks


def limits(trace, entities):
    result = {}
    for entity in entities:
        vm = trace.vm(entity)
        cap = vm.cap / vm.vcpus / 100 if vm.cap else 1.0
        result[entity] = (vm.weight, min(cap, 1.0))
    return result


def fairness_error(trace, start, end, window=None, exempt=()):
    """The largest shortfall of any vCPU against the fluid over any of the consecutive windows (of a
    second), as a share of the window, and whose it was. The fluid is scaled to what the cores really
    delivered, so overhead is no unfairness."""
    window = window or trace.tsc_hz
    entities = trace.entities()
    fluid = Fluid(limits(trace, entities), trace.cores, arrivals(trace))
    fluid.now = min(start, fluid.jobs[-1][0]) if fluid.jobs else start
    runs = trace.runs()
    worst = (0.0, None)
    fluid.advance(start)
    for at in range(start, end - window + 1, window):
        fluid.got = dict.fromkeys(fluid.got, 0.0)
        fluid.advance(at + window)
        real = received(runs, at, at + window)
        total = sum(fluid.got.values())
        scale = min(1.0, sum(real.values()) / total) if total else 1.0
        for entity in entities:
            error = (fluid.got[entity] * scale - real.get(entity, 0)) / window
            if error > worst[0] and entity not in exempt:
                worst = (error, entity)
    return worst
