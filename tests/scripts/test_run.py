"""scripts/augur: decoding, judging and the terminal's escape key."""
import tempfile
import unittest
from types import SimpleNamespace

import augur_export
from augur import boot_test
from augur.batch import Outcome, plain
from augur.terminal import Keyboard


class ExportTest(unittest.TestCase):
    def test_decoder(self):
        augur_export.self_test()


class KeyboardTest(unittest.TestCase):
    def test_plain_keys_pass(self):
        self.assertEqual(Keyboard().filter(b"ls\r\x03"), (b"ls\r\x03", False))

    def test_quit_also_when_split(self):
        keyboard = Keyboard()
        self.assertEqual(keyboard.filter(b"a\x01"), (b"a", False))
        self.assertEqual(keyboard.filter(b"xb"), (b"", True))

    def test_escape_twice_sends_it(self):
        self.assertEqual(Keyboard().filter(b"\x01\x01"), (b"\x01", False))


class JudgeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.recorder = augur_export.Recorder(folder.name)
        for kind, payload in ((augur_export.VM, b"one"), (augur_export.CONSOLE, b"hello\r\nbye\r\n"),
                              (augur_export.RESULT, b"name=one state=crashed code=3 ticks=1 exits=2")):
            self.recorder.feed(augur_export.frame(kind, 0, payload))

    def outcome(self, end="finished", serial=""):
        return Outcome(end, 1.0, self.recorder, serial, "")

    def problem(self, key, subject, value):
        return boot_test.EXPECTATIONS[key](self.outcome(), subject, value, None).problem

    def test_crash_fails_a_run(self):
        self.assertEqual(list(self.outcome().failures(None)), ["VM one crashed"])

    def test_timeout_and_missing_text_fail_a_run(self):
        self.recorder.results.clear()
        self.assertEqual(len(list(self.outcome("timeout").failures("x"))), 1)
        self.assertEqual(len(list(self.outcome().failures("x"))), 1)
        self.assertEqual(list(self.outcome("text").failures("x")), [])

    def test_console_expectations(self):
        self.assertEqual(self.problem("expect", "one", "^bye$"), "")
        self.assertEqual(self.problem("expect", "one", "^nothing$"), "not found")
        self.assertNotEqual(self.problem("expect", "two", "bye"), "")
        self.assertEqual(self.problem("reject", "one", "^hello$"), "found")

    def test_ends(self):
        self.assertEqual(self.problem("ends", "one", "crashed"), "")
        self.assertEqual(self.problem("ends", "one", "crashed 3"), "")
        self.assertIn("it ended", self.problem("ends", "one", "crashed 4"))
        self.assertIn("it ended", self.problem("ends", "one", "exited"))
        self.assertIn("no end", self.problem("ends", "two", "exited 0"))

    def test_unannounced_crash(self):
        config = SimpleNamespace(directives=[])
        self.assertEqual(len(list(boot_test.crash_checks(self.outcome(), config))), 1)
        config.directives.append(("ends", "one", "crashed", 1))
        self.assertEqual(list(boot_test.crash_checks(self.outcome(), config)), [])

    def test_plain(self):
        self.assertEqual(plain(b"\x1b[2J\x1b[01;01Hhello\r\n"), "hello\n")
