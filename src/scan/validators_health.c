/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_health: codes of diagnoses.
 *
 * Security: three characters like E10 are everywhere, so only codes with a
 * subcategory ("E10.9") are taken; words beside them have to do the rest.
 * Standards: ICD-10 (WHO, ICD-10-CM, ICD-10-GM), ICD-9-CM.
 */
#include "scan/checksum.h"
#include "scan/validators_tables.h"

/* The last category of each letter's chapters; 0: no category at all. */
static bool
is_icd10(struct str match)
{
	static const uint8_t last[26] = { 99, 99, 97, 89, 89, 99, 99, 95, 99,
	    99, 95, 99, 99, 99, 99, 96, 99, 99, 99, 98, 99, 99, 99, 99, 99,
	    99 };
	struct code c;

	if (!checksum_read(match, 4, 7, &c) || !ascii_is_alpha(c.c[0]) ||
	    !checksum_is_digits(&c, 1, 1))
		return (false);
	/* C4A, C7B, D3A, M1A, O9A, Z3A are the only ones with a letter. */
	if (!ascii_is_digit(c.c[2]))
		return (strchr("AB", c.c[2]) != NULL);
	return (checksum_number(&c, 1, 2) <= last[c.c[0] - 'A']);
}

static bool
is_icd9(struct str match)
{
	struct code c;

	if (!checksum_read(match, 4, 6, &c))
		return (false);
	if (c.c[0] == 'V')
		return (checksum_number(&c, 1, 2) >= 1 &&
		    checksum_number(&c, 1, 2) <= 91);
	return (c.c[0] == 'E' ? checksum_number(&c, 1, 3) <= 999 :
	    checksum_number(&c, 0, 3) >= 1);
}

static const struct validator rows[] = {
	{ "Func_letterlock_icd10", "[A-TV-Z][0-9][0-9AB]\\.[0-9A-Z]{1,4}",
	    is_icd10 },
	{ "Func_letterlock_icd9", "(?:[0-9]{3}\\.[0-9]{1,2}|"
	    "V[0-9]{2}\\.[0-9]{1,2}|E[0-9]{3}\\.[0-9])", is_icd9 },
};

const struct validator_table validators_health = { rows, COUNT_OF(rows) };
