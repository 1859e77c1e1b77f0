"""A person at the serial line: this terminal in raw mode, connected to the emulator's TCP port.

Ctrl-A x ends the emulator, Ctrl-A Ctrl-A sends one Ctrl-A.
"""
import os
import select
import socket
import sys
import termios
import time
import tty

ESCAPE = b"\x01"
QUIT = (b"x", b"X")
CONNECT_SECONDS = 15


def connect(port, emulator):
    """The emulator listens only some time after its start."""
    deadline = time.monotonic() + CONNECT_SECONDS
    while time.monotonic() < deadline and emulator.running():
        try:
            return socket.create_connection(("localhost", port))
        except OSError:
            time.sleep(0.1)
    raise OSError("the emulator does not open its serial line: " + emulator.complaint())


class Keyboard:
    """Takes the escape key out of what is typed."""

    def __init__(self):
        self.escaped = False

    def filter(self, typed):
        """Returns (bytes to send, whether to quit)."""
        out = b""
        for key in (bytes((code,)) for code in typed):
            if self.escaped:
                self.escaped = False
                if key in QUIT:
                    return out, True
                out += key
            elif key == ESCAPE:
                self.escaped = True
            else:
                out += key
        return out, False


def pump(line, emulator, record):
    """Until the person quits or the emulator ends. `record` takes the debug port's bytes; None if
    somebody else reads them."""
    keyboard, stdin = Keyboard(), sys.stdin.fileno()
    sources = [line, stdin] + ([emulator.process.stdout] if record else [])
    while emulator.running():
        ready, _, _ = select.select(sources, [], [], 0.5)
        if emulator.process.stdout in ready:
            record(emulator.read())
        if line in ready:
            data = line.recv(65536)
            if not data:
                return
            os.write(sys.stdout.fileno(), data)
        if stdin in ready:
            typed = os.read(stdin, 1024)
            if not typed:               # end of a script: leave the machine running
                sources.remove(stdin)
            data, leave = keyboard.filter(typed)
            line.sendall(data)
            if leave:
                return


def interact(emulator, record):
    line = connect(emulator.machine.serial_port, emulator)
    raw = sys.stdin.isatty()
    saved = termios.tcgetattr(sys.stdin) if raw else None
    try:
        if raw:
            tty.setraw(sys.stdin)
        pump(line, emulator, record)
    finally:
        if raw:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)
        line.close()
