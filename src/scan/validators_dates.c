/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_dates: dates and American addresses, as evidence beside a number.
 *
 * Dates are there to support other findings (an expiry beside a card, a birth
 * date beside a name): days that do not exist are refused, since versions,
 * sections and ratios look like dates.
 */
#include "scan/validators_tables.h"

/* The numbers of a date, in order, and whether its month is a name. */
struct date_parts {
	unsigned n[3];
	size_t digits[3];
	size_t n_numbers;
	bool has_name;
};

static struct date_parts
parts_of(struct str s)
{
	struct date_parts d = { 0 };
	bool in_number = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (ascii_is_digit(c)) {
			if (!in_number && d.n_numbers == COUNT_OF(d.n))
				break;
			if (!in_number)
				d.n_numbers++;
			if (d.digits[d.n_numbers - 1] < 4) {
				d.n[d.n_numbers - 1] = d.n[d.n_numbers - 1] *
				    10 + (unsigned)(c - '0');
				d.digits[d.n_numbers - 1]++;
			}
			in_number = true;
			continue;
		}
		in_number = false;
		/* A month's name begins with a letter of any script. */
		if (ascii_is_alpha(c) || (uint8_t)c > 0x7f)
			d.has_name = true;
	}
	return (d);
}

/* Years nobody writes in letters are not years: 1850 to 2150, or two digits. */
static bool
is_year(unsigned n, size_t digits)
{
	return (digits == 2 || (digits == 4 && n >= 1850 && n <= 2150));
}

/* Where a month is named, its length is not known here: any day does. */
static bool
is_day_of(unsigned month, unsigned day)
{
	static const uint8_t days[13] = { 31, 31, 29, 31, 30, 31, 30, 31, 31,
	    30, 31, 30, 31 };

	return (month <= 12 && day >= 1 && day <= days[month]);
}

static bool
is_date_by(struct str match, size_t day_at, size_t month_at)
{
	struct date_parts d = parts_of(match);

	/* ISO 8601 is the same everywhere; a time may follow. */
	if (d.digits[0] == 4)
		return (d.n_numbers == 3 && is_year(d.n[0], 4) &&
		    d.n[1] >= 1 && is_day_of(d.n[1], d.n[2]));
	if (d.has_name)
		return (d.n_numbers == 2 && is_day_of(0, d.n[0]) &&
		    is_year(d.n[1], d.digits[1]));
	return (d.n_numbers == 3 && is_year(d.n[2], d.digits[2]) &&
	    d.n[month_at] >= 1 && is_day_of(d.n[month_at], d.n[day_at]));
}

static bool
is_us_date(struct str match)
{
	return (is_date_by(match, 1, 0));
}

static bool
is_eu_date(struct str match)
{
	return (is_date_by(match, 0, 1));
}

static bool
is_expiry(struct str match)
{
	struct date_parts d = parts_of(match);

	if (d.has_name)
		return (d.n_numbers == 1 && is_year(d.n[0], d.digits[0]));
	return (d.n_numbers == 2 && d.n[0] >= 1 && d.n[0] <= 12 &&
	    is_year(d.n[1], d.digits[1]));
}

