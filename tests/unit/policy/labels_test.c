/* SPDX-License-Identifier: Apache-2.0 */
/* Which label a message gets, why, and how it says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "policy/policy.h"

#define SITE "cb46c030-1825-4e81-a295-151c039dbf02"
#define OTHER "3dd8961f-e488-4e60-8e11-a82d994e183d"
#define PUBLIC "11111111-2222-3333-4444-555555555555"
#define INTERNAL "22222222-2222-3333-4444-555555555555"
#define SECRET "33333333-2222-3333-4444-555555555555"
#define FOREIGN "44444444-2222-3333-4444-555555555555"
#define PAIRS(id, site) "MSIP_Label_" id "_Enabled=true; MSIP_Label_" id \
    "_SiteId=" site
#define HAS(id) "msip_labels: " PAIRS(id, SITE) "\n"
#define WHY "msip_justification: the board agreed\n"
#define AUTO "  auto: [{label: Secret, when: {subject_contains_words: " \
    "falcon}}]\n"
#define PROPOSE "  auto: [{label: Secret, mode: recommend, when: " \
    "{subject_contains_words: falcon}}]\n"
#define FALCON "Subject: falcon\n"
#define RULE(then) "rules:\n- {name: R, then: {" then "}}\n"
#define WHEN(when) "rules:\n- {name: R, when: {" when "}, then: Do Not " \
    "Forward}\n"
#define IN "me@own.example"
#define OUT "you@out.example"

static const char top[] = "version: 1\ndomains: [own.example]\ndefault: "
    "Encrypt-Only\n";
static const char list[] = "labels:\n  tenant: '{" SITE "}'\n  list:\n"
    "  - {name: Public, id: " PUBLIC ", priority: 10, template: clear}\n"
    "  - {name: Internal, id: " INTERNAL ", priority: 20}\n"
    "  - {name: Secret, id: " SECRET ", priority: 30, parent: Internal, "
    "template: Do Not Forward, colour: '#b00020'}\n";

struct row {
	const char *more;	/* of the policy, behind the list */
	const char *header;
	const char *file;	/* an attachment's msip_labels; NULL: none */
	const char *sender, *recipient;
	const char *label, *by;	/* NULL: none */
	const char *rule, *template;	/* template NULL: in clear */
	const char *recommended;
	bool is_lowered;
};

