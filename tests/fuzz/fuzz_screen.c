/*
 * Guest output on its way to a person: through the filter of follow mode, which must let nothing
 * but text out, and onto the screen console, whose cursor must stay inside. The first two bytes
 * are the screen's size.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "drivers/text_screen.h"
#include "hv/text_filter.h"

static void check_filter(const uint8_t *data, size_t size)
{
	struct text_filter filter = { 0 };

	for (size_t i = 0; i < size; i++) {
		int shown = text_filter(&filter, data[i]);

		if (shown != TEXT_FILTER_NONE && shown != '\n' && (shown < ' ' || shown > 0x7e))
			abort();
		if (data[i] == '\n' && shown != '\n')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct text_screen screen;

	if (size < 2)
		return 0;
	check_filter(data, size);
	text_screen_init(&screen, data[0], data[1]);
	for (size_t i = 2; i < size; i++) {
		text_screen_write(&screen, data + i, 1);
		if (screen.row >= screen.rows || screen.column > screen.columns)
			abort();
	}
	return 0;
}
