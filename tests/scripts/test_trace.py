"""scripts/trace: its tables are those of the headers, and what it concludes from records."""
import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from augur import trace as t
from augur.config import ROOT, ConfigError
from augur.trace_json import CORES, VCPUS, write_json

INFO = """version\t2
tsc_hz\t1000000
cores\t2
vcpus_per_vm\t64
policy\t0\trr
policy\t1\tcredit
running\t1
reason\t1\tturn
reason\t3\twake
vm\t0\tlat\t1\t256\t0\tlatency
vm\t1\tsmp\t2\t512\t50\tthroughput
lost\t0\t0
lost\t1\t4
"""
LAT, SMP0, SMP1 = 0, 64, 65
NONE = t.NO_ENTITY
# lat starts, runs, sleeps; smp/0 runs on core 0 until lat comes back (due at 200, woken at 201);
# smp/1 moves to core 1.
RECORDS = [
    (10, t.VM_START, 0, LAT, 0, 1, 0),
    (20, t.WAKE, 0, LAT, 0, 0, 1),
    (30, t.PICK, 0, LAT, 0, 530, 3),
    (50, t.BLOCK, 0, LAT, 1, 20, 0),
    (51, t.PICK, 0, SMP0, 0, 551, 1),
    (60, t.PICK, 1, SMP1, 0, t.NEVER, 1),
    (60, t.MIGRATE, 1, SMP1, 0, 0, 1),
    (160, t.PICK, 1, SMP1, 0, t.NEVER, 2),
    (200, t.TIMER, 0, LAT, 0, 200, 0),
    (201, t.WAKE, 0, LAT, 1, 0, 1),
    (205, t.PICK, 0, LAT, 1, 705, 3),
    (225, t.DEBT, 0, SMP0, 1, (1 << 64) - 5, LAT),
    (225, t.BLOCK, 0, LAT, 1, 20, 0),
    (226, t.PICK, 0, SMP0, 0, 726, 1),
    (300, t.PICK, 0, NONE, 0, t.NEVER, 0),
    (310, t.PICK, 1, NONE, 0, t.NEVER, 0),
]


def enumerators(header, prefix):
    text = (ROOT / header).read_text()
    return {name: int(value) for name, value in re.findall(rf"\b{prefix}(\w+) = (\d+),", text)}


class HeadersTest(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(t.SCHED_KINDS, enumerators("sched/sched.h", "SCHED_TRACE_"))
        kinds = enumerators("hv/trace_abi.h", "TRACE_")
        for limit in ("SCHED_FIRST", "SCHED_LAST"):
            del kinds[limit]
        self.assertEqual(t.HV_KINDS, kinds)

    def test_layout_and_version(self):
        text = (ROOT / "hv/trace_abi.h").read_text()
        self.assertEqual(t.RECORD.size, 32)
        self.assertIn(f"#define TRACE_VERSION\t{t.VERSION}\n", text)
        self.assertIn(f"#define TRACE_NO_ENTITY {t.NO_ENTITY:#x}u\n", text)


class TraceFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, records, info=INFO):
        packed = b"".join(t.RECORD.pack(tsc, kind, core, entity, waiting, a, b)
                          for tsc, kind, core, entity, waiting, a, b in records)
        (self.folder / "trace.bin").write_bytes(packed)
        (self.folder / "trace.info").write_text(info)

    def trace(self):
        self.write(RECORDS)
        return t.Trace(self.folder)


