/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: a number and a unit. A time without a unit is refused: seconds or
 * minutes would be a guess.
 *
 * Runs where settings and policies are read. Security: the administrator's
 * text; products that would not fit are refused.
 */
#include "conf/number.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit byte_units[] = {	/* rising */
	{ "", 1 }, { "B", 1 },
	{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
};

static const struct unit time_units[] = {	/* rising */
	{ "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
	{ "d", 86400000 },
};

static bool
parse_number(struct str text, const struct unit *units, size_t n,
    int64_t *out)
{
	size_t digits = 0;
	struct str unit;
	uint64_t value;

	while (digits < text.len && ascii_is_digit(text.p[digits]))
		digits++;
	unit = str_trim(str_sub(text, digits, text.len));
	for (size_t i = 0; i < n; i++) {
		uint64_t most = (uint64_t)(INT64_MAX / units[i].factor);

		if (!str_eq_nocase(unit, str_of(units[i].name)))
			continue;
		if (!str_to_u64(str_sub(text, 0, digits), most, &value))
			return (false);
		*out = (int64_t)value * units[i].factor;
		return (true);
	}
	return (false);
}

static void
format_number(int64_t value, const struct unit *units, size_t n,
    struct buf *out)
{
	size_t best = 0;

	for (size_t i = 0; i < n; i++)
		if (value != 0 && value % units[i].factor == 0)
			best = i;
	if (value == 0)
		best = 1;	/* "0 B", "0 s" */
	buf_printf(out, "%lld%s%s", (long long)(value / units[best].factor),
	    units[best].name[0] != '\0' ? " " : "", units[best].name);
}

bool
number_parse_bytes(struct str text, int64_t *out)
{
	return (parse_number(text, byte_units, COUNT_OF(byte_units), out));
}

bool
number_parse_duration(struct str text, int64_t *out)
{
	return (parse_number(text, time_units, COUNT_OF(time_units), out));
}

void
number_format_bytes(int64_t bytes, struct buf *out)
{
	format_number(bytes, byte_units, COUNT_OF(byte_units), out);
}

void
number_format_duration(int64_t ms, struct buf *out)
{
	format_number(ms, time_units, COUNT_OF(time_units), out);
}
