/* SPDX-License-Identifier: Apache-2.0 */
/* What a labelled message says, and that nothing else of it changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/must.h"
#include "policy/policy.h"

#define SITE "cb46c030-1825-4e81-a295-151c039dbf02"
#define LOW "11111111-2222-3333-4444-555555555555"
#define HIGH "22222222-2222-3333-4444-555555555555"
#define THEIRS "33333333-2222-3333-4444-555555555555"
#define OTHER "3dd8961f-e488-4e60-8e11-a82d994e183d"
#define KEY(id, property) "MSIP_Label_" id "_" property "="
#define SAID(id, name, bits) KEY(id, "Enabled") "true; " KEY(id, "SetDate") \
    "2025-11-24T16:00:00Z; " KEY(id, "Method") "Standard; " \
    KEY(id, "Name") name "; " KEY(id, "SiteId") SITE "; " \
    KEY(id, "ActionId") "x; " KEY(id, "ContentBits") bits
#define ACTION(id) KEY(id, "ActionId") "x; "
#define ON(id) KEY(id, "Enabled") "true; " KEY(id, "SiteId") SITE
#define FOREIGN KEY(THEIRS, "SiteId") OTHER "; " KEY(THEIRS, "Enabled") \
    "true; " KEY(THEIRS, "New_Key") "a=b"
#define HTML "MIME-Version: 1.0\r\nContent-Type: text/html\r\n"

static const char yaml[] = "version: 1\ndomains: [own.example]\ndefault: "
    "clear\nlabels:\n  tenant: " SITE "\n  list:\n  - {name: Low, id: " LOW
    ", priority: 1}\n  - {name: High, id: " HIGH ", priority: 9, header: "
    "Highly confidential, footer: \"High & mighty\"}\n";

static const struct {
	const char *from, *header, *body;
	const char *out_header, *out_body;	/* NULL: no edit at all */
} cases[] = {
	/* No label, nothing to say; ours is said already. */
	{ "a@own.example", "Subject: x\r\n", "x\r\n", NULL, NULL },
	{ "a@own.example", "msip_labels: " SAID(LOW, "Low", "0") "\r\n",
	    "x\r\n", NULL, NULL },
	/* Our own field leaves nobody. */
	{ "a@own.example", "X-Letterlock-Label: none\r\nSubject: x\r\n",
	    "x\r\n", "Subject: x", "x\r\n" },
	{ "b@else.example", "X-Letterlock-Label: Low\r\nSubject: x\r\n",
	    "x\r\n", "Subject: x", "x\r\n" },
	/* In order, and what others have set behind it. */
	{ "a@own.example", "MSIP_LABELS: " ACTION(LOW) FOREIGN "; " ON(LOW)
	    ";" KEY(LOW, "Method") "Standard\r\nmsip_labels: " ON(LOW) ";"
	    KEY(LOW, "SetDate") "2025-11-24T16:00:00Z\r\n", "x\r\n",
	    "msip_labels: " SAID(LOW, "Low", "0") "; " FOREIGN, "x\r\n" },
	/* A GUID of ours under another tenant is nobody's. */
	{ "a@own.example", "msip_labels: " ACTION(LOW) ON(LOW) "; "
	    KEY(LOW, "Method") "Standard; " KEY(HIGH, "SiteId") OTHER "; "
	    KEY(HIGH, "Enabled") "true; " KEY(LOW, "SetDate")
	    "2025-11-24T16:00:00Z\r\n", "x\r\n", "msip_labels: " SAID(LOW,
	    "Low", "0"), "x\r\n" },
	/* Marks in both ends. */
	{ "a@own.example", "msip_labels: " SAID(HIGH, "High", "3") "\r\n",
	    "x\r\n", "msip_labels: " SAID(HIGH, "High", "3"),
	    "Highly confidential\r\n\r\nx\r\n\r\nHigh & mighty\r\n" },
	{ "a@own.example", HTML "msip_labels: " SAID(HIGH, "High", "3")
	    "\r\n", "<p>x</p>", HTML "msip_labels: " SAID(HIGH, "High", "3"),
	    "\r\n<p>Highly confidential</p>\r\n<p>x</p>\r\n<p>High &amp; "
	    "mighty</p>\r\n" },
	/* One is there, alone in its line, broken and quoted or not. */
	{ "a@own.example", "msip_labels: " SAID(HIGH, "High", "3") "\r\n",
	    "y\r\n> Highly\r\n>  confidential\r\n>> High & mighty\r\n", NULL,
	    NULL },
	{ "a@own.example", "msip_labels: " SAID(HIGH, "High", "3") "\r\n",
	    "Highly confidential\r\nHigh & mighty\r\n", NULL, NULL },
	{ "a@own.example", "msip_labels: " SAID(HIGH, "High", "3") "\r\n",
	    "Highly confidential\r\nHigh & mighty!\r\n", "msip_labels: "
	    SAID(HIGH, "High", "3"), "Highly confidential\r\nHigh & mighty!"
	    "\r\n\r\nHigh & mighty\r\n" },
	{ "a@own.example", "msip_labels: " SAID(HIGH, "High", "3") "\r\n",
	    "is Highly confidential\r\nHigh & mighty\r\n", "msip_labels: "
	    SAID(HIGH, "High", "3"), "Highly confidential\r\n\r\nis Highly "
	    "confidential\r\nHigh & mighty\r\n" },
};

