"""From a configuration with host paths to what goes on the ESP.

The files that [vm] sections name (image, initrd, module), and [augur] its weights, are looked up on
the host and renamed to their base names; line numbers stay as they are, so the hypervisor's
messages fit the file. Lines `#! key: value` are directives for the host: defaults for scripts/run,
expectations of a boot test.
"""
import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_NAME_MAX = 63                      # bytes: BOOT_NAME_LENGTH less the terminating zero
FILE_KEYS = {"vm": ("image", "initrd", "module"), "augur": ("weights",)}
SECTION = re.compile(r"^\s*\[\s*(\w+)\s*(.*?)\s*\]")
SETTING = re.compile(r"^(\s*)([\w.]+)(\s*=\s*)(\S+)(.*)$")
DIRECTIVE = re.compile(r"^#!\s*([\w-]+)\s*([^:]*?)\s*:\s*(.*?)\s*$")


class ConfigError(Exception):
    """Something a person has to mend, with file and line."""


def build_folder():
    return ROOT / os.environ.get("BUILD", "build")


class Config:
    """A configuration file, packed for the ESP.

    lines: what becomes augur.cfg; files: {name on the ESP: host path};
    directives: [(key, subject, value, line)] of the `#!` lines.
    """

    def __init__(self, path, allow_missing=False):
        self.path = Path(path)
        self.files = {}
        self.directives = []
        self.missing = []
        self.allow_missing = allow_missing
        try:
            self.lines = self.path.read_text(encoding="utf-8",
                                             errors="surrogateescape").split("\n")
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}") from error
        for number, line in enumerate(self.lines, 1):
            if match := DIRECTIVE.match(line):
                self.directives.append((*match.groups(), number))
        self.lines = list(self._pack(self.lines))
        if self.missing and not self._missing_allowed():
            raise ConfigError("\n".join(self.missing))

    def directive(self, key, default=None):
        """The value of the last directive of that key."""
        return next((v for k, _, v, _ in reversed(self.directives) if k == key), default)

    def set(self, settings):
        """Changes settings of the section [augur]."""
        self.lines = override(self.lines, settings)

    def write(self, path):
        text = "\n".join(self.lines).rstrip("\n") + "\n"
        Path(path).write_text(text, encoding="utf-8", errors="surrogateescape")

    def _missing_allowed(self):
        return self.allow_missing or self.directive("missing") == "allow"

    def _pack(self, lines):
        section = ""
        for number, line in enumerate(lines, 1):
            if match := SECTION.match(line):
                section = match.group(1) + " " + match.group(2)
            elif match := SETTING.match(line):
                line = self._pack_setting(match, number, section)
            yield line

    def _pack_setting(self, match, number, section):
        indent, key, equals, value, rest = match.groups()
        if key not in FILE_KEYS.get(section.partition(" ")[0], ()):
            return match.group(0)
        host = find_host_file(value, self.path.parent)
        if host is None:
            self.missing.append(f"{self.path}:{number}: {section}: {key}: {value}: no such file")
            return match.group(0)
        return f"{indent}{key}{equals}{self._esp_name(host, number)}{rest}"

    def _esp_name(self, host, number):
        """The base name, made unique if another file has it already."""
        name = host.name
        for attempt in range(2, 1000):
            if self.files.setdefault(name, host) == host:
                break
            name = f"{attempt}-{host.name}"
        if len(name.encode()) > FILE_NAME_MAX:
            raise ConfigError(f"{self.path}:{number}: {host.name}: the file's name is longer than "
                              f"{FILE_NAME_MAX} bytes")
        return name


def find_host_file(value, folder):
    """Relative paths: to the configuration, to the current folder, to the project."""
    value = os.path.expanduser(value)
    candidates = [folder / value, Path(value), ROOT / value]
    if value.startswith("build/"):
        candidates.insert(0, build_folder() / value[len("build/"):])
    return next((path.resolve() for path in candidates if path.is_file()), None)


def is_spare(line):
    return not line.strip() or line.lstrip().startswith("#")


def insert_setting(lines, header, line):
    """Below the section's header, which moves up if there is a blank or comment line above it.
    Returns where the header is now."""
    if header and is_spare(lines[header - 1]):
        lines[header - 1:header + 1] = [lines[header], line]
        return header - 1
    lines.insert(header + 1, line)
    return header


def override(lines, settings):
    """The lines with [augur]'s settings changed. Other lines keep their numbers: new settings take
    the place of blank or comment lines of the section or above it, as long as there are any."""
    lines, settings = list(lines), dict(settings)
    section, header, inside = "", None, []
    for index, line in enumerate(lines):
        if match := SECTION.match(line):
            section = match.group(1)
            header = index if section == "augur" else header
        elif section == "augur":
            inside.append(index)
    for index in inside:
        match = SETTING.match(lines[index])
        if match and match.group(2) in settings:
            lines[index] = f"{match.group(2)} = {settings.pop(match.group(2))}"
    if header is None:
        lines += ["[augur]"]
        header = len(lines) - 1
    spare = [i for i in inside if is_spare(lines[i])]
    for key, value in settings.items():
        if spare:
            lines[spare.pop()] = f"{key} = {value}"
        else:
            header = insert_setting(lines, header, f"{key} = {value}")
    return lines
