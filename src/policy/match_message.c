/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match_message: conditions about the message as a whole: size, importance,
 * what kind of message it is, what is attached to it.
 *
 * Runs in the gateway. Security: reads what anybody sent; what a message says
 * of itself is a hint, and only rules that protect more should rest on it.
 * Standards: RFC 3834 (automatic replies), RFC 8098 (read receipts), RFC 8551,
 * RFC 3156, RFC 5545, RFC 2156 2.5.1 (Importance), [MS-OXCMAIL] 2.2.3.2.5;
 * headers of Exchange.
 */
#include "mime/params.h"
#include "policy/rules.h"

#define SPAM_LEVEL_FIELD "X-MS-Exchange-Organization-SCL"

/* ---- header fields ---------------------------------------------------- */

static bool
has_field(const struct policy_question *q, const char *name)
{
	return (letter_find(q->letter->root, str_of(name)) != NULL);
}

/* A field of that name begins with this word. */
static bool
field_says(const struct policy_question *q, const char *name, const char *word)
{
	const struct letter_part *root = q->letter->root;

	for (size_t i = 0; i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name, str_of(name)) &&
		    str_starts_nocase(str_trim(root->fields[i].raw),
		    str_of(word)))
			return (true);
	return (false);
}

static struct str
type_parameter(const struct letter_part *part, const char *name,
    struct arena *a)
{
	const struct letter_field *f =
	    letter_find(part, STR_LIT("Content-Type"));
	bool differs = false;

	return (f == NULL ? STR_NULL : params_get(f->raw, str_of(name), a,
	    &differs));
}

/* ---- kinds of messages ------------------------------------------------ */

/* By bit; the table below says how each is known. */
static const char *const types[] = {
	"automatic_reply", "auto_forward", "encrypted", "calendar",
	"rights_protected", "voicemail", "signed", "approval_request",
	"read_receipt",
};

static bool
is_automatic_reply(const struct policy_question *q)
{
	return (field_says(q, "Auto-Submitted", "auto-replied") ||
	    field_says(q, "X-Autoreply", "yes") ||
	    field_says(q, "Precedence", "auto_reply"));
}

static bool
is_auto_forward(const struct policy_question *q)
{
	return (field_says(q, "X-MS-Exchange-Organization-AutoForwarded",
	    "true") || has_field(q, "X-MS-Exchange-Inbox-Rules-Loop") ||
	    has_field(q, "X-MS-Exchange-ForwardingLoop") ||
	    field_says(q, "X-MS-Exchange-Generated-Message-Source",
	    "Mailbox Rules Agent"));
}

static const struct letter_part *
root_as_sent(const struct policy_question *q)
{
	return (q->as_sent != NULL ? q->as_sent->root : q->letter->root);
}

/* What kind of S/MIME the root is; an old client may not say. */
static bool
is_pkcs7(const struct policy_question *q, bool wants_signed)
{
	const struct letter_part *root = root_as_sent(q);
	struct str kind;

	if (!str_eq(root->type, STR_LIT("application/pkcs7-mime")) &&
	    !str_eq(root->type, STR_LIT("application/x-pkcs7-mime")))
		return (false);
	kind = type_parameter(root, "smime-type", q->arena);
	return (str_eq_nocase(kind, STR_LIT("signed-data")) == wants_signed);
}

static bool
is_encrypted(const struct policy_question *q)
{
	return (is_pkcs7(q, false) || str_eq(root_as_sent(q)->type,
	    STR_LIT("multipart/encrypted")));
}

static bool
is_signed(const struct policy_question *q)
{
	return (is_pkcs7(q, true) || str_eq(root_as_sent(q)->type,
	    STR_LIT("multipart/signed")));
}

/* Any part of the tree, messages inside it left out. */
static const struct letter_part *
find_type(const struct letter_part *part, const char *type)
{
	const struct letter_part *found = NULL;

	if (str_eq(part->type, str_of(type)))
		return (part);
	if (!part->is_multipart)
		return (NULL);
	for (part = part->child; part != NULL && found == NULL;
	    part = part->next)
		found = find_type(part, type);
	return (found);
}

static bool
is_calendar(const struct policy_question *q)
{
	const struct letter_part *part =
	    find_type(q->letter->root, "text/calendar");

	return (part != NULL &&
	    !str_eq(part->disposition, STR_LIT("attachment")));
}