static const struct row rows[] = {
	{ "", "", NULL, IN, OUT, NULL, "", "default", "Encrypt-Only", NULL,
	    false },
	{ "", HAS(PUBLIC), NULL, IN, OUT, "Public", "sender", "label", NULL,
	    NULL, false },
	{ "", HAS(INTERNAL), NULL, IN, OUT, "Internal", "sender", "default",
	    "Encrypt-Only", NULL, false },
	{ "", HAS(SECRET), NULL, IN, OUT, "Secret", "sender", "label",
	    "Do Not Forward", NULL, false },
	/* Inside nobody needs protection. */
	{ "", HAS(SECRET), NULL, IN, "a@own.example", "Secret", "sender",
	    "default", NULL, NULL, false },
	/* A rule wins. */
	{ RULE("template: clear"), HAS(SECRET), NULL, IN, OUT, "Secret",
	    "sender", "R", NULL, NULL, false },
	/* Our tenant only, of senders inside only, that the policy knows. */
	{ "", "msip_labels: " PAIRS(SECRET, OTHER) "\n", NULL, IN, OUT, NULL,
	    "", "default", "Encrypt-Only", NULL, false },
	{ "", "msip_labels: MSIP_Label_" SECRET "_Enabled=true\n", NULL, IN,
	    OUT, NULL, "", "default", "Encrypt-Only", NULL, false },
	{ "", HAS(PUBLIC), NULL, "x@else.example", OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ "", "X-Letterlock-Label: Public\n", NULL, "x@else.example", OUT,
	    NULL, "", "default", "Encrypt-Only", NULL, false },
	{ "", HAS(PUBLIC), NULL, "", OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ "", HAS(FOREIGN), NULL, IN, OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ "", "msip_labels: " PAIRS(FOREIGN, OTHER) "; " PAIRS(SECRET, SITE)
	    "\n", NULL, IN, OUT, "Secret", "sender", "label",
	    "Do Not Forward", NULL, false },
	/* Of two of ours the higher. */
	{ "", HAS(PUBLIC) HAS(SECRET), NULL, IN, OUT, "Secret", "sender",
	    "label", "Do Not Forward", NULL, false },
	/* Our own field, by name and by GUID. */
	{ "", "X-Letterlock-Label: secret\n", NULL, IN, OUT, "Secret",
	    "sender", "label", "Do Not Forward", NULL, false },
	{ "", "X-Letterlock-Label: " PUBLIC "\n", NULL, IN, OUT, "Public",
	    "sender", "label", NULL, NULL, false },
	{ "", "X-Letterlock-Label: Sekret\n", NULL, IN, OUT, NULL, "",
	    "default", "Encrypt-Only", NULL, false },
	/* It lowers what was there: with a reason. */
	{ "", HAS(SECRET) "X-Letterlock-Label: Public\n", NULL, IN, OUT,
	    "Secret", "previous", "label", "Do Not Forward", NULL, true },
	{ "", HAS(SECRET) "X-Letterlock-Label: Public\n" WHY, NULL, IN, OUT,
	    "Public", "sender", "label", NULL, NULL, true },
	{ "", HAS(PUBLIC) "X-Letterlock-Label: Secret\n", NULL, IN, OUT,
	    "Secret", "sender", "label", "Do Not Forward", NULL, false },
	/* Attachments. */
	{ "", "", PAIRS(SECRET, SITE), IN, OUT, "Secret", "attachment",
	    "label", "Do Not Forward", NULL, false },
	{ "", "", PAIRS(SECRET, OTHER), IN, OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ "", "", PAIRS(SECRET, SITE), "x@else.example", OUT, NULL, "",
	    "default", "Encrypt-Only", NULL, false },
	{ "", HAS(PUBLIC), PAIRS(SECRET, SITE), IN, OUT, "Secret",
	    "attachment", "label", "Do Not Forward", NULL, true },
	{ "", HAS(PUBLIC) WHY, PAIRS(SECRET, SITE), IN, OUT, "Public",
	    "sender", "label", NULL, NULL, true },
	{ "", HAS(PUBLIC) "X-MS-Exchange-Organization-Dlp-SenderOverride"
	    "Justification: ok\n", PAIRS(SECRET, SITE), IN, OUT, "Public",
	    "sender", "label", NULL, NULL, true },
	{ "", HAS(PUBLIC) "msip_justification:  \n", PAIRS(SECRET, SITE), IN,
	    OUT, "Secret", "attachment", "label", "Do Not Forward", NULL,
	    true },
	{ "  justify_downgrade: false\n", HAS(PUBLIC), PAIRS(SECRET, SITE),
	    IN, OUT, "Public", "sender", "label", NULL, NULL, true },
	{ "", HAS(SECRET), PAIRS(PUBLIC, SITE), IN, OUT, "Secret", "sender",
	    "label", "Do Not Forward", NULL, false },
	/* From content. */
	{ AUTO, FALCON, NULL, IN, OUT, "Secret", "content", "label",
	    "Do Not Forward", NULL, false },
	{ AUTO, "Subject: x\n", NULL, IN, OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ AUTO, FALCON HAS(PUBLIC), NULL, IN, OUT, "Secret", "content",
	    "label", "Do Not Forward", NULL, true },
	{ AUTO, FALCON, NULL, "x@else.example", OUT, NULL, "", "default",
	    "Encrypt-Only", NULL, false },
	{ PROPOSE, FALCON, NULL, IN, OUT, NULL, "", "default",
	    "Encrypt-Only", "Secret", false },
	{ PROPOSE, FALCON HAS(SECRET), NULL, IN, OUT, "Secret", "sender",
	    "label", "Do Not Forward", NULL, false },
	{ "  auto: [{label: Secret, when: {recipient_is: " OUT "}}]\n", "",
	    NULL, IN, OUT, "Secret", "content", "label", "Do Not Forward",
	    NULL, false },
	{ "  auto: [{label: Secret, when: {attachment_label_is: Internal}}]\n",
	    "", PAIRS(INTERNAL, SITE), IN, OUT, "Secret", "content", "label",
	    "Do Not Forward", NULL, false },
	/* From rules: they raise a label, even one with a reason, and never
	 * lower it. */
	{ RULE("label: Secret"), HAS(PUBLIC) WHY, NULL, IN, OUT, "Secret",
	    "rule R", "label", "Do Not Forward", NULL, false },
	{ RULE("label: Public"), HAS(SECRET), NULL, IN, OUT, "Secret",
	    "sender", "label", "Do Not Forward", NULL, false },
	{ RULE("label: " SECRET ", template: Encrypt-Only"), "", NULL, IN,
	    OUT, "Secret", "rule R", "R", "Encrypt-Only", NULL, false },
	{ "rules:\n- {name: A, then: {label: Internal}}\n- {name: B, then: "
	    "{label: Secret}}\n- {name: C, then: {label: Public}}\n", "",
	    NULL, IN, OUT, "Secret", "rule B", "label", "Do Not Forward",
	    NULL, false },
	{ "rules:\n- {name: A, mode: audit, then: {label: Secret}}\n", "",
	    NULL, IN, OUT, NULL, "", "default", "Encrypt-Only", NULL, false },
	{ RULE("label: Secret"), "", NULL, "x@else.example", OUT, "Secret",
	    "rule R", "label", "Do Not Forward", NULL, false },
	{ PROPOSE RULE("label: Secret"), FALCON, NULL, IN, OUT, "Secret",
	    "rule R", "label", "Do Not Forward", NULL, false },
	/* Conditions see what is there before rules. */
	{ WHEN("label_is: Internal"), HAS(INTERNAL), NULL, IN, OUT,
	    "Internal", "sender", "R", "Do Not Forward", NULL, false },
	{ WHEN("label_is: [Public, " INTERNAL "]"), HAS(INTERNAL), NULL, IN,
	    OUT, "Internal", "sender", "R", "Do Not Forward", NULL, false },
	{ WHEN("label_is: Internal"), HAS(PUBLIC), PAIRS(INTERNAL, SITE), IN,
	    OUT, "Internal", "attachment", "R", "Do Not Forward", NULL,
	    true },
	{ WHEN("label_is: Public"), HAS(PUBLIC), PAIRS(INTERNAL, SITE), IN,
	    OUT, "Internal", "attachment", "default", "Encrypt-Only", NULL,
	    true },
	{ WHEN("label_is: Internal"), HAS(INTERNAL), NULL, "x@else.example",
	    OUT, NULL, "", "default", "Encrypt-Only", NULL, false },
	{ WHEN("has_label: true"), HAS(INTERNAL), NULL, IN, OUT, "Internal",
	    "sender", "R", "Do Not Forward", NULL, false },
	{ WHEN("has_label: false"), HAS(INTERNAL), NULL, IN, OUT, "Internal",
	    "sender", "default", "Encrypt-Only", NULL, false },
	{ WHEN("has_label: false"), HAS(FOREIGN), NULL, IN, OUT, NULL, "",
	    "R", "Do Not Forward", NULL, false },
	{ WHEN("attachment_label_is: Internal"), "", PAIRS(INTERNAL, SITE),
	    IN, OUT, "Internal", "attachment", "R", "Do Not Forward", NULL,
	    false },
	{ WHEN("attachment_label_is: Public"), "", PAIRS(INTERNAL, SITE),
	    IN, OUT, "Internal", "attachment", "default", "Encrypt-Only",
	    NULL, false },
	{ WHEN("attachment_label_is: Internal"), HAS(INTERNAL), NULL, IN, OUT,
	    "Internal", "sender", "default", "Encrypt-Only", NULL, false },
	{ WHEN("attachment_has_label: true"), "", PAIRS(INTERNAL, SITE), IN,
	    OUT, "Internal", "attachment", "R", "Do Not Forward", NULL,
	    false },
	{ WHEN("attachment_has_label: false"), "", PAIRS(INTERNAL, SITE), IN,
	    OUT, "Internal", "attachment", "default", "Encrypt-Only", NULL,
	    false },
	{ WHEN("attachment_has_label: false"), "", PAIRS(INTERNAL, OTHER), IN,
	    OUT, NULL, "", "R", "Do Not Forward", NULL, false },
	{ WHEN("attachment_has_label: false"), "", NULL, IN, OUT, NULL, "",
	    "default", "Encrypt-Only", NULL, false },
	{ WHEN("attachment_has_label: true"), "", "", IN, OUT, NULL, "",
	    "default", "Encrypt-Only", NULL, false },
};

