/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of our own domains: what is set is what others read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "transport/stsown.h"

#define LEAST "hostname: mail.example\n" \
	"workspace: 06h0pg78dxtd8bkz166skjx14m\n" \
	"portal: {url: 'https://mail.example'}\n"

static const char *
published(const char *more, struct arena *a, const char **record)
{
	AUTO_BUF struct buf text = BUF_INIT(2 * STSPOLICY_BYTES_MAX);
	const char *conf = arena_printf(a, "%s%s", LEAST, more);
	struct settings *s;
	struct err err = ERR_INIT;

	if (settings_parse(str_of(conf), "/f", &s, &err) == -1)
		fail_msg("%s", err.msg);
	stsown_text(s, &text);
	*record = stsown_record(s, a);
	settings_free(&s);
	return (arena_str(a, buf_view(&text)).p);
}

static void
what_is_set_is_published(void **state UNUSED)
{
	static const struct {
		const char *conf, *text;
		enum stspolicy_mode mode;
	} rows[] = {
		{ "mta_sts: {domains: [a.example], mx: mx.a.example}\n",
		    "version: STSv1\r\nmode: testing\r\nmx: mx.a.example\r\n"
		    "max_age: 1209600\r\n", STSPOLICY_TESTING },
		{ "mta_sts:\n  domains: [a.example, b.example]\n"
		    "  mode: enforce\n  mx: ['*.a.example', c.example]\n"
		    "  max_age: 525960 min\n", "version: STSv1\r\n"
		    "mode: enforce\r\nmx: *.a.example\r\nmx: c.example\r\n"
		    "max_age: 31557600\r\n", STSPOLICY_ENFORCE },
		{ "mta_sts: {domains: [a.example], mode: none, max_age: 1 d}"
		    "\n", "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n",
		    STSPOLICY_NONE },
	};
	char last[64] = "";

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_ARENA struct arena *a = arena_new();
		const char *record, *text = published(rows[i].conf, a,
		    &record);
		struct str texts = str_of(record), id;
		struct err err = ERR_INIT;
		struct stspolicy p;

		assert_string_equal(text, rows[i].text);
		assert_int_equal(stspolicy_parse(str_of(text), a, &p, &err),
		    0);
		assert_int_equal(p.mode, rows[i].mode);
		assert_int_equal(stspolicy_id(&texts, 1, &id, &err), 0);
		assert_int_equal(id.len, 20);
		assert_string_not_equal(record, last);
		(void)snprintf(last, sizeof(last), "%s", record);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_set_is_published),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
