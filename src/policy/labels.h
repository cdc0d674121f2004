/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labels: the organisation's sensitivity labels (`labels:`), what labels a
 * letter has, and which of them counts. Inside policy only.
 *
 * Only mail of senders inside can have a label, and only pairs with the
 * organisation's own tenant in them are one: everybody can write the rest.
 * Where the policy has no `labels:`, conditions compare names and GUIDs of
 * whatever a sender inside has set, and nothing else is done.
 */
#ifndef POLICY_LABELS_H
#define POLICY_LABELS_H

#include "policy/labelread.h"
#include "policy/rules.h"

#define LABELS_MAX 200
#define LABELS_MAX_AUTO 200
#define LABELS_MAX_MARK 400	/* characters of a header or footer */
#define LABELS_MAX_ALIENS 8	/* recorded for one message */

/* A field of ours: an add-in or a mail program sets it to a label's name or
 * GUID. It never leaves. */
#define LABELS_FIELD "X-Letterlock-Label"

/* One entry of `auto:`. */
struct label_auto {
	const struct policy_label *label;
	bool is_recommended;
	struct condition *when;
	size_t n_when;
};

struct label_scheme {
	struct str tenant;	/* GUID, lower case */
	bool justifies;		/* lowering needs a reason */
	struct policy_label *list;
	struct str *folded;	/* their names */
	size_t n;
	struct str **groups;	/* by label: who must choose one */
	size_t *n_groups;
	struct label_auto *autos;
	size_t n_autos;
};

/* What is known of the labels of one letter. */
struct label_facts {
	struct labelread header;	/* all fields of the header */
	bool counts;			/* the sender is inside */
	/* Of the scheme: the highest in msip_labels, and what our own field
	 * says. */
	const struct policy_label *in_header, *in_field;
	struct str justification;
	struct labelread **files;	/* by item of the contents */
	bool has_files;
	/* What one decision found; MATCH_NO: not looked for yet. */
	enum match known;
	struct policy_labelling *labelling;
	const struct label_auto *proposing;	/* the labelling's proposed */
	/* How the letter is changed, by label, made once for all who get the
	 * same: variants are told apart by it. */
	bool *is_made;
	const struct policy_label_edits **edits;
};

/* `labels:`, before the rules and behind the templates. Absent (NULL) gives
 * none. */
int labels_read(struct policy *p, const struct yaml_node *value,
    struct err *err) FALLIBLE;

/* A label by the name or the GUID a node gives. */
int labels_find(const struct policy *p, const struct yaml_node *value,
    const struct policy_label **out, struct err *err) FALLIBLE;

/* The label of the scheme with that name, as words are compared, or GUID, or
 * NULL; the one with that GUID in lower case. */
const struct policy_label *labels_named(const struct label_scheme *s,
    struct str text, struct arena *a);
const struct policy_label *labels_by_id(const struct label_scheme *s,
    struct str id);

/* The higher of two, each may be NULL; of equals the first. */
const struct policy_label *labels_higher(const struct policy_label *a,
    const struct policy_label *b);

/* ---- of one letter ---------------------------------------------------- */

/* What the header says; made when it is first wanted. */
struct label_facts *labels_facts(const struct policy *p,
    struct policy_question *q);

/* What the attachments say: by item of the contents, NULL where there is
 * nothing. False: they cannot be read now. */
bool labels_of_files(const struct policy *p, struct policy_question *q,
    struct labelread *const **out);

/* The label of the scheme that was read, if it counts; else NULL. */
const struct policy_label *labels_own(const struct policy *p,
    const struct labelread_label *l);

/* ---- of one decision -------------------------------------------------- */

/* Forget what the last recipient's decision found. */
void labels_begin(const struct policy *p, struct policy_question *q);

/* The labels that count before any rule acts: MATCH_YES with *out set,
 * MATCH_FAILED where something could not be looked at. Only where the policy
 * has `labels:`. */
enum match labels_before_rules(const struct policy *p,
    struct policy_question *q, const struct policy_labelling **out);

/* A rule gives a label. */
void labels_take(const struct policy_label *label, struct str rule,
    struct verdict *v);

/* The label that counts behind the rules, in the verdict. False: it cannot be
 * found out now. */
bool labels_settle(const struct policy *p, struct policy_question *q,
    struct verdict *v);

/* Refuse what must have a label and has none. */
void labels_require(const struct policy *p, struct policy_question *q,
    struct verdict *v);

/* How the letter is to be changed to say its label, in the verdict. */
void labels_write(const struct policy *p, struct policy_question *q,
    struct verdict *v);

#endif
