/* SPDX-License-Identifier: Apache-2.0 */
/*
 * convertaction: actions with a shape of their own.
 *
 * Runs in the CLI. Security: where an action can only be said nearly, what
 * protects or refuses more is written.
 */
#include "import/convert.h"
#include "policy/policy.h"

#define CODE_DEFAULT "5.7.1"
#define REFUSAL "Refused by the policy of this organisation"
#define REFUSAL_MAX 400		/* what policy.yaml takes */
#define ORIGINAL "original"

static struct draft_item *
one(struct conversion *c, const char *key, struct str yaml)
{
	c->item = draft_item(c->arena, key, false);
	draft_value(c->arena, c->item, yaml);
	return (c->item);
}

/* ---- protection ------------------------------------------------------- */

int
convert_template(struct conversion *c)
{
	static const struct parameter_word own[] = {
		{ "Encrypt", "Encrypt-Only" },
		{ "Encrypt-Only", "Encrypt-Only" },
		{ "Encrypt only", "Encrypt-Only" },
		{ "Do Not Forward", "Do Not Forward" },
		{ "True", "Encrypt-Only" },	/* ApplyOME */
		{ NULL, NULL } };
	const char *built_in = "Encrypt-Only";
	struct str name;

	if (c->value->kind != INPUT_TRUTH) {
		if (convert_line(c, c->value, &name) != 0)
			return (-1);
		built_in = convert_word(own, name);
	}
	if (built_in != NULL) {
		(void)one(c, c->parameter->key, str_of(built_in));
		return (0);
	}
	(void)one(c, c->parameter->key, draft_yaml(name, c->arena));
	draft_note(c->policy->arena, &c->policy->templates, name);
	return (convert_nearly(c, "template with the right to view only: say "
	    "under templates: what it allows"));
}

int
convert_portal(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	(void)one(c, c->parameter->key,
	    STR_LIT("{assurance: portal, prefer: [portal]}"));
	return (0);
}

/* ---- refusing --------------------------------------------------------- */

/* One line of ASCII: an SMTP reply has nothing else. */
static struct str
reply_text(struct conversion *c, struct str text)
{
	char *to = arena_array(c->arena, REFUSAL_MAX + 1, 1);
	size_t n = 0;
	bool is_changed = false;

	for (size_t i = 0; i < text.len && n < REFUSAL_MAX; i++) {
		uint8_t letter = (uint8_t)text.p[i];

		if ((letter & 0xc0) == 0x80)
			continue;
		is_changed |= letter >= 0x80 || letter < ' ';
		to[n++] = letter >= 0x80 ? '?' : letter < ' ' ? ' ' :
		    (char)letter;
	}
	if (is_changed || text.len > REFUSAL_MAX)
		(void)convert_nearly(c, "the text is ASCII, one line, at most "
		    "%d letters", REFUSAL_MAX);
	return (str_trim(str_make(to, n)));
}

/* NotifySender that refuses has the last word about refusing. */
static bool
is_notify_refusing(const struct conversion *c)
{
	struct str how = input_get_text(c->rule, "NotifySender");

	if (how.len == 0)
		how = input_get_text(c->rule, "SenderNotificationType");
	return (str_starts_nocase(how, STR_LIT("Reject")));
}

int
convert_reject(struct conversion *c)
{
	const struct input_value *text = input_get(c->rule,
	    "RejectMessageReasonText"), *code = input_get(c->rule,
	    "RejectMessageEnhancedStatusCode");
	struct str word = input_word(code), reply = STR_LIT(REFUSAL);

	if (is_notify_refusing(c))
		return (convert_nearly(c, "notify_sender refuses in its own "
		    "words"));
	if (word.len == 0)
		word = STR_LIT(CODE_DEFAULT);
	if (!policy_is_refusal_code(word))
		return (convert_refuse(c, "'%.*s' is no code such as 5.7.1",
		    STR_FMT(word)));
	if (!input_is_empty(text))
		reply = reply_text(c, input_word(text));
	/* Both parameters come here and must make the same item. */
	(void)one(c, c->parameter->key, str_of(arena_printf(c->arena,
	    "{code: %.*s, text: %.*s}", STR_FMT(word), STR_FMT(draft_yaml(
	    reply.len > 0 ? reply : STR_LIT(REFUSAL), c->arena)))));
	return (0);
}

