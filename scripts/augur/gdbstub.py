"""gdb's remote protocol in front of Bochs's own debugger.

Debian's Bochs has its text debugger inside, but no gdb stub. This translates: registers, memory,
breakpoints, stepping, interrupting, and processors as gdb's threads. Breakpoints are the
emulator's, so guests and hypervisor see nothing of them, and an address in a guest works like one
in the hypervisor. Floating-point and vector registers are not shown.

The machine runs until gdb connects, stops then, and runs on when gdb goes.
"""
import os
import re
import select
import signal
import socket
import threading

PROMPT = re.compile(rb"<bochs:\d+> $")
REGISTER = re.compile(r"^(\w+)\s*: ([0-9a-f]{8})_([0-9a-f]{8})$", re.MULTILINE)
SEGMENT = re.compile(r"^([c-gs]s):0x([0-9a-f]{4})", re.MULTILINE)
EFLAGS = re.compile(r"^eflags 0x([0-9a-f]+)", re.MULTILINE)
BYTE = re.compile(r"\t0x([0-9a-f]{2})\b")
BREAKPOINT = re.compile(r"^\s*(\d+) lbreakpoint\s+\w+ \w\s+0x([0-9a-f]+)", re.MULTILINE)
STOPPED_CPU = re.compile(r"^\((\d+)\) Breakpoint \d+", re.MULTILINE)
PAGE = re.compile(r"maps to physical page 0x([0-9a-f]+)")
GENERAL = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12",
           "r13", "r14", "r15", "rip")
SEGMENTS = ("cs", "ss", "ds", "es", "fs", "gs")
NOT_SHOWN = "xx" * (8 * 10 + 8 * 4 + 16 * 16 + 4)  # x87, its control words, XMM, MXCSR
SIGTRAP, SIGINT = 5, 2
READ_MAX = 1024


class BochsDebugger:
    """The text debugger on the emulator's standard input and output."""

    def __init__(self, process, record):
        self.process, self.record = process, record
        self.output = b""
        self.running = False

    def pump(self):
        """Takes what has come; true if the machine has stopped at the prompt."""
        self.output += self.process.stdout.read() or b""
        if PROMPT.search(self.output):
            self.running = False
            return True
        if len(self.output) > 4096:     # bytes of the debug port, not an answer
            self.record(self.output[:-64])
            self.output = self.output[-64:]
        return False

    def wait(self):
        """The text up to the next prompt."""
        while not self.pump():
            select.select([self.process.stdout], [], [], 1)
            if self.process.poll() is not None:
                raise ConnectionError("the emulator has ended")
        text, self.output = self.output, b""
        self.record(text)
        return text.decode("latin-1").replace("\r", "")

    def send(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, command):
        self.send(command)
        return self.wait()

    def go(self):
        self.running = True
        self.send("c")

    def interrupt(self):
        os.kill(self.process.pid, signal.SIGINT)
        return self.wait()


