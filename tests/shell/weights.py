#!/usr/bin/python3
"""Makes weight files for the tests of loading them: a good one, and some with something wrong.

usage: tests/shell/weights.py GOOD FOLDER
"""
import struct
import sys
from pathlib import Path

HEADER = struct.Struct("<4I")           # magic, version, size, sum: ple/weights.h
ORIGIN = 16 + 12                        # offset of the text
BODY_AFTER = 64                         # biases begin here


def checksum(body):
    total = 2166136261
    for byte in body:
        total = (total ^ byte) * 16777619 & 0xffffffff
    return total


def with_sum(data):
    magic, version, size, _ = HEADER.unpack_from(data)
    body = bytes(data[HEADER.size:])
    return HEADER.pack(magic, version, size, checksum(body)) + body


def renamed(good):
    data = bytearray(good)
    data[ORIGIN:ORIGIN + 8] = b"renamed\0"
    return with_sum(data)


def other_version(good):
    magic, version, size, total = HEADER.unpack_from(good)
    return HEADER.pack(magic, version + 1, size, total) + good[HEADER.size:]


def absurd(good):
    data = bytearray(good)
    data[BODY_AFTER:BODY_AFTER + 4] = struct.pack("<i", 2**31 - 1)
    return with_sum(data)


def damaged(good):
    return good[:-1] + bytes([good[-1] ^ 1])


FILES = {"renamed": renamed, "truncated": lambda good: good[:1000], "version": other_version,
         "absurd": absurd, "damaged": damaged}


def main(good, folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (folder / f"{name}.bin").write_bytes(make(Path(good).read_bytes()))


if __name__ == "__main__":
    main(*sys.argv[1:])
