/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: what policy.yaml is compiled into. Inside policy only.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "conf/settings.h"
#include "conf/yaml.h"
#include "policy/directory.h"
#include "policy/policy.h"

#define POLICY_MAX_RULES 1000
#define POLICY_MAX_NAME 64	/* characters; as Microsoft's rule names */
#define RULES_PRIORITY_DEFAULT 100	/* of a rule that does not say */
#define RULES_PRIORITY_MAX 10000
#define POLICY_MAX_TEXT 400	/* fits one SMTP reply with its code */

/* Unknown: what the message says could not be made out; decide.c takes what
 * protects more. Failed: it could not be looked at this time; the rule says
 * what then. */
enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNKNOWN,
	MATCH_FAILED,
};

/* Which side of the organisation's border somebody is on. */
enum scope {
	SCOPE_INSIDE = 1u << 0,
	SCOPE_OUTSIDE = 1u << 1,	/* partner or not */
	SCOPE_PARTNER = 1u << 2,
	SCOPE_NON_PARTNER = 1u << 3,
};

/* One value of a condition, in the form it is compared in. */
struct term {
	struct str text;	/* domain or folded words; lower case */
	struct address address;
	int column;		/* of the directory */
	/* A type of sensitive information, how often and how sure. */
	size_t type;
	unsigned min_count, max_count, confidence;
};

struct condition;
struct contents;
struct looker;
struct scan_builder;

/* One kind of condition, a row of one of the tables of conditions. */
struct condition_kind {
	const char *key;	/* "sender_is" */
	bool is_of_letter;	/* the same answer for every recipient */
	int (*parse)(struct condition *c, const struct policy *p,
	    const struct yaml_node *value, struct err *err);
	enum match (*match)(const struct condition *c, const struct policy *p,
	    struct policy_question *q);
	/* Why it matched, appended; never what the message says. NULL: the
	 * key in words. */
	void (*explain)(const struct condition *c,
	    const struct policy_question *q, struct buf *out);
	const char *const *words;	/* condition_words: what it may be */
	size_t n_words;
};

struct condition {
	const struct condition_kind *kind;
	size_t index;		/* of all of the policy, for policy_facts */
	struct term *terms;
	size_t n_terms;
	struct str name;	/* of a header field or an attribute */
	int64_t number;		/* a limit */
	size_t list;		/* of scan/ */
	uint32_t bits;		/* of the kind's words, or enum scope */
	struct settings_list networks;
};

/* A table of conditions, ended by a row without a key. */
extern const struct condition_kind match_people[], match_groups[],
    match_message[], match_words[], match_content[];

/* Who a rule is enforced for while it is rolled out; the others' mail is
 * audited. */
struct rule_ring {
	bool is_set;
	struct str *groups;
	size_t n_groups;
	uint64_t percent;	/* of all senders, always the same ones */
};

struct rule {
	struct str name;
	unsigned line;
	size_t order;		/* in the file */
	uint64_t priority;
	bool is_enabled, stops, defers;	/* defers: where it failed */
	enum policy_mode mode;
	struct rule_ring ring;
	int64_t from_ms, until_ms;	/* 0: no bound */
	int64_t review_ms;
	struct str owner, review_by, comment, clause;
	struct condition *when, *except;
	size_t n_when, n_except;
	/* What it does. */
	bool decides;		/* sets action and template */
	bool holds;
	enum policy_action action;
	const struct policy_template *template;
	struct str reject_code, reject_text;
	enum policy_severity severity;
	const struct edit *edit;	/* NULL: the message stays as it is */
};

struct policy {
	struct arena *arena;
	uint8_t hash[POLICY_HASH_BYTES];	/* of the text */
	struct str *domains;	/* ".example": with all below it */
	size_t n_domains;
	struct str *partners;	/* the same form */
	size_t n_partners;
	struct directory *directory;	/* NULL: none */
	struct policy_template *templates;
	size_t n_templates;
	const struct policy_template *fallback;	/* NULL: clear */
	struct rule *rules;	/* by priority */
	size_t n_rules;
	size_t n_conditions;
	/* What rules want to be looked for, and from it the compiled set. */
	struct scan_builder *builder;
	struct looker *looker;
	struct rules_dictionary {
		const char *name;
		size_t list;
	} *dictionaries;
	size_t n_dictionaries;
};

