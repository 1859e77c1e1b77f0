/*
 * Workloads in portions: each runs until the TSC reaches `end` (and at least one portion), and
 * returns how much it did. None sleeps.
 */
#ifndef GUESTS_LIB_WORK_H
#define GUESTS_LIB_WORK_H

#include <stddef.h>
#include <stdint.h>

/* Turns of a countdown loop, two instructions each. */
uint64_t work_cpu(uint64_t end);

/* Bytes streamed: reads and writes one word of each 64-byte line of the buffer, round and round,
 * beginning at byte *position, which is carried along. size: a multiple of 64 KiB. */
uint64_t work_memory(uint64_t end, void *buffer, size_t size, size_t *position);

/* Port operations: a byte to and from COM1's scratch register, each an exit to a device model. */
uint64_t work_io(uint64_t end);

#endif