class TraceTest(TraceFolder):
    def test_info(self):
        trace = self.trace()
        self.assertEqual((trace.name, trace.cores, trace.tsc_hz), ("credit", 2, 1000000))
        self.assertEqual(trace.entity_name(LAT), "lat")
        self.assertEqual(trace.entity_name(SMP1), "smp/1")
        self.assertEqual(trace.entity_name(640), "entity 640")
        self.assertEqual(trace.lost, {0: 0, 1: 4})
        self.assertTrue(trace.vm(LAT).latency)

    def test_records_of_cores_are_merged_by_time(self):
        by_core = sorted(RECORDS, key=lambda r: -r[2])
        self.write(by_core)
        self.assertEqual([r.tsc for r in t.Trace(self.folder).records], [r[0] for r in RECORDS])

    def test_runs(self):
        runs = [(r.core, r.entity, r.start, r.end, r.reason) for r in self.trace().runs()]
        self.assertEqual(runs, [(0, LAT, 30, 50, 3), (0, SMP0, 51, 205, 1), (1, SMP1, 60, 310, 1),
                                (0, LAT, 205, 225, 3), (0, SMP0, 226, 300, 1)])

    def test_waits(self):
        self.assertEqual(self.trace().waits(),
                         [t.Wait(LAT, 20, 30, True), t.Wait(LAT, 201, 205, True),
                          t.Wait(SMP0, 205, 226, False)])

    def test_wakeups_count_from_the_deadline_and_without_the_start(self):
        self.assertEqual(self.trace().wakeups(), [t.Wakeup(LAT, 200, 205, 0)])
        self.assertEqual(self.trace().latencies(), [5])

    def test_early_wakeup_is_not_late(self):
        self.write([(90, t.TIMER, 0, LAT, 0, 100, 0), (91, t.WAKE, 0, LAT, 0, 0, 1),
                    (95, t.PICK, 0, LAT, 0, 200, 3)])
        self.assertEqual(t.Trace(self.folder).latencies(), [0])

    def test_shares_sum_to_what_ran(self):
        trace = self.trace()
        shares = trace.shares(100)
        self.assertAlmostEqual(shares[SMP0][0], 59 / 100)      # 51 to 110
        self.assertAlmostEqual(shares[SMP0][1], 95 / 100)      # 110 to 205
        self.assertAlmostEqual(sum(shares[SMP1]), 250 / 100)
        self.assertEqual(len(shares[LAT]), 3)

    def test_last_window_may_be_short(self):
        shares = self.trace().shares(200)
        self.assertAlmostEqual(shares[SMP0][1], 74 / 100)      # the window is 210 to 310

    def test_json(self):
        path = self.folder / "out.json"
        write_json(self.trace(), path)
        events = json.loads(path.read_text())["traceEvents"]
        spans = [e for e in events if e["ph"] == "X" and e["pid"] == CORES]
        self.assertEqual([(e["tid"], e["name"], e["ts"], e["dur"]) for e in spans][:2],
                         [(0, "lat", 20, 20), (0, "smp/0", 41, 154)])
        self.assertEqual(spans[0]["args"]["reason"], "wake")
        self.assertEqual(spans[0]["args"]["slice_ticks"], 500)
        debt = next(e for e in events if e["name"] == "debt")
        self.assertEqual(debt["args"], {"core": 0, "ticks": -5, "debtor": "lat"})
        names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events
                 if e["name"] == "thread_name"}
        self.assertEqual(names[VCPUS, SMP1], "smp/1")
        self.assertEqual(names[CORES, 1], "core 1")

    def test_json_of_plans_has_inputs_and_reason(self):
        self.write([*RECORDS, (230, t.SLICE, 0, LAT, 0, 500 | 2 << 32, 400 | 100 << 32),
                    (231, t.RESERVE, 0, LAT, 0, 500 | 200 << 32, 300 | 50 << 32)])
        path = self.folder / "out.json"
        write_json(t.Trace(self.folder), path)
        events = json.loads(path.read_text())["traceEvents"]
        found = {e["name"]: e["args"] for e in events if e["name"] in ("slice", "reserve")}
        self.assertEqual(found["slice"], {"core": 0, "ticks": 500, "before": 400, "why": "grows",
                                          "forecast_ticks": 100})
        self.assertEqual(found["reserve"], {"core": 0, "forecast_ticks": 500,
                                            "forecast_window_ticks": 200, "budget": 300,
                                            "mean_window_ticks": 50})

    def test_text_names_what_it_can(self):
        self.write([*RECORDS, (320, t.TRUST, 0, LAT, 0, 0, 2 | 130 << 8),
                    (330, t.EXIT, 0, LAT, 0, 10, 0x1000)])
        text = subprocess.run([ROOT / "scripts/trace", "--text", self.folder], text=True,
                              capture_output=True, check=True).stdout
        self.assertRegex(text, "pick +lat +waiting 0  slice_ticks 500  reason wake\n")
        self.assertRegex(text, "trust +lat +waiting 0  trusted False  why loses  error_percent 130\n")
        self.assertRegex(text, "exit +lat +waiting 0  a 0xa  b 0x1000\n")

    def assert_nested(self, spans):
        """On each track every span is inside another one or beside it, in whole nanoseconds."""
        tracks = {}
        for e in spans:
            start = round(1000 * e["ts"])
            tracks.setdefault((e["pid"], e["tid"]), []).append((start, start + round(1000 * e["dur"])))
        for track in tracks.values():
            open_ends = []
            for start, end in sorted(track, key=lambda span: (span[0], -span[1])):
                while open_ends and open_ends[-1] <= start:
                    open_ends.pop()
                self.assertLessEqual(end, open_ends[-1] if open_ends else end)
                open_ends.append(end)

    def test_json_spans_do_not_overlap(self):
        switches = [(1000 + 7 * i, t.PICK, 0, (LAT, SMP0)[i % 2], 0, t.NEVER, 1) for i in range(500)]
        exits = [(1000 + 7 * i - 3, t.EXIT, 0, (LAT, SMP0)[i % 2], 0, 12, 0) for i in range(500)]
        entries = [(1000 + 7 * i + 2, t.ENTRY, 0, (LAT, SMP0)[i % 2], 0, 0, 0) for i in range(500)]
        self.write(sorted(RECORDS + switches + exits + entries), INFO.replace("1000000", "100001390"))
        write_json(t.Trace(self.folder), self.folder / "out.json")
        events = json.loads((self.folder / "out.json").read_text())["traceEvents"]
        self.assert_nested(e for e in events if e["ph"] == "X")

    def test_complaints(self):
        with self.assertRaisesRegex(ConfigError, "trace.info: No such file"):
            t.Trace(self.folder)
        self.write(RECORDS, "tsc_hz\t1\n")
        with self.assertRaisesRegex(ConfigError, "not a trace of version 2"):
            t.Trace(self.folder)
        self.write([])
        with self.assertRaisesRegex(ConfigError, "there are no records"):
            t.Trace(self.folder)
        self.write(RECORDS)
        (self.folder / "trace.bin").write_bytes(bytes(33))
        with self.assertRaisesRegex(ConfigError, "cut short"):
            t.Trace(self.folder)


