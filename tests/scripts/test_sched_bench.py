"""scripts/augur/sched_bench.py: figures from a run of which everything is known."""
import math
import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from augur import agreement, bench_run, debts, fair, sched_bench
from augur import trace as t
from augur.config import ConfigError

INFO = """version\t2
tsc_hz\t1000
cores\t1
vcpus_per_vm\t64
policy\t0\trr
running\t0
vm\t0\tlat\t1\t256\t0\tlatency
vm\t1\thog\t1\t256\t0\tthroughput
lost\t0\t{lost}
books\t0\t0\t0\t0\t0\t9\t8
"""
LAT, HOG = 0, 64
CONFIG = "cmdline = work=periodic until=1\ncmdline = work=hog until=1\n"


def records():
    """From 1000 to 3000: of each 100 ticks lat runs 10, the hog the rest; an IPI each time."""
    yield 900, t.VM_START, 0, LAT, 0, 1, 0
    yield 950, t.VM_START, 0, HOG, 0, 1, 0
    yield 960, t.WAKE, 0, LAT, 0, 0, 1
    yield 970, t.WAKE, 0, HOG, 0, 0, 1
    for at in range(1000, 3000, 100):
        if at > 1000:
            yield at, t.TIMER, 0, LAT, 0, at, 0
            yield at, t.WAKE, 0, LAT, 0, 0, 1
        yield at, t.PICK, 0, LAT, 1, at + 50, 3
        yield at + 10, t.BLOCK, 0, LAT, 1, 10, 0
        yield at + 10, t.PICK, 0, HOG, 0, at + 100, 1
        yield at + 20, t.IPI, 0, t.NO_ENTITY, 0, 1, 0
    yield 3000, t.VM_END, 0, HOG, 0, 1, 0


class RunTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.write("trace.info", INFO.format(lost=0))
        (self.folder / "trace.bin").write_bytes(b"".join(
            t.RECORD.pack(tsc, kind, core, entity, waiting, a, b)
            for tsc, kind, core, entity, waiting, a, b in records()))
        self.write("scenario.cfg", CONFIG)
        # lat computed 8 of each 10 ticks that it ran; times are of the guest's own TSC
        self.write("lat.console", "TASK 0 100 2100 160 200 20 1\nLATE 5 1 3\nBURST 12 11\n")
        self.write("hog.console", "TASK 0 50 2050 1800 1800 10 0\nLATE\nBURST\n")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def read(self):
        return sched_bench.read_run(self.folder)

    def test_window_is_where_all_tasks_are(self):
        self.assertEqual(sched_bench.window_of(self.read()), (1000, 3000))

    def test_throughput_raw_and_charged(self):
        raw, charged = sched_bench.throughput(self.read(), 1000, 3000)
        left = 2000 - 160               # what lat computed is not left to others
        self.assertAlmostEqual(raw, 100 * 1800 / left)
        charge = (30 * sched_bench.CHARGE["EXIT"] + 20 * sched_bench.CHARGE["IPI"])
        self.assertAlmostEqual(charged, 100 * (1800 - charge) / left)

    def test_half_a_window_has_half_the_exits(self):
        _, charged = sched_bench.throughput(self.read(), 1000, 2000)
        charge = (15 * sched_bench.CHARGE["EXIT"] + 10 * sched_bench.CHARGE["IPI"])
        self.assertAlmostEqual(charged, 100 * (900 - charge) / (1000 - 80))

    def test_figures(self):
        values = sched_bench.figures(self.read())
        self.assertEqual(values["late_p50"], ("3", "ticks"))
        self.assertEqual(values["late_max"], ("5", "ticks"))
        self.assertEqual(values["burst_p99"], ("12", "ticks"))
        self.assertEqual(values["missed"], ("1", "count"))
        self.assertEqual(values["switches"], ("8", "count"))

    def test_debts_are_repaid_by_running_and_end_with_blocking(self):
        """lat takes 7 and 2 ticks from the hog, which runs 4 between and waits for nothing then."""
        events = ((10, t.PICK, HOG, 0), (20, t.PICK, LAT, 0), (27, t.DEBT, HOG, 7),
                  (27, t.PICK, HOG, 0), (31, t.PICK, LAT, 0), (33, t.DEBT, HOG, 2),
                  (33, t.PICK, HOG, 0), (34, t.BLOCK, HOG, 0), (40, t.DEBT, HOG, 3))
        trace = SimpleNamespace(records=[t.Record(tsc, kind, 0, entity, 0, a, 0)
                                         for tsc, kind, entity, a in events])
        self.assertEqual(debts.most_owed(trace), 7)
        trace.records = trace.records[:5] + [t.Record(33, t.DEBT, 0, HOG, 0, 5, 0)]
        self.assertEqual(debts.most_owed(trace), 8)     # 7 - 4 + 5

    def test_latency_and_its_price_against_credit_without_boost(self):
        def values(raw, charged, **late):
            return {key: (str(value), "") for key, value in
                    {"hogs_raw": raw, "hogs_charged": charged, **late}.items()}

        lines = list(sched_bench.against_plain({
            ("s3", sched_bench.PLAIN): values(80, 50, late_max=1000),
            ("s3", "edf"): values(79.2, 49, late_max=50),
            ("s4", "edf"): values(79, 49, late_max=70),
            ("s7", sched_bench.PLAIN): values(90, 90), ("s7", "edf"): values(90, 90)}))
        self.assertEqual(lines, ["s3.edf.late_max_vs_plain\t0.0500\tratio",
                                 "s3.edf.hogs_lost_raw\t1.000\tpercent",
                                 "s3.edf.hogs_lost_charged\t2.000\tpercent",
                                 "s7.edf.hogs_lost_raw\t0.000\tpercent",
                                 "s7.edf.hogs_lost_charged\t0.000\tpercent"])

    def test_fair_schedule_has_no_error(self):
        error, _ = fair.fairness_error(self.read().trace, 1000, 3000)
        self.assertLess(error, 0.02)

    def test_arrivals_are_the_bursts(self):
        jobs = fair.arrivals(self.read().trace)
        self.assertEqual(jobs[0], (960, LAT, 10))
        self.assertIn((970, HOG, math.inf), jobs)
        self.assertEqual(len(jobs), 21)

    def test_starving_is_found(self):
        """The same, as if lat had a weight of 1 only: then it got too much, and the hog too little."""
        self.write("trace.info", INFO.format(lost=0).replace("lat\t1\t256", "lat\t1\t1"))
        error, whose = fair.fairness_error(self.read().trace, 1000, 3000)
        self.assertEqual(whose, HOG)
        self.assertGreater(error, 0)

    def test_losses_and_silence_are_refused(self):
        self.write("hog.console", "LATE\nBURST\n")
        with self.assertRaisesRegex(ConfigError, "VM hog has not reported"):
            self.read()
        self.write("trace.info", INFO.format(lost=3))
        with self.assertRaisesRegex(ConfigError, "3 records of the trace were lost"):
            self.read()

    def test_lines_name_the_recommended_policy_twice(self):
        values = {"missed": ("0", "count")}
        self.assertEqual(list(sched_bench.tsv_lines("s1", sched_bench.RECOMMENDED, values)),
                         [f"s1.{sched_bench.RECOMMENDED}.missed\t0\tcount", "s1.best.missed\t0\tcount"])
        self.assertEqual(list(sched_bench.tsv_lines("s1", "rr", values)), ["s1.rr.missed\t0\tcount"])

    def test_agreement_measures_what_differs(self):
        """With itself: nothing. With a model that gives lat 20 ticks of each 100, not 10: 10 %."""
        run = self.read()
        trace = run.trace
        real = agreement.side(trace, 1000, 3000)
        self.assertEqual(real.switches, 39)     # two in each 100 ticks, but for the first
        same = agreement.Agreement("s1", "rr", real, real)
        self.assertEqual((same.switches(), same.share()[0], same.late("late_p99")), (0, 0, 0))
        model = agreement.side(trace, 1000, 2000)
        model.late["late_p99"] += 4
        model.shares = {"lat": 20.0, "hog": 80.0}
        other = agreement.Agreement("s1", "rr", real, model)
        self.assertAlmostEqual(other.share()[0], 10)
        self.assertEqual((other.late("late_p50"), other.late("late_p99")), (0, 4))
        self.assertAlmostEqual(other.switches(), 100 * (19 - 39) / 39)
        self.assertIn("agree.s1.rr.late_p99\t4\tticks", list(agreement.tsv_lines(other)))

    def test_agreement_leaves_the_beginning_out(self):
        run = self.read()
        start = agreement.settled(run.trace, 1000)
        self.assertEqual(start, 1600)
        moved = [r._replace(tsc=r.tsc + 7) if r.kind == t.PICK and r.entity == LAT and r.tsc == 1500
                 else r for r in run.trace.records]
        run.trace.records = moved
        self.assertEqual(agreement.side(run.trace, 1000, 3000).late["late_max"], 7)
        self.assertEqual(agreement.side(run.trace, start, 3000).late["late_max"], 0)

    def test_report_is_whole(self):
        try:
            from augur import report
        except ImportError:
            self.skipTest("python3-matplotlib is not installed")
        run = self.read()
        scenario = bench_run.Scenario("s1", 1, 2000, "a <title>")
        section = report.section(scenario, {"rr": (run, sched_bench.figures(run))},
                                 {"s1.rr.late_p99": "1234"})
        page = report.page({"s1": section}, "test")
        for text in ("a &lt;title&gt;", "1,234", "KVM, CFS", "<svg", "</html>"):
            self.assertIn(text, page)
        self.assertNotIn("http-equiv", page)
        self.assertEqual(page.count("src="), page.count('src="data:'))  # nothing from elsewhere


class ChoiceTest(unittest.TestCase):
    def test_known_names_are_taken(self):
        with mock.patch.dict(os.environ, POLICIES="rr credit"):
            self.assertEqual(bench_run.asked_for("POLICIES", ["credit", "rr"]), ["rr", "credit"])
        with mock.patch.dict(os.environ, POLICIES=""):
            self.assertEqual(bench_run.asked_for("POLICIES", ["rr"]), [])

    def test_a_policy_that_is_not_there_is_not_measured(self):
        """The hypervisor would run its default one, under the wrong name."""
        with mock.patch.dict(os.environ, POLICIES="rr credi"), \
                self.assertRaisesRegex(ConfigError, "POLICIES: there is no credi; there are: rr"):
            bench_run.asked_for("POLICIES", ["rr"])

    def test_nothing_to_run(self):
        with self.assertRaisesRegex(ConfigError, "nothing to run"):
            bench_run.run_all([], print)


if __name__ == "__main__":
    unittest.main()
