"""The trace of a run: trace.bin (records, hv/trace_abi.h) and trace.info (what goes with them).

Trace reads them; runs(), waits(), wakeups() and others tell from the records who ran where and
when. Times are host ticks; Trace.seconds() converts.
"""
import struct
from collections import defaultdict, namedtuple
from pathlib import Path

from augur.config import ConfigError

VERSION = 2
NO_ENTITY = 0xffff
NEVER = (1 << 64) - 1
RECORD = struct.Struct("<QHHHHQQ")

# enum sched_trace_kind of sched/sched.h
SCHED_KINDS = {"PICK": 1, "WAKE": 2, "BLOCK": 3, "MIGRATE": 4, "DEBT": 5, "CLASS": 6, "SLICE": 7,
               "POLICY": 8, "RESERVE": 9, "RELEASE": 10, "SWAP": 11, "CREDIT": 12, "TRUST": 13}
# enum trace_kind of hv/trace_abi.h
HV_KINDS = {"VM_START": 32, "VM_END": 33, "TIMER": 34, "IDLE": 35, "IPI": 36, "INVEPT": 37,
            "FORECAST": 38, "WEIGHTS": 39, "EXIT": 40, "ENTRY": 41}
KIND_NAMES = {number: name.lower() for name, number in (SCHED_KINDS | HV_KINDS).items()}
(PICK, WAKE, BLOCK, MIGRATE, DEBT, CLASS, SLICE, POLICY, RESERVE, RELEASE, SWAP, CREDIT,
 TRUST) = SCHED_KINDS.values()
(VM_START, VM_END, TIMER, IDLE, IPI, INVEPT, FORECAST, WEIGHTS, EXIT,
 ENTRY) = HV_KINDS.values()

Record = namedtuple("Record", "tsc kind core entity waiting a b")
Run = namedtuple("Run", "core entity start end reason until waiting")
Wait = namedtuple("Wait", "entity start end woken")     # woken: else it was preempted
Wakeup = namedtuple("Wakeup", "entity due picked core")
Vm = namedtuple("Vm", "id name vcpus weight cap latency")
# Times in us, cost in ticks: the window that ended at `tsc`, and what had been forecast for it.
Forecast = namedtuple("Forecast", "entity tsc actual point high cost")
Weights = namedtuple("Weights", "entity tsc weights")   # of the models, in order; their sum is 1
Reservation = namedtuple("Reservation", "entity start end why")     # why: enum drp_end, None: stands
Books = namedtuple("Books", "start run idle overhead decisions switches")


def low(halves):
    return halves & 0xffffffff


def high(halves):
    return halves >> 32


def read_records(path):
    """The records of all cores in order of time; of equal times, in the order they were written."""
    data = Path(path).read_bytes()
    if len(data) % RECORD.size:
        raise ConfigError(f"{path}: its size is not a multiple of {RECORD.size}: the run was cut "
                          "short, or this is no trace")
    return sorted((Record(*fields) for fields in RECORD.iter_unpack(data)),
                  key=lambda record: record.tsc)


