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

struct policy;

enum policy_action {
	POLICY_DELIVER,	/* in clear, opportunistic TLS: a rule or the default
			   says so, or the recipient is inside */
	POLICY_PROTECT,	/* seal under a template */
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
};

enum policy_result {
	POLICY_APPLIES,
	POLICY_NO_CONDITION,	/* one does not hold */
	POLICY_EXCEPTED,	/* an exception does */
	POLICY_NOT_IN_FORCE,	/* disabled, or not on this day */
	POLICY_FAILED,		/* could not be evaluated now */
};

/* A rule that was tried, whatever came of it. */
struct policy_trial {
	const struct policy_trial *next;
	struct str rule;
	unsigned line;
	enum policy_result result;
	enum policy_mode mode;	/* POLICY_APPLIES */
	struct str why;		/* the condition or exception it hung on */
};

struct verdict {
	enum policy_action action;
	const struct policy_template *template;	/* POLICY_PROTECT only */
	const struct policy_brand *brand;	/* the same; NULL: ours */
	struct str rule;	/* that decided, or "default" */
	struct str reason;	/* one sentence; never quotes content */
	struct str reject_code;	/* POLICY_REJECT: "5.7.1" */
	struct str reject_text;	/* POLICY_REJECT: sentence for the sender */
	bool is_inside;		/* the recipient's domain is one of ours */
	/* Protected and kept, but not sent before somebody releases it. */
	bool is_held;
	struct str held_rule, held_reason;
	enum policy_severity severity;
	struct policy_addition *additions;	/* whom it adds (audience.h) */
	const struct policy_hit *hits;	/* first tried first */
	const struct policy_trial *trials;	/* when asked for */
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
	const struct address *sender;	/* envelope; empty text for <> */
	const struct address *recipient;
	/* All of the envelope, for conditions about who else gets it; may be
	 * NULL where there is only the one. */
	const struct address *recipients;
	size_t n_recipients;
	struct str client;		/* IP address, or empty */
	int64_t now_ms;			/* wall clock */
	bool wants_trials;
	bool is_added;		/* the recipient, by a rule (audience.h) */
	/* Read the attachments and images of the view; called at most once,
	 * and only where a rule asks. False: not now. NULL: never. */
	bool (*read_files)(void *ctx, const struct letter_view *view,
	    struct arena *a, struct policy_files *out);
	void *read_ctx;
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

/* True when the domain is one of the organisation's own. */
bool policy_is_inside(const struct policy *p, struct str domain);

/* Judge one recipient. Never fails: a condition that cannot be evaluated
 * counts as whatever protects more. */
void policy_decide(const struct policy *p, struct policy_question *q,
    struct verdict *out);

/* "5.7.1": class 5 and two numbers of up to three digits (RFC 3463 2). */
bool policy_is_refusal_code(struct str code);

/* "enforce", "audit", "audit_and_notify". */
const char *policy_mode_name(enum policy_mode mode);

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
};
bool policy_rule_facts(const struct policy *p, size_t i,
    struct policy_rule_facts *out);

/* A commented policy.yaml for an organisation with one domain. default_action
 * is for outside recipients: "clear" or a template's name. */
void policy_write_sample(const char *domain, const char *default_action,
    struct buf *out);

#endif
