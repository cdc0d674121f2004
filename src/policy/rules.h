/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules: what policy.yaml is compiled into. Inside policy only.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "conf/settings.h"
#include "conf/yaml.h"
#include "policy/audience.h"
#include "policy/directory.h"
#include "policy/policy.h"
#include "scan/scan.h"

#define POLICY_MAX_RULES 1000
#define POLICY_MAX_NAME 64	/* characters; as Microsoft's rule names */
#define RULES_PRIORITY_DEFAULT 100	/* of a rule that does not say */
#define RULES_PRIORITY_MAX 10000
#define POLICY_MAX_TEXT 400	/* fits one SMTP reply with its code */

/* Unknown: what the message says could not be made out; decide.c takes what
 * protects more. Failed: it could not be looked at this time; the rule says
 * what then. Untold: nobody asked while the message was there (features.h). */
enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNKNOWN,
	MATCH_FAILED,
	MATCH_UNTOLD,
};

/* Which side of the organisation's border somebody is on. */
enum scope {
	SCOPE_INSIDE = 1u << 0,
	SCOPE_OUTSIDE = 1u << 1,	/* partner or not */
	SCOPE_PARTNER = 1u << 2,
	SCOPE_NON_PARTNER = 1u << 3,
};

/* Where the address of the sender is looked for; nothing said is the first. */
enum sender_location {
	SENDER_ENVELOPE,
	SENDER_HEADER,		/* From, Sender and Reply-To */
	SENDER_EITHER,
};

/* One value of a condition, in the form it is compared in. */
struct term {
	struct str text;	/* domain or folded words; lower case */
	struct address address;
	int column;		/* of the directory */
	size_t list;		/* of scan/ */
	size_t group;		/* of those all of which must hold */
	/* A type of sensitive information, how often and how sure. */
	size_t type;
	unsigned min_count, max_count, confidence;
	uint64_t meaning;	/* of the type (meaning.c) */
};

struct condition;
struct contents;
struct label_facts;
struct label_scheme;
struct looker;
struct policy_smime;

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
	size_t n_groups;	/* all of which must hold */
	uint32_t bits;		/* of the kind's words, or enum scope */
	struct settings_list networks;
	uint64_t meaning;	/* equal: the same question (meaning.c) */
	const struct condition *before;	/* by index, of all the policy */
	enum sender_location location;	/* as the rule says */
};

/* A table of conditions, ended by a row without a key. */
extern const struct condition_kind match_people[], match_groups[],
    match_message[], match_words[], match_header[], match_content[],
    match_sensitive[], match_labels[];

/* Who a rule is enforced for while it is rolled out; the others' mail is
 * audited. */
struct rule_ring {
	bool is_set;
	struct str *groups;
	size_t n_groups;
	uint64_t percent;	/* of all senders, always the same ones */
};

/* Somebody is to decide first: these, or the sender's manager. */
struct rule_review {
	struct rule_review *next;
	enum policy_review_kind kind;
	unsigned line;		/* of its action */
	struct address *who;
	size_t n_who;
	bool is_manager;
};

/* Whom a rule adds, or redirects to. */
struct rule_person {
	struct rule_person *next;
	enum policy_way way;
	bool is_manager;	/* the sender's; the address is empty */
	struct address address;
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
	struct rule_review *reviews;	/* NULL: nothing is held */
	enum policy_action action;
	const struct policy_template *template;
	struct str reject_code, reject_text;
	enum policy_severity severity;
	struct demand demand;
	struct edit *edit;	/* NULL: the message stays as it is */
	struct policy_tell *tell;	/* NULL: nobody is told */
	struct str does;	/* all of it, in words */
	const struct policy_label *label;	/* NULL: it gives none */
	struct rule_person *people;
	const struct policy_brand *brand;	/* NULL: says nothing of it */
};

/* `wish:`, what an inside sender may ask for himself. */
struct wish {
	unsigned line;		/* 0: nothing */
	struct wish_sign {
		struct wish_sign *next;
		struct condition *condition;
		const struct policy_template *template;
		const char *how;	/* "in the subject" */
	} *signs, **end;
	struct str header;	/* a field whose value names a template */
	struct edit edit;	/* takes out what asked */
};