/* What NotifyAllowOverride makes of a refusal, strictest first. */
static const char *
override_of(const struct conversion *c)
{
	static const struct parameter_word overrides[] = {
		{ "WithJustification", "reject_unless_explicit_override" },
		{ "WithAcknowledgement", "reject_unless_explicit_override" },
		{ "WithoutJustification", "reject_unless_silent_override" },
		{ "FalsePositive", "reject_unless_false_positive" },
		{ NULL, NULL } };
	const struct input_value *v = input_get(c->rule,
	    "NotifyAllowOverride");

	if (input_is_empty(v))
		return (NULL);
	for (size_t i = 0; overrides[i].from != NULL; i++)
		for (const struct input_value *w = input_first(v); w != NULL;
		    w = input_next(v, w))
			if (str_find_nocase(input_word(w),
			    str_of(overrides[i].from)) >= 0)
				return (overrides[i].to);
	return (NULL);
}

int
convert_block(struct conversion *c)
{
	const char *override = override_of(c);

	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	if (override != NULL)
		(void)one(c, "notify_sender", str_of(override));
	else
		(void)one(c, c->parameter->key, draft_yaml(STR_LIT(REFUSAL),
		    c->arena));
	return (0);
}

int
convert_override(struct conversion *c)
{
	const char *override = override_of(c);

	if (override == NULL)
		return (convert_refuse(c, "no override that is known"));
	if (input_is_empty(input_get(c->rule, "BlockAccess")))
		return (convert_nearly(c, "nothing is refused, so there is "
		    "nothing to override"));
	(void)one(c, c->parameter->key, str_of(override));
	return (0);
}

/* The sender learns of a refusal anyway. */
int
convert_notify_user(struct conversion *c)
{
	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i))
		if (str_index(input_word(i), '@') >= 0)
			(void)convert_nearly(c, "only the sender is told: use "
			    "incident_report for others");
	if (input_is_empty(input_get(c->rule, "BlockAccess")))
		(void)one(c, c->parameter->key, STR_LIT("notify_only"));
	return (0);
}

/* ---- people ----------------------------------------------------------- */

int
convert_manager_moderates(struct conversion *c)
{
	if (!input_is_true(c->value))
		return (convert_refuse(c, "neither true nor false"));
	(void)one(c, c->parameter->key, STR_LIT("manager"));
	return (0);
}

int
convert_moderate(struct conversion *c)
{
	const struct input_value *users = input_get(c->value,
	    "ModerateMessageByUser");
	struct str rest = input_word(users), user;

	if (input_is_true(input_get(c->value, "ModerateMessageByManager"))) {
		(void)one(c, c->parameter->key, STR_LIT("manager"));
		return (0);
	}
	c->item = draft_item(c->arena, c->parameter->key, true);
	if (input_is_empty(users))
		return (convert_refuse(c, "nobody moderates"));
	if (users->kind == INPUT_LIST)
		return (convert_add_addresses(c, c->item, users));
	while (str_next(&rest, ',', &user))
		if (convert_add_addresses(c, c->item, input_text(c->arena,
		    str_trim(user))) != 0)
			return (-1);
	return (0);
}

/* @{AddToRecipients=…} and its kin: one kind at a time has a key. */
int
convert_add_recipients(struct conversion *c)
{
	static const struct parameter_word kinds[] = {
		{ "AddToRecipients", "add_to" }, { "CopyTo", "add_cc" },
		{ "BlindCopyTo", "add_bcc" }, { NULL, NULL } };
	const struct input_value *v = c->value->child;

	if (c->value->kind != INPUT_TABLE || c->value->n != 1)
		return (convert_refuse(c, "not one kind of recipients"));
	if (str_eq_nocase(v->key, STR_LIT("AddManagerAsRecipientType"))) {
		static const struct parameter_word ways[] = { { "To", "to" },
			{ "Cc", "cc" }, { "Bcc", "bcc" },
			{ "Redirect", "redirect" }, { NULL, NULL } };
		const char *way = convert_word(ways, input_word(v));

		if (way == NULL)
			return (convert_refuse(c, "way is not known"));
		(void)one(c, "add_manager_as", str_of(way));
		return (0);
	}
	if (convert_word(kinds, v->key) == NULL)
		return (convert_refuse(c, "'%.*s' is not known",
		    STR_FMT(v->key)));
	c->item = draft_item(c->arena, convert_word(kinds, v->key), true);
	return (convert_add_addresses(c, c->item, v));
}

