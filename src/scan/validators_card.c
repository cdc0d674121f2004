/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_card: payment cards: the range of the brand, its lengths, Luhn.
 *
 * Security: a test that only adds digits would call one in ten long numbers a
 * card; the ranges of the issuers and the ways people write cards do most of
 * the work. Standards: ISO/IEC 7812-1.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

#define PREFIX 6	/* digits of the ranges below */
/* Air travel cards; French social security numbers of men begin so, too. */
#define UATP_FIRST 100000
#define UATP_LAST 199999

/* Card ranges in use: first and last value of the first six digits. */
static const struct brand {
	unsigned first, last;
	uint8_t min, max;	/* digits */
	bool is_debit;		/* also a debit card in Europe */
} brands[] = {
	{ 60400, 60499, 14, 19, true },		/* Maestro UK (06 04) */
	{ UATP_FIRST, UATP_LAST, 15, 15, false },
	{ 213100, 213199, 15, 15, false },	/* JCB, older ones */
	{ 220000, 220499, 16, 19, true },	/* Mir */
	{ 222100, 272099, 16, 16, true },	/* Mastercard */
	{ 300000, 305999, 14, 19, false },	/* Diners Club */
	{ 309500, 309599, 14, 19, false },
	{ 340000, 349999, 15, 15, false },	/* American Express */
	{ 352800, 358999, 16, 19, false },	/* JCB */
	{ 360000, 369999, 14, 19, false },	/* Diners Club */
	{ 370000, 379999, 15, 15, false },	/* American Express */
	{ 380000, 399999, 14, 19, false },	/* Diners Club */
	{ 400000, 499999, 16, 16, true },	/* Visa */
	{ 400000, 499999, 19, 19, true },
	{ 500000, 509999, 16, 19, true },	/* Maestro, Elo, Verve, RuPay */
	{ 510000, 559999, 16, 16, true },	/* Mastercard */
	{ 560000, 589999, 16, 19, true },	/* Maestro, Dankort */
	{ 601100, 601199, 16, 19, false },	/* Discover */
	{ 606282, 606282, 16, 19, false },	/* Hipercard */
	{ 608000, 608999, 16, 16, false },	/* RuPay */
	{ 620000, 629999, 16, 19, false },	/* UnionPay */
	{ 630000, 639999, 16, 19, true },	/* Maestro, InterPayment */
	{ 640000, 659999, 16, 19, false },	/* Discover, RuPay, Troy */
	{ 670000, 679999, 16, 19, true },	/* Maestro, girocard */
	{ 810000, 829999, 16, 19, false },	/* UnionPay, RuPay */
	{ 979200, 979299, 16, 16, false },	/* Troy */
};

/* The range a number falls into, or NULL. */
static const struct brand *
brand_of(const struct code *c, unsigned prefix, bool debit_only)
{
	for (size_t i = 0; i < COUNT_OF(brands); i++)
		if (prefix >= brands[i].first && prefix <= brands[i].last &&
		    c->n >= brands[i].min && c->n <= brands[i].max &&
		    (brands[i].is_debit || !debit_only))
			return (&brands[i]);
	return (NULL);
}

static bool
is_card_of(struct str match, bool debit_only)
{
	struct code c;
	unsigned prefix;

	if (!checksum_digits(match, 14, 19, &c) || checksum_is_repeated(&c) ||
	    !checksum_luhn(c.c, c.n))
		return (false);
	prefix = checksum_number(&c, 0, PREFIX);
	if (prefix >= UATP_FIRST && prefix <= UATP_LAST &&
	    validators_is_french_insee(match))
		return (false);
	return (brand_of(&c, prefix, debit_only) != NULL);
}

static bool
is_card(struct str match)
{
	return (is_card_of(match, false));
}

static bool
is_debit_card(struct str match)
{
	return (is_card_of(match, true));
}

/* A digit with a blank around it at text[at]? */
static bool
is_lone_digit(struct str text, size_t at)
{
	return (at < text.len && ascii_is_digit(text.p[at]) &&
	    (at == 0 || !ascii_is_digit(text.p[at - 1])) &&
	    (at + 1 == text.len || !ascii_is_digit(text.p[at + 1])));
}

/* Sixteen of a longer row of single digits: a table, not a card. */
static bool
is_in_row(struct str text, size_t at, size_t end)
{
	if (!is_lone_digit(text, at))
		return (false);
	return ((at >= 2 && is_lone_digit(text, at - 2)) ||
	    is_lone_digit(text, end + 1));
}

bool
validators_is_no_card(struct str text, size_t at, size_t end)
{
	return (validators_in_iban(text, at, end) ||
	    is_in_row(text, at, end));
}

bool
validator_is_card(const struct validator *v)
{
	return (v->is_valid == is_card || v->is_valid == is_debit_card);
}

/* Groups as they are embossed, or four by four whatever the length; other
 * groupings are not cards but tables. What stands between may be missing, or
 * be what columns, cells and people put there. Forms have a box per digit. */
#define GAP "[ \t]{0,2}[-./_,;|]?[ \t]{0,2}"
#define CARD							\
	"(?:[0-9]{4}" GAP "[0-9]{4}" GAP "[0-9]{4}" GAP		\
	"(?:[0-9]{2,3}|[0-9]{4}(?:" GAP "[0-9]{1,3})?)|"	\
	"[0-9]{4}" GAP "[0-9]{6}" GAP "[0-9]{4,5}|"		\
	"[0-9](?:[ \t][0-9]){13,18})"

static const struct validator rows[] = {
	{ "Func_credit_card", CARD, is_card },
	{ "Func_eu_debit_card", CARD, is_debit_card },
};

const struct validator_table validators_card = { rows, COUNT_OF(rows) };