struct policy {
	struct arena *arena;
	uint8_t hash[POLICY_HASH_BYTES];	/* of the text */
	struct str *domains;	/* ".example": with all below it */
	size_t n_domains;
	struct str *partners;	/* the same form */
	size_t n_partners;
	struct policy_partner *agreements;	/* with some of them */
	size_t n_agreements;
	struct directory *directory;	/* NULL: none */
	struct policy_template *templates;
	size_t n_templates;
	struct rule *defaults;	/* for outside; the last has no conditions */
	size_t n_defaults;
	struct wish wish;
	struct label_scheme *labels;	/* NULL: none */
	struct policy_smime *smime;
	struct policy_brand *brands;
	size_t n_brands;
	struct rule *rules;	/* by priority */
	size_t n_rules;
	size_t n_conditions;
	bool wants_types;	/* some of them, of attachments */
	/* What rules want to be looked for, and from it the compiled set. */
	struct scan_builder *builder;
	struct looker *looker;
	struct rules_dictionary {
		const char *name;
		size_t list;
		uint64_t hash;	/* of its text */
	} *dictionaries;
	size_t n_dictionaries;
	/* Packages and tables, and how many types there are behind each. */
	struct rules_source {
		size_t n_types;
		uint64_t hash;	/* of its text */
	} *sources;
	size_t n_sources;
	const struct condition *last;	/* by index */
	size_t n_types;		/* of sensitive information, wanted */
	struct str questions;
	uint8_t questions_hash[POLICY_HASH_BYTES];
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
	const struct address *senders;	/* envelope first; NULL: not yet */
	size_t n_senders;
	const struct person *sender;	/* NULL: not in the directory */
	const struct contents *texts, *files;	/* NULL: not yet */
	struct label_facts *labels;	/* NULL: not yet */
};

/* Does it hold? What is of the letter alone is found out once. */
enum match facts_ask(const struct condition *c, const struct policy *p,
    struct policy_question *q);

/* The facts of a question, made when they are first wanted. */
struct policy_facts *facts_of(const struct policy *p,
    struct policy_question *q);
const struct letter_view *facts_view(const struct policy *p,
    struct policy_question *q);
const struct person *facts_sender(const struct policy *p,
    struct policy_question *q);

/* All Subject fields, folded; what could be read of them where the answer is
 * UNKNOWN, else YES. */
enum match facts_subject(const struct policy *p, struct policy_question *q,
    struct str *out);
/* What the first n conditions of `when:` found that hold, and the exception
 * that does (NULL: none). Only of conditions that were asked already. */
const struct policy_evidence *evidence_of(const struct rule *r, size_t n,
    const struct condition *except, const struct policy *p,
    struct policy_question *q);

/* What a condition asks: the same number for the same kind and values, files
 * that they name included. Sets the terms' meanings, too. */
void meaning_set(const struct policy *p, struct condition *c,
    const struct yaml_node *value);
uint64_t meaning_of_text(struct str text);

/* It asks about the sender that is found there: another question. */
void meaning_locate(struct condition *c, enum sender_location location);

/* The list of all that the policy asks (features.h), once it is read. */
void meaning_list(struct policy *p);

/* What match_message.c reads in the header: bits of the words of
 * message_type_is and importance_is; -1: no spam level. */
#define MESSAGE_CALENDAR (1u << 3)
#define MESSAGE_READ_RECEIPT (1u << 8)
struct message_facts {
	uint32_t types, importance;
	int spam_level;
};
void message_facts(const struct policy_question *q,
    struct message_facts *out);

/* Bits of the words of sensitivity_is that a field says. False: one of the
 * fields could not be read. */
bool words_sensitivity(const struct policy_question *q, uint32_t *out);

/* The name ends with a dot and this; blanks and dots behind do not count. */
bool message_has_extension(struct str name, struct str extension);
/* The addresses that conditions about the sender are about. */
const struct address *facts_senders(const struct policy *p,
    struct policy_question *q, enum sender_location location, size_t *n);

/* One of the mailboxes in the header's fields of this name fits. */
bool facts_addressed(const struct condition *c, const struct policy *p,
    struct policy_question *q, const char *name,
    bool (*fits)(const struct condition *c, const struct policy *p,
    const struct address *who));

/* The test holds for one of the fields of that name, each folded. */
enum match facts_field(const struct condition *c, struct str name,
    struct policy_question *q, bool (*test)(const struct condition *c,
    struct str folded));

/* enum scope of a domain; the null sender of reports belongs to nobody. */
uint32_t rules_scope(const struct policy *p, struct str domain);

/* The same of the sender: who comes from outside is not inside, whatever he
 * calls himself. */
uint32_t rules_sender_scope(const struct policy *p,
    const struct policy_question *q);

/* A text without control characters, 1 to max_len characters. */
int rules_text(const struct yaml_node *value, size_t max_len, struct str *out,
    struct arena *a, struct err *err) FALLIBLE;

