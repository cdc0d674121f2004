/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulecheck: the checks that a package defines itself, in a Validators element,
 * for what its expressions find: a weighted checksum, a date.
 *
 * Source: Microsoft's description of regex validators. Threads: read-only once
 * read.
 */
#ifndef SCAN_RULECHECK_H
#define SCAN_RULECHECK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "xml/xml.h"

#define RULECHECK_MAX_WEIGHTS 64

enum rulecheck_kind { RULECHECK_CHECKSUM, RULECHECK_DATE };

struct rule_check {
	enum rulecheck_kind kind;
	/* The digits by these weights, summed, modulo this, are the digit at
	 * this place, from 1 on. */
	int weights[RULECHECK_MAX_WEIGHTS];
	unsigned n_weights, mod, digit;
	const char *order;	/* "DDMMYYYY" */
	const struct rule_check *next;
};

/* Read a Validators element. Fails ERR_INPUT: what of it is not known, so
 * that a type is not found for less or for more than it says. */
int rulecheck_read(const struct xml_node *validators, struct arena *a,
    const struct rule_check **out, struct err *err) FALLIBLE;

/* All of them hold for a match; NULL always does. */
bool rulecheck_holds(const struct rule_check *c, struct str match);

#endif
