"""Which emulator runs the image: nested KVM where it really offers VT-x, else Bochs."""
import os
import re
import subprocess
from pathlib import Path

from augur.config import ConfigError, build_folder

KINDS = ("bochs", "kvm", "tcg")
PROBE_SECONDS = 20


def kvm_offers_vmx():
    """Boots a probe under KVM; a usable /dev/kvm alone says nothing about nested VT-x."""
    probe = build_folder() / "vmx-probe.bin"
    if not (os.access("/dev/kvm", os.R_OK | os.W_OK) and host_has_vmx() and probe.exists()):
        return False
    return run_probe(probe, ["-accel", "kvm", "-cpu", "host"]) == b"V"


def host_has_vmx():
    flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return flags is not None and "vmx" in flags.group(1).split()


def run_probe(probe, accelerator):
    """What the probe printed: b"V", b"N", or b"" if QEMU could not run it."""
    command = ["qemu-system-x86_64", *accelerator, "-m", "16", "-display", "none", "-nic", "none",
               "-no-reboot", "-drive", f"format=raw,file={probe},snapshot=on",
               "-chardev", "stdio,id=out,signal=off", "-device", "isa-debugcon,iobase=0xe9,chardev=out",
               "-device", "isa-debug-exit,iobase=0xf4"]
    try:
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return result.stdout[:1]


def choose(wanted=None):
    """wanted: "bochs", "kvm", "tcg", or None to look at ACCEL and then at the machine."""
    wanted = wanted or os.environ.get("ACCEL") or None
    if wanted is None:
        return "kvm" if kvm_offers_vmx() else "bochs"
    if wanted not in KINDS:
        raise ConfigError(f"ACCEL={wanted}: not one of {', '.join(KINDS)}")
    return wanted