/* A document whose properties are the case's. */
static bool
read_file(void *ctx, const struct letter_view *view UNUSED,
    bool without_rare UNUSED, struct arena *a, struct policy_files *out)
{
	struct extract_report *report = arena_alloc(a, sizeof(*report));
	struct extract_item *item = arena_alloc(a, sizeof(*item));
	struct extract_property *p = arena_alloc(a, sizeof(*p));

	*p = (struct extract_property){ STR_LIT("msip_labels"), str_of(ctx) };
	*item = (struct extract_item){ .name = STR_LIT("a.docx"),
	    .type = STR_LIT("docx"), .properties = p, .n_properties = 1 };
	*report = (struct extract_report){ item, 1 };
	*out = (struct policy_files){ report, 1 };
	return (true);
}

static bool
read_nothing(void *ctx UNUSED, const struct letter_view *view UNUSED,
    bool without_rare UNUSED, struct arena *a UNUSED,
    struct policy_files *out UNUSED)
{
	return (false);
}

static struct policy *
load(const char *text)
{
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	if (policy_parse(str_of(text), "/p", &p, &err) != 0)
		fail_msg("%s in %s", err.msg, text);
	return (p);
}

static const char *
letter_of(const struct row *r, struct arena *a)
{
	if (r->file == NULL)
		return (arena_printf(a, "%s\nx\n", r->header));
	return (arena_printf(a, "MIME-Version: 1.0\nContent-Type: multipart/"
	    "mixed; boundary=b\n%s\n--b\n\nx\n--b\nContent-Type: application/"
	    "msword\nContent-Disposition: attachment; filename=a.docx\n\ny\n"
	    "--b--\n", r->header));
}