class PercentileTest(unittest.TestCase):
    def test_nearest_rank(self):
        values = [40, 10, 30, 20]
        self.assertEqual([t.percentile(values, p) for p in (0, 25, 26, 50, 99, 100)],
                         [10, 10, 20, 20, 40, 40])
        self.assertEqual(t.percentile([], 50), 0)


class PlotTest(TraceFolder):
    """Every picture can be drawn; looking right is for people to judge."""

    def setUp(self):
        super().setUp()
        try:
            from augur import plot
        except ImportError:
            self.skipTest("python3-matplotlib is not installed")
        self.plot = plot

    def test_pictures(self):
        trace = self.trace()
        for figure in (self.plot.timeline(trace), self.plot.share_over_time(trace),
                       self.plot.latency_cdf([("a", [1e-6, 0, 3e-3]), ("b", [])])):
            text = self.plot.svg(figure)
            self.assertTrue(text.startswith("<svg") and text.rstrip().endswith("</svg>"))

    def test_same_trace_same_picture(self):
        for name in ("one.svg", "two.svg"):
            self.plot.save(self.plot.timeline(self.trace()), self.folder / name)
        self.assertEqual((self.folder / "one.svg").read_bytes(),
                         (self.folder / "two.svg").read_bytes())

    def test_many_vcpus_are_shown_by_class(self):
        self.write([(10 * i, t.PICK, 0, 64 * (i % 40), 0, 0, 1) for i in range(100)])
        groups = self.plot.groups(t.Trace(self.folder))
        self.assertEqual({label for label, _ in groups.values()},
                         {"latency-sensitive vCPUs (1)", "other vCPUs (39)"})


if __name__ == "__main__":
    unittest.main()
