/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draftwrite: rules as YAML.
 *
 * Runs in the CLI. Security: texts of the export are quoted, and are one line
 * in comments, so that they are nothing but values and comments.
 * Standards: YAML 1.1, the subset of conf/yaml.h.
 */
#include "import/draft.h"
#include "import/outcome.h"

#define VALUE_MAX (1u << 20)

/* Words that are more than a text to some reader of YAML. */
static const char *const reserved[] = { "true", "false", "yes", "no", "on",
	"off", "null", "y", "n", "clear", "reject", "~" };

static bool
is_plain_letter(char c)
{
	return (ascii_is_alpha(c) || ascii_is_digit(c) || c == ' ' ||
	    c == '.' || c == '_' || c == '-' || c == '@' || c == '/' ||
	    c == '(' || c == ')' || (uint8_t)c >= 0xc3);
}

/* A text that begins with a letter and has nothing YAML could take for more
 * than a letter. */
static bool
is_plain(struct str s)
{
	if (s.len == 0 || !ascii_is_alpha(s.p[0]) || s.p[s.len - 1] == ' ')
		return (false);
	for (size_t i = 0; i < s.len; i++) {
		bool continues = ((uint8_t)s.p[i] & 0xc0) == 0x80;

		/* Characters from U+00C0 on, but for the odd ones. */
		if ((!continues && !is_plain_letter(s.p[i])) ||
		    (uint8_t)s.p[i] >= 0xe2)
			return (false);
	}
	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (str_eq_nocase(s, str_of(reserved[i])))
			return (false);
	return (true);
}

static void
quote(struct str s, struct buf *out)
{
	size_t len;

	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i += len) {
		uint32_t code = outcome_code_at(s, i, &len);

		if (code == '"' || code == '\\')
			buf_printf(out, "\\%c", (char)code);
		else if (code == '\n')
			buf_z(out, "\\n");
		else if (code == '\t')
			buf_z(out, "\\t");
		else if (outcome_is_hidden(code))
			buf_printf(out, "\\u%04x", code);
		else
			buf_append(out, s.p + i, len);
	}
	buf_char(out, '"');
}

struct str
draft_yaml(struct str text, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(VALUE_MAX * 8ul);

	if (is_plain(text))
		return (arena_str(a, text));
	quote(text, &b);
	return (arena_str(a, buf_view(&b)));
}

static void
write_values(const struct draft_item *item, struct buf *out)
{
	if (item->is_list)
		buf_char(out, '[');
	for (size_t i = 0; i < item->n_values; i++) {
		if (i > 0)
			buf_z(out, ", ");
		buf_str(out, item->values[i]);
	}
	if (item->is_list)
		buf_char(out, ']');
}

static void
write_item(const struct draft_item *item, struct buf *out)
{
	buf_printf(out, "      %s: %.*s", item->key, STR_FMT(item->open));
	if (item->also != NULL)
		buf_z(out, "{all_of: [");
	for (const struct draft_item *i = item; i != NULL; i = i->also) {
		write_values(i, out);
		if (i->also != NULL)
			buf_z(out, ", ");
	}
	if (item->also != NULL)
		buf_z(out, "]}");
	buf_printf(out, "%.*s\n", STR_FMT(item->close));
}

static void
write_items(const char *what, const struct draft_item *list, struct buf *out)
{
	if (list == NULL)
		return;
	buf_printf(out, "    %s:\n", what);
	for (; list != NULL; list = list->next)
		write_item(list, out);
}

static void
write_notes(const char *word, const struct draft_note *notes, struct buf *out)
{
	for (; notes != NULL; notes = notes->next) {
		buf_printf(out, "  # %s: ", word);
		outcome_put_visible(notes->text, out);
		buf_char(out, '\n');
	}
}

static void
write_pair(const char *key, struct str value, struct buf *out)
{
	if (value.len > 0)
		buf_printf(out, "    %s: %.*s\n", key, STR_FMT(value));
}

