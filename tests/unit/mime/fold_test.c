/* SPDX-License-Identifier: Apache-2.0 */
/* Folding and whole words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mime/fold.h"

static const struct {
	const char *text;
	const char *folded;
} folds[] = {
	{ "", "" }, { "  Hello\t World ", "hello world" },
	{ "STRASSE", "strasse" }, { "Stra\xc3\x9f" "e", "strasse" },
	{ "M\xc3\x9cLLER", "mu\xcc\x88ller" },
	{ "Mu\xcc\x88ller", "mu\xcc\x88ller" },	/* u, diaeresis */
	{ "STRA\xe1\xba\x9e" "E", "strasse" },		/* capital sharp s */
	{ "a\xcc\x81\xcc\xa3", "a\xcc\xa3\xcc\x81" },	/* marks in order */
	{ "\xe1\xbb\x87", "e\xcc\xa3\xcc\x82" },	/* two decompositions */
	{ "\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab" },
	{ "\xc5\xbf", "s" },				/* long s */
	{ "\xef\xbc\xa1\xef\xbc\xa2", "ab" },		/* fullwidth AB */
	{ "\xef\xac\x81n", "fin" },			/* ligature fi */
	{ "se\xc2\xad" "cure", "secure" },		/* soft hyphen */
	{ "se\xe2\x80\x8b" "cure", "secure" },		/* zero width space */
	{ "a\xc2\xa0\xe2\x80\x83" "b", "a b" },		/* kinds of blanks */
	{ "\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
	    "\xcf\x83\xce\xb9\xcc\x81\xcf\x83\xcf\x85\xcf\x86\xce\xbf"
	    "\xcf\x83" },
};

static void
text_is_folded(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(folds); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		struct str out;

		assert_true(fold_text(str_of(folds[i].text), a, &out));
		assert_int_equal(out.len, strlen(folds[i].folded));
		assert_memory_equal(out.p, folds[i].folded, out.len);
	}
}

static void
long_text_is_folded_whole(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	AUTO_ARENA struct arena *a = arena_new();
	struct str out;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_z(&text, "\xc3\x84");
	assert_true(fold_text(buf_view(&text), a, &out));
	assert_int_equal(out.len, 15000);
	for (size_t i = 0; i < out.len; i += 3)
		assert_memory_equal(out.p + i, "a\xcc\x88", 3);
	assert_false(fold_text(STR_LIT("a\xff"), a, &out));
	/* Many marks behind one letter, and the longest decomposition. */
	buf_reset(&text);
	buf_char(&text, 'a');
	for (int i = 0; i < 20000; i++)
		buf_z(&text, "\xcc\x81\xcc\xa3");
	assert_true(fold_text(buf_view(&text), a, &out));
	assert_int_equal(out.len, 80001);
	assert_true(fold_text(STR_LIT("\xef\xb7\xba"), a, &out));
	assert_int_equal(out.len, 33);
}

static const struct {
	const char *text;
	const char *phrase;
	bool has;
} words[] = {
	{ "this is secure mail", "secure", true },
	{ "secure", "secure", true }, { "insecure", "secure", false },
	{ "secured", "secure", false }, { "secure-mail", "secure", true },
	{ "insecure secure", "secure", true },
	{ "[secure] x", "[secure]", true }, { "x[secure]y", "[secure]", true },
	{ "secure x", "[secure]", false },
	{ "top  secret", "top secret", false },	/* folding collapses */
	{ "very top secret!", "top secret", true },
	{ "stop secret", "top secret", false },
	{ "\xc3\xbc" "ber", "ber", false }, { "ber\xc3\xbc", "ber", false },
	{ "u\xcc\x88" "ber", "ber", false },	/* behind a mark */
	{ "beru\xcc\x88", "beru", false },
	{ "\xe6\xa9\x9f\xe5\xaf\x86\xe6\x96\x87", "\xe6\xa9\x9f\xe5\xaf\x86",
	    true },				/* Han has no word edges */
	{ "a_b", "b", false }, { "x", "", false }, { "", "x", false },
};

static void
whole_words_are_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(words); i++)
		assert_int_equal(fold_has_words(str_of(words[i].text),
		    str_of(words[i].phrase)), words[i].has);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_folded),
		cmocka_unit_test(long_text_is_folded_whole),
		cmocka_unit_test(whole_words_are_found),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
