/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: what policy.yaml says, compiled once, shared read-only by all
 * sessions; and the verdict per recipient that comes out of it.
 *
 * Conditions of a rule are ANDed, the values of one condition ORed, an
 * exception wins, rules are tried by rising priority. Every rule that applies
 * acts, until one says stop. What can be decided only once (how a message is
 * protected) is decided by the first that says it; refusing and holding back
 * by any. Where no rule decides, inside recipients get the message in clear
 * and outside ones what `default` says. A sender from outside is judged by
 * the same rules. policy.yaml is described in letterlock-policy(5). Threads:
 * any, once loaded.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "extract/extract.h"
#include "mime/address.h"
#include "mime/edit.h"
#include "mime/letter.h"
#include "policy/ladder.h"

struct policy;

enum policy_action {
	POLICY_DELIVER,	/* in clear, opportunistic TLS: a rule or the default
			   says so, or the recipient is inside */
	POLICY_PROTECT,	/* on the rung the ladder chose */
	POLICY_HOLD,	/* nothing meets the demand: keep it, try again */
	POLICY_REJECT,	/* refuse in the SMTP dialogue */
	POLICY_DEFER,	/* a rule could not be evaluated: try again later */
	POLICY_DISCARD,	/* accept, deliver to nobody */
	POLICY_REDIRECT,	/* others get it instead (audience.h) */
};

/* How seriously a rule is meant. */
enum policy_mode {
	POLICY_ENFORCE,
	POLICY_AUDIT,			/* record what it would do */
	POLICY_AUDIT_AND_NOTIFY,	/* and tell the sender */
};

/* What Exchange calls SetAuditSeverity. */
enum policy_severity {
	POLICY_SEVERITY_NONE,
	POLICY_SEVERITY_LOW,
	POLICY_SEVERITY_MEDIUM,
	POLICY_SEVERITY_HIGH,
};

/* Rights a template grants, names as in Microsoft's rights list. */
enum policy_right {
	POLICY_VIEW = 1u << 0,
	POLICY_REPLY = 1u << 1,
	POLICY_REPLYALL = 1u << 2,
	POLICY_FORWARD = 1u << 3,
	POLICY_PRINT = 1u << 4,
	POLICY_EXTRACT = 1u << 5,	/* copy text out */
	POLICY_EXPORT = 1u << 6,	/* save attachments */
};
#define POLICY_ALL_RIGHTS 0x7fu

enum policy_attachments {
	POLICY_ATTACHMENTS_ALLOW,	/* listed and downloadable */
	POLICY_ATTACHMENTS_BLOCK,	/* message refused if it has any */
};

struct policy_template {
	struct str name;	/* "Encrypt-Only", "Do Not Forward", … */
	uint32_t rights;
	int64_t expires_ms;	/* after acceptance; 0 never */
	enum policy_attachments attachments;
};

/*
 * One thing that a condition found, and where. `where` and `what` may name a
 * file or a header field, so they go to people who may read the message, not
 * to logs or the audit record; `masked` is all that may be shown of what was
 * found.
 */
struct policy_evidence {
	const struct policy_evidence *next;
	struct str where;	/* "subject", "body", "a.zip > report.xlsx",
				   "header X-Y" */
	struct str what;	/* "Credit Card Number", "a listed word" */
	unsigned count;		/* different ones in there; 0: not counted */
	unsigned confidence;	/* the best of them, 1..100; 0: not of a
				   type */
	struct str masked;	/* "•••• •••• •••• 1111", or empty */
};

/* What Exchange calls NotifySender. */
enum policy_notify {
	POLICY_NOTIFY_NOBODY,
	POLICY_NOTIFY_ONLY,	/* the message goes its way */
	POLICY_NOTIFY_REJECT,
	/* Hold it until he says that it is to go: POLICY_REVIEW_… */
	POLICY_NOTIFY_UNLESS_FALSE_POSITIVE,
	POLICY_NOTIFY_UNLESS_SILENT,
	POLICY_NOTIFY_UNLESS_EXPLICIT,
};

/* What a report of an incident has. */
enum policy_report {
	POLICY_REPORT_SENDER = 1u << 0,
	POLICY_REPORT_RECIPIENTS = 1u << 1,
	POLICY_REPORT_SUBJECT = 1u << 2,
	POLICY_REPORT_SEVERITY = 1u << 3,
	POLICY_REPORT_RULES = 1u << 4,
	POLICY_REPORT_EVIDENCE = 1u << 5,
	POLICY_REPORT_ORIGINAL = 1u << 6,	/* the message, attached */
	POLICY_REPORT_DEFAULT = POLICY_REPORT_ORIGINAL - 1,
};