static void
ask(const struct policy *p, struct policy_question *q, const char *from,
    const char *to, const char *letter, struct verdict *v)
{
	struct address *people = arena_array(q->arena, 2, sizeof(*people));
	struct letter *parsed;
	struct err err = ERR_INIT;

	assert_int_equal(letter_parse(str_of(letter), q->arena, &parsed,
	    &err), 0);
	people[0] = (struct address){ STR_LIT(""), STR_LIT(""), STR_LIT(""),
	    false };
	if (from[0] != '\0')
		assert_int_equal(address_parse(str_of(from), q->arena,
		    &people[0], &err), 0);
	assert_int_equal(address_parse(str_of(to), q->arena, &people[1],
	    &err), 0);
	q->sender = &people[0];
	q->recipient = &people[1];
	q->letter = parsed;
	q->now_ms = 1764000000000;
	policy_decide(p, q, v);
}

static void
assert_same(struct str found, const char *wanted, size_t row,
    const char *what)
{
	if (!str_eq(found, str_of(wanted != NULL ? wanted : "")))
		fail_msg("row %zu (%s %s): %s is '%.*s', not '%s'", row,
		    rows[row].more, rows[row].header, what, STR_FMT(found),
		    wanted != NULL ? wanted : "");
}

static struct str
name_of(const struct policy_label *l)
{
	return (l != NULL ? l->name : STR_LIT(""));
}

static void
labels_are_decided(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *r = &rows[i];
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .arena = a,
		    .read_files = read_file,
		    .read_ctx = (void *)(uintptr_t)(r->file != NULL ?
		    r->file : "") };
		struct policy *p = load(arena_printf(a, "%s%s%s", top, list,
		    r->more));
		struct verdict v;

		ask(p, &q, r->sender, r->recipient, letter_of(r, a), &v);
		assert_same(name_of(v.label), r->label, i, "label");
		assert_same(v.label_by, r->by, i, "by");
		assert_same(v.rule, r->rule, i, "rule");
		assert_same(v.template != NULL ? v.template->name :
		    STR_LIT(""), r->template, i, "template");
		assert_same(name_of(v.recommended_label),
		    r->recommended, i, "recommended");
		if (v.labelling->is_lowered != r->is_lowered)
			fail_msg("row %zu: lowered", i);
		policy_free(&p);
	}
}

