"""Makes the disk image: a GPT disk with one EFI system partition, in a regular file, without root.

The same image boots in Bochs and QEMU and, written to a stick with dd, on a PC. The same input
gives the same bytes.
"""
import os
import subprocess
from pathlib import Path

from augur.config import ConfigError, build_folder

SECTOR = 512
FIRST_SECTOR = 2048
TAIL_SECTORS = 2048                 # room for the second partition table
CYLINDER = 16 * 63                  # sectors; Bochs wants whole cylinders
FAT32_LEAST = 36 << 20              # bytes: below this mkfs.fat's FAT32 has too few clusters
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
DISK_ID = "41554755-5200-4000-8000-000000000001"
PARTITION_ID = "41554755-5200-4000-8000-000000000002"
VOLUME_ID = "41554755"


def tool(name, *arguments, text=None):
    """Runs a disk tool, found also where only root has it in its path."""
    environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", SOURCE_DATE_EPOCH="1700000000", TZ="UTC")
    environment["PATH"] += ":/usr/sbin:/sbin"
    result = subprocess.run([name, *map(str, arguments)], input=text, env=environment,
                            capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise OSError(f"{name}: {result.stderr.strip() or result.stdout.strip()}")


def partition_sectors(files):
    """Enough for the files, each rounded up to clusters, and the file allocation tables."""
    content = sum(Path(host).stat().st_size + 8192 for host in files.values())
    size = max(FAT32_LEAST, content + content // 50 + (2 << 20))
    sectors = FIRST_SECTOR + TAIL_SECTORS + size // SECTOR
    return -(-sectors // CYLINDER) * CYLINDER - FIRST_SECTOR - TAIL_SECTORS


def make_image(path, files):
    """files: {path on the ESP such as "augur/hv.elf": path on the host}."""
    path = Path(path)
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    sectors = partition_sectors(files)
    with open(new, "wb") as image:
        image.truncate((FIRST_SECTOR + sectors + TAIL_SECTORS) * SECTOR)
    tool("sfdisk", "-q", new, text=f"label: gpt\nlabel-id: {DISK_ID}\n"
         f"start={FIRST_SECTOR}, size={sectors}, type={ESP_TYPE}, uuid={PARTITION_ID}, name=Augur\n")
    tool("mkfs.fat", "-F", "32", "-n", "AUGUR", "-i", VOLUME_ID, "--invariant", "--offset",
         FIRST_SECTOR, new, sectors // 2)
    partition = f"{new}@@{FIRST_SECTOR * SECTOR}"
    folders = sorted({str(parent) for name in files for parent in Path(name).parents} - {"."})
    if folders:
        tool("mmd", "-i", partition, *(f"::/{folder}" for folder in folders))
    for name, host in files.items():
        tool("mcopy", "-i", partition, host, f"::/{name}")
    new.rename(path)


def make_machine_image(path, config):
    """The image of a packed configuration (augur.config.Config) with loader and hypervisor."""
    build = build_folder()
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = path.with_name(path.name + ".cfg")
    config.write(packed)
    files = {
        "EFI/BOOT/BOOTX64.EFI": build / "BOOTX64.EFI",
        "augur/hv.elf": build / "hv.elf",
        "augur/augur.cfg": packed,
    }
    for host in files.values():
        if not host.exists():
            raise ConfigError(f"{host}: not built; run make all")
    files.update({f"augur/{name}": host for name, host in config.files.items()})
    make_image(path, files)
    packed.unlink()
