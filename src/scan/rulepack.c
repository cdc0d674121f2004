/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rulepack: XML to structs, and every reason to refuse it with its line.
 *
 * Runs where a policy is read. Security: packages come from strangers' web
 * pages; xml.h limits the document, this file what it may ask for.
 * Source: Microsoft's rule package schema.
 */
#include "scan/rulereader.h"

#include "scan/scan.h"

#define ENTITY_PROXIMITY 300	/* where nothing is said: the schema's text */
#define AFFINITY_PROXIMITY 600
#define RECOMMENDED 75

/* "15.01.0131.000" in order. */
static uint64_t
version_of(const struct xml_node *n)
{
	struct str rest = xml_attr(n, "minEngineVersion"), part;
	uint64_t v = 0, one;

	for (unsigned i = 0; i < 4; i++) {
		if (!str_next(&rest, '.', &part) ||
		    !str_to_u64(str_trim(part), UINT16_MAX, &one))
			one = 0;
		v = v << 16 | one;
	}
	return (v);
}

/* ---- patterns --------------------------------------------------------- */

static int read_clauses(struct rule_reader *r, const struct xml_node *n,
    struct rule_clause **out, unsigned depth);

static int
read_match(struct rule_reader *r, const struct xml_node *n,
    struct rule_clause *c)
{
	c->min = 1;
	if (rule_need(r, n, "idRef", &c->ref) != 0 ||
	    rule_number(r, n, "minCount", 1, SCAN_MAX_COUNT, &c->min) != 0)
		return (-1);
	return (rule_bool(r, n, "uniqueResults", &c->is_unique));
}

static int
read_any(struct rule_reader *r, const struct xml_node *n, struct rule_clause *c,
    unsigned depth)
{
	c->is_any = true;
	c->min = 1;
	c->max = UINT32_MAX;
	if (depth == RULEPACK_MAX_ANY)
		return (rule_fail(r, n, "nested too deep"));
	if (rule_number(r, n, "minMatches", 0, UINT16_MAX, &c->min) != 0 ||
	    rule_number(r, n, "maxMatches", 0, UINT16_MAX, &c->max) != 0)
		return (-1);
	if (c->min > c->max)
		return (rule_fail(r, n, "minMatches is more than maxMatches"));
	if (n->child == NULL)
		return (rule_fail(r, n, "needs a Match or an Any"));
	return (read_clauses(r, n, &c->child, depth + 1));
}

static int
read_clauses(struct rule_reader *r, const struct xml_node *n,
    struct rule_clause **out, unsigned depth)
{
	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		struct rule_clause *c;
		int rc;

		if (xml_is(k, "IdMatch") && depth == 0)
			continue;
		c = arena_alloc(r->arena, sizeof(*c));
		c->line = k->line;
		if (xml_is(k, "Match"))
			rc = read_match(r, k, c);
		else if (xml_is(k, "Any"))
			rc = read_any(r, k, c, depth);
		else
			rc = rule_fail(r, k, "not known here");
		if (rc != 0)
			return (-1);
		*out = c;
		out = &c->next;
	}
	return (0);
}

/* Behind all that are as sure. */
static void
insert_pattern(struct rule_type *t, struct rule_pattern *p)
{
	struct rule_pattern **at = &t->patterns;

	while (*at != NULL && (*at)->confidence >= p->confidence)
		at = &(*at)->next;
	p->next = *at;
	*at = p;
}

static int
read_pattern(struct rule_reader *r, const struct xml_node *n,
    struct rule_type *t)
{
	struct rule_pattern *p = arena_alloc(r->arena, sizeof(*p));
	const struct xml_node *id = xml_child(n, "IdMatch");

	p->line = n->line;
	p->filters = str_trim(xml_attr(n, "filters"));
	if (rule_number(r, n, "confidenceLevel", 1, 100, &p->confidence) != 0)
		return (-1);
	if (p->confidence == 0)
		return (rule_fail(r, n, "needs confidenceLevel"));
	if (!t->is_affinity) {
		if (id == NULL)
			return (rule_fail(r, n, "needs an IdMatch"));
		if (rule_need(r, id, "idRef", &p->ref) != 0)
			return (-1);
	}
	if (read_clauses(r, n, &p->clauses, 0) != 0)
		return (-1);
	if (t->is_affinity && p->clauses == NULL)
		return (rule_fail(r, n, "needs a Match or an Any"));
	insert_pattern(t, p);
	return (0);
}

/* Pattern or Evidence, perhaps inside Version. */
static int
read_patterns(struct rule_reader *r, const struct xml_node *n,
    struct rule_type *t)
{
	const char *wanted = t->is_affinity ? "Evidence" : "Pattern";

	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		int rc = 0;

		if (xml_is(k, "Version"))
			rc = read_patterns(r, k, t);
		else if (xml_is(k, wanted))
			rc = read_pattern(r, k, t);
		else
			rc = rule_fail(r, k, "not known here");
		if (rc != 0)
			return (-1);
	}
	return (0);
}

/* ---- types ------------------------------------------------------------ */

