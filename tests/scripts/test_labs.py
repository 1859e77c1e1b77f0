"""tests/labs: the files that the texts name exist, and the checks judge what they are meant to."""
import importlib.machinery
import importlib.util
import re
import unittest
from pathlib import Path

from augur.config import ROOT

LABS = ROOT / "tests" / "labs"
FOLDERS = "boot|hv|vmx|sched|ple|drivers|guests|tests|scripts"
STUDENTS = {"sched/stride.c", "guests/hostile/mine.c", "ple/mean4.c"}


def load_check():
    loader = importlib.machinery.SourceFileLoader("lab_check", str(LABS / "check"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("lab_check", loader))
    loader.exec_module(module)
    return module


check = load_check()

TABLE = """trace              point/last (best)  0.95/max8 (best) under | for 10, 20, 50 ms
a.csv               0.031 (0.999)  0.239 (1.000)  4.3% |  0.051 (1.000)  0.174 (1.001)  5.0% |
last                1.000          2.533               |  1.000          2.469               |  1.000          2.485               |
table-pages         0.567          0.741               |  0.580          0.740               |  0.522          0.670               |
"""


class Texts(unittest.TestCase):
    def test_files_exist(self):
        for text in LABS.glob("*.md"):
            names = set(re.findall(rf"(?<![\w/.-])((?:{FOLDERS})/[\w/.-]*\w)", text.read_text()))
            for name in sorted(names - STUDENTS):
                with self.subTest(text=text.name, file=name):
                    self.assertTrue((ROOT / name).exists())

    def test_each_check_has_a_text(self):
        numbers = sorted(int(path.name[:2]) for path in LABS.glob("[0-9][0-9]-*.md"))
        self.assertEqual(numbers, list(range(1, len(check.LABS) + 1)))


class Checks(unittest.TestCase):
    def test_scores(self):
        self.assertEqual(check.scores(TABLE), {"last": 1.0, "table-pages": 0.522})

    def test_a_renamed_example_is_a_copy(self):
        text = (ROOT / "sched" / "example_60.c").read_text()
        mine = text.replace("example", "mine").replace("lottery", "draw").replace("\n\n", "\n")
        self.assertEqual(check.example_code(mine),
                         check.example_code(text.replace("example", "mine")))
        self.assertNotEqual(check.example_code(mine.replace("SLICE_MS 5", "SLICE_MS 4")),
                            check.example_code(text.replace("example", "mine")))

    def test_old_models_are_those_of_the_engine(self):
        names = {name for path in (ROOT / "ple").glob("*.c")
                 for name in re.findall(r'^\t\.name = "([\w-]+)"', path.read_text(), re.MULTILINE)}
        self.assertLessEqual(set(check.OLD_MODELS), names)


if __name__ == "__main__":
    unittest.main()
