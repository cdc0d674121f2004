/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulereader: the inside of rulepack_read(): attributes, and processors.
 * Threads: one at a time.
 */
#ifndef SCAN_RULEREADER_H
#define SCAN_RULEREADER_H

#include "scan/rulepack.h"
#include "xml/xml.h"

#define RULE_MAX_IDS 20000	/* types and processors of a package */

struct rule_reader {
	struct arena *arena;
	struct rulepack *pack;
	struct rule_type **types_end;
	struct rule_processor **processors_end;
	size_t n_ids;
	struct err *err;
};

/* -1 with "line N: ELEMENT: what". */
int rule_fail(struct rule_reader *r, const struct xml_node *n,
    const char *what);

/* An attribute as a number of low..high, a truth, characters or "unlimited";
 * absent: *out stays. Fails ERR_INPUT. */
int rule_number(struct rule_reader *r, const struct xml_node *n,
    const char *name, unsigned low, unsigned high, unsigned *out) FALLIBLE;
int rule_bool(struct rule_reader *r, const struct xml_node *n,
    const char *name, bool *out) FALLIBLE;
int rule_proximity(struct rule_reader *r, const struct xml_node *n,
    const char *name, uint32_t *out) FALLIBLE;

/* An attribute that must be there. */
int rule_need(struct rule_reader *r, const struct xml_node *n,
    const char *name, struct str *out) FALLIBLE;

/* The same id under two engine versions: is this one newer? *rc -1: the
 * versions are the same. */
bool rule_is_newer(struct rule_reader *r, const struct xml_node *n,
    uint64_t old, uint64_t now, int *rc);

/* Count an id. Fails ERR_LIMIT past RULE_MAX_IDS. */
int rule_count(struct rule_reader *r, const struct xml_node *n) FALLIBLE;

/* Regex, Keyword, or anything else that an idRef can mean. */
int rule_processor_read(struct rule_reader *r, const struct xml_node *n,
    uint64_t version) FALLIBLE;

#endif