static int
add_type(struct rule_reader *r, const struct xml_node *n, struct rule_type *t)
{
	int rc = 0;

	for (struct rule_type *o = r->pack->types; o != NULL; o = o->next) {
		if (!str_eq_nocase(o->id, t->id))
			continue;
		if (rule_is_newer(r, n, o->version, t->version, &rc)) {
			t->next = o->next;
			if (r->types_end == &o->next)
				r->types_end = &o->next;
			*o = *t;
		}
		return (rc);
	}
	*r->types_end = t;
	r->types_end = &t->next;
	return (0);
}

static int
read_type(struct rule_reader *r, const struct xml_node *n, uint64_t version)
{
	struct rule_type *t = arena_alloc(r->arena, sizeof(*t));

	t->is_affinity = xml_is(n, "Affinity");
	t->version = version;
	t->line = n->line;
	t->filters = str_trim(xml_attr(n, "filters"));
	t->recommended = RECOMMENDED;
	t->proximity = t->is_affinity ? AFFINITY_PROXIMITY : ENTITY_PROXIMITY;
	if (rule_count(r, n) != 0 || rule_need(r, n, "id", &t->id) != 0 ||
	    rule_proximity(r, n, t->is_affinity ? "evidencesProximity" :
	    "patternsProximity", &t->proximity) != 0 ||
	    rule_number(r, n, "recommendedConfidence", 1, 100,
	    &t->recommended) != 0 ||
	    rule_number(r, n, "thresholdConfidenceLevel", 1, 100,
	    &t->threshold) != 0)
		return (-1);
	t->name = t->id;
	if (t->is_affinity && t->threshold == 0)
		return (rule_fail(r, n, "needs thresholdConfidenceLevel"));
	if (read_patterns(r, n, t) != 0)
		return (-1);
	if (t->patterns == NULL)
		return (rule_fail(r, n, "has no patterns"));
	return (add_type(r, n, t));
}

/* ---- names ------------------------------------------------------------ */

static int
add_name(struct rule_reader *r, const struct xml_node *n, bool is_default,
    struct rule_type *t)
{
	struct rule_name *name = arena_alloc(r->arena, sizeof(*name));

	if (rule_bool(r, n, "default", &is_default) != 0)
		return (-1);
	name->text = str_trim(n->text);
	if (name->text.len == 0)
		return (0);
	if (is_default || t->names == NULL)
		t->name = name->text;
	name->next = t->names;
	t->names = name;
	return (0);
}

/* Name and Description, or both inside Locale, as older packages have. */
static int
read_resource(struct rule_reader *r, const struct xml_node *n, bool is_default,
    struct rule_type *t)
{
	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		if (xml_is(k, "Name") && add_name(r, k, is_default, t) != 0)
			return (-1);
		if (xml_is(k, "Locale")) {
			bool is_this = false;

			if (rule_bool(r, k, "default", &is_this) != 0 ||
			    read_resource(r, k, is_this, t) != 0)
				return (-1);
		}
	}
	return (0);
}

static int
read_strings(struct rule_reader *r, const struct xml_node *n)
{
	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		struct str ref = str_trim(xml_attr(k, "idRef"));

		for (struct rule_type *t = r->pack->types; t != NULL;
		    t = t->next)
			if (str_eq_nocase(t->id, ref) &&
			    read_resource(r, k, false, t) != 0)
				return (-1);
	}
	return (0);
}

/* ---- the package ------------------------------------------------------ */

/* Two passes: names are of types that may stand behind them. */
static int
read_rules(struct rule_reader *r, const struct xml_node *n, uint64_t version,
    bool for_names)
{
	for (const struct xml_node *k = n->child; k != NULL; k = k->next) {
		int rc = 0;

		if (xml_is(k, "Version"))
			rc = read_rules(r, k, version_of(k), for_names);
		else if (xml_is(k, "LocalizedStrings"))
			rc = for_names ? read_strings(r, k) : 0;
		else if (for_names)
			continue;
		else if (xml_is(k, "Entity") || xml_is(k, "Affinity"))
			rc = read_type(r, k, version);
		else
			rc = rule_processor_read(r, k, version);
		if (rc != 0)
			return (-1);
	}
	return (0);
}

int
rulepack_read(struct str xml, const char *name, struct arena *a,
    struct rulepack **out, struct err *err)
{
	struct rulepack *p = arena_alloc(a, sizeof(*p));
	struct rule_reader r = { .arena = a, .pack = p, .err = err,
		.types_end = &p->types, .processors_end = &p->processors };
	const struct xml_node *rules;
	struct xml_node *root;

	p->name = arena_str(a, str_of(name)).p;
	if (xml_tree(xml, RULEPACK_MAX_BYTES, a, &root, err) != 0)
		return (-1);
	if (!xml_is(root, "RulePackage") ||
	    !str_eq(root->ns, STR_LIT(RULEPACK_NS)))
		return (rule_fail(&r, root, "this is not a rule package"));
	rules = xml_child(root, "Rules");
	if (rules == NULL)
		return (rule_fail(&r, root, "has no Rules"));
	if (read_rules(&r, rules, 0, false) != 0 ||
	    read_rules(&r, rules, 0, true) != 0)
		return (-1);
	*out = p;
	return (0);
}
