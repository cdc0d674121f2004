/* SPDX-License-Identifier: Apache-2.0 */
/* clock: reading and formatting time. Runs in every role; trusts the kernel. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static int64_t
read_ms(clockid_t which)
{
	struct timespec ts;

	must(clock_gettime(which, &ts) == 0);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int64_t
clock_mono_ms(void)
{
	return (read_ms(CLOCK_MONOTONIC));
}

int64_t
clock_wall_ms(void)
{
	return (read_ms(CLOCK_REALTIME));
}

static struct tm
utc(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	must(gmtime_r(&t, &tm) != NULL);
	return (tm);
}

void
clock_rfc5322(int64_t wall_ms, char out[static CLOCK_RFC5322_SIZE])
{
	/* strftime would follow the locale; the mail standard does not. */
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = utc(wall_ms);

	(void)snprintf(out, CLOCK_RFC5322_SIZE,
	    "%s, %02d %s %04d %02d:%02d:%02d +0000", day[tm.tm_wday],
	    tm.tm_mday, month[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min, tm.tm_sec);
}

void
clock_rfc3339(int64_t wall_ms, char out[static CLOCK_RFC3339_SIZE])
{
	struct tm tm = utc(wall_ms);

	(void)snprintf(out, CLOCK_RFC3339_SIZE,
	    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    (int)(wall_ms % 1000));
}

void
clock_moment(int64_t wall_ms, char out[static CLOCK_MOMENT_SIZE])
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	struct tm tm = utc(wall_ms);

	(void)snprintf(out, CLOCK_MOMENT_SIZE, "%d %s %04d, %02d:%02d UTC",
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour,
	    tm.tm_min);
}

bool
clock_parse_day(struct str text, int64_t *wall_ms)
{
	uint64_t year, month, day;
	struct tm tm = { 0 };
	time_t t;

	if (text.len != 10 || text.p[4] != '-' || text.p[7] != '-' ||
	    !str_to_u64(str_sub(text, 0, 4), 9999, &year) ||
	    !str_to_u64(str_sub(text, 5, 2), 12, &month) ||
	    !str_to_u64(str_sub(text, 8, 2), 31, &day) || month == 0 ||
	    year < 1970)
		return (false);
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	t = timegm(&tm);
	/* The 30th of February would be a day of March. */
	if (tm.tm_mday != (int)day || tm.tm_mon != (int)month - 1)
		return (false);
	*wall_ms = (int64_t)t * CLOCK_SECOND_MS;
	return (true);
}

void
clock_sleep_until(int64_t deadline_ms)
{
	struct timespec ts = { .tv_sec = (time_t)(deadline_ms / 1000),
		.tv_nsec = (deadline_ms % 1000) * 1000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) ==
	    EINTR)
		;
}