/* Seen, but of somebody else: on record. */
static void
what_does_not_count_is_noted(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct policy_question q = { .arena = a }, r = { .arena = a };
	struct policy *p = load(arena_printf(a, "%s%s", top, list));
	struct verdict v;

	ask(p, &q, "x@else.example", OUT, arena_printf(a, HAS(SECRET)
	    "msip_labels: " PAIRS(FOREIGN, OTHER) "\n\nx\n"), &v);
	assert_int_equal(v.labelling->n_aliens, 2);
	assert_true(str_eq(v.labelling->aliens[0].tenant, STR_LIT(SITE)));
	assert_true(str_eq(v.labelling->aliens[1].id, STR_LIT(FOREIGN)));
	assert_false(v.labelling->is_unknown);
	ask(p, &r, IN, OUT, arena_printf(a, HAS(FOREIGN) "\nx\n"), &v);
	assert_int_equal(v.labelling->n_aliens, 0);
	assert_true(v.labelling->is_unknown);
	policy_free(&p);
}

/* Attachments that nobody can read may have a higher label. */
static void
unread_attachments_defer(void **state UNUSED)
{
	static const struct row row = { .header = HAS(PUBLIC), .file = "" };
	AUTO_ARENA struct arena *a = arena_new();
	struct policy_question q = { .arena = a,
	    .read_files = read_nothing }, r = q;
	struct policy *p = load(arena_printf(a, "%s%s", top, list));
	struct verdict v;

	ask(p, &q, IN, OUT, letter_of(&row, a), &v);
	assert_int_equal(v.action, POLICY_DEFER);
	assert_null(v.label);
	ask(p, &r, "x@else.example", OUT, letter_of(&row, a), &v);
	assert_int_equal(v.action, POLICY_PROTECT);
	policy_free(&p);
	/* What is refused anyway does not wait. */
	q = r;
	q.facts = NULL;
	p = load(arena_printf(a, "%s%s" RULE("reject: No"), top, list));
	ask(p, &q, IN, OUT, letter_of(&row, a), &v);
	assert_int_equal(v.action, POLICY_REJECT);
	policy_free(&p);
}

/* One question for several recipients. */
static void
each_recipient_has_his_own(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct policy_question q = { .arena = a };
	struct policy *p = load(arena_printf(a, "%s%s  auto: [{label: Secret, "
	    "when: {recipient_domain_is: rival.example}}]\n" "rules:\n"
	    "- {name: A, when: {label_is: Secret}, then: Encrypt-Only}\n", top,
	    list));
	const struct policy_label_edits *first;
	struct verdict v;

	ask(p, &q, IN, "x@rival.example", HAS(PUBLIC) WHY "\nx\n", &v);
	assert_true(v.labelling->is_lowered);
	assert_true(str_eq(name_of(v.label), STR_LIT("Public")));
	first = v.label_edits;
	ask(p, &q, IN, OUT, HAS(PUBLIC) WHY "\nx\n", &v);
	assert_false(v.labelling->is_lowered);
	assert_ptr_equal(v.label_edits, first);
	policy_free(&p);
	q = (struct policy_question){ .arena = a };
	p = load(arena_printf(a, "%s%s  auto: [{label: Secret, when: "
	    "{recipient_domain_is: rival.example}}]\nrules:\n- {name: A, "
	    "when: {label_is: Secret}, then: Encrypt-Only}\n", top, list));
	ask(p, &q, IN, OUT, HAS(INTERNAL) "\nx\n", &v);
	assert_true(str_eq(v.rule, STR_LIT("default")));
	ask(p, &q, IN, "x@rival.example", HAS(INTERNAL) "\nx\n", &v);
	assert_true(str_eq(v.rule, STR_LIT("A")));
	assert_ptr_not_equal(v.label_edits, first);
	policy_free(&p);
}

