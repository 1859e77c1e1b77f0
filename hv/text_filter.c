#include "hv/text_filter.h"

#define ESCAPE 0x1bu
#define BELL   0x07u

enum filter_state {
	TEXT = 0,
	AFTER_ESCAPE,  /* ESC seen */
	IN_CONTROL,    /* ESC [ ...: up to a final byte 0x40..0x7e */
	IN_STRING,     /* OSC, DCS, APC, PM, SOS: up to BEL or ESC \ */
	STRING_ESCAPE, /* ESC seen inside a string */
};

static uint8_t state_after_escape(uint8_t byte)
{
	switch (byte) {
	case '[':
		return IN_CONTROL;
	case ']':
	case 'P':
	case '_':
	case '^':
	case 'X':
		return IN_STRING;
	default:
		/* Intermediate bytes (ESC ( B and the like) are followed by one more. */
		return byte >= 0x20 && byte <= 0x2f ? AFTER_ESCAPE : TEXT;
	}
}

static int show_text(struct text_filter *filter, uint8_t byte)
{
	if (byte == ESCAPE)
		filter->state = AFTER_ESCAPE;
	if (byte == '\n')
		return '\n';
	if (byte == '\t')
		return ' ';
	if (byte < 0x20 || byte == 0x7f)
		return TEXT_FILTER_NONE;
	return byte < 0x7f ? byte : '?';
}

/* A line end closes every sequence: an unfinished one must not swallow the guest's next lines. */
int text_filter(struct text_filter *filter, uint8_t byte)
{
	if (filter->state == TEXT || byte == '\n') {
		filter->state = TEXT;
		return show_text(filter, byte);
	}
	if (byte == ESCAPE) {
		filter->state = filter->state == IN_STRING ? STRING_ESCAPE : AFTER_ESCAPE;
		return TEXT_FILTER_NONE;
	}
	if (filter->state == AFTER_ESCAPE)
		filter->state = state_after_escape(byte);
	else if (filter->state == IN_CONTROL && byte >= 0x40 && byte <= 0x7e)
		filter->state = TEXT;
	else if (filter->state == STRING_ESCAPE)
		filter->state = byte == '\\' ? TEXT : IN_STRING;
	else if (filter->state == IN_STRING && byte == BELL)
		filter->state = TEXT;
	return TEXT_FILTER_NONE;
}
