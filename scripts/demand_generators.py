"""Synthetic demand of a vCPU, one row a 10 ms window: what the LSTM is trained on.

Each generator yields (cpu_us, faults, io_ops, io_bytes, wakeups) and takes a random.Random and the
size of its demand in microseconds.
"""
import math

WINDOW_US = 10000


def row(rng, cpu, faults=0.0, io=0.0):
    """Counts scatter around what the demand brings with it."""
    cpu = max(0.0, min(2.0 * WINDOW_US, cpu))
    io = max(0.0, io) * rng.uniform(0.7, 1.3)
    faults = max(0.0, faults) * rng.uniform(0.5, 1.5)
    return int(cpu), int(faults), int(io), int(io * 700), int(io / 3 + (cpu > 0))


def requests(rng, size):
    """Requests at a rate that drifts and jumps; each costs about the same."""
    rate, cost = rng.uniform(0.5, 30), size / 10
    while True:
        if rng.random() < 0.003:
            rate = rng.uniform(0.2, 40)
        rate = max(0.1, rate * math.exp(rng.gauss(0, 0.02)))
        count = max(0, round(rng.gauss(rate, math.sqrt(rate))))
        yield row(rng, count * cost * rng.uniform(0.8, 1.2), count, 3 * count)


def on_off(rng, size):
    """Bursts of some length, pauses of some other, with faults at the start of a burst."""
    on, off = rng.uniform(2, 60), rng.uniform(5, 150)
    regular = rng.random() < 0.5
    while True:
        spread = 0.1 if regular else 1.0
        for i in range(max(1, round(rng.gauss(on, spread * on / 2)))):
            yield row(rng, size * rng.gauss(1, 0.1), 200 if i == 0 else 5, 30)
        for _ in range(max(1, round(rng.expovariate(1 / off) if not regular else rng.gauss(off, 2)))):
            yield row(rng, size / 100 * (rng.random() < 0.1))


def frames(rng, size):
    """Work at a fixed period that need not fit the windows: every frame costs a bit more or less."""
    period, cost = rng.uniform(1.3, 30), size * rng.uniform(0.3, 2)
    next_frame, pending, time = 0.0, 0.0, 0
    while True:
        while next_frame <= time:
            key = rng.random() < 0.03
            pending += cost * rng.gauss(1, 0.15) * (2.5 if key else 1)
            next_frame += period
        done = min(pending, WINDOW_US)
        pending -= done
        time += 1
        yield row(rng, done, done / 2000, 2)


def alternating(rng, size):
    """A short cycle of sizes that rarely slips by one window."""
    cycle = [size * rng.choice([0, 0.05, 0.5, 1, 1.5]) for _ in range(rng.randint(2, 12))]
    at = 0
    while True:
        at += 1 if rng.random() > 0.01 else 2
        yield row(rng, cycle[at % len(cycle)] * rng.gauss(1, 0.05), 0, 1)


def saturated(rng, size):
    """Always busy, with rare dips and, rarer, a second thread."""
    while True:
        chance = rng.random()
        factor = 0.6 if chance < 0.02 else 1.3 if chance < 0.025 else 1
        yield row(rng, size * factor * rng.gauss(1, 0.003), rng.gauss(200, 80), 20)


def collected(rng, size):
    """A small steady load with collections that come sooner the more was done."""
    debt, limit = 0.0, rng.uniform(20, 200) * size
    while True:
        cpu = size * 0.3 * rng.expovariate(1)
        debt += cpu
        yield row(rng, cpu, cpu / 500, cpu / 100)
        if debt > limit:
            debt = 0.0
            for _ in range(rng.randint(1, 6)):
                yield row(rng, size * 3 * rng.gauss(1, 0.1), 50, 1)


def announced(rng, size):
    """I/O first, then, some windows later, the computation on what was read."""
    while True:
        for _ in range(max(1, round(rng.expovariate(1 / 60)))):
            yield row(rng, size / 50 * (rng.random() < 0.3))
        for _ in range(rng.randint(1, 5)):
            yield row(rng, size / 5, 10, 200)
        for _ in range(rng.randint(2, 20)):
            yield row(rng, size * rng.gauss(1, 0.2), 20, 5)


def sparse(rng, size):
    """Now and then a command: a short burst whose length is heavy-tailed."""
    while True:
        for _ in range(1 + round(rng.expovariate(1 / 80))):
            yield row(rng, 0)
        for i in range(min(200, round(rng.paretovariate(1.2)))):
            yield row(rng, size * rng.gauss(1, 0.15), 300 if i < 2 else 20, 10)


def ramp(rng, size):
    """Load that climbs and falls slowly, with noise."""
    period = rng.uniform(100, 1500)
    time = rng.uniform(0, period)
    while True:
        time += 1
        level = size * (1 + math.sin(2 * math.pi * time / period)) / 2
        yield row(rng, level * rng.gauss(1, 0.25), level / 500, level / 200)


ALL = (requests, on_off, frames, alternating, saturated, collected, announced, sparse, ramp)


def series(rng, windows):
    """One or two kinds together, changing once in a while; returns a list of rows."""
    rows = []
    while len(rows) < windows:
        parts = [rng.choice(ALL)(rng, WINDOW_US * 10 ** rng.uniform(-2, 0))
                 for _ in range(1 if rng.random() < 0.7 else 2)]
        for _ in range(rng.choice((600, 1500, windows))):
            rows.append(tuple(sum(values) for values in zip(*(next(part) for part in parts))))
    return rows[:windows]