/* Whom a rule tells. Reports are sent in every mode, all else only where the
 * rule is enforced. */
struct policy_tell {
	enum policy_notify sender;
	struct address *report_to;	/* inside */
	size_t n_report_to;
	uint32_t report_has;	/* enum policy_report */
	struct str to_recipients;	/* with tokens, may be HTML; or empty */
};

/* Places in a text to recipients: "%%From%%". */
enum policy_token {
	POLICY_TOKEN_NONE,	/* the text ends */
	POLICY_TOKEN_FROM,
	POLICY_TOKEN_TO,
	POLICY_TOKEN_CC,
	POLICY_TOKEN_SUBJECT,
	POLICY_TOKEN_DATE,
};

/* Cut the text before the next token off *rest. False: it is at its end. */
bool policy_token_next(struct str *rest, struct str *text,
    enum policy_token *token);

/* How notices and the recipient's page look (conf/brand.h). */
#define POLICY_HASH_BYTES 32

struct policy_brand {
	struct str name;
	int64_t expires_ms;	/* after acceptance; 0 never */
	struct str packed;
	uint8_t hash[POLICY_HASH_BYTES];	/* of that, SHA-256 */
};

/* A rule that applied, in the order they were tried. */
struct policy_hit {
	const struct policy_hit *next;
	struct str rule;
	unsigned line;
	enum policy_mode mode;	/* for this sender: outside its ring a rule
				   that is enforced is audited */
	struct str reason;	/* one sentence; never quotes content */
	const struct edit *edit;	/* what it changes; NULL: nothing */
	const struct policy_evidence *evidence;	/* when asked for, or when
				   somebody is to be told */
	const struct policy_tell *tell;	/* NULL: nobody is told */
	enum policy_severity severity;	/* of this rule */
	struct str clause;
	struct str does;	/* "refuse the message, report the message" */
};

/* A sensitivity label of the organisation. */
struct policy_label {
	struct str name;
	struct str id;		/* GUID, lower case */
	uint64_t priority;	/* a higher one is more sensitive */
	const struct policy_label *parent;	/* NULL: none */
	struct str colour;	/* "#b00020", or empty */
	struct str header, footer;	/* put into the body, or empty */
	bool decides;		/* how to protect where no rule says it */
	const struct policy_template *template;	/* decides; NULL: clear */
};

/* A label that was seen and does not count: of another tenant, or from a
 * sender outside. */
struct policy_alien {
	struct str tenant, id;	/* GUIDs; tenant may be empty */
};

/* What was found of labels before rules acted; NULL where there is none. */
struct policy_labelling {
	const struct policy_label *sender;	/* what the sender chose */
	const struct policy_label *previous;	/* what he put it in place of */
	const struct policy_label *files;	/* of the attachments */
	const struct policy_label *content;	/* assigned from content */
	const struct policy_label *proposed;	/* only that: `recommend` */
	const struct policy_label *label;	/* that counts, of these */
	const char *by;		/* "sender", "previous", "attachment",
				   "content"; "" without a label */
	/* The sender chose a lower one than the others say; then why. */
	bool is_lowered;
	struct str justification;
	bool is_unknown;	/* a label of ours that is not in the list */
	struct policy_alien *aliens;
	size_t n_aliens;
};

/* How a letter is changed to say its label: one edit after the other. The
 * same pointer is the same change. */
struct policy_label_edits {
	struct edit *list;
	size_t n;
};

/* How a partner's mail servers prove whose they are. */
enum policy_partner_proof {
	POLICY_PARTNER_USUAL,	/* DANE or MTA-STS, as everybody's */
	POLICY_PARTNER_NAMES,	/* a public authority vouches for a name */
	POLICY_PARTNER_AUTHORITY, /* the partner's own authority does */
	POLICY_PARTNER_KEYS,	/* they have one of these keys */
};

#define POLICY_PARTNER_NAMES_MAX 16

/* A business partner for whom transport rules were agreed. */
struct policy_partner {
	struct str name;
	struct str *domains;	/* "example" or ".example" */
	size_t n_domains;
	enum policy_partner_proof proof;
	const char **names;	/* of servers; ".example": one label below */
	size_t n_names;
	struct str authority;	/* PEM */
	uint8_t (*keys)[POLICY_HASH_BYTES];	/* SHA-256 of
						   SubjectPublicKeyInfo */
	size_t n_keys;
	bool only_tls13;
	bool is_required;	/* all mail, not only what demands it */
	int64_t from_ms, until_ms;	/* 0: not limited */
	unsigned line;
};

