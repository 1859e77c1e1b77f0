#include "ple/fixed.h"

/* Newton's iteration from above falls until it is there; 64 bits need six steps at most. */
uint32_t ple_sqrt(uint64_t x)
{
	uint64_t root = 1ull << (ple_log2(x) / 2 + 1), next;

	if (x == 0)
		return 0;
	for (unsigned i = 0; i < 8; i++) {
		next = (root + x / root) / 2;
		if (next >= root)
			break;
		root = next;
	}
	return (uint32_t)root;
}