static bool
is_rights_protected(const struct policy_question *q)
{
	return (find_type(q->letter->root,
	    "application/x-microsoft-rpmsg-message") != NULL ||
	    field_says(q, "Content-Class", "rpmsg.message"));
}

static bool
is_voicemail(const struct policy_question *q)
{
	return (field_says(q, "Content-Class", "Voice-CA") ||
	    field_says(q, "Content-Class", "urn:content-class:voice") ||
	    find_type(q->letter->root, "multipart/voice-message") != NULL);
}

static bool
is_approval_request(const struct policy_question *q)
{
	return (field_says(q, "Content-Class",
	    "IPM.Note.Microsoft.Approval.Request") ||
	    has_field(q, "X-MS-Exchange-Organization-Approval-Initiator"));
}

static bool
is_read_receipt(const struct policy_question *q)
{
	const struct letter_part *root = q->letter->root;

	return (str_eq(root->type, STR_LIT("multipart/report")) &&
	    str_eq_nocase(type_parameter(root, "report-type", q->arena),
	    STR_LIT("disposition-notification")));
}

static bool (*const type_tests[])(const struct policy_question *q) = {
	is_automatic_reply, is_auto_forward, is_encrypted, is_calendar,
	is_rights_protected, is_voicemail, is_signed, is_approval_request,
	is_read_receipt,
};

static enum match
match_type(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	for (size_t i = 0; i < COUNT_OF(type_tests); i++)
		if ((c->bits & 1u << i) != 0 && type_tests[i](q))
			return (MATCH_YES);
	return (MATCH_NO);
}

static void
explain_type(const struct condition *c, const struct policy_question *q,
    struct buf *out)
{
	bool is_there = match_type(c, NULL, (struct policy_question *)
	    (uintptr_t)q) == MATCH_YES;
	const char *comma = "";

	/* Of a record: which of them it was is not looked up again. */
	buf_z(out, "message type ");
	for (size_t i = 0; i < COUNT_OF(type_tests); i++)
		if ((c->bits & 1u << i) != 0 &&
		    (!is_there || type_tests[i](q))) {
			buf_printf(out, "%s%s", comma, types[i]);
			comma = is_there ? " and " : " or ";
		}
}

/* ---- the message ------------------------------------------------------ */

static enum match
match_size(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(q->letter->bytes.len > (uint64_t)c->number));
}

static const char *const importances[] = { "low", "normal", "high" };

/* What each of them says of importance, as bits of importances. */
static const struct {
	const char *field, *word;
	uint32_t bit;
} importance_fields[] = {
	{ "Importance", "low", 1 }, { "Importance", "normal", 2 },
	{ "Importance", "high", 4 },
	/* The older ones: only where Importance says nothing. */
	{ "Priority", "non-urgent", 1 }, { "Priority", "normal", 2 },
	{ "Priority", "urgent", 4 },
	{ "X-Priority", "5", 1 }, { "X-Priority", "4", 1 },
	{ "X-Priority", "3", 2 }, { "X-Priority", "2", 4 },
	{ "X-Priority", "1", 4 },
	{ "X-MSMail-Priority", "low", 1 },
	{ "X-MSMail-Priority", "normal", 2 },
	{ "X-MSMail-Priority", "high", 4 },
};
#define N_IMPORTANCE 3	/* rows of Importance itself */

/* As Exchange reads it; no field is normal importance, several that differ
 * are the highest. */
static uint32_t
importance_of(const struct policy_question *q)
{
	uint32_t said = 0;

	for (size_t i = 0; i < COUNT_OF(importance_fields); i++) {
		if (i == N_IMPORTANCE && said != 0)
			break;
		if (field_says(q, importance_fields[i].field,
		    importance_fields[i].word))
			said |= importance_fields[i].bit;
	}
	return ((said & 4) != 0 ? 4 : said == 1 ? 1 : 2);
}

static enum match
match_importance(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if((c->bits & importance_of(q)) != 0));
}

static int
spam_level_of(const struct policy_question *q)
{
	const struct letter_field *f =
	    letter_find(q->letter->root, STR_LIT(SPAM_LEVEL_FIELD));
	uint64_t level;

	return (f != NULL && str_to_u64(str_trim(f->raw), 9, &level) ?
	    (int)level : -1);
}

