/* SPDX-License-Identifier: Apache-2.0 */
/*
 * act_tell: whom a rule tells of a message: its sender, people who look after
 * incidents, its recipients.
 *
 * Runs where the policy is read and, for the words of a refusal, in the
 * gateway. Security: reports, which may have the whole message, go to
 * addresses inside only; a refusal names the rule and kinds of what was found,
 * never what was found, and is ASCII on one line.
 * Standards: RFC 5321 4.2.1 for reply texts.
 */
#include "base/enc.h"
#include "policy/rules.h"

#define REPORT_TO_MAX 10	/* each gets a mail of its own */
#define NOTIFICATION_MAX_CHARACTERS 5120	/* as Exchange's */
#define FOUND_IN_REFUSAL_MAX 120	/* bytes of names of types */

static const char *const notify_words[] = {	/* enum policy_notify */
	"nobody", "notify_only", "reject", "reject_unless_false_positive",
	"reject_unless_silent_override", "reject_unless_explicit_override",
};
static const char *const report_keys[] = { "to", "include" };
static const char *const include_words[] = {	/* bits of policy_report */
	"sender", "recipients", "subject", "severity", "rules", "evidence",
	"original",
};
static const struct str tokens[] = {	/* enum policy_token */
	STR_LIT("From"), STR_LIT("To"), STR_LIT("Cc"), STR_LIT("Subject"),
	STR_LIT("MessageDate"),
};

static struct policy_tell *
tell_of(const struct policy *p, struct rule *r)
{
	if (r->tell == NULL)
		r->tell = arena_alloc(p->arena, sizeof(*r->tell));
	return (r->tell);
}

/* ---- the sender ------------------------------------------------------- */

static int
read_notify_sender(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	static const enum policy_review_kind overrides[] = {
		[POLICY_NOTIFY_UNLESS_FALSE_POSITIVE] =
		    POLICY_REVIEW_FALSE_POSITIVE,
		[POLICY_NOTIFY_UNLESS_SILENT] = POLICY_REVIEW_SILENT,
		[POLICY_NOTIFY_UNLESS_EXPLICIT] = POLICY_REVIEW_EXPLICIT,
	};
	size_t i;

	/* "nobody" is no word of the file. */
	if (rules_word(node, "value", notify_words + 1,
	    COUNT_OF(notify_words) - 1, &i, err) != 0)
		return (-1);
	tell_of(p, r)->sender = (enum policy_notify)(i + 1);
	if (i + 1 >= POLICY_NOTIFY_UNLESS_FALSE_POSITIVE)
		act_override(p, r, overrides[i + 1]);
	return (0);
}

bool
act_tell_refuses(const struct rule *r)
{
	return (r->tell != NULL && r->tell->sender == POLICY_NOTIFY_REJECT);
}

/* ASCII, one '?' for each other character; all of it or nothing. */
static void
ascii(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if ((c & 0xc0) != 0x80)
			buf_char(out, c < 0x80 ? (char)c : '?');
	}
}

static bool
was_named(const struct policy_evidence *list,
    const struct policy_evidence *one)
{
	for (; list != one; list = list->next)
		if (list->confidence > 0 && str_eq(list->what, one->what))
			return (true);
	return (false);
}

/* "Credit Card Number, IBAN": each once, as many as fit. */
static void
name_types(const struct policy_evidence *list, struct buf *out)
{
	for (const struct policy_evidence *e = list; e != NULL; e = e->next) {
		if (e->confidence == 0 || was_named(list, e) ||
		    out->len + e->what.len + 2 > FOUND_IN_REFUSAL_MAX)
			continue;
		buf_z(out, out->len > 0 ? ", " : "");
		ascii(e->what, out);
	}
}

struct str
act_refusal(const struct rule *r, const struct policy_evidence *found,
    struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(POLICY_MAX_TEXT);
	AUTO_BUF struct buf types = BUF_INIT(POLICY_MAX_TEXT);

	if (r->reject_text.len > 0)
		return (r->reject_text);
	name_types(found, &types);
	buf_z(&text, "Not sent: the rule \"");
	ascii(r->name, &text);
	buf_z(&text, "\" of this organisation does not let this message out");
	if (types.len > 0)
		buf_printf(&text, " (found: %.*s)", STR_FMT(buf_view(&types)));
	buf_z(&text, ". Please change it and send it again, or ask your "
	    "administrator");
	return (arena_str(a, buf_view(&text)));
}