/* ---- who must have one ------------------------------------------------ */

static char table[] = "/tmp/letterlock-labels-XXXXXX";

static int
write_table(void **state UNUSED)
{
	static const char text[] = "address,groups\n" IN ",Sales\n"
	    "eva@own.example,Board\n";
	int fd = mkstemp(table);
	bool ok = fd != -1 && write(fd, text, sizeof(text) - 1) ==
	    (ssize_t)sizeof(text) - 1;

	if (fd != -1)
		(void)close(fd);
	return (ok ? 0 : -1);
}

static int
remove_table(void **state UNUSED)
{
	return (unlink(table));
}

static void
some_must_choose(void **state UNUSED)
{
	static const struct {
		const char *from, *to, *header, *rules, *text;
	} asked[] = {
		{ IN, OUT, "", "", "Mail to people outside this organisation "
		    "needs a sensitivity label; please choose one and send it "
		    "again: Public, Geheim ?" },
		{ IN, "a@own.example", "", "", "" },
		{ "eva@own.example", OUT, "", "", "Mail to people outside "
		    "this organisation needs a sensitivity label; please "
		    "choose one and send it again: Geheim ?" },
		{ "new@own.example", OUT, "", "", "" },
		{ "x@else.example", OUT, "", "", "" },
		{ IN, OUT, HAS(SECRET), "", "" },
		{ IN, OUT, "", RULE("label: Plain"), "" },
		{ IN, OUT, "", RULE("delete: true"), "" },
		{ IN, OUT, "", RULE("reject: No"), "No" },
		{ IN, OUT, "", RULE("template: clear"), "Mail to people "
		    "outside this organisation needs a sensitivity label; "
		    "please choose one and send it again: Public, Geheim ?" },
	};

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .arena = a };
		struct policy *p = load(arena_printf(a, "%speople: %s\n"
		    "labels:\n  tenant: " SITE "\n  list:\n  - {name: Public, "
		    "id: " PUBLIC ", priority: 1, required_for: [Sales]}\n  - "
		    "{name: Plain, id: " INTERNAL ", priority: 2}\n  - {name: "
		    "Geheim \xc3\xb6, id: " SECRET ", priority: 3, "
		    "required_for: [sales, Board]}\n%s", top, table,
		    asked[i].rules));
		struct verdict v;

		ask(p, &q, asked[i].from, asked[i].to, arena_printf(a,
		    "%s\nx\n", asked[i].header), &v);
		assert_int_equal(v.action == POLICY_REJECT,
		    asked[i].text[0] != '\0');
		if (!str_eq(v.reject_text, str_of(asked[i].text)))
			fail_msg("case %zu: '%.*s'", i,
			    STR_FMT(v.reject_text));
		policy_free(&p);
	}
}

/* ---- without labels --------------------------------------------------- */

static void
without_a_list_names_are_compared(void **state UNUSED)
{
	static const struct {
		const char *when, *header;
		const char *from;
		bool applies;
	} asked[] = {
		{ "label_is: geheim", "msip_labels: MSIP_Label_" SECRET
		    "_Enabled=true; MSIP_Label_" SECRET "_Name=Geheim\n", IN,
		    true },
		{ "label_is: " SECRET, HAS(SECRET), IN, true },
		{ "label_is: " PUBLIC, HAS(SECRET), IN, false },
		{ "label_is: " SECRET, HAS(SECRET), "x@else.example", false },
		{ "has_label: true", HAS(SECRET), IN, true },
		{ "has_label: false", HAS(SECRET), IN, false },
		{ "has_label: false", "", IN, true },
	};

	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .arena = a };
		struct policy *p = load(arena_printf(a, "%srules:\n- {name: R,"
		    " when: {%s}, then: Do Not Forward}\n", top,
		    asked[i].when));
		struct verdict v;

		ask(p, &q, asked[i].from, OUT, arena_printf(a, "%s\nx\n",
		    asked[i].header), &v);
		if (str_eq(v.rule, STR_LIT("R")) != asked[i].applies)
			fail_msg("%s in %s", asked[i].when, asked[i].header);
		assert_null(v.labelling);
		assert_null(v.label_edits);
		policy_free(&p);
	}
}

