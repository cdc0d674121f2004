/* SPDX-License-Identifier: Apache-2.0 */
/* Documents made from a template are found by its fingerprint, others not. */
#include "kit.h"

#include "scan/fingerprint.h"

#define FORM "Application for a patent. The inventor named below assigns all " \
	"rights in the invention to the company. Describe the invention in " \
	"plain words, what was known before, and what is new about it. "
#define MORE "Name every person who took part, and the day on which the idea " \
	"was first written down. This sheet is confidential until the " \
	"application has been filed with the office."

static const struct {
	const char *text;
	bool found;
} cases[] = {
	{ FORM MORE, true },
	/* Filled in, in capitals, with other blanks, in the middle. */
	{ "Dear Ann,\n\nhere it is:\n" FORM "It is a wheel without corners.\n"
	    MORE " Regards, Bob", true },
	{ "APPLICATION FOR A PATENT.  THE INVENTOR NAMED BELOW ASSIGNS\tALL "
	    "RIGHTS IN THE INVENTION TO THE COMPANY. DESCRIBE THE INVENTION "
	    "IN PLAIN WORDS, WHAT WAS KNOWN BEFORE, AND WHAT IS NEW ABOUT "
	    "IT. name every person who took part, and the day on which the "
	    "idea was first written down.", true },
	{ "Application for leave. The person named below wishes to stay at "
	    "home. Describe the reason in plain words.", false },
	/* Less than half of it. */
	{ "The inventor named below assigns all rights in the invention to "
	    "the company.", false },
	{ "", false },
	{ "invention the in words plain in Describe", false },
};

static void
begin(struct kit *k, unsigned threshold)
{
	AUTO_BUF struct buf print = BUF_INIT(1 << 20);

	kit_begin(k);
	kit_check(k, scan_fingerprint(STR_LIT(FORM MORE), &print, &k->err));
	assert_null(memmem(print.p, print.len, "invent", 6));
	kit_check(k, scan_add_fingerprint(k->builder, buf_view(&print),
	    threshold, "Patent form", &k->err));
	assert_int_equal(kit_want(k, "patent form"), 0);
	kit_compile(k);
}

static void
what_is_made_from_it_is_found(void **state)
{
	struct kit k;

	(void)state;
	begin(&k, 50);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		kit_scan(&k, str_of(cases[i].text));
		if ((k.result.n_types == 1) != cases[i].found)
			fail_msg("%s", cases[i].text);
		if (cases[i].found)
			assert_int_equal(k.result.types[0].best, 85);
	}
	kit_end(&k);
}

static void
the_threshold_counts(void **state)
{
	struct kit k;

	(void)state;
	begin(&k, 100);
	kit_scan(&k, STR_LIT(FORM MORE));
	assert_int_equal(k.result.n_types, 1);
	kit_scan(&k, STR_LIT(FORM "x " MORE));
	assert_int_equal(k.result.n_types, 0);
	kit_end(&k);
	begin(&k, 10);
	kit_scan(&k, str_of(cases[4].text));
	assert_int_equal(k.result.n_types, 1);
	kit_end(&k);
}

/* Each byte that is missing, and what is no fingerprint at all. */
static void
damage_is_said(void **state)
{
	AUTO_BUF struct buf print = BUF_INIT(1 << 20);
	struct fingerprint f;
	struct kit k;

	(void)state;
	kit_begin(&k);
	assert_int_equal(scan_fingerprint(STR_LIT("only a few words"), &print,
	    &k.err), -1);
	assert_int_equal(print.len, 0);
	kit_check(&k, scan_fingerprint(STR_LIT(FORM), &print, &k.err));
	kit_check(&k, fingerprint_read(buf_view(&print), k.arena, &f,
	    &k.err));
	for (size_t n = 0; n < print.len; n++)
		assert_int_equal(fingerprint_read(str_sub(buf_view(&print), 0,
		    n), k.arena, &f, &k.err), -1);
	/* Not rising. */
	memset(print.p + 12 + 8, 0, 8);
	assert_int_equal(fingerprint_read(buf_view(&print), k.arena, &f,
	    &k.err), -1);
	kit_end(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_made_from_it_is_found),
		cmocka_unit_test(the_threshold_counts),
		cmocka_unit_test(damage_is_said),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
