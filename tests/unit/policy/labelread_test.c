/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which labels were seen to be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/must.h"
#include "mime/letter.h"
#include "mime/words.h"
#include "policy/labelread.h"

#define A "2096f6a2-d2f7-48be-b329-b73aaa526e5d"
#define B "76546daa-41b6-470c-bb85-f6f40f044d7f"
#define SITE "cb46c030-1825-4e81-a295-151c039dbf02"
#define KEY(property) "MSIP_Label_" A "_" property

static const struct {
	const char *header;	/* the whole field, or several */
	const char *id, *site, *name;	/* of the first label */
	bool is_on;
	size_t n_labels, n_pairs;
} cases[] = {
	/* As the documentation has it. */
	{ "MSIP_Labels: " KEY("Enabled") "=true; " KEY("SetDate") "=2018-11-08"
	    "T21:13:16-0800; " KEY("Method") "=Privileged; " KEY("Name")
	    "=Confidential; " KEY("SiteId") "=" SITE "; " KEY("ContentBits")
	    "=2; " KEY("ActionId") "=88124cf5-1340-457d-90e1-0000a9427c99\n",
	    A, SITE, "Confidential", true, 1, 7 },
	/* Lower case, folded, a semicolon at the end. */
	{ "msip_labels: msip_label_" A "_enabled=True;\n msip_label_" A
	    "_siteid=" SITE ";\n\tmsip_label_" A "_name=Public;\n", A, SITE,
	    "Public", true, 1, 3 },
	/* New Outlook sorts ActionId first and writes no blanks. */
	{ "msip_labels:\n " KEY("ActionId") "=1;" KEY("ContentBits") "=1;"
	    KEY("Enabled") "=true;" KEY("Method") "=Standard;" KEY("Name")
	    "=X;" KEY("SetDate") "=2023-01-01T00:00:00Z;" KEY("SiteId") "="
	    SITE ";\n", A, SITE, "X", true, 1, 7 },
	/* A value that folding broke, in a name and in a GUID. */
	{ "msip_labels: " KEY("Name") "=Highly\n Confidential; " KEY("SiteId")
	    "=cb46c030-1825-\n 4e81-a295-151c039dbf02; MSIP_Label_2096f6a2-"
	    "d2f7-\n 48be-b329-b73aaa526e5d_\n Enabled = true\n", A, SITE,
	    "Highly Confidential", true, 1, 3 },
	/* One field for each pair. */
	{ "msip_label_" A "_enabled: true\nmsip_label_" A "_setdate: 2020-11-"
	    "05T07:00:31Z\nmsip_label_" A "_siteid: " SITE "\nmsip_label_" A
	    "_name: AMD-Official Use Only\nmsip_label_" A "_contentbits: 0\n",
	    A, SITE, "AMD-Official Use Only", true, 1, 5 },
	/* Encoded, and in braces. */
	{ "msip_labels: =?utf-8?b?TVNJUF9MYWJlbF8yMDk2ZjZhMi1kMmY3LT"
	    "Q4YmUtYjMyOS1iNzNhYWE1MjZlNWRfRW5hYmxlZD10cnVlOyA=?=\n =?utf-8?q?MSIP=5FLabel=5F" A "=5FName=3DGeheim_"
	    "=C3=B6=3B?=\n " KEY("SiteId") "={" SITE "}\n", A, SITE,
	    "Geheim \xc3\xb6", true, 1, 3 },
	/* Two tenants, each with its pairs mixed with the other's. */
	{ "msip_labels: " KEY("Enabled") "=true; MSIP_Label_" B
	    "_Enabled=true; " KEY("SiteId") "=" SITE "; MSIP_Label_" B
	    "_SiteId=3dd8961f-e488-4e60-8e11-a82d994e183d\n", A, SITE, "",
	    true, 2, 4 },
	/* Two fields. */
	{ "msip_labels: " KEY("Enabled") "=true\nMSIP_Labels: " KEY("SiteId")
	    "=" SITE "\n", A, SITE, "", true, 1, 2 },
	/* Unknown keys of a label are kept, others passed over. */
	{ "msip_labels: x=1; ; =; MSIP_Label_" A "=true; MSIP_Label_" A
	    "_Extended_MSFT_Method=Manual; MSIP_Label_zz_Enabled=true; "
	    KEY("Enabled") "=true; " KEY("") "=1; " KEY("Ena bled!") "=1; "
	    KEY("Owner") "=a=b@own.example\n", A, "", "", true, 1, 3 },
	/* Off, and off again; the first of two values, but an on is on. */
	{ "msip_labels: " KEY("Enabled") "=false; " KEY("Name") "=A; "
	    KEY("Name") "=B\n", A, "", "A", false, 1, 3 },
	{ "msip_labels: " KEY("Enabled") "=false; " KEY("Enabled") "=TRUE; "
	    KEY("Enabled") "=false\n", A, "", "", true, 1, 3 },
	{ "msip_labels: " KEY("Enabled") "=true; " KEY("Removed") "=1\n", A,
	    "", "", false, 1, 2 },
	{ "msip_labels: " KEY("Enabled") "=true; " KEY("Removed") "=0\n", A,
	    "", "", true, 1, 2 },
	/* A tenant that is no GUID is none. */
	{ "msip_labels: " KEY("Enabled") "=true; " KEY("SiteId")
	    "=cb46c030-1825-4e81-a295-151c039dbf0g\n", A, "", "", true, 1,
	    2 },
	{ "Subject: " KEY("Enabled") "=true\n", NULL, NULL, NULL, false, 0,
	    0 },
	{ "msip_labels:\n", NULL, NULL, NULL, false, 0, 0 },
};

