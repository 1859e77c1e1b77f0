#include "guests/lib/verdict.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "guests/lib/console.h"

#define REASON_MAX 160

static uint32_t checks, failures;
static char first_reason[REASON_MAX];

bool check(bool ok, const char *format, ...)
{
	char reason[REASON_MAX];
	va_list args;

	__atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);
	if (ok)
		return true;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	say("check failed: %s\n", reason);
	if (__atomic_fetch_add(&failures, 1, __ATOMIC_RELAXED) == 0)
		snprintf(first_reason, sizeof(first_reason), "%s", reason);
	return false;
}

int verdict(void)
{
	fflush(stdout);
	if (checks == 0) {
		printf("FAIL: nothing was checked\n");
		return 1;
	}
	if (failures) {
		printf("FAIL: %s (%u of %u checks failed)\n", first_reason, (unsigned)failures,
		       (unsigned)checks);
		return 1;
	}
	printf("PASS\n");
	return 0;
}
