"""Bochs and QEMU as processes: their configuration, start and end.

Both give the bytes of the debug port 0xE9 on their standard output and the first serial line
either in the file serial.out of their folder or on a TCP port of this machine.
"""
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from augur.config import ConfigError

BOCHS_MODEL = "corei7_skylake_x"
QEMU_TCG_MODEL = "qemu64"
IPS = 100_000_000                       # Bochs: instructions, and so TSC ticks, a virtual second
START_TIME = 1_700_000_000              # a fixed clock makes runs identical
FIRMWARE = ("/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF_CODE.fd",
            "/usr/share/OVMF/OVMF_CODE_4M.fd")
VGA_BIOS = ("/usr/share/vgabios/vgabios.stdvga.bin", "/usr/share/bochs/VGABIOS-lgpl-latest")

BOCHSRC = """\
plugin_ctrl: unmapped=1, biosdev=1, extfpuirq=1, serial=1, parallel=0, speaker=0
cpu: model={model}, count={cpus}, ips={ips}, reset_on_triple_fault=0
memory: guest={memory}, host={memory}
romimage: file={firmware}
vgaromimage: file={vga_bios}
vga: extension=vbe
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path={image}, mode=flat
boot: disk
com1: enabled=1, {serial}
port_e9_hack: enabled=1
clock: sync={sync}, time0={time}
log: bochs.log
panic: action=report
error: action=report
info: action=report{quiet}
debug: action=ignore
display_library: rfb, options="timeout=0"
"""


@dataclass
class Machine:
    """What is to be emulated."""
    image: Path
    folder: Path                        # work files and output
    accel: str
    cpus: int = 1
    memory: int = 1024                  # MiB
    model: str = ""                     # a CPU model of the emulator's, "": the usual one
    serial_port: int = 0                # TCP port of this machine; 0: file serial.out
    realtime: bool = False              # Bochs: keep virtual time near the wall clock
    gdb_port: int = 0                   # TCP port of this machine for gdb; 0: none


def first_file(candidates, what):
    for path in candidates:
        if os.path.exists(path):
            return path
    raise ConfigError(f"{what} not found; run scripts/deps")


def free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def bochs_command(machine):
    serial = (f"mode=socket-server, dev=localhost:{machine.serial_port}" if machine.serial_port
              else "mode=file, dev=serial.out")
    text = BOCHSRC.format(
        model=machine.model or BOCHS_MODEL, cpus=machine.cpus, ips=IPS, memory=machine.memory,
        firmware=first_file(FIRMWARE, "UEFI firmware (OVMF)"),
        vga_bios=first_file(VGA_BIOS, "VGA BIOS"), image=machine.image.resolve(), serial=serial,
        # Processors tell of every virtual interrupt: a guest could fill the disk.
        quiet="".join(f", cpu{index}=ignore" for index in range(machine.cpus)),
        sync="slowdown" if machine.realtime else "none",
        time="local" if machine.realtime else START_TIME)
    (machine.folder / "bochsrc").write_text(text)
    command = ["bochs", "-q", "-f", "bochsrc"]
    if machine.gdb_port:                # augur.gdbstub talks to Bochs's debugger
        return command
    (machine.folder / "bochs.rc").write_text("c\n")  # Debian's build starts in its debugger
    return [*command, "-rc", "bochs.rc"]


def qemu_command(machine):
    kvm = machine.accel == "kvm"
    serial = (f"tcp:localhost:{machine.serial_port},server=on,wait=on" if machine.serial_port
              else "file:serial.out")
    gdb = ["-gdb", f"tcp:localhost:{machine.gdb_port}"] if machine.gdb_port else []
    return ["qemu-system-x86_64", "-accel", machine.accel,
            "-cpu", machine.model or ("host" if kvm else QEMU_TCG_MODEL),
            "-smp", str(machine.cpus), "-m", str(machine.memory),
            "-bios", first_file(FIRMWARE, "UEFI firmware (OVMF)"),
            "-drive", f"format=raw,file={machine.image.resolve()}",
            "-serial", serial, "-display", "none", "-nic", "none", "-no-reboot",
            "-chardev", "stdio,id=export,signal=off",
            "-device", "isa-debugcon,iobase=0xe9,chardev=export",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4", *gdb]


class Emulator:
    """A running emulator. `with Emulator(machine) as e:` ends it in any case."""

    def __init__(self, machine):
        self.machine = machine
        machine.folder.mkdir(parents=True, exist_ok=True)
        for old in ("serial.out", "bochs.log", "emulator.err"):
            (machine.folder / old).unlink(missing_ok=True)
        Path(f"{machine.image}.lock").unlink(missing_ok=True)
        bochs = machine.accel == "bochs"
        self.command = bochs_command(machine) if bochs else qemu_command(machine)
        commands = subprocess.PIPE if bochs and machine.gdb_port else subprocess.DEVNULL
        self.errors = open(machine.folder / "emulator.err", "wb")
        try:
            self.process = subprocess.Popen(self.command, cwd=machine.folder, stdin=commands,
                                            stdout=subprocess.PIPE, stderr=self.errors,
                                            env=dict(os.environ, LC_ALL="C"),
                                            start_new_session=True)
        except OSError as error:
            raise ConfigError(f"{self.command[0]}: {error.strerror}; run scripts/deps") from error
        os.set_blocking(self.process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
        Path(f"{self.machine.image}.lock").unlink(missing_ok=True)

    def cpu_seconds(self):
        """Processor time that the emulator has used."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read(self):
        """Bytes of the debug port that have come since the last call."""
        return self.process.stdout.read() or b""

    def serial(self):
        """All of the serial line so far, when it goes to a file."""
        try:
            return (self.machine.folder / "serial.out").read_bytes()
        except OSError:
            return b""

    def complaint(self):
        """The emulator's own last words, for a message about a failed start."""
        text = (self.machine.folder / "emulator.err").read_bytes().decode("utf-8", "replace")
        return "\n".join(text.strip().splitlines()[-3:])
