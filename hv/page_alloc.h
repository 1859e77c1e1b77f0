/*
 * Physical pages of the hypervisor: 4 KiB pages by node and colour, 2 MiB blocks by node, from the
 * one pool (hv/page_pool.h) that holds all free RAM. Any core, IF=0; each node has its own lock.
 * Addresses are physical (bytes); 0 is never a valid page. hv/paging.h maps them.
 */
#ifndef HV_PAGE_ALLOC_H
#define HV_PAGE_ALLOC_H

#include <stdbool.h>
#include <stdint.h>

#include "hv/error.h"
#include "hv/page_pool.h"

struct acpi_info;
struct boot_info;

/* All free RAM above 1 MiB that early memory has left, by node; after paging_init(). */
void page_alloc_init(const struct boot_info *info, const struct acpi_info *acpi);

/*
 * A page of junk or of zeroes; 0 when memory has run out. The colour is exact; another node serves
 * when `node` is empty. PAGE_NODE_ANY means the caller's own node.
 */
uint64_t page_alloc(uint32_t node, uint32_t colour);
uint64_t page_alloc_zeroed(uint32_t node, uint32_t colour);

/* 2 MiB, aligned to its size; contents are junk. 0 when no node has a whole block. */
uint64_t page_alloc_2m(uint32_t node);

/* Gives pages back. Freeing a page that is free, or was never handed out, is a panic. */
void page_free(uint64_t page);
void page_free_2m(uint64_t block);

void page_zero(uint64_t page); /* 4 KiB */
void page_zero_2m(uint64_t block);

uint32_t page_colour_count(void);
uint32_t page_node_count(void);
uint32_t page_colour_of(uint64_t page);
uint32_t page_node_of(uint64_t page);
void page_counts(uint32_t node, struct page_counts *counts);

/* Debugging: fill pages with 0xa5 when they are freed. Off unless the boot says otherwise. */
extern bool page_poison;

#endif