void
message_facts(const struct policy_question *q, struct message_facts *out)
{
	*out = (struct message_facts){ .importance = importance_of(q),
	    .spam_level = spam_level_of(q) };
	for (size_t i = 0; i < COUNT_OF(type_tests); i++)
		if (type_tests[i](q))
			out->types |= 1u << i;
}

static enum match
match_spam_level(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if(spam_level_of(q) > c->number));
}

/* -1 is Exchange's "trusted": over it is every level it gives to mail. */
static int
parse_spam_level(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	if (value->kind != YAML_TEXT ||
	    !str_eq(value->text, STR_LIT("-1")))
		return (condition_count(c, p, value, err));
	c->number = -1;
	return (0);
}

static enum match
match_ambiguous(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	(void)p;
	return (match_if((q->letter->ambiguous != 0) == (c->number != 0)));
}

/* ---- attachments, without looking into them --------------------------- */

static enum match
match_count(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	return (match_if(facts_view(p, q)->n_attachments >
	    (uint64_t)c->number));
}

/* When it is saved. Decoded only where it could be too large, and only so
 * far: no encoding makes less of what it encodes. */
static bool
is_larger(const struct letter_part *part, uint64_t limit)
{
	uint8_t bytes[4096];
	struct letter_reader r;
	uint64_t size = 0;
	size_t n;

	if (part->encoding == LETTER_7BIT || part->body.len <= limit)
		return (part->body.len > limit);
	letter_reader_init(&r, part);
	while (size <= limit &&
	    (n = letter_read(&r, bytes, sizeof(bytes))) > 0)
		size += n;
	explicit_bzero(bytes, sizeof(bytes));
	return (size > limit);
}

static enum match
match_attachment_size(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct letter_view *v = facts_view(p, q);

	for (size_t i = 0; i < v->n_attachments; i++)
		if (is_larger(v->attachments[i], (uint64_t)c->number))
			return (MATCH_YES);
	return (MATCH_NO);
}

/* Windows does not count blanks and dots at the end either. */
bool
message_has_extension(struct str name, struct str extension)
{
	while (name.len > 0 && (name.p[name.len - 1] == '.' ||
	    name.p[name.len - 1] == ' '))
		name.len--;
	return (name.len > extension.len &&
	    name.p[name.len - extension.len - 1] == '.' &&
	    str_ends_nocase(name, extension));
}

static enum match
match_extension(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct letter_view *v = facts_view(p, q);

	for (size_t i = 0; i < v->n_attachments; i++)
		for (size_t t = 0; t < c->n_terms; t++)
			if (message_has_extension(v->attachments[i]->filename,
			    c->terms[t].text))
				return (MATCH_YES);
	return (MATCH_NO);
}

static int
take_extension(struct condition *c, struct term *t, const struct policy *p,
    const struct yaml_node *item, struct err *err)
{
	(void)c;
	if (rules_text(item, POLICY_MAX_NAME, &t->text, p->arena, err) != 0)
		return (-1);
	if (t->text.p[0] == '.')
		t->text = str_sub(t->text, 1, t->text.len);
	return (0);
}

static int
parse_extensions(struct condition *c, const struct policy *p,
    const struct yaml_node *value, struct err *err)
{
	return (condition_each(c, p, value, take_extension, err));
}

const struct condition_kind match_message[] = {
	{ "message_type_is", true, condition_words, match_type, explain_type,
	    types, COUNT_OF(types) },
	{ "message_size_over", true, condition_size, match_size, NULL, NULL,
	    0 },
	{ "importance_is", true, condition_words, match_importance, NULL,
	    importances, COUNT_OF(importances) },
	{ "spam_level_over", true, parse_spam_level, match_spam_level, NULL,
	    NULL, 0 },
	{ "mime_is_ambiguous", true, condition_truth, match_ambiguous, NULL,
	    NULL, 0 },
	{ "attachment_count_over", true, condition_count, match_count, NULL,
	    NULL, 0 },
	{ "attachment_size_over", true, condition_size, match_attachment_size,
	    NULL, NULL, 0 },
	{ "attachment_extension_is", true, parse_extensions, match_extension,
	    NULL, NULL, 0 },
	{ 0 },
};