/* First three digits of the ZIP codes of a state, as ranges. */
static const struct zip_range {
	char state[3];
	const char *name;
	uint16_t first, last;
} zips[] = {
	{ "AL", "alabama", 350, 369 }, { "AK", "alaska", 995, 999 },
	{ "AZ", "arizona", 850, 865 }, { "AR", "arkansas", 716, 729 },
	{ "CA", "california", 900, 961 }, { "CO", "colorado", 800, 816 },
	{ "CT", "connecticut", 60, 69 }, { "DE", "delaware", 197, 199 },
	{ "DC", "district of columbia", 200, 205 },
	{ "FL", "florida", 320, 349 }, { "GA", "georgia", 300, 319 },
	{ "GA", "georgia", 398, 399 }, { "GU", "guam", 969, 969 },
	{ "HI", "hawaii", 967, 968 }, { "ID", "idaho", 832, 838 },
	{ "IL", "illinois", 600, 629 }, { "IN", "indiana", 460, 479 },
	{ "IA", "iowa", 500, 528 }, { "KS", "kansas", 660, 679 },
	{ "KY", "kentucky", 400, 427 }, { "LA", "louisiana", 700, 714 },
	{ "ME", "maine", 39, 49 }, { "MD", "maryland", 206, 219 },
	{ "MA", "massachusetts", 10, 27 }, { "MA", "massachusetts", 55, 55 },
	{ "MI", "michigan", 480, 499 }, { "MN", "minnesota", 550, 567 },
	{ "MS", "mississippi", 386, 397 }, { "MO", "missouri", 630, 658 },
	{ "MT", "montana", 590, 599 }, { "NE", "nebraska", 680, 693 },
	{ "NV", "nevada", 889, 898 }, { "NH", "new hampshire", 30, 38 },
	{ "NJ", "new jersey", 70, 89 }, { "NM", "new mexico", 870, 884 },
	{ "NY", "new york", 5, 5 }, { "NY", "new york", 63, 63 },
	{ "NY", "new york", 100, 149 }, { "NC", "north carolina", 270, 289 },
	{ "ND", "north dakota", 580, 588 }, { "OH", "ohio", 430, 459 },
	{ "OK", "oklahoma", 730, 749 }, { "OR", "oregon", 970, 979 },
	{ "PA", "pennsylvania", 150, 196 }, { "PR", "puerto rico", 6, 9 },
	{ "RI", "rhode island", 28, 29 },
	{ "SC", "south carolina", 290, 299 },
	{ "SD", "south dakota", 570, 577 }, { "TN", "tennessee", 370, 385 },
	{ "TX", "texas", 750, 799 }, { "TX", "texas", 733, 733 },
	{ "TX", "texas", 885, 885 }, { "UT", "utah", 840, 847 },
	{ "VT", "vermont", 50, 59 }, { "VA", "virginia", 201, 201 },
	{ "VA", "virginia", 220, 246 }, { "WA", "washington", 980, 994 },
	{ "WV", "west virginia", 247, 268 }, { "WI", "wisconsin", 530, 549 },
	{ "WY", "wyoming", 820, 831 },
};

/* The state as written: letters and single blanks, up to the ZIP code. */
static bool
is_us_address(struct str match)
{
	size_t at = 0;
	struct str state;
	unsigned zip;

	while (at < match.len && !ascii_is_digit(match.p[at]))
		at++;
	if (match.len - at < 5)
		return (false);
	state = str_trim(str_sub(match, 0, at));
	zip = (unsigned)(match.p[at] - '0') * 100 +
	    (unsigned)(match.p[at + 1] - '0') * 10 +
	    (unsigned)(match.p[at + 2] - '0');
	for (size_t i = 0; i < COUNT_OF(zips); i++)
		if ((str_eq(state, str_of(zips[i].state)) ||
		    str_eq_nocase(state, str_of(zips[i].name))) &&
		    zip >= zips[i].first && zip <= zips[i].last)
			return (true);
	return (false);
}

#define MONTHS_EN							\
	"jan(?:uary|\\.)?|feb(?:ruary|\\.)?|mar(?:ch|\\.)?|"		\
	"apr(?:il|\\.)?|may|june?\\.?|july?\\.?|aug(?:ust|\\.)?|"	\
	"sept?(?:ember|\\.)?|oct(?:ober|\\.)?|nov(?:ember|\\.)?|"	\
	"dec(?:ember|\\.)?"
#define MONTHS_NL							\
	"januari|februari|maart|mrt\\.?|mei|juni|juli|augustus|"	\
	"okt(?:ober|\\.)?"
#define MONTHS_FR							\
	"janv(?:ier|\\.)|f\xc3\xa9vr(?:ier|\\.)|mars|avr(?:il|\\.)|"	\
	"mai|juin|juil(?:let|\\.)|ao\xc3\xbbt|septembre|octobre|"	\
	"novembre|d\xc3\xa9" "c(?:embre|\\.)"
