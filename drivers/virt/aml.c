#include "drivers/virt/aml.h"

enum {
	OP_ZERO = 0x00,
	OP_ONE = 0x01,
	OP_NAME = 0x08,
	OP_BYTE = 0x0A,
	OP_WORD = 0x0B,
	OP_DWORD = 0x0C,
	OP_QWORD = 0x0E,
	OP_SCOPE = 0x10,
	OP_BUFFER = 0x11,
	OP_PACKAGE = 0x12,
	OP_EXTENDED = 0x5B,
	OP_DEVICE = 0x82, /* after OP_EXTENDED */
	ROOT_PREFIX = '\\',
};

#define NAME_LENGTH	   4
#define PKG_LENGTH_BYTES   2
#define RESOURCE_IO	   0x47 /* small, 7 bytes follow */
#define RESOURCE_END	   0x79 /* small, a checksum follows; zero: not computed */
#define RESOURCE_INTERRUPT 0x89 /* large */

/* Lengths always take the two-byte form, so that they can be filled in afterwards. */
static size_t open_length(struct table_writer *w)
{
	size_t mark = w->used;

	put_zeros(w, PKG_LENGTH_BYTES);
	return mark;
}

void aml_close(struct table_writer *w, size_t mark)
{
	size_t length = w->used - mark;

	patch(w, mark, 1u << 6 | (length & 0xF), 1);
	patch(w, mark + 1, length >> 4, 1);
}

size_t aml_open_scope(struct table_writer *w, const char *root_name)
{
	size_t mark;

	put(w, OP_SCOPE, 1);
	mark = open_length(w);
	put(w, ROOT_PREFIX, 1);
	put_text(w, root_name, NAME_LENGTH);
	return mark;
}

size_t aml_open_device(struct table_writer *w, const char *name)
{
	size_t mark;

	put(w, OP_EXTENDED, 1);
	put(w, OP_DEVICE, 1);
	mark = open_length(w);
	put_text(w, name, NAME_LENGTH);
	return mark;
}

size_t aml_open_package(struct table_writer *w, unsigned elements)
{
	size_t mark;

	put(w, OP_PACKAGE, 1);
	mark = open_length(w);
	put(w, elements, 1);
	return mark;
}

void aml_name(struct table_writer *w, const char *name)
{
	put(w, OP_NAME, 1);
	put_text(w, name, NAME_LENGTH);
}

void aml_integer(struct table_writer *w, uint64_t value)
{
	static const struct {
		uint64_t limit;
		uint8_t opcode;
		uint8_t width;
	} forms[] = {
		{ UINT8_MAX, OP_BYTE, 1 },
		{ UINT16_MAX, OP_WORD, 2 },
		{ UINT32_MAX, OP_DWORD, 4 },
		{ UINT64_MAX, OP_QWORD, 8 },
	};
	unsigned i = 0;

	if (value <= 1) {
		put(w, value ? OP_ONE : OP_ZERO, 1);
		return;
	}
	while (value > forms[i].limit)
		i++;
	put(w, forms[i].opcode, 1);
	put(w, value, forms[i].width);
}

static uint32_t hex_digit(char c)
{
	return c <= '9' ? (uint32_t)(c - '0') : (uint32_t)(c - 'A' + 10);
}

/* Three letters of five bits and four hexadecimal digits, the bytes in big-endian order. */
void aml_eisa_id(struct table_writer *w, const char *id)
{
	uint32_t value = 0;

	for (int i = 0; i < 3; i++)
		value = value << 5 | (uint32_t)(id[i] - '@');
	for (int i = 3; i < 7; i++)
		value = value << 4 | hex_digit(id[i]);
	put(w, OP_DWORD, 1);
	put(w, __builtin_bswap32(value), 4);
}

/* A template is a buffer whose size, an integer term, comes after the length. */
struct aml_resources aml_open_resources(struct table_writer *w)
{
	struct aml_resources r;

	put(w, OP_BUFFER, 1);
	r.package = open_length(w);
	put(w, OP_BYTE, 1);
	r.length_at = w->used;
	put(w, 0, 1);
	r.start = w->used;
	return r;
}

void aml_io_ports(struct table_writer *w, uint16_t first, uint8_t count)
{
	put(w, RESOURCE_IO, 1);
	put(w, 1, 1); /* decodes 16 bits */
	put(w, first, 2);
	put(w, first, 2);
	put(w, 1, 1); /* alignment */
	put(w, count, 1);
}

void aml_edge_interrupt(struct table_writer *w, uint32_t gsi)
{
	put(w, RESOURCE_INTERRUPT, 1);
	put(w, 6, 2);
	put(w, 0x03, 1); /* consumer, edge-triggered */
	put(w, 1, 1);
	put(w, gsi, 4);
}

void aml_close_resources(struct table_writer *w, struct aml_resources resources)
{
	put(w, RESOURCE_END, 1);
	put(w, 0, 1);
	patch(w, resources.length_at, w->used - resources.start, 1);
	aml_close(w, resources.package);
}