/* ---- mistakes --------------------------------------------------------- */

#define ONE "{name: A, id: " PUBLIC ", priority: 1"
#define LIST(labels) "labels: {tenant: " SITE ", list: [" labels "]}\n"

static const struct {
	const char *text, *error;
} refused[] = {
	{ "labels: {list: [" ONE "}]}\n", "'tenant' is missing" },
	{ "labels: {tenant: " SITE "}\n", "'list' is missing" },
	{ "labels: {tenant: own.example, list: [" ONE "}]}\n", "/p:4:18: "
	    "'tenant' needs a GUID" },
	{ "labels: {tenant: " SITE ", list: []}\n", "1 to 200 labels" },
	{ "labels: {tenant: " SITE ", lists: []}\n", "did you mean 'list'?" },
	{ LIST("{id: " PUBLIC ", priority: 1}"), "'name' is missing" },
	{ LIST("{name: A, priority: 1}"), "'id' is missing" },
	{ LIST("{name: A, id: " PUBLIC "}"), "'priority' is missing" },
	{ LIST("{name: A, id: " PUBLIC ", priority: -1}"), "'priority' needs "
	    "a number" },
	{ LIST(ONE "}, {name: \xef\xbd\x81, id: " SECRET ", priority: 2}"),
	    "another label has that name" },
	{ LIST(ONE "}, {name: B, id: '{" PUBLIC "}', priority: 2}"),
	    "another label has that id" },
	{ LIST("{name: 'A;B', id: " PUBLIC ", priority: 1}"),
	    "a label's name has no semicolon" },
	{ LIST(ONE ", colour: red}"), "'colour' needs a colour" },
	{ LIST(ONE ", colour: '#12345g'}"), "'colour' needs a colour" },
	{ LIST(ONE ", parent: B}"), "unknown label 'B'" },
	{ LIST(ONE ", parent: A}"), "a parent is a label that has no parent" },
	{ LIST(ONE ", template: Encrypt}"), "did you mean 'Encrypt-Only'?" },
	{ LIST(ONE ", header: ''}"), "1 to 400 characters" },
	{ LIST(ONE ", watermark: x}"), "unknown key 'watermark'" },
	{ LIST(ONE ", required_for: [Sales]}"), "nobody in the table of people"
	    " belongs to 'Sales'" },
	{ "labels: {tenant: " SITE ", list: [" ONE "}], auto: [{label: A}]}\n",
	    "'when' is missing" },
	{ "labels: {tenant: " SITE ", list: [" ONE "}], auto: [{label: A, "
	    "when: {}}]}\n", "'when' says no condition" },
	{ "labels: {tenant: " SITE ", list: [" ONE "}], auto: [{label: A, "
	    "when: {has_label: false}}]}\n", "because of a label" },
	{ "labels: {tenant: " SITE ", list: [" ONE "}], auto: [{label: A, "
	    "mode: aply, when: {sender_is: a@b}}]}\n", "did you mean "
	    "'apply'?" },
	{ LIST(ONE "}") RULE("label: B"), "unknown label 'B'" },
	{ RULE("label: B"), "no 'labels' to choose from" },
	{ LIST(ONE "}") WHEN("label_is: [A, B]"), "unknown label 'B'" },
	{ LIST(ONE "}") WHEN("attachment_label_is: B"), "unknown label 'B'" },
};

static void
mistakes_are_named(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct err err = ERR_INIT;
		struct policy *p = NULL;

		assert_int_equal(policy_parse(str_of(arena_printf(a, "%s%s",
		    top, refused[i].text)), "/p", &p, &err), -1);
		if (strstr(err.msg, refused[i].error) == NULL)
			fail_msg("%s: %s", refused[i].text, err.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_decided),
		cmocka_unit_test(what_does_not_count_is_noted),
		cmocka_unit_test(unread_attachments_defer),
		cmocka_unit_test(each_recipient_has_his_own),
		cmocka_unit_test(some_must_choose),
		cmocka_unit_test(without_a_list_names_are_compared),
		cmocka_unit_test(mistakes_are_named),
	};

	return (cmocka_run_group_tests(tests, write_table, remove_table));
}
