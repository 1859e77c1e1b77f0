/*
 * A guest's MC146818 clock and CMOS RAM at 0x70/0x71. Time only: alarm and periodic interrupts are
 * registers without effect. The caller serialises calls.
 */
#ifndef DRIVERS_VIRT_RTC_H
#define DRIVERS_VIRT_RTC_H

#include <stdint.h>

struct rtc {
	uint64_t tsc_hz;
	uint64_t epoch_tsc;    /* TSC at which epoch_seconds began */
	int64_t epoch_seconds; /* Unix time */
	uint8_t index;
	uint8_t ram[128]; /* registers A, B and D and the bytes from 0x0E on */
	uint64_t frozen;  /* TSC at which register B.SET stopped the clock */
};

/* `unix_seconds` is the time at TSC tick `now`. tsc_hz is not zero and below 2^40. */
void rtc_init(struct rtc *r, uint64_t tsc_hz, int64_t unix_seconds, uint64_t now);

/* Guest access to 0x70 and 0x71; other ports read 0xFF. */
uint8_t rtc_read(struct rtc *r, uint16_t port, uint64_t now);
void rtc_write(struct rtc *r, uint16_t port, uint8_t value, uint64_t now);

#endif