static void
read_all(const char *header, struct arena *a, struct labelread *r)
{
	struct letter *letter;
	struct err err = ERR_INIT;

	labelread_init(r, a);
	assert_int_equal(letter_parse(str_of(arena_printf(a, "%s\nx\n",
	    header)), a, &letter, &err), 0);
	for (size_t i = 0; i < letter->root->n_fields; i++) {
		const struct letter_field *f = &letter->root->fields[i];

		if (str_eq_nocase(f->name, STR_LIT("msip_labels")))
			labelread_header(r, words_decode(f->raw, a));
		else
			(void)labelread_pair(r, f->name,
			    words_decode(f->raw, a));
	}
}

static void
assert_text(struct str found, const char *wanted, const char *header)
{
	if (!str_eq(found, str_of(wanted)))
		fail_msg("'%.*s' in %s", STR_FMT(found), header);
}

static void
every_variant_is_read(void **state UNUSED)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct labelread r;

		read_all(cases[i].header, a, &r);
		if (r.n != cases[i].n_labels || r.n_pairs !=
		    cases[i].n_pairs || r.is_cut)
			fail_msg("%zu labels, %zu pairs in %s", r.n,
			    r.n_pairs, cases[i].header);
		if (r.n == 0)
			continue;
		assert_text(r.labels[0].id, cases[i].id, cases[i].header);
		assert_text(r.labels[0].site, cases[i].site,
		    cases[i].header);
		assert_text(r.labels[0].name, cases[i].name,
		    cases[i].header);
		assert_int_equal(labelread_is_on(&r.labels[0]),
		    cases[i].is_on);
	}
}

static void
limits_hold_and_are_said(void **state UNUSED)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf b = BUF_INIT(1u << 20);
	struct labelread r;

	for (unsigned i = 0; i <= LABELREAD_MAX_LABELS; i++)
		buf_printf(&b, "MSIP_Label_%08x-d2f7-48be-b329-b73aaa526e5d_"
		    "Enabled=true;", i);
	labelread_init(&r, a);
	labelread_header(&r, buf_view(&b));
	assert_true(r.is_cut && r.n == LABELREAD_MAX_LABELS);
	buf_reset(&b);
	for (unsigned i = 0; i <= LABELREAD_MAX_PAIRS; i++)
		buf_printf(&b, KEY("K%u") "=1;", i);
	labelread_init(&r, a);
	labelread_header(&r, buf_view(&b));
	assert_true(r.is_cut && r.n_pairs == LABELREAD_MAX_PAIRS);
	buf_reset(&b);
	for (unsigned i = 0; i < 20; i++)
		buf_printf(&b, KEY("K%u") "=%01000u;", i, i);
	labelread_init(&r, a);
	labelread_header(&r, buf_view(&b));
	assert_true(r.is_cut && r.bytes <= LABELREAD_MAX_BYTES);
	assert_int_equal(r.n_pairs, LABELREAD_MAX_BYTES / 1000);
	labelread_init(&r, a);
	assert_true(labelread_pair(&r, STR_LIT(KEY("Name")),
	    str_of(arena_printf(a, "%01025u", 1))));
	assert_true(r.is_cut && r.n_pairs == 0);
	/* No text is no value, and control characters are none of it. */
	labelread_init(&r, a);
	assert_true(labelread_pair(&r, STR_LIT(KEY("Name")),
	    STR_LIT("a\xff")));
	assert_true(r.is_cut && r.n_pairs == 0);
	labelread_init(&r, a);
	assert_true(labelread_pair(&r, STR_LIT(KEY("Name")),
	    STR_LIT(" a\x01\x7f \t b\r\n ")));
	assert_text(r.labels[0].name, "a b", "");
}

static void
guids_are_read(void **state UNUSED)
{
	static const struct {
		const char *text, *out;
	} guids[] = {
		{ SITE, SITE }, { "{" SITE "}", SITE },
		{ " CB46C030-1825-4E81-A295-151C039DBF02 ", SITE },
		{ "{" SITE, NULL }, { SITE "}", NULL }, { "", NULL },
		{ "cb46c030-1825-4e81-a295-151c039dbf0", NULL },
		{ "cb46c03001825-4e81-a295-151c039dbf02", NULL },
		{ SITE SITE SITE, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(guids); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct str out = STR_NULL;

		assert_int_equal(labelread_guid(str_of(guids[i].text), a,
		    &out), guids[i].out != NULL);
		if (guids[i].out != NULL)
			assert_text(out, guids[i].out, guids[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_variant_is_read),
		cmocka_unit_test(limits_hold_and_are_said),
		cmocka_unit_test(guids_are_read),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