/* A domain in the form addresses have it. */
int rules_domain(const struct yaml_node *value, struct str *out,
    struct arena *a, struct err *err) FALLIBLE;

/* `templates:`, the built-in ones first. Absent (NULL) is empty. */
int rules_templates(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* `default:` and `wish:`; an absent wish (NULL) is none. */
int rules_defaults(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;
int rules_wish(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* What the sender asked for, where it is more than the verdict has. True: its
 * template is the verdict's now. */
bool wish_take(const struct policy *p, struct policy_question *q,
    struct verdict *v);

/* The index of the built-in template that has all rights. */
#define RULES_ENCRYPT_ONLY 0

/* A template by the name a node gives; "clear" gives NULL when allowed. */
int rules_find_template(const struct policy *p, const struct yaml_node *value,
    const struct policy_template **out, struct err *err) FALLIBLE;

/* `smime:` (smime.h). Absent (NULL): there is none. */
int rules_smime(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* `rules:`. Absent (NULL) is empty. */
int rules_read(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* `partners:`: domains, or maps of what was agreed (partners.c). */
int rules_partners(struct policy *p, const struct yaml_node *list,
    struct err *err) FALLIBLE;

/* "2026-12-31": midnight UTC, so many days later. NULL: nothing. */
int rules_day(const struct yaml_node *node, int days, int64_t *out,
    struct err *err) FALLIBLE;

/* Is the domain one of "example" and ".example"? */
bool rules_is_one_of(const struct str *list, size_t n, struct str domain);

/* "example" or ".example" with all below it: `domains` and `partners`. */
int rules_domains(struct policy *p, const struct yaml_node *list,
    struct str **out, size_t *n, struct err *err) FALLIBLE;

/* `rule_packs:`, `dictionaries:`, `exact_data:` and `fingerprints:`, before the
 * rules; and what they and the rules come to, behind them. */
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

/* One kind of action, a row of one of the tables of actions (act_*.c). */
struct action_kind {
	const char *key;	/* "prepend_subject" */
	bool decides;		/* a rule can have one of these */
	int (*parse)(const struct policy *p, struct rule *r,
	    const struct yaml_node *value, struct err *err);
};

/* A table of actions, ended by a row without a key. */
extern const struct action_kind act_decide[], act_demand[], act_review[],
    act_change[], act_people[], act_brand[], act_label[], act_tell[];

/* `brands:`. */
int rules_brands(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* `then:`. */
int rules_then(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err) FALLIBLE;

/* What `then: reject` and `then: TEMPLATE` say. */
void act_refuse(struct rule *r);
int act_template(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err) FALLIBLE;

/* The name of a header field that may be changed. */
int act_field_name(const struct yaml_node *at, struct str name,
    struct str *out, struct arena *a, struct err *err) FALLIBLE;
/* The sender may decide to have it sent all the same. */
void act_override(const struct policy *p, struct rule *r,
    enum policy_review_kind kind);
bool act_may_override(const struct rule *r);

/* The line where it holds mail for the administrator; 0: others decide. */
unsigned act_unnamed_line(const struct rule *r);

/* What a rule that applies wants to have decided, added to the verdict. */
void act_hold(const struct rule *r, const struct policy *p,
    struct policy_question *q, const struct policy_hit *hit,
    struct verdict *v);

/* Does the rule refuse the message by what it says to its sender? */
bool act_tell_refuses(const struct rule *r);

/* What a refused client hears: the rule's own words, or which rule it was and
 * which types were found. */
struct str act_refusal(const struct rule *r,
    const struct policy_evidence *found, struct arena *a);

/* Put the action of that key, read before, into words. */
void act_tell_does(const struct policy *p, struct rule *r, struct str key);

/* What the rule changes in the message; made when first asked for. */
struct edit *act_edit(const struct policy *p, struct rule *r);

/* What a rule that applies adds to the verdict; and what that comes to when
 * all have acted: the recipient may be redirected away. */
void audience_take(const struct rule *r, const struct policy_hit *hit,
    const struct policy *p, struct policy_question *q, struct verdict *v);
void audience_settle(struct policy_question *q, struct verdict *v);

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

/* The name of a header field, in a map; and is a folded text one of the
 * values of condition_phrases()? */
int condition_name(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err) FALLIBLE;
bool condition_has_value(const struct condition *c, struct str folded);

/* Words or expressions as one list of scan/, which is c->list. */
int condition_list(struct condition *c, const struct policy *p,
    const struct yaml_node *value, enum scan_style style, struct err *err)
    FALLIBLE;

static inline enum match
match_if(bool is_so)
{
	return (is_so ? MATCH_YES : MATCH_NO);
}

#endif
