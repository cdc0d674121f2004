/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validators_tables: the tables that validators.c joins, one per file.
 *
 * Each file holds the checks of one region or kind and the table of its
 * functions, so that a number's pattern stands next to its check.
 */
#ifndef SCAN_VALIDATORS_TABLES_H
#define SCAN_VALIDATORS_TABLES_H

#include "scan/validators.h"

struct validator_table {
	const struct validator *rows;
	size_t n;
};

extern const struct validator_table validators_americas, validators_asia,
    validators_bank, validators_card, validators_coin, validators_dates,
    validators_east, validators_health, validators_licence, validators_network,
    validators_north, validators_pacific, validators_secret, validators_south,
    validators_uk, validators_us, validators_vat, validators_west;

/* Is text[at..end) the inside of an IBAN that is written in groups? One card in
 * ten IBANs would be found there. Source: ISO 13616-1, 5.3 */
bool validators_in_iban(struct str text, size_t at, size_t end);

/* Does what stands around text[at..end) say that it is no card after all? */
bool validators_is_no_card(struct str text, size_t at, size_t end);

/* A French social security number, with its key. */
bool validators_is_french_insee(struct str match);

#endif
