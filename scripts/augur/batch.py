"""One run without a person: start, watch, stop, and say how it ended."""
import re
import select
import time
from dataclasses import dataclass

from augur.emulator import Emulator
from augur_export import Recorder

POLL_SECONDS = 0.2
CRASHED = ("crashed",)
ESCAPES = re.compile(r"\x1b\[[0-9;=?]*[A-Za-z]")


@dataclass
class Outcome:
    """end: "finished" (the machine switched itself off), "text" (--until's came) or "timeout"."""
    end: str
    seconds: float
    recorder: Recorder
    serial: str
    complaint: str

    def failures(self, until, may_crash=()):
        """Why this run is no success, in words; empty if it is one. may_crash: names of VMs."""
        if self.end == "timeout":
            yield "the time limit came first"
        elif until and self.end != "text":
            yield f"the text {until!r} did not appear"
        if self.complaint and not self.serial:
            yield self.complaint
        for result in self.recorder.results.values():
            if result.state in CRASHED and result.name not in may_crash:
                yield f"VM {result.name} crashed"


def plain(data):
    """A serial line's bytes as text without terminal control."""
    return ESCAPES.sub("", data.decode("utf-8", "replace")).replace("\r", "")


class Watcher:
    """Finds a text in whatever the run prints: consoles, log, serial line."""

    def __init__(self, emulator, recorder, text):
        self.emulator, self.recorder, self.text = emulator, recorder, text

    def found(self):
        if not self.text:
            return False
        wanted = self.text.encode()
        return (any(wanted in data for data in self.recorder.text.values())
                or self.text in plain(self.emulator.serial()))


def run_batch(machine, until=None, timeout=300.0, cpu_limit=None):
    """Runs the machine to its end, to the text `until`, to `timeout` seconds of wall clock, or until
    the emulator has used `cpu_limit` seconds of processor time."""
    recorder = Recorder(machine.folder)
    started = time.monotonic()
    end = "finished"
    with Emulator(machine) as emulator:
        watcher = Watcher(emulator, recorder, until)
        while True:
            alive = emulator.running()
            select.select([emulator.process.stdout], [], [], POLL_SECONDS if alive else 0)
            recorder.feed(emulator.read())
            if watcher.found():
                end = "text"
                break
            if not alive:
                break
            if (time.monotonic() - started > timeout
                    or (cpu_limit is not None and emulator.cpu_seconds() > cpu_limit)):
                end = "timeout"
                break
        emulator.stop()
        return Outcome(end, time.monotonic() - started, recorder, plain(emulator.serial()),
                       "" if end == "text" else emulator.complaint())