static const struct parameter_word contents[] = {
	{ "Sender", "sender" }, { "Recipients", "recipients" },
	{ "CC", "recipients" }, { "BCC", "recipients" },
	{ "Subject", "subject" }, { "Severity", "severity" },
	{ "RuleDetections", "rules" }, { "RulesMatched", "rules" },
	{ "IdMatch", "evidence" }, { "Detections", "evidence" },
	{ "DetectionDetails", "evidence" }, { "MatchedItem", "subject" },
	{ "AttachOriginalMail", ORIGINAL }, { "OriginalContent", ORIGINAL },
	{ NULL, NULL } };

static void
include(struct conversion *c, struct draft_item *what, struct str word)
{
	const char *to = convert_word(contents, word);
	bool is_all = str_eq_nocase(word, STR_LIT("All"));

	if (is_all || str_eq_nocase(word, STR_LIT("Default"))) {
		for (size_t i = 0; contents[i].from != NULL; i++)
			if (is_all || strcmp(contents[i].to, ORIGINAL) != 0)
				draft_value(c->arena, what,
				    str_of(contents[i].to));
	} else if (to != NULL)
		draft_value(c->arena, what, str_of(to));
	else
		(void)convert_nearly(c, "a report cannot have %.*s",
		    STR_FMT(word));
}

/* What came before AttachOriginalMail. */
static void
include_original(struct conversion *c, struct draft_item *what)
{
	if (!str_eq_nocase(input_word(input_get(c->rule,
	    "IncidentReportOriginalMail")), STR_LIT("IncludeOriginalMail")))
		return;
	if (what->n_values == 0)
		include(c, what, STR_LIT("Default"));
	draft_value(c->arena, what, STR_LIT(ORIGINAL));
}

/* "SiteAdmin" is nobody here; a report protects nothing, so the rule stays. */
static void
add_readers(struct conversion *c, struct draft_item *to)
{
	for (const struct input_value *i = input_first(c->value); i != NULL;
	    i = input_next(c->value, i))
		if (convert_add_addresses(c, to, i) != 0)
			(void)convert_nearly(c, "'%.*s' is not an address and "
			    "gets no report", STR_FMT(input_word(i)));
}

int
convert_incident(struct conversion *c)
{
	const struct input_value *content = input_get(c->rule,
	    c->parameter->with);
	struct draft_item *to = draft_item(c->arena, "to", true),
	    *what = draft_item(c->arena, "include", true);
	AUTO_BUF struct buf b = BUF_INIT(1u << 16);

	add_readers(c, to);
	if (to->n_values == 0)
		return (0);
	if (!input_is_empty(content))
		for (const struct input_value *i = input_first(content);
		    i != NULL; i = input_next(content, i))
			include(c, what, input_word(i));
	include_original(c, what);
	buf_z(&b, "{to: [");
	for (size_t i = 0; i < to->n_values; i++)
		buf_printf(&b, "%s%.*s", i > 0 ? ", " : "",
		    STR_FMT(to->values[i]));
	buf_z(&b, what->n_values > 0 ? "], include: [" : "]");
	for (size_t i = 0; i < what->n_values; i++)
		buf_printf(&b, "%s%.*s", i > 0 ? ", " : "",
		    STR_FMT(what->values[i]));
	buf_z(&b, what->n_values > 0 ? "]}" : "}");
	(void)one(c, c->parameter->key, arena_str(c->arena, buf_view(&b)));
	return (0);
}
