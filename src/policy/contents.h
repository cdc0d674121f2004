/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contents: what there is to look at in one letter, and what was found there.
 * Inside policy only.
 *
 * Items are judged by themselves, as Exchange does: the subject, the body,
 * each attachment and each file inside one, and the labels of each. Each is
 * normalised and scanned once, for everything the policy looks for.
 */
#ifndef POLICY_CONTENTS_H
#define POLICY_CONTENTS_H

#include "policy/rules.h"
#include "scan/scan.h"

enum contents_kind {
	CONTENTS_SUBJECT = 1u << 0,
	CONTENTS_BODY = 1u << 1,
	CONTENTS_ATTACHMENT = 1u << 2,
	CONTENTS_LABEL = 1u << 3,	/* an attachment's name and properties;
					   comes with the attachments */
};

struct contents_item {
	enum contents_kind kind;
	const struct extract_item *file;	/* of an attachment, a label */
	struct str text;
	struct scan_result found;
};

struct contents {
	struct contents_item *items;	/* files first, as extract/ has them */
	size_t n, n_files;
	bool has_failed;	/* attachments could not be read now */
};

/* Which items a condition looks at, how, and for which facts of a file. */
struct content_kind {
	const char *key;
	unsigned items;			/* enum contents_kind */
	enum scan_style style;
	uint32_t facts;			/* enum extract_fact */
};

/* NULL: the condition does not look at contents by a list or by facts. */
const struct content_kind *content_kind_find(const struct condition *c);

/* Do kinds of files matter to it that only libmagic knows? */
bool match_wants_types(const struct condition *c);

/* Unique instances of the term's type in an item, at its confidence or
 * above; each is counted at its best. */
unsigned content_instances(const struct contents_item *item,
    const struct term *t);

/* What the policy looks for, compiled, and memory to look with. */
struct looker;

/* Use a builder up. Fails as scan_compile() does. */
int looker_new(struct scan_builder **b, struct looker **out, struct err *err)
    FALLIBLE;

/* NULL is accepted. */
void looker_free(struct looker **l);

/* Threads: any. What is in *out is in the arena. False: no memory to look
 * with. */
bool looker_look(struct looker *l, struct str text, struct arena *a,
    struct scan_result *out);

/* The items of these kinds; what is asked for first is found out first, and
 * attachments only when somebody asks for them. */
const struct contents *contents_of(const struct policy *p,
    struct policy_question *q, unsigned kinds);

/* What it means that something was not found: what was cut or could not be
 * read may hold it. */
enum match contents_unfound(const struct contents *all, unsigned kinds);

/* Look for a list in a text that is no item: an address, a header field. */
enum match contents_look(const struct policy *p, struct policy_question *q,
    struct str text, size_t list);

/* How often a list was found in an item; 0: not. */
unsigned contents_hits(const struct contents_item *item, size_t list);

#endif
