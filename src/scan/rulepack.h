/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack: a rule package as structs, before anything of it is wanted.
 *
 * Source: Microsoft's rule package schema, its description of Version
 * wrappers, uniqueResults and minCount. Threads: read-only once read.
 */
#ifndef SCAN_RULEPACK_H
#define SCAN_RULEPACK_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define RULEPACK_NS "http://schemas.microsoft.com/office/2011/mce"
#define RULEPACK_MAX_BYTES (16u << 20)
#define RULEPACK_UNLIMITED UINT32_MAX
#define RULEPACK_MAX_ANY 16	/* Any in Any */

struct xml_node;

struct rule_clause {
	bool is_any;
	struct str ref;			/* idRef of a Match */
	unsigned min, max;		/* minCount; minMatches, maxMatches */
	bool is_unique;
	struct rule_clause *child, *next;
	unsigned line;
};

struct rule_pattern {
	unsigned confidence;
	struct str ref;			/* of the IdMatch; empty: Evidence */
	struct str filters;		/* attribute */
	struct rule_clause *clauses;
	struct rule_pattern *next;	/* of equal or lower confidence */
	unsigned line;
};

struct rule_name {
	struct str text;
	struct rule_name *next;
};

struct rule_type {
	struct str id;
	struct str name;		/* the default one, or the id */
	struct rule_name *names;	/* in all languages */
	bool is_affinity;
	unsigned recommended, threshold;
	uint32_t proximity;
	struct str filters;		/* attribute */
	struct rule_pattern *patterns;
	uint64_t version;
	unsigned line;
	struct rule_type *next;
};

struct rule_term {
	struct str text;
	bool is_word, is_case_sensitive;
	unsigned line;
	struct rule_term *next;
};

enum rule_kind { RULE_REGEX, RULE_KEYWORD, RULE_OTHER };

/* What an idRef can mean. */
struct rule_processor {
	enum rule_kind kind;
	struct str id;
	struct str element;		/* "Regex", "Fingerprint", … */
	struct str regex;
	struct str validators, filters;	/* attributes of a Regex */
	const struct xml_node *node;	/* of what is neither */
	struct rule_term *terms;
	uint64_t version;
	unsigned line;
	uint32_t finder;		/* builder's: number + 1; 0: none */
	struct rule_processor *next;
};

struct rulepack {
	const char *name;
	struct rule_type *types;
	struct rule_processor *processors;
	struct rulepack *next;
};

/* Read a package into the arena. Fails ERR_INPUT or ERR_LIMIT, "line N: …". */
int rulepack_read(struct str xml, const char *name, struct arena *a,
    struct rulepack **out, struct err *err) FALLIBLE;

/* The processor of that id, or NULL. */
struct rule_processor *rulepack_find(const struct rulepack *p, struct str id);

#endif