/* What is known about the letter of a question so far. */
struct policy_facts {
	const struct policy *policy;
	enum match *known;	/* by condition; valid where asked is set */
	bool *asked;
	enum match subject_read;	/* NO: not yet; UNKNOWN: cannot be */
	struct str subject;	/* all Subject fields, folded, one per line */
	bool has_view, has_sender;
	struct letter_view view;
	const struct person *sender;	/* NULL: not in the directory */
	const struct contents *texts, *files;	/* NULL: not yet */
};

/* The facts of a question, made when they are first wanted. */
struct policy_facts *facts_of(const struct policy *p,
    struct policy_question *q);
const struct letter_view *facts_view(const struct policy *p,
    struct policy_question *q);
const struct person *facts_sender(const struct policy *p,
    struct policy_question *q);

/* One of the mailboxes in the header's fields of this name fits. */
bool facts_addressed(const struct condition *c, const struct policy *p,
    struct policy_question *q, const char *name,
    bool (*fits)(const struct condition *c, const struct policy *p,
    const struct address *who));

/* enum scope of a domain; the null sender of reports belongs to nobody. */
uint32_t rules_scope(const struct policy *p, struct str domain);

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

/* "example" or ".example" with all below it: `domains` and `partners`. */
int rules_domains(struct policy *p, const struct yaml_node *list,
    struct str **out, size_t *n, struct err *err) FALLIBLE;

/* `rule_packs:`, `dictionaries:` and `exact_data:`, before the rules; and what
 * they and the rules come to, behind them. */
int rules_look_for(struct policy *p, const struct yaml_node *root,
    struct err *err) FALLIBLE;
int rules_compile(struct policy *p, struct err *err) FALLIBLE;

/* The list of a dictionary that a node names. */
int rules_find_dictionary(const struct policy *p,
    const struct yaml_node *name, size_t *list, struct err *err) FALLIBLE;

/* The text of a file that a node names: unless its path is absolute, beside the
 * policy, or else in the folder that $LETTERLOCK_DATA names, or in
 * ../share/letterlock from the program's; *path is in the policy's arena. */
int rules_file(struct policy *p, const struct yaml_node *value,
    const char **path, struct buf *out, struct err *err) FALLIBLE;

/* The index of a node's text in words; an unknown one is an error that says
 * what kind of thing it is. */
int rules_word(const struct yaml_node *value, const char *what,
    const char *const *words, size_t n, size_t *out, struct err *err)
    FALLIBLE;
int rules_bool(const struct yaml_node *value, bool *out, struct err *err)
    FALLIBLE;

/* `then:`. */
int rules_then(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err) FALLIBLE;

/* What `then:` changes in the message. */
int rules_change(const struct policy *p, struct rule *r,
    const struct yaml_node *then, struct err *err) FALLIBLE;

/* `when:` or `except:`. */
int rules_conditions(struct policy *p, const struct yaml_node *value,
    struct condition **out, size_t *n, struct err *err) FALLIBLE;

/* ---- what kinds of conditions share ----------------------------------- */

/* Call take with each value; a text or a map alone is a list of one. */
int condition_each(struct condition *c, const struct policy *p,
    const struct yaml_node *value, int (*take)(struct condition *c,
    struct term *t, const struct policy *p, const struct yaml_node *item,
    struct err *err), struct err *err) FALLIBLE;

/* The common ways a value is written: addresses; domains; words or phrases to
 * look for, folded; words of the kind's own list, as bits; a size; a count;
 * {name, words}; true or false, as number. */
int condition_phrases(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_addresses(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_domains(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_words(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_size(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_count(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_named(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
int condition_truth(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;

static inline enum match
match_if(bool is_so)
{
	return (is_so ? MATCH_YES : MATCH_NO);
}

#endif