enum policy_result {
	POLICY_APPLIES,
	POLICY_NO_CONDITION,	/* one does not hold */
	POLICY_EXCEPTED,	/* an exception does */
	POLICY_NOT_IN_FORCE,	/* disabled, or not on this day */
	POLICY_FAILED,		/* could not be evaluated now */
	POLICY_UNTOLD,		/* was not recorded (policy/features.h) */
};

/* A rule that was tried, whatever came of it. */
struct policy_trial {
	const struct policy_trial *next;
	struct str rule;
	unsigned line;
	enum policy_result result;
	enum policy_mode mode;	/* POLICY_APPLIES */
	struct str why;		/* the condition or exception it hung on */
	/* What the conditions found that held until then; when asked for. */
	const struct policy_evidence *evidence;
};

/* Somebody decides before a message goes out. */
enum policy_review_kind {
	POLICY_REVIEW_MODERATION,
	POLICY_REVIEW_QUARANTINE,
	/* The sender may have it sent all the same: by a click, with a
	 * reason, or by saying that the rule is wrong. */
	POLICY_REVIEW_SILENT,
	POLICY_REVIEW_EXPLICIT,
	POLICY_REVIEW_FALSE_POSITIVE,
};

struct policy_review {
	const struct policy_review *next;
	enum policy_review_kind kind;
	const struct policy_hit *hit;	/* the rule that wants it, and why */
	enum policy_severity severity;	/* of that rule */
	const struct address *who;	/* any one of them decides */
	size_t n_who;			/* 0: the administrator */
};

struct verdict {
	enum policy_action action;
	const struct policy_template *template;	/* POLICY_PROTECT only */
	struct demand demand;		/* of all rules that applied */
	struct ladder_choice ladder;
	/* RUNG_TLS: what comes next where no server proves itself. */
	struct ladder_choice fallback;
	const struct policy_template *fallback_template;
	const struct policy_brand *brand;	/* NULL: ours */
	struct str rule;	/* that decided, or "default" */
	struct str reason;	/* one sentence; never quotes content */
	struct str reject_code;	/* POLICY_REJECT: "5.7.1" */
	struct str reject_text;	/* POLICY_REJECT: sentence for the sender */
	bool is_inside;		/* the recipient's domain is one of ours */
	/* Protected and kept, but not sent before somebody releases it. */
	bool is_held;
	struct str held_rule, held_reason;	/* the first that wants it */
	const struct policy_review *reviews;	/* all of them must agree */
	enum policy_severity severity;
	/* NULL: it has none, or the policy knows none. */
	const struct policy_label *label;
	struct str label_by;	/* a labelling's, or "rule NAME" */
	/* A higher one that the sender should choose; NULL: none. */
	const struct policy_label *recommended_label;
	struct str recommended_reason;	/* what holds; never quotes content */
	const struct policy_evidence *recommended_evidence;
	const struct policy_label_edits *label_edits;	/* behind the hits' */
	const struct policy_labelling *labelling;	/* NULL: no scheme */
	struct policy_addition *additions;	/* whom it adds (audience.h) */
	const struct policy_hit *hits;	/* first tried first */
	const struct policy_trial *trials;	/* when asked for */
	/* Of a record only: rules of which it does not say whether they
	 * apply, and whether one of them would change the verdict. */
	const struct policy_trial *untold;
	bool is_untold;
};

struct policy_facts;

/* What was read of a letter's attachments, one report for each. */
struct policy_files {
	const struct extract_report *reports;
	size_t n;
};

/* What is judged: one letter, one sender, one recipient at a time. For the
 * next recipient change only `recipient`: what is known about the letter is
 * kept in `facts`. Threads: one at a time. */
