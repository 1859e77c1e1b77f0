#include "hv/guest_walk.h"

#include <string.h>

#define CR0_PG	 (1ull << 31)
#define CR4_PSE	 (1ull << 4)
#define CR4_PAE	 (1ull << 5)
#define CR4_LA57 (1ull << 12)
#define EFER_LMA (1ull << 10)

#define ENTRY_PRESENT (1ull << 0)
#define ENTRY_WRITE   (1ull << 1)
#define ENTRY_USER    (1ull << 2)
#define ENTRY_LARGE   (1ull << 7)
#define ENTRY_NX      (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull

/* The shape of one paging mode. */
struct paging_mode {
	unsigned levels;
	unsigned index_bits; /* of an ordinary level */
	unsigned entry_bytes;
	unsigned large_from; /* the highest level that may map pages; 1 is the page table */
	uint64_t cr3_mask;
};

static const struct paging_mode mode_32bit = { 2, 10, 4, 2, 0xfffff000ull };
static const struct paging_mode mode_32bit_no_pse = { 2, 10, 4, 1, 0xfffff000ull };
static const struct paging_mode mode_pae = { 3, 9, 8, 2, 0xffffffe0ull };
static const struct paging_mode mode_4level = { 4, 9, 8, 3, ENTRY_ADDRESS };
static const struct paging_mode mode_5level = { 5, 9, 8, 3, ENTRY_ADDRESS };

static const struct paging_mode *mode_of(const struct guest_paging *paging)
{
	if (paging->efer & EFER_LMA)
		return paging->cr4 & CR4_LA57 ? &mode_5level : &mode_4level;
	if (paging->cr4 & CR4_PAE)
		return &mode_pae;
	return paging->cr4 & CR4_PSE ? &mode_32bit : &mode_32bit_no_pse;
}

static uint64_t entry_address(const struct paging_mode *mode, uint64_t entry, uint64_t span)
{
	/* PSE-36 keeps address bits 32-39 in bits 13-20 of a 4 MiB entry. */
	if (mode->entry_bytes == 4 && span > GUEST_PAGE_SIZE)
		return (entry & 0xffc00000ull) | (entry >> 13 & 0xff) << 32;
	return entry & ENTRY_ADDRESS & ~(span - 1);
}

/* PAE's top table has four entries without access rights. */
static bool has_rights(const struct paging_mode *mode, unsigned level)
{
	return !(mode == &mode_pae && level == 3);
}

static void apply_rights(struct guest_walk *walk, const struct paging_mode *mode, unsigned level,
			 uint64_t entry)
{
	if (!has_rights(mode, level))
		return;
	walk->writable &= !!(entry & ENTRY_WRITE);
	walk->user &= !!(entry & ENTRY_USER);
	if (mode->entry_bytes == 8)
		walk->no_execute |= !!(entry & ENTRY_NX);
}

static enum error read_entry(const struct guest_ram *ram, const struct paging_mode *mode,
			     uint64_t table, uint32_t index, struct guest_walk *walk)
{
	struct guest_walk_step *step = &walk->step[walk->steps];
	enum error error;

	step->table = table;
	step->index = index;
	step->entry = 0;
	error = guest_ram_read(ram, table + (uint64_t)index * mode->entry_bytes, &step->entry,
			       mode->entry_bytes);
	if (error == OK)
		walk->steps++;
	return error;
}

static bool maps_page(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
	return level == 1 || (level <= mode->large_from && (entry & ENTRY_LARGE));
}

static enum error walk_tables(const struct guest_ram *ram, const struct paging_mode *mode,
			      uint64_t table, uint64_t linear, struct guest_walk *walk)
{
	for (unsigned level = mode->levels; level >= 1; level--) {
		unsigned shift = 12 + (level - 1) * mode->index_bits;
		uint32_t index = linear >> shift & ((1u << mode->index_bits) - 1);
		uint64_t entry;

		if (read_entry(ram, mode, table, index, walk) != OK)
			return ERR_FAULT;
		entry = walk->step[walk->steps - 1].entry;
		if (!(entry & ENTRY_PRESENT))
			return ERR_FAULT;
		apply_rights(walk, mode, level, entry);
		if (maps_page(mode, level, entry)) {
			walk->page_size = 1ull << shift;
			walk->gpa = entry_address(mode, entry, walk->page_size) |
				    (linear & (walk->page_size - 1));
			return OK;
		}
		table = entry_address(mode, entry, GUEST_PAGE_SIZE);
	}
	return ERR_FAULT;
}

enum error guest_walk(const struct guest_ram *ram, const struct guest_paging *paging,
		      uint64_t linear, struct guest_walk *walk)
{
	const struct paging_mode *mode = mode_of(paging);

	memset(walk, 0, sizeof(*walk));
	walk->writable = true;
	walk->user = true;
	if (!(paging->efer & EFER_LMA))
		linear &= 0xffffffffull;
	if (!(paging->cr0 & CR0_PG)) {
		walk->gpa = linear;
		return OK;
	}
	return walk_tables(ram, mode, paging->cr3 & mode->cr3_mask, linear, walk);
}

/* The next piece of [linear, linear + length) that lies in one page: its length, 0 if unmapped. */
static size_t next_piece(const struct guest_ram *ram, const struct guest_paging *paging,
			 uint64_t linear, size_t length, uint64_t *gpa)
{
	size_t piece = GUEST_PAGE_SIZE - (linear & (GUEST_PAGE_SIZE - 1));
	struct guest_walk walk;

	if (guest_walk(ram, paging, linear, &walk) != OK)
		return 0;
	*gpa = walk.gpa;
	return piece < length ? piece : length;
}

size_t guest_read_linear(const struct guest_ram *ram, const struct guest_paging *paging,
			 uint64_t linear, void *to, size_t length)
{
	size_t done = 0, piece;
	uint64_t gpa;

	while (done < length) {
		piece = next_piece(ram, paging, linear + done, length - done, &gpa);
		if (!piece || guest_ram_read(ram, gpa, (char *)to + done, piece) != OK)
			break;
		done += piece;
	}
	return done;
}

size_t guest_write_linear(const struct guest_ram *ram, const struct guest_paging *paging,
			  uint64_t linear, const void *from, size_t length)
{
	size_t done = 0, piece;
	uint64_t gpa;

	while (done < length) {
		piece = next_piece(ram, paging, linear + done, length - done, &gpa);
		if (!piece || guest_ram_write(ram, gpa, (const char *)from + done, piece) != OK)
			break;
		done += piece;
	}
	return done;
}
