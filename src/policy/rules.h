/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: what policy.yaml is compiled into. Inside policy only.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "conf/yaml.h"
#include "policy/policy.h"

#define POLICY_MAX_RULES 1000
#define POLICY_MAX_NAME 64	/* characters; as Microsoft's rule names */
#define POLICY_MAX_TEXT 400	/* fits one SMTP reply with its code */

/* Unknown: it could not be found out; decide.c takes what protects more. */
enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNKNOWN,
};

/* One value of a condition, in the form it is compared in. */
struct term {
	struct str text;	/* domain or folded words; lower case */
	struct address address;
};

struct condition;

/* One kind of condition, a row of condition.c's table. */
struct condition_kind {
	const char *key;	/* "sender_is" */
	bool is_of_letter;	/* the same answer for every recipient */
	int (*parse)(struct condition *c, const struct yaml_node *value,
	    struct arena *a, struct err *err);
	enum match (*match)(const struct condition *c, const struct policy *p,
	    struct policy_question *q);
	/* Why it matched, appended; never what the message says. */
	void (*explain)(const struct condition *c,
	    const struct policy_question *q, struct buf *out);
};

struct condition {
	const struct condition_kind *kind;
	size_t index;		/* of all of the policy, for policy_facts */
	struct term *terms;
	size_t n_terms;
	struct str header;	/* header_contains, header_matches */
	bool inside;		/* sender_scope, sent_to_scope */
};

struct rule {
	struct str name;
	unsigned line;
	size_t order;		/* in the file */
	uint64_t priority;
	bool is_enabled;
	struct condition *when, *except;
	size_t n_when, n_except;
	enum policy_action action;
	const struct policy_template *template;
	struct str reject_code, reject_text;
};

struct policy {
	struct arena *arena;
	struct str *domains;	/* ".example": with all below it */
	size_t n_domains;
	struct policy_template *templates;
	size_t n_templates;
	const struct policy_template *fallback;	/* NULL: clear */
	struct rule *rules;	/* by priority */
	size_t n_rules;
	size_t n_conditions;
};

/* What is known about the letter of a question so far. */
struct policy_facts {
	const struct policy *policy;
	enum match *known;	/* by condition; valid where asked is set */
	bool *asked;
	enum match subject_read;	/* NO: not yet; UNKNOWN: cannot be */
	struct str subject;	/* all Subject fields, folded, one per line */
	bool has_view, has_attachments;
};

/* The facts of a question, made when they are first wanted. */
struct policy_facts *facts_of(const struct policy *p,
    struct policy_question *q);

/* A text without control characters, 1 to max_len characters. */
int rules_text(const struct yaml_node *value, size_t max_len, struct str *out,
    struct arena *a, struct err *err) FALLIBLE;

/* A domain in the form addresses have it. */
int rules_domain(const struct yaml_node *value, struct str *out,
    struct arena *a, struct err *err) FALLIBLE;

/* `templates:`, the built-in ones first. Absent (NULL) is empty. */
int rules_templates(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* A template by the name a node gives; "clear" gives NULL when allowed. */
int rules_find_template(const struct policy *p, const struct yaml_node *value,
    const struct policy_template **out, struct err *err) FALLIBLE;

/* `rules:`. Absent (NULL) is empty. */
int rules_read(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* `when:` or `except:`. */
int rules_conditions(struct policy *p, const struct yaml_node *value,
    struct condition **out, size_t *n, struct err *err) FALLIBLE;

#endif