struct policy_question {
	const struct letter *letter;
	/* What the sender wrote, where letter is that opened (S/MIME): whether
	 * it was signed and encrypted. NULL: the letter. */
	const struct letter *as_sent;
	const struct address *sender;	/* envelope; empty text for <> */
	const struct address *recipient;
	/* All of the envelope, for conditions about who else gets it; may be
	 * NULL where there is only the one. */
	const struct address *recipients;
	size_t n_recipients;
	struct str client;		/* IP address, or empty */
	bool is_from_outside;	/* came in where anybody may send to us: the
				   sender's address proves nothing */
	int64_t now_ms;			/* wall clock */
	bool wants_trials, wants_evidence;	/* evidence costs a little */
	bool is_added;		/* the recipient, by a rule (audience.h) */
	bool is_sealed;		/* the sender's own program encrypted it, to
				   certificates of its choice */
	/* Read the attachments and images of the view; called at most once,
	 * and only where a rule asks. without_rare: no rule asks for types
	 * (scanc/scanc.h). False: not now. NULL: never. */
	bool (*read_files)(void *ctx, const struct letter_view *view,
	    bool without_rare, struct arena *a, struct policy_files *out);
	void *read_ctx;
	/* What is known about the recipient; asked only where a rule demands
	 * more than the portal gives, or less. NULL: nothing is known. */
	void (*find_means)(void *ctx, const struct address *recipient,
	    struct ladder_means *out);
	void *means_ctx;
	struct arena *arena;		/* verdict texts live there */
	struct policy_facts *facts;	/* NULL at first; policy_decide's own */
};

/* Load and compile policy.yaml. Fails ERR_INPUT with
 * "file:line:column: what, and the nearest valid name". */
int policy_load(const char *path, struct policy **out, struct err *err)
    FALLIBLE;

/* The same from memory; name stands for the file in messages. */
int policy_parse(struct str yaml, const char *name, struct policy **out,
    struct err *err) FALLIBLE;

/* Which text a policy was read from, by its SHA-256; and that of a text. */
void policy_hash(const struct policy *p,
    uint8_t out[static POLICY_HASH_BYTES]);
void policy_text_hash(struct str yaml, uint8_t out[static POLICY_HASH_BYTES]);

/* NULL is accepted; *p becomes NULL. */
void policy_free(struct policy **p);

/* True for a header field by which people inside steer the policy: the one of
 * `wish:`, and a label of this organisation's. */
bool policy_is_steering(const struct policy *p,
    const struct letter_field *field);

/* True when the domain is one of the organisation's own. */
bool policy_is_inside(const struct policy *p, struct str domain);

struct directory;

/* The table of people (directory.h); NULL: there is none. */
const struct directory *policy_directory(const struct policy *p);

/* The agreement that holds with a domain now; NULL: there is none. */
const struct policy_partner *policy_partner_of(const struct policy *p,
    struct str domain, int64_t now_ms);

/* All of them. */
const struct policy_partner *policy_partners(const struct policy *p,
    size_t *n);

/* What an inside sender can write to have a message protected with this
 * template: words in the subject; the name of a header field, whose value is
 * the template's name. Each is empty where there is no such wish. */
void policy_wish_for(const struct policy *p,
    const struct policy_template *template, struct str *subject,
    struct str *header);

/* Judge one recipient. Never fails: a condition that cannot be evaluated
 * counts as whatever protects more. */
void policy_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out);

/* The sender decides. */
bool policy_is_override(enum policy_review_kind kind);

/* "low", "medium", "high"; NULL for 0. */
const char *policy_confidence_name(unsigned confidence);

/* Credit Card Number ×2 (high) in report.xlsx: •••• •••• •••• 1111 */
void policy_evidence_text(const struct policy_evidence *e, struct buf *out);

/* "5.7.1": class 5 and two numbers of up to three digits (RFC 3463 2). */
bool policy_is_refusal_code(struct str code);

/* "enforce", "audit", "audit_and_notify". */
const char *policy_mode_name(enum policy_mode mode);

/* The template or brand of that name; NULL: there is none. */
const struct policy_template *policy_template_of(const struct policy *p,
    struct str name);
const struct policy_brand *policy_brand_of(const struct policy *p,
    struct str name);

/* How many rules it has, the disabled ones included. */
size_t policy_rule_count(const struct policy *p);

/* What people want to know of a rule, in the order they are tried. False:
 * there are no more. */
struct policy_rule_facts {
	struct str name, owner, comment, clause, review_by;
	unsigned line;
	bool is_enabled;
	enum policy_mode mode;
	int64_t review_ms;	/* 0: not said */
	unsigned unnamed_line;	/* here it holds mail, and names nobody who
				   decides about it; 0: no such place */
};
bool policy_rule_facts(const struct policy *p, size_t i,
    struct policy_rule_facts *out);

/* A commented policy.yaml for an organisation with one domain. default_action
 * is for outside recipients: "clear" or a template's name. */
void policy_write_sample(const char *domain, const char *default_action,
    struct buf *out);

#endif