/* Without the line ends of folding. */
static const char *
unfolded(struct str s, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		if (i + 2 >= s.len || memcmp(s.p + i, "\r\n ", 3) != 0)
			buf_char(&b, s.p[i]);
		else
			i++;
	return (arena_str(a, buf_view(&b)).p);
}

static struct str
edited(struct policy_question *q, const struct policy_label_edits *edits)
{
	struct str bytes = q->letter->bytes;

	for (size_t i = 0; i < edits->n; i++) {
		AUTO_BUF struct buf b = BUF_INIT(1u << 20);
		struct letter *letter;
		struct err err = ERR_INIT;

		assert_int_equal(letter_parse(bytes, q->arena, &letter,
		    &err), 0);
		assert_int_equal(edit_letter(letter, &edits->list[i], &b,
		    &err), 0);
		bytes = arena_str(q->arena, buf_view(&b));
	}
	return (bytes);
}

static void
labels_are_said(void **state UNUSED)
{
	struct policy *p = NULL;
	struct err err = ERR_INIT;

	assert_int_equal(policy_parse(str_of(yaml), "p", &p, &err), 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct policy_question q = { .arena = a,
		    .now_ms = 1764000000000 };
		struct address people[2];
		struct letter *letter;
		struct verdict v;

		assert_int_equal(address_parse(str_of(cases[i].from), a,
		    &people[0], &err), 0);
		assert_int_equal(address_parse(STR_LIT("b@out.example"), a,
		    &people[1], &err), 0);
		assert_int_equal(letter_parse(str_of(arena_printf(a,
		    "%s\r\n%s", cases[i].header, cases[i].body)), a, &letter,
		    &err), 0);
		q.sender = &people[0];
		q.recipient = &people[1];
		q.letter = letter;
		policy_decide(p, &q, &v);
		assert_int_equal(v.label_edits == NULL,
		    cases[i].out_header == NULL);
		if (v.label_edits != NULL)
			assert_string_equal(unfolded(edited(&q, v.label_edits),
			    a), arena_printf(a, "%s\r\n\r\n%s",
			    cases[i].out_header, cases[i].out_body));
	}
	policy_free(&p);
}

/* What is set anew is random, dated, and the same for all recipients. */
static void
a_new_label_is_dated_and_numbered(void **state UNUSED)
{
	static const char dated[] = KEY(LOW, "SetDate")
	    "2025-11-24T16:00:00Z; " KEY(LOW, "Method") "Privileged; ";
	AUTO_ARENA struct arena *a = arena_new();
	struct policy_question q = { .arena = a, .now_ms = 1764000000000 };
	const struct policy_label_edits *first;
	struct address sender, to;
	struct letter *letter;
	struct policy *p = NULL;
	struct verdict v;
	struct err err = ERR_INIT;
	struct str value;

	assert_int_equal(policy_parse(str_of(yaml), "p", &p, &err), 0);
	assert_int_equal(letter_parse(STR_LIT("X-Letterlock-Label: low\n\nx"),
	    a, &letter, &err), 0);
	assert_int_equal(address_parse(STR_LIT("a@own.example"), a, &sender,
	    &err), 0);
	assert_int_equal(address_parse(STR_LIT("b@out.example"), a, &to,
	    &err), 0);
	q.letter = letter;
	q.sender = &sender;
	q.recipient = &to;
	policy_decide(p, &q, &v);
	first = v.label_edits;
	value = first->list[0].set[0].value;
	assert_true(str_find_nocase(value, STR_LIT(dated)) > 0);
	q.recipient = &sender;
	policy_decide(p, &q, &v);
	assert_ptr_equal(v.label_edits, first);
	q.facts = NULL;
	policy_decide(p, &q, &v);
	assert_false(str_eq(v.label_edits->list[0].set[0].value, value));
	assert_int_equal(v.label_edits->list[0].set[0].value.len, value.len);
	policy_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_are_said),
		cmocka_unit_test(a_new_label_is_dated_and_numbered),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
