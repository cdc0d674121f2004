/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convertproperty: what a rule is besides conditions and actions.
 *
 * Runs in the CLI. Security: a state that is not understood disables the rule.
 */
#include "import/convert.h"
#include "import/outcome.h"

#include <time.h>

#define COMMENT_MAX 1024	/* bytes, as Exchange has it */

int
convert_name(struct conversion *c)
{
	(void)c;	/* the draft has it already */
	return (0);
}

int
convert_mode(struct conversion *c)
{
	static const struct parameter_word modes[] = {
		{ "Enforce", "enforce" }, { "Enable", "enforce" },
		{ "Audit", "audit" }, { "AuditAndNotify", "audit_and_notify" },
		{ "TestWithNotifications", "audit_and_notify" },
		{ "TestWithoutNotifications", "audit" },
		{ "Disable", "" }, { "PendingDeletion", "" },
		{ NULL, NULL } };
	struct str word = input_word(c->value);
	const char *mode = convert_word(modes, word);

	if (mode == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(word)));
	if (mode[0] == '\0')
		c->draft->is_enabled = false;
	else if (strcmp(mode, "enforce") != 0)
		c->draft->mode = mode;
	return (0);
}

int
convert_enabled(struct conversion *c)
{
	struct str word = input_word(c->value);
	bool is_off = str_eq_nocase(word, STR_LIT("Disabled")) ||
	    str_eq_nocase(word, STR_LIT("False")) ||
	    (c->value->kind == INPUT_TRUTH && !c->value->truth);

	if (is_off)
		c->draft->is_enabled = false;
	/* 1 is Disabled of one enumeration and true elsewhere. */
	else if (!str_eq_nocase(word, STR_LIT("Enabled")) &&
	    (!input_is_true(c->value) || str_eq(word, STR_LIT("1"))))
		return (convert_refuse(c, "'%.*s' is neither Enabled nor "
		    "Disabled", STR_FMT(word)));
	return (0);
}

int
convert_disabled(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	c->draft->is_enabled = false;
	return (0);
}

int
convert_priority(struct conversion *c)
{
	uint64_t number;

	if (!str_to_u64(input_word(c->value), UINT32_MAX, &number))
		return (convert_refuse(c, "a number is missing"));
	c->draft->priority = (int)MIN_OF(number, DRAFT_PRIORITY_MAX);
	if (number > DRAFT_PRIORITY_MAX)
		return (convert_nearly(c, "10000 is the last there is"));
	return (0);
}

int
convert_comment(struct conversion *c)
{
	struct str line = outcome_line_text(input_word(c->value), c->arena);

	if (line.len > COMMENT_MAX)
		line = str_sub(line, 0, COMMENT_MAX);
	/* Not in the middle of a character. */
	while (line.len > 0 && ((uint8_t)line.p[line.len - 1] & 0xc0) == 0x80)
		line.len--;
	if (line.len > 0 && (uint8_t)line.p[line.len - 1] >= 0xc0)
		line.len--;
	c->draft->comment = line;
	return (0);
}

/* ---- dates ------------------------------------------------------------ */

/* Digits from *at on; false where there are none or too many. */
static bool
take_number(struct str s, size_t *at, int *out)
{
	size_t start = *at;

	*out = 0;
	while (*at < s.len && ascii_is_digit(s.p[*at]) && *at - start < 4)
		*out = *out * 10 + (s.p[(*at)++] - '0');
	return (*at > start);
}

static bool
take_letter(struct str s, size_t *at, char letter)
{
	if (*at >= s.len || s.p[*at] != letter)
		return (false);
	(*at)++;
	return (true);
}

struct date {
	int year, month, day;
	bool is_guessed;	/* 2/1/2026: February or January? */
};

static bool
is_date(const struct date *d)
{
	return (d->year >= 1990 && d->year <= 9999 && d->month >= 1 &&
	    d->month <= 12 && d->day >= 1 && d->day <= 31);
}

static bool
parse_iso(struct str s, struct date *d)
{
	size_t at = 0;

	return (take_number(s, &at, &d->year) && at == 4 &&
	    take_letter(s, &at, '-') && take_number(s, &at, &d->month) &&
	    take_letter(s, &at, '-') && take_number(s, &at, &d->day) &&
	    is_date(d));
}

/* Month first, unless that is impossible. */
static bool
parse_slashes(struct str s, struct date *d)
{
	size_t at = 0;
	int first, second;
	bool day_first;
	char sign = str_index(s, '.') > 0 ? '.' : '/';

	if (!take_number(s, &at, &first) || !take_letter(s, &at, sign) ||
	    !take_number(s, &at, &second) || !take_letter(s, &at, sign) ||
	    !take_number(s, &at, &d->year))
		return (false);
	day_first = sign == '.' || first > 12;
	d->month = day_first ? second : first;
	d->day = day_first ? first : second;
	d->is_guessed = !day_first && second <= 12 && first != second;
	return (is_date(d));
}

/* "/Date(1767225600000)/" */
static bool
parse_ticks(struct str s, struct date *d)
{
	struct str digits = str_sub(s, 6, s.len);
	ptrdiff_t end = str_index(digits, ')');
	uint64_t ms;
	time_t seconds;
	struct tm tm;

	if (!str_starts_nocase(s, STR_LIT("/Date(")) || end < 0 ||
	    !str_to_u64(str_sub(digits, 0, (size_t)end), INT64_MAX / 2, &ms))
		return (false);
	seconds = (time_t)(ms / 1000);
	if (gmtime_r(&seconds, &tm) == NULL)
		return (false);
	*d = (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	    false };
	return (is_date(d));
}

static int
read_date(struct conversion *c, struct str *out)
{
	struct str word = input_word(c->value);
	struct date d = { 0, 0, 0, false };

	if (word.len == 0 && c->value->kind == INPUT_TABLE)
		word = input_get_text(c->value, "DateTime");
	if (!parse_iso(word, &d) && !parse_slashes(word, &d) &&
	    !parse_ticks(word, &d))
		return (convert_refuse(c, "'%.*s' is not a date",
		    STR_FMT(word)));
	*out = str_of(arena_printf(c->arena, "%04d-%02d-%02d", d.year,
	    d.month, d.day));
	if (d.is_guessed)
		return (convert_nearly(c, "'%.*s' is read with the month "
		    "first", STR_FMT(word)));
	return (convert_nearly(c, "the day only, not the time of day"));
}

int
convert_from_date(struct conversion *c)
{
	return (read_date(c, &c->draft->valid_from));
}

int
convert_until_date(struct conversion *c)
{
	return (read_date(c, &c->draft->valid_until));
}

/* ---- the rest --------------------------------------------------------- */

int
convert_error_action(struct conversion *c)
{
	static const struct parameter_word actions[] = {
		{ "Ignore", "ignore" }, { "Defer", "defer" },
		{ "RetryThenBlock", "defer" }, { NULL, NULL } };
	struct str word = input_word(c->value);

	c->draft->on_error = convert_word(actions, word);
	if (c->draft->on_error == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(word)));
	return (0);
}

int
convert_stop(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	c->draft->is_stop = true;
	return (0);
}

int
convert_location(struct conversion *c)
{
	static const struct parameter_word locations[] = {
		{ "Header", "header" }, { "Envelope", "envelope" },
		{ "HeaderOrEnvelope", "header_or_envelope" },
		{ NULL, NULL } };
	struct str word = input_word(c->value);
	const char *location = convert_word(locations, word);

	if (location == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(word)));
	c->draft->location = location;
	return (0);
}
