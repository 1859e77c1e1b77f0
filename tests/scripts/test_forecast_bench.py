"""tests/bench/forecast.c: traces that have no score, or are none."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from augur.config import build_folder

HEADER = "t_us,cpu_us,wait_us\n"


def trace(demands):
    return HEADER + "".join(f"{(i + 1) * 10000},{d},0\n" for i, d in enumerate(demands))


class ForecastTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_on(self, **traces):
        for name, text in traces.items():
            (self.folder / f"{name}.csv").write_text(text)
        return subprocess.run([build_folder() / "bench/forecast",
                               *sorted(self.folder.glob("*.csv"))],
                              capture_output=True, text=True, check=False)

    def test_what_has_no_score_is_named_and_left_out(self):
        saw = [(i * 7919) % 9000 for i in range(400)]
        alone = self.run_on(saw=trace(saw))
        beside = self.run_on(idle=trace([0] * 400), short=trace([1, 2, 3]))
        self.assertEqual((alone.returncode, beside.returncode), (0, 0))
        self.assertIn("idle.csv: left out: too short (400 windows), or its demand never changes",
                      beside.stderr)
        self.assertIn("short.csv: left out", beside.stderr)
        self.assertEqual(alone.stdout, beside.stdout)

    def test_without_any_score_it_fails(self):
        result = self.run_on(idle=trace([5000] * 400))
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("nan", result.stdout)

    def test_mistakes_are_named_by_file_line_and_reason(self):
        for text, reason in ((HEADER + "10000,NaN,0\n", "2: not a number in column cpu_us"),
                             (HEADER + "10000,inf,0\n", "2: not a number in column cpu_us"),
                             (HEADER + "10000,-5,0\n", "2: not a number in column cpu_us"),
                             (HEADER + "10000,99999999999999999999,0\n", "2: not a number"),
                             (HEADER + "20000,1,0\n10000,1,0\n", "3: time does not advance"),
                             (HEADER + "10000,1\n", "2: too few columns"),
                             ("t_us,cpu_us\n10000,1\n", "1: missing column wait_us"),
                             ("", "1: empty file")):
            result = self.run_on(bad=text)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"bad.csv:{reason}", result.stderr)