class Trace:
    """A recorded run. name: what pictures call it, unless told: its policy."""

    def __init__(self, folder, name=None):
        self.folder = Path(folder)
        self.tsc_hz = 0
        self.cores = 0
        self.vcpus_per_vm = 64
        self.policies, self.reasons, self.exit_names, self.models = {}, {}, {}, {}
        self.vms, self.exits, self.lost, self.books = {}, {}, {}, {}
        self.policy = None
        self._read_info(self.folder / "trace.info")
        self.records = read_records(self.folder / "trace.bin")
        if not self.records:
            raise ConfigError(f"{self.folder}/trace.bin: there are no records in it")
        self.name = name or self.policies.get(self.policy, "?")
        self.start, self.end = self.records[0].tsc, self.records[-1].tsc

    def _read_info(self, path):
        readers = {
            "tsc_hz": lambda hz: setattr(self, "tsc_hz", int(hz)),
            "cores": lambda count: setattr(self, "cores", int(count)),
            "vcpus_per_vm": lambda count: setattr(self, "vcpus_per_vm", int(count)),
            "policy": lambda index, name: self.policies.update({int(index): name}),
            "running": lambda index: setattr(self, "policy", int(index)),
            "reason": lambda index, name: self.reasons.update({int(index): name}),
            "model": lambda index, name: self.models.update({int(index): name}),
            "exit": lambda index, name: self.exit_names.update({int(index): name}),
            "vm": self._read_vm,
            "exits": lambda vm, count: self.exits.update({int(vm): int(count)}),
            "lost": lambda core, count: self.lost.update({int(core): int(count)}),
            "books": lambda core, *ticks: self.books.update({int(core): Books(*map(int, ticks))}),
        }
        try:
            lines = path.read_text().splitlines()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; is `trace = sched` in the section "
                              "[augur] of the configuration?") from error
        if lines[:1] != [f"version\t{VERSION}"]:
            raise ConfigError(f"{path}: this is not a trace of version {VERSION}")
        for line in lines[1:]:
            key, *words = line.split("\t")
            if key in readers:
                readers[key](*words)

    def _read_vm(self, number, name, vcpus, weight, cap, latency):
        self.vms[int(number)] = Vm(int(number), name, int(vcpus), int(weight), int(cap),
                                   latency == "latency")

    def seconds(self, ticks):
        return ticks / self.tsc_hz

    def milliseconds(self, tick):
        """Of the run, for a moment."""
        return 1000 * (tick - self.start) / self.tsc_hz

    def vm(self, entity):
        return self.vms.get(entity // self.vcpus_per_vm)

    def entity_name(self, entity):
        vm = self.vm(entity)
        if vm is None:
            return f"entity {entity}"
        return vm.name if vm.vcpus == 1 else f"{vm.name}/{entity % self.vcpus_per_vm}"

    def entities(self):
        """All that ever ran or woke, in the order of the configuration."""
        return sorted({r.entity for r in self.records if r.entity != NO_ENTITY})

    def count(self, kind):
        return sum(1 for record in self.records if record.kind == kind)

    def runs(self):
        """Who ran where, in order of the start; decisions to continue are one run."""
        runs, open_runs = [], {}

        def close(core, tsc):
            run = open_runs.pop(core, None)
            if run is not None and tsc > run.start:
                runs.append(run._replace(end=tsc))

        last = {}
        for r in self.records:
            last[r.core] = r.tsc
            if r.kind == BLOCK or (r.kind == VM_END and r.core in open_runs):
                close(r.core, r.tsc)
            if r.kind != PICK:
                continue
            before = open_runs.get(r.core)
            if before is not None and before.entity == r.entity:
                continue
            close(r.core, r.tsc)
            if r.entity != NO_ENTITY:
                open_runs[r.core] = Run(r.core, r.entity, r.tsc, None, r.b, r.a, r.waiting)
        for core in list(open_runs):
            close(core, last[core])
        return sorted(runs, key=lambda run: run.start)

    def waits(self):
        """When somebody was runnable and did not run."""
        waits, since, running = [], {}, {}
        for r in self.records:
            if r.kind == WAKE:
                since[r.entity] = (r.tsc, True)
            elif r.kind == BLOCK:
                running.pop(r.core, None)
            elif r.kind == PICK:
                before = running.pop(r.core, None)
                if before is not None and before != r.entity:
                    since[before] = (r.tsc, False)
                if r.entity == NO_ENTITY:
                    continue
                running[r.core] = r.entity
                start, woken = since.pop(r.entity, (r.tsc, False))
                if r.tsc > start:
                    waits.append(Wait(r.entity, start, r.tsc, woken))
        return waits

    def wakeups(self):
        """Each wake-up with the moment it was due (its timer's, else the wake-up's own) and the
        moment a core chose the vCPU. The start of a VM is none."""
        wakeups, timers, due, starting = [], {}, {}, set()
        for r in self.records:
            if r.kind == TIMER:
                timers[r.entity] = r.a
            elif r.kind == VM_START:
                starting.add(r.entity)
            elif r.kind == WAKE and r.entity in starting:
                starting.remove(r.entity)
            elif r.kind == WAKE:
                due[r.entity] = timers.pop(r.entity, r.tsc)
            elif r.kind == PICK and r.entity in due:
                wakeups.append(Wakeup(r.entity, due.pop(r.entity), r.tsc, r.core))
        return wakeups

    def forecasts(self):
        """{entity: [Forecast]}; the first of an entity is left out, nothing had been said then."""
        found = defaultdict(list)
        for r in self.records:
            if r.kind == FORECAST:
                found[r.entity].append(Forecast(r.entity, r.tsc, low(r.a), high(r.a), low(r.b),
                                                high(r.b)))
        return {entity: points[1:] for entity, points in found.items() if points[1:]}

    def weights(self):
        """{entity: [Weights]}"""
        found = defaultdict(list)
        for r in self.records:
            if r.kind == WEIGHTS:
                packed = r.a.to_bytes(8, "little") + r.b.to_bytes(8, "little")
                values = packed[:len(self.models)]
                whole = sum(values) or 1
                found[r.entity].append(Weights(r.entity, r.tsc, [v / whole for v in values]))
        return dict(found)

    def reservations(self):
        """In order of their end; those that stand at the end of the trace come last."""
        found, since = [], {}
        for r in self.records:
            if r.kind == RESERVE:
                since[r.entity] = r.tsc
            elif r.kind == RELEASE and r.entity in since:
                found.append(Reservation(r.entity, since.pop(r.entity), r.tsc, r.b))
        return found + [Reservation(entity, start, self.end, None)
                        for entity, start in since.items()]

    def slices(self):
        """{entity: [(tick, ticks of slice)]}, of those whose slice was ever planned; the first is
        what it was before."""
        found = {}
        for r in self.records:
            if r.kind == SLICE:
                found.setdefault(r.entity, [(self.start, low(r.b))]).append((r.tsc, low(r.a)))
        return found

    def latencies(self, latency_only=True):
        """Ticks from due to chosen. A vCPU that is woken a little early is not late."""
        marked = {vm.id for vm in self.vms.values() if vm.latency}
        chosen = latency_only and marked
        return [max(0, w.picked - w.due) for w in self.wakeups()
                if not chosen or w.entity // self.vcpus_per_vm in marked]

    def shares(self, window):
        """{entity: [share of one core in each window of so many ticks]}."""
        count = max(1, -(-(self.end - self.start) // window))
        lengths = [window] * (count - 1) + [self.end - self.start - (count - 1) * window or 1]
        shares = defaultdict(lambda: [0.0] * count)
        for run in self.runs():
            at = run.start
            while at < run.end:
                index = (at - self.start) // window
                stop = min(run.end, self.start + (index + 1) * window)
                shares[run.entity][index] += (stop - at) / lengths[index]
                at = stop
        return dict(shares)


def percentile(values, percent):
    """Nearest rank, as the guests do it (guests/lib/samples.h): 0 of nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]