/* ---- reports of incidents --------------------------------------------- */

static int
read_report_address(const struct policy *p, const struct yaml_node *node,
    struct address *out, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	if (yaml_need(node, YAML_TEXT, "an address", err) != 0)
		return (-1);
	if (address_parse(node->text, p->arena, out, NULL) != 0 ||
	    out->domain.len == 0)
		return (yaml_fail(node, err, "'%s' is not an address",
		    yaml_shown(node->text, shown)));
	if (!policy_is_inside(p, out->domain))
		return (yaml_fail(node, err, "'%s' is outside: reports go to "
		    "addresses of 'domains' only",
		    yaml_shown(node->text, shown)));
	return (0);
}

/* An address, or a list of them. */
static int
read_report_to(const struct policy *p, struct policy_tell *t,
    const struct yaml_node *node, struct err *err)
{
	bool is_list = node->kind == YAML_LIST;
	const struct yaml_node *c = is_list ? node->child : node;

	if (is_list && (node->n == 0 || node->n > REPORT_TO_MAX))
		return (yaml_fail(node, err, "1 to %d addresses expected here",
		    REPORT_TO_MAX));
	t->report_to = arena_array(p->arena, node->n + 1,
	    sizeof(*t->report_to));
	for (; c != NULL; c = is_list ? c->next : NULL)
		if (read_report_address(p, c,
		    &t->report_to[t->n_report_to++], err) != 0)
			return (-1);
	return (0);
}

static int
read_include(struct policy_tell *t, const struct yaml_node *list,
    struct err *err)
{
	size_t i;

	t->report_has = POLICY_REPORT_DEFAULT;
	if (list == NULL)
		return (0);
	if (yaml_need(list, YAML_LIST, "a list of what a report has",
	    err) != 0)
		return (-1);
	t->report_has = 0;
	for (const struct yaml_node *c = list->child; c != NULL;
	    c = c->next) {
		if (rules_word(c, "part of a report", include_words,
		    COUNT_OF(include_words), &i, err) != 0)
			return (-1);
		t->report_has |= 1u << i;
	}
	return (0);
}

static int
read_report(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	struct policy_tell *t = tell_of(p, r);
	const struct yaml_node *to;

	if (yaml_need(node, YAML_MAP, "to and include", err) != 0 ||
	    yaml_check_keys(node, report_keys, COUNT_OF(report_keys),
	    err) != 0)
		return (-1);
	to = yaml_get(node, "to");
	if (to == NULL)
		return (yaml_fail(node, err, "'incident_report' needs to"));
	if (read_report_to(p, t, to, err) != 0)
		return (-1);
	return (read_include(t, yaml_get(node, "include"), err));
}

/* ---- the recipients --------------------------------------------------- */

bool
policy_token_next(struct str *rest, struct str *text,
    enum policy_token *token)
{
	struct str s = *rest;

	if (s.p == NULL)
		return (false);
	*token = POLICY_TOKEN_NONE;
	*text = s;
	*rest = STR_NULL;
	for (size_t at = 0; at + 4 < s.len; at++) {
		if (s.p[at] != '%' || s.p[at + 1] != '%')
			continue;
		for (size_t i = 0; i < COUNT_OF(tokens); i++) {
			size_t end = at + 2 + tokens[i].len;

			if (!str_eq_nocase(str_sub(s, at + 2, tokens[i].len),
			    tokens[i]) ||
			    !str_eq(str_sub(s, end, 2), STR_LIT("%%")))
				continue;
			*token = (enum policy_token)(i + 1);
			*text = str_sub(s, 0, at);
			*rest = str_sub(s, end + 2, s.len);
			return (true);
		}
	}
	return (true);
}