/* Only where a condition looks at it, and only what is not the default. */
static void
write_location(const struct draft *d, struct buf *out)
{
	static const char *const about[] = { "sender_is", "sender_domain_is",
		"sender_member_of", "sender_address_contains_words",
		"sender_address_matches" };

	for (size_t i = 0; i < COUNT_OF(about); i++)
		if (draft_find(d->when, about[i]) != NULL ||
		    draft_find(d->except, about[i]) != NULL) {
			if (strcmp(d->location, "envelope") != 0)
				write_pair("sender_address_location",
				    str_of(d->location), out);
			return;
		}
}

static void
write_rule(const struct draft *d, struct arena *a, struct buf *out)
{
	buf_z(out, "\n  # ");
	outcome_put_visible(d->origin, out);
	buf_char(out, '\n');
	write_notes("exactly", d->says, out);
	write_notes("approximated", d->notes, out);
	write_notes("disabled", d->reasons, out);
	buf_printf(out, "  - name: %.*s\n", STR_FMT(draft_yaml(d->name, a)));
	if (d->priority >= 0)
		buf_printf(out, "    priority: %d\n", d->priority);
	if (!d->is_enabled || d->reasons != NULL)
		buf_z(out, "    enabled: false\n");
	write_pair("mode", str_of(d->mode), out);
	write_pair("valid_from", d->valid_from, out);
	write_pair("valid_until", d->valid_until, out);
	if (d->comment.len > 0)
		write_pair("comment", draft_yaml(d->comment, a), out);
	write_pair("on_error", str_of(d->on_error), out);
	write_location(d, out);
	write_items("when", d->when, out);
	write_items("except", d->except, out);
	/* A rule must do something; this does nothing but count. */
	if (d->then == NULL)
		buf_z(out, "    then:\n      severity: none\n");
	write_items("then", d->then, out);
	if (d->is_stop)
		buf_z(out, "    stop: true\n");
}

static void
write_head(const struct draft_head *head, struct arena *a, struct buf *out)
{
	struct str rest = str_of(head->domains), domain;
	const char *comma = "";

	buf_z(out, "# Written by `letterlock import ");
	outcome_put_visible(str_of(head->source), out);
	buf_z(out, "`.\n# Read the report and each comment before a rule "
	    "goes into force.\n");
	if (!head->is_whole)
		return;
	buf_z(out, "\nversion: 1\n\ndomains: [");
	while (str_next(&rest, ',', &domain)) {
		buf_printf(out, "%s%.*s", comma,
		    STR_FMT(draft_yaml(str_trim(domain), a)));
		comma = ", ";
	}
	buf_printf(out, "]\n\ndefault: %.*s\n", STR_FMT(strcmp(
	    head->otherwise, "clear") == 0 ? STR_LIT("clear") :
	    draft_yaml(str_of(head->otherwise), a)));
}

static void
write_packs(const struct draft_policy *p, struct buf *out)
{
	for (const struct draft *d = p->first; d != NULL; d = d->next)
		if (draft_find(d->when, "sensitive_information") != NULL ||
		    draft_find(d->except, "sensitive_information") != NULL) {
			buf_z(out, "\n# Which packages have the types below "
			    "is not in the export: name them, as in\n"
			    "# rule_packs: [policy/sit/letterlock-finance.xml]"
			    "\n");
			return;
		}
}

static void
write_templates(const struct draft_policy *p, struct buf *out)
{
	if (p->templates == NULL)
		return;
	buf_z(out, "\n# What these templates allow is not in the export: "
	    "say it here. Until then\n# recipients may read and no more.\n"
	    "templates:\n");
	for (const struct draft_note *n = p->templates; n != NULL;
	    n = n->next)
		buf_printf(out, "  %.*s:\n    rights: [view]\n",
		    STR_FMT(draft_yaml(n->text, p->arena)));
}

void
draft_write(const struct draft_policy *p, const struct draft_head *head,
    struct buf *out)
{
	write_head(head, p->arena, out);
	write_packs(p, out);
	write_templates(p, out);
	buf_z(out, p->first != NULL ? "\nrules:" : "\nrules: []");
	buf_char(out, '\n');
	for (const struct draft *d = p->first; d != NULL; d = d->next)
		write_rule(d, p->arena, out);
}