class Session:
    """One gdb. `handle` answers one packet; None means that the machine runs and answers later."""

    def __init__(self, debugger, cpus):
        self.debugger, self.cpus = debugger, cpus
        self.cpu = 0                    # that commands are about
        self.no_ack = False

    def handle(self, packet):
        for prefix, action in (("qSupported", self.supported), ("QStartNoAckMode", self.ack_off),
                               ("qfThreadInfo", self.threads), ("qsThreadInfo", lambda _: "l"),
                               ("qThreadExtraInfo", self.thread_name), ("qAttached", lambda _: "1"),
                               ("qC", lambda _: f"QC{self.cpu + 1:x}"), ("vCont?", lambda _: "vCont;c;s"),
                               ("vCont;", self.vcont), ("H", self.select), ("T", lambda _: "OK"),
                               ("?", lambda _: self.stop_reply(SIGTRAP)), ("g", self.registers),
                               ("G", self.no), ("P", self.set_register), ("m", self.read_memory),
                               ("M", self.write_memory), ("Z0", self.add_break),
                               ("Z1", self.add_break), ("z0", self.remove_break),
                               ("z1", self.remove_break), ("c", self.go), ("s", self.step)):
            if packet.startswith(prefix):
                return action(packet[len(prefix):])
        return ""

    def stop_reply(self, number):
        return f"T{number:02x}thread:{self.cpu + 1:x};"

    def stopped(self, text, number=SIGTRAP):
        """The machine has stopped by itself: at which processor?"""
        if match := STOPPED_CPU.search(text):
            self.use(int(match.group(1)))
        return self.stop_reply(number)

    def use(self, cpu):
        if cpu != self.cpu and 0 <= cpu < self.cpus:
            self.debugger.ask(f"set $cpu = {cpu}")
            self.cpu = cpu

    def supported(self, _):
        return "PacketSize=1000;QStartNoAckMode+;vContSupported+"

    def ack_off(self, _):
        self.no_ack = True
        return "OK"

    def threads(self, _):
        return "m" + ",".join(f"{cpu + 1:x}" for cpu in range(self.cpus))

    def thread_name(self, argument):
        return f"processor {int(argument.strip(','), 16) - 1}".encode().hex()

    def select(self, argument):
        thread = int(argument[1:], 16) if argument[1:] != "-1" else 0
        if thread > 0:
            self.use(thread - 1)
        return "OK"

    def registers(self, _):
        text = self.debugger.ask("r")
        values = {name: int(high + low, 16) for name, high, low in REGISTER.findall(text)}
        segments = dict(SEGMENT.findall(self.debugger.ask("sreg")))
        reply = "".join(values[name].to_bytes(8, "little").hex() for name in GENERAL)
        words = [int(EFLAGS.search(text).group(1), 16)]
        words += [int(segments[name], 16) for name in SEGMENTS]
        return reply + "".join(word.to_bytes(4, "little").hex() for word in words) + NOT_SHOWN

    def set_register(self, argument):
        number, _, value = argument.partition("=")
        index = int(number, 16)
        if index >= len(GENERAL):
            return "E01"
        value = int.from_bytes(bytes.fromhex(value), "little")
        self.debugger.ask(f"set {GENERAL[index]} = {value:#x}")
        return "OK"

    def read_memory(self, argument):
        address, length = (int(part, 16) for part in argument.split(","))
        text = self.debugger.ask(f"x /{min(length, READ_MAX)}bx {address:#x}")
        return "".join(BYTE.findall(text)) or "E01"

    def write_memory(self, argument):
        place, _, data = argument.partition(":")
        address = int(place.split(",")[0], 16)
        for offset, byte in enumerate(bytes.fromhex(data)):
            page = PAGE.search(self.debugger.ask(f"page {address + offset:#x}"))
            if not page:
                return "E01"
            physical = int(page.group(1), 16) + (address + offset) % 4096
            self.debugger.ask(f"setpmem {physical:#x} 1 {byte:#x}")
        return "OK"

    def add_break(self, argument):
        self.debugger.ask(f"lb {int(argument.split(',')[1], 16):#x}")
        return "OK"

    def remove_break(self, argument):
        address = int(argument.split(",")[1], 16)
        for number, at in BREAKPOINT.findall(self.debugger.ask("blist")):
            if int(at, 16) == address:
                self.debugger.ask(f"d {number}")
        return "OK"

    def remove_all(self):
        for number, _ in BREAKPOINT.findall(self.debugger.ask("blist")):
            self.debugger.ask(f"d {number}")

    def vcont(self, actions):
        """One thread steps or all run; others stand still while one steps."""
        for action in actions.split(";"):
            kind, _, thread = action.partition(":")
            if kind == "s":
                if thread not in ("", "-1"):
                    self.use(int(thread, 16) - 1)
                return self.step("")
        return self.go("")

    def step(self, _):
        return self.stopped(self.debugger.ask("s"))

    def go(self, _):
        self.debugger.go()
        return None

    def no(self, _):
        return "E01"


class Connection:
    """Packets on gdb's socket."""

    def __init__(self, line, session):
        self.line, self.session = line, session
        self.input = b""

    def send(self, reply):
        body = reply.encode("latin-1")
        self.line.sendall(b"$" + body + b"#%02x" % (sum(body) & 0xFF))

    def serve(self):
        """Until gdb leaves. The machine is stopped before and runs afterwards."""
        debugger = self.session.debugger
        while True:
            sources = [self.line] + ([debugger.process.stdout] if debugger.running else [])
            ready, _, _ = select.select(sources, [], [], 1)
            if debugger.running and debugger.pump():
                self.send(self.session.stopped(debugger.wait()))
            if self.line in ready and not self.receive():
                return
            if debugger.process.poll() is not None:
                return

    def receive(self):
        """False when gdb is gone."""
        try:
            data = self.line.recv(65536)
        except OSError:
            data = b""
        self.input += data
        while self.input:
            if self.input[0] == 3:      # Ctrl-C
                self.input = self.input[1:]
                if self.session.debugger.running:
                    self.send(self.session.stopped(self.session.debugger.interrupt(), SIGINT))
            elif self.input[:1] != b"$":
                self.input = self.input[1:]
            elif (packet := re.match(rb"\$([^#]*)#..", self.input, re.DOTALL)) is None:
                break
            else:
                self.input = self.input[packet.end():]
                if not self.answer(packet.group(1).decode("latin-1")):
                    return False
        return bool(data)

    def answer(self, packet):
        if not self.session.no_ack:
            self.line.sendall(b"+")
        if packet[:1] in ("D", "k"):
            self.send("OK")
            return False
        reply = self.session.handle(packet)
        if reply is not None:
            self.send(reply)
        return True


class GdbStub(threading.Thread):
    """Serves one gdb after the other on a TCP port of this machine. Owns the debugger's output."""

    def __init__(self, emulator, port, record):
        super().__init__(daemon=True)
        self.emulator = emulator
        self.debugger = BochsDebugger(emulator.process, record)
        self.listener = socket.create_server(("localhost", port))

    def run(self):
        try:
            self.debugger.wait()
            self.debugger.go()
            while self.emulator.running():
                ready, _, _ = select.select([self.listener, self.emulator.process.stdout], [], [], 1)
                if self.listener in ready:
                    self.serve_one()
                else:
                    self.debugger.pump()
        except (ConnectionError, ValueError, OSError):
            pass                        # the emulator has ended

    def serve_one(self):
        line, _ = self.listener.accept()
        if self.debugger.running:
            self.debugger.interrupt()
        session = Session(self.debugger, self.emulator.machine.cpus)
        session.cpu = -1
        session.use(0)
        with line:
            Connection(line, session).serve()
        if self.debugger.running:
            self.debugger.interrupt()
        session.remove_all()
        self.debugger.go()
