#!/usr/bin/python3
"""Decodes the export channel: what a run of Augur writes to port 0xE9 (or to COM2) as frames.

A frame is A5 5A, type, channel, length (16 bits, little endian), payload; hv/export_abi.h defines
the types. Bytes between frames (an emulator's own messages) are skipped.

usage: scripts/augur_export.py FILE DIR     decode FILE, write what it holds into the folder DIR
       scripts/augur_export.py --self-test
"""
import sys
import tempfile
from pathlib import Path

MAGIC = b"\xa5\x5a"
HEADER = 6
PAYLOAD_MAX = 4096
CONSOLE, LOG, RESULT, TRACE, VM, FIGURE, TRACE_INFO = 1, 2, 3, 4, 5, 6, 7
TYPES = range(CONSOLE, TRACE_INFO + 1)


class Decoder:
    """Cuts a byte stream that arrives in pieces into frames."""

    def __init__(self):
        self.pending = b""
        self.skipped = 0                # bytes that belonged to no frame

    def feed(self, data):
        """Yields (type, channel, payload) for each frame that is complete now."""
        self.pending += data
        while self._align():
            length = int.from_bytes(self.pending[4:6], "little")
            if len(self.pending) < HEADER + length:
                return
            frame = self.pending[2], self.pending[3], self.pending[HEADER:HEADER + length]
            self.pending = self.pending[HEADER + length:]
            yield frame

    def _align(self):
        """Drops what cannot begin a frame; true if a whole header stands at the front."""
        while True:
            start = self.pending.find(MAGIC)
            if start < 0:
                start = len(self.pending) - self.pending.endswith(MAGIC[:1])
            self._skip(start)
            if len(self.pending) < HEADER:
                return False
            if (self.pending[2] in TYPES
                    and int.from_bytes(self.pending[4:6], "little") <= PAYLOAD_MAX):
                return True
            self._skip(1)

    def _skip(self, count):
        self.skipped += count
        self.pending = self.pending[count:]


class Result:
    """How one VM ended, as the hypervisor reports it."""

    def __init__(self, line):
        self.fields = dict(word.split("=", 1) for word in line.split() if "=" in word)

    def __getattr__(self, name):
        return self.fields.get(name, "-")

    def __str__(self):
        return " ".join(f"{key}={value}" for key, value in self.fields.items())


def file_name(name):
    """A VM's name as part of a file name."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name).lstrip(".") or "_"


class Recorder:
    """Writes a run's frames into files of a folder as they come, and keeps what is judged later."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.decoder = Decoder()
        self.names = {}                 # VM id: name
        self.results = {}               # VM id: Result
        self.figures = []               # (name, value, unit)
        self.text = {}                  # file: bytes written
        for old in [*self.folder.glob("*.console"), *map(self.folder.joinpath, (
                "hypervisor.log", "figures.tsv", "trace.bin", "trace.info"))]:
            old.unlink(missing_ok=True)

    def feed(self, data):
        for kind, channel, payload in self.decoder.feed(data):
            self._frame(kind, channel, payload)

    def name(self, channel):
        return self.names.get(channel, f"vm{channel}")

    def console_file(self, channel):
        return f"{file_name(self.name(channel))}.console"

    def console(self, name):
        """The console of the VM of that name, as text; None if it wrote nothing."""
        data = self.text.get(f"{file_name(name)}.console")
        return None if data is None else data.decode("utf-8", "replace").replace("\r\n", "\n")

    def log(self):
        return self.text.get("hypervisor.log", b"").decode("utf-8", "replace")

    def trace(self):
        path = self.folder / "trace.bin"
        return path.read_bytes() if path.exists() else b""

    def result(self, name):
        return next((r for r in self.results.values() if r.name == name), None)

    def _frame(self, kind, channel, payload):
        if kind == CONSOLE:
            self._append(self.console_file(channel), payload)
        elif kind == LOG:
            self._append("hypervisor.log", payload)
        elif kind == TRACE:
            with open(self.folder / "trace.bin", "ab") as trace:
                trace.write(payload)
        elif kind == TRACE_INFO:
            self._append("trace.info", payload.strip() + b"\n")
        elif kind == VM:
            self.names[channel] = payload.decode("utf-8", "replace")
        elif kind == RESULT:
            self.results[channel] = Result(payload.decode("utf-8", "replace"))
        elif kind == FIGURE:
            self.figures.append(tuple(payload.decode("utf-8", "replace").strip().split("\t")))
            self._append("figures.tsv", payload.strip() + b"\n")

    def _append(self, name, payload):
        self.text.setdefault(name, bytearray()).extend(payload)
        with open(self.folder / name, "ab") as file:
            file.write(payload)


def frame(kind, channel, payload):
    return MAGIC + bytes((kind, channel)) + len(payload).to_bytes(2, "little") + payload


def self_test():
    """Frames survive noise around them and any cutting into pieces; lies are skipped."""
    stream = (b"Bochs says hello\n" + frame(VM, 3, b"linux") + frame(CONSOLE, 3, b"one ") + b"\xa5"
              + frame(LOG, 0, b"log line\n") + MAGIC + b"\x09\x00\x01\x00" + MAGIC + b"\x01\x01\xff\xff"
              + frame(CONSOLE, 3, MAGIC + b"two") + frame(FIGURE, 0, b"exit.cpuid\t120\tticks")
              + frame(RESULT, 3, b"name=linux state=exited code=0 ticks=5 exits=6")
              + frame(TRACE, 1, bytes(64)) + frame(TRACE_INFO, 0, b"cores\t2") + b"==== Bochs is exiting")
    for piece in (1, 2, 3, 7, len(stream)):
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder(folder)
            for at in range(0, len(stream), piece):
                recorder.feed(stream[at:at + piece])
            read = lambda name: (Path(folder) / name).read_bytes()
            assert read("linux.console") == b"one " + MAGIC + b"two"
            assert read("hypervisor.log") == b"log line\n"
            assert read("figures.tsv") == b"exit.cpuid\t120\tticks\n"
            assert read("trace.bin") == bytes(64)
            assert read("trace.info") == b"cores\t2\n"
            assert recorder.result("linux").state == "exited"
            assert recorder.result("linux").exits == "6" and recorder.result("other") is None
            assert recorder.figures == [("exit.cpuid", "120", "ticks")]
    assert file_name("../x y") == "_x_y"
    print("augur_export: self-test passed")


def main(arguments):
    if arguments == ["--self-test"]:
        self_test()
        return 0
    if len(arguments) != 2 or arguments[0].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    recorder = Recorder(arguments[1])
    recorder.feed(Path(arguments[0]).read_bytes())
    for result in recorder.results.values():
        print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
