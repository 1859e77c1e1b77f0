#!/usr/bin/python3
"""Prints ple/activation_tables.c: sigmoid and tanh in Q15, a value and a difference an entry.

usage: scripts/make_activation.py >ple/activation_tables.c
"""
import math

SIZE = 512


def entries(function, first, steps_per_unit):
    """32-bit entries: the value at the left end below, the difference to the right end above."""
    points = [min(32767, round(32768 * function(first + i / steps_per_unit)))
              for i in range(SIZE + 1)]
    for left, right in zip(points, points[1:]):
        entry = (right - left) << 16 | left & 0xffff
        yield entry - (1 << 32) if entry >= 1 << 31 else entry


def print_table(name, values):
    print(f"\nconst int32_t {name}[PLE_TABLE_SIZE] = {{")
    values = list(values)
    for i in range(0, SIZE, 8):
        print("\t" + " ".join(f"{value}," for value in values[i:i + 8]))
    print("};")


print("/* Made by scripts/make_activation.py. */")
print('#include "ple/activation.h"')
print_table("ple_sigmoid_table", entries(lambda x: 1 / (1 + math.exp(-x)), -16, 16))
print_table("ple_tanh_table", entries(math.tanh, -8, 32))