#define MONTHS_DE							\
	"j\xc3\xa4n(?:ner|\\.)?|januar|februar|m\xc3\xa4rz|"		\
	"dez(?:ember|\\.)?"
#define MONTHS_IT							\
	"genn(?:aio|\\.)|febbr(?:aio|\\.)|marzo|aprile|magg(?:io|\\.)|"	\
	"giugno|luglio|ag(?:osto|\\.)|sett(?:embre|\\.)|"		\
	"ott(?:obre|\\.)|dic(?:embre|\\.)"
#define MONTHS_PT							\
	"janeiro|fev(?:ereiro|\\.)?|mar\xc3\xa7o|marco|abr(?:il|\\.)?|"	\
	"maio|mai|junho|julho|agosto|ago\\.?|set(?:embro|\\.)?|"	\
	"out(?:ubro|\\.)?|novembro|dezembro"
#define MONTHS_ES							\
	"enero|febr?(?:ero|\\.)|mayo|junio|jul(?:io|\\.)|"		\
	"septiembre|octubre|noviembre|diciembre"
#define MONTHS_PL							\
	"stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|"	\
	"wrze\xc5\x9bnia|pa\xc5\xba" "dziernika|listopada|grudnia"
#define MONTHS_ALL MONTHS_EN "|" MONTHS_NL "|" MONTHS_FR "|" MONTHS_DE "|" \
	MONTHS_IT "|" MONTHS_PT "|" MONTHS_ES "|" MONTHS_PL
#define ISO_DATE							\
	"(?:18|19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"			\
	"(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?"		\
	"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
#define YEAR "(?:[0-9]{4}|[0-9]{2})"
#define NUMERIC_DATE							\
	"[0-9]{1,2}/[0-9]{1,2}/" YEAR "|[0-9]{1,2}-[0-9]{1,2}-" YEAR "|" \
	"[0-9]{1,2}\\.[0-9]{1,2}\\." YEAR "|"				\
	"[0-9]{1,2} [0-9]{1,2} [0-9]{4}"
#define DAY_FIRST(months)						\
	"[0-9]{1,2}(?:st|nd|rd|th|\\.|er)?(?: | de |-|/)(?:" months ")"	\
	"(?: de | del |, | |-|/)" YEAR
#define DAY_SECOND(months)						\
	"(?:" months ")(?: |-|/)[0-9]{1,2}(?:st|nd|rd|th)?"		\
	"(?:, ?| |-|/)" YEAR
#define EU_DATE "(?i:" ISO_DATE "|" NUMERIC_DATE "|" DAY_FIRST(MONTHS_ALL) ")"

static const struct validator rows[] = {
	{ "Func_eu_date", EU_DATE, is_eu_date },
	{ "Func_eu_date1", "(?i:" NUMERIC_DATE "|" DAY_FIRST(MONTHS_EN "|"
	    MONTHS_PT) ")", is_eu_date },
	{ "Func_eu_date2", "(?i:" NUMERIC_DATE "|" DAY_FIRST(MONTHS_EN "|"
	    MONTHS_NL) ")", is_eu_date },
	{ "Func_expiration_date", "(?i:[0-9]{1,2}[/-]" YEAR "|(?:" MONTHS_EN
	    ")[ /-]?" YEAR ")", is_expiry },
	{ "Func_us_address", "(?:[A-Z]{2}|(?i:(?:new|north|"
	    "south|west|rhode|puerto) [a-z]{4,10}|district of columbia|"
	    "[a-z]{4,13})) {1,2}[0-9]{5}(?:-[0-9]{4})?",
	    is_us_address },
	{ "Func_us_date", "(?i:" ISO_DATE "|" NUMERIC_DATE "|"
	    DAY_SECOND(MONTHS_EN) "|" DAY_FIRST(MONTHS_EN) ")", is_us_date },
};

const struct validator_table validators_dates = { rows, COUNT_OF(rows) };
