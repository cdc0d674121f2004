/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulecheck: reading Validators, and trying them on a match.
 *
 * Runs where a policy is read, and wherever texts are scanned. Security:
 * packages and texts are hostile; a check is linear in the match, of which the
 * first MATCH_DIGITS digits are looked at.
 */
#include "scan/rulecheck.h"

#define MATCH_DIGITS 128
#define MAX_WEIGHT 1000
#define MAX_MOD 1000

/* ---- reading ---------------------------------------------------------- */

static int
refuse(const struct xml_node *n, struct err *err, const char *what,
    struct str of)
{
	return (err_set(err, ERR_INPUT, "line %u: %s '%.*s'", n->line, what,
	    STR_FMT(str_sub(of, 0, 64))));
}

static int
read_unsigned(const struct xml_node *n, unsigned max, unsigned *out,
    struct err *err)
{
	uint64_t v;

	if (!str_to_u64(str_trim(n->text), max, &v))
		return (refuse(n, err, "this is no number that is known here:",
		    n->text));
	*out = (unsigned)v;
	return (0);
}

static int
read_weights(const struct xml_node *n, struct rule_check *c, struct err *err)
{
	struct str rest = n->text, one;
	uint64_t v;

	while (str_next(&rest, ',', &one)) {
		if (c->n_weights == RULECHECK_MAX_WEIGHTS ||
		    !str_to_u64(str_trim(one), MAX_WEIGHT, &v))
			return (refuse(n, err, "these are no weights:",
			    n->text));
		c->weights[c->n_weights++] = (int)v;
	}
	return (0);
}

static int
read_checksum(const struct xml_node *n, struct rule_check *c, struct err *err)
{
	unsigned letters = 0;

	for (const struct xml_node *p = n->child; p != NULL; p = p->next) {
		struct str name = str_trim(xml_attr(p, "name"));
		int rc;

		if (str_eq_nocase(name, STR_LIT("Weights")))
			rc = read_weights(p, c, err);
		else if (str_eq_nocase(name, STR_LIT("Mod")))
			rc = read_unsigned(p, MAX_MOD, &c->mod, err);
		else if (str_eq_nocase(name, STR_LIT("CheckDigit")))
			rc = read_unsigned(p, RULECHECK_MAX_WEIGHTS,
			    &c->digit, err);
		else if (str_eq_nocase(name, STR_LIT("AllowAlphabets")))
			rc = read_unsigned(p, 1, &letters, err);
		else
			rc = refuse(p, err, "a checksum cannot be made with",
			    name);
		if (rc != 0)
			return (-1);
	}
	/* Nobody says what number a letter is. */
	if (letters != 0)
		return (refuse(n, err, "a checksum cannot be made with",
		    STR_LIT("AllowAlphabets")));
	if (c->mod == 0 || c->digit == 0 || c->digit > c->n_weights)
		return (refuse(n, err, "this is not complete:",
		    STR_LIT("Checksum")));
	return (0);
}

static const char *const orders[] = { "DDMMYYYY", "MMDDYYYY", "YYYYDDMM",
	"YYYYMMDD", "DDMMYY", "MMDDYY", "YYDDMM", "YYMMDD" };

static int
read_date(const struct xml_node *n, struct rule_check *c, struct err *err)
{
	struct str order = STR_LIT("");

	for (const struct xml_node *p = n->child; p != NULL; p = p->next) {
		if (!str_eq_nocase(xml_attr(p, "name"), STR_LIT("Pattern")))
			return (refuse(p, err, "a date cannot be read with",
			    xml_attr(p, "name")));
		order = str_trim(p->text);
	}
	for (size_t i = 0; i < COUNT_OF(orders); i++)
		if (str_eq_nocase(order, str_of(orders[i])))
			c->order = orders[i];
	return (c->order != NULL ? 0 : refuse(n, err,
	    "this is no order of a date that is known:", order));
}

int
rulecheck_read(const struct xml_node *validators, struct arena *a,
    const struct rule_check **out, struct err *err)
{
	const struct rule_check *list = NULL;

	for (const struct xml_node *n = validators->child; n != NULL;
	    n = n->next) {
		struct rule_check *c = arena_alloc(a, sizeof(*c));
		struct str type = str_trim(xml_attr(n, "type"));
		int rc;

		if (!xml_is(n, "Validator")) {
			rc = refuse(n, err, "this is not known here:",
			    n->name);
		} else if (str_eq_nocase(type, STR_LIT("Checksum"))) {
			rc = read_checksum(n, c, err);
		} else if (str_eq_nocase(type, STR_LIT("DateSimple"))) {
			c->kind = RULECHECK_DATE;
			rc = read_date(n, c, err);
		} else {
			rc = refuse(n, err, "there is no Validator", type);
		}
		if (rc != 0)
			return (-1);
		c->next = list;
		list = c;
	}
	if (list == NULL)
		return (refuse(validators, err, "there is nothing in",
		    xml_attr(validators, "id")));
	*out = list;
	return (0);
}

/* ---- trying ----------------------------------------------------------- */

static bool
is_sum(const struct rule_check *c, const uint8_t *digits, size_t n)
{
	unsigned sum = 0;

	if (n != c->n_weights)
		return (false);
	for (size_t i = 0; i < n; i++)
		sum += (unsigned)c->weights[i] * digits[i];
	return (sum % c->mod == digits[c->digit - 1]);
}

static bool
is_date(const char *order, const uint8_t *digits)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	unsigned day = 0, month = 0, year = 0;
	bool is_leap;

	for (; *order != '\0'; order++, digits++) {
		unsigned *part = *order == 'D' ? &day : *order == 'M' ?
		    &month : &year;

		*part = *part * 10 + *digits;
	}
	/* Of two digits it is of our century: 2000 was a leap year, too. */
	is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return (month >= 1 && month <= 12 && day >= 1 &&
	    day <= days[month - 1] && (month != 2 || day != 29 || is_leap));
}

/* The date is a part of the match; which, nobody says. */
static bool
has_date(const struct rule_check *c, const uint8_t *digits, size_t n)
{
	size_t len = strlen(c->order);

	for (size_t i = 0; i + len <= n; i++)
		if (is_date(c->order, digits + i))
			return (true);
	return (false);
}

bool
rulecheck_holds(const struct rule_check *c, struct str match)
{
	uint8_t digits[MATCH_DIGITS];
	size_t n = 0;
	bool ok = true;

	if (c == NULL)
		return (true);
	for (size_t i = 0; i < match.len && n < MATCH_DIGITS; i++)
		if (ascii_is_digit(match.p[i]))
			digits[n++] = (uint8_t)(match.p[i] - '0');
	for (; c != NULL && ok; c = c->next)
		ok = c->kind == RULECHECK_CHECKSUM ? is_sum(c, digits, n) :
		    has_date(c, digits, n);
	explicit_bzero(digits, sizeof(digits));
	return (ok);
}