/* "%%Word%%" that is left is a slip of the pen. */
static int
check_tokens(const struct yaml_node *node, struct str text, struct err *err)
{
	char shown[YAML_SHOWN_SIZE];

	for (size_t at = 0; at + 1 < text.len; at++) {
		size_t end = at + 2;

		if (text.p[at] != '%' || text.p[at + 1] != '%')
			continue;
		while (end < text.len && ascii_is_alpha(text.p[end]))
			end++;
		if (end > at + 2 && str_eq(str_sub(text, end, 2),
		    STR_LIT("%%")))
			return (yaml_fail(node, err, "'%s' is not known; there "
			    "are %%%%From%%%%, %%%%To%%%%, %%%%Cc%%%%, "
			    "%%%%Subject%%%% and %%%%MessageDate%%%%",
			    yaml_shown(str_sub(text, at, end + 2 - at),
			    shown)));
	}
	return (0);
}

static int
read_notify_recipients(const struct policy *p, struct rule *r,
    const struct yaml_node *node, struct err *err)
{
	struct policy_tell *t = tell_of(p, r);
	struct str rest, text;
	enum policy_token token;
	size_t characters = 0;

	if (yaml_need(node, YAML_TEXT, "a text", err) != 0)
		return (-1);
	for (size_t i = 0; i < node->text.len; i++)
		characters += ((uint8_t)node->text.p[i] & 0xc0) != 0x80;
	if (characters == 0 || characters > NOTIFICATION_MAX_CHARACTERS)
		return (yaml_fail(node, err, "1 to %d characters expected "
		    "here", NOTIFICATION_MAX_CHARACTERS));
	rest = t->to_recipients = arena_str(p->arena, node->text);
	while (policy_token_next(&rest, &text, &token))
		if (check_tokens(node, text, err) != 0)
			return (-1);
	return (0);
}

/* ---- what a rule does, in words --------------------------------------- */

/* NULL: nothing that anybody would notice. */
static const char *
words_of(const struct policy *p, const struct rule *r, struct str key)
{
	static const char *const words[][2] = {
		{ "reject", "refuse the message" },
		{ "delete", "delete the message" },
		{ "quarantine", "hold the message until somebody has looked "
		    "at it" },
		{ "moderate_by", "hold the message until somebody has agreed "
		    "to it" },
		{ "severity", NULL },
		{ "prepend_subject", "change the subject" },
		{ "set_header", "change the header" },
		{ "remove_header", "change the header" },
		{ "disclaimer", "add a text to the message" },
		{ "incident_report", "report the message" },
		{ "notify_recipients", "tell the recipients about the "
		    "message" },
	};

	if (str_eq(key, STR_LIT("template")))
		return (r->template == NULL ? "send the message in clear" :
		    arena_printf(p->arena, "protect the message with \"%.*s\"",
		    STR_FMT(r->template->name)));
	if ((str_eq(key, STR_LIT("quarantine")) && r->reviews == NULL) ||
	    (str_eq(key, STR_LIT("delete")) && !r->decides))
		return (NULL);
	if (str_eq(key, STR_LIT("notify_sender")))
		return (act_tell_refuses(r) ? "refuse the message" :
		    act_may_override(r) ? "hold the message until you have "
		    "decided" : "tell you about the message");
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq(key, str_of(words[i][0])))
			return (words[i][1]);
	return (arena_printf(p->arena, "do this: %.*s", STR_FMT(key)));
}

void
act_tell_does(const struct policy *p, struct rule *r, struct str key)
{
	const char *words = words_of(p, r, key);
	struct str said = str_of(words);

	if (words == NULL || (r->does.len > 0 &&
	    str_find_nocase(r->does, said) >= 0))
		return;
	r->does = r->does.len == 0 ? arena_str(p->arena, said) :
	    str_of(arena_printf(p->arena, "%.*s, %s", STR_FMT(r->does),
	    words));
}

const struct action_kind act_tell[] = {
	{ "notify_sender", false, read_notify_sender },
	{ "incident_report", false, read_report },
	{ "notify_recipients", false, read_notify_recipients },
	{ NULL, false, NULL },
};
