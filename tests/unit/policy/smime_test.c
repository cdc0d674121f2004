/* SPDX-License-Identifier: Apache-2.0 */
/* `smime:`: what is read, what is refused and where, and which profile is a
 * recipient's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "policy/smime.h"

#define HEAD "version: 1\ndomains: [own.example]\ndefault: clear\n"

static struct policy *
parse(const char *smime, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 16);
	struct policy *p = NULL;

	buf_z(&text, HEAD);
	buf_z(&text, smime);
	return (policy_parse(buf_view(&text), "p", &p, err) == 0 ? p : NULL);
}

static struct policy *
must_parse(const char *smime)
{
	struct err err = ERR_INIT;
	struct policy *p = parse(smime, &err);

	if (p == NULL)
		fail_msg("%s", err.msg);
	return (p);
}

static void
is_off_and_careful_unless_said(void **state)
{
	struct policy *p = must_parse("");
	const struct policy_smime *s = policy_smime_of(p);

	(void)state;
	assert_false(s->is_set);
	policy_free(&p);
	p = must_parse("smime:\n");
	s = policy_smime_of(p);
	assert_true(s->is_set);
	assert_int_equal(s->sign, POLICY_SMIME_WHEN_DEMANDED);
	assert_int_equal(s->form, POLICY_SMIME_CLEAR);
	assert_int_equal(s->headers, POLICY_SMIME_COPIED);
	assert_int_equal(s->n_find, 2);
	assert_int_equal(s->find[0], POLICY_SMIME_STORE);
	assert_int_equal(s->find[1], POLICY_SMIME_HARVESTED);
	assert_false(s->has_system_roots);
	assert_int_equal(s->revocation, POLICY_SMIME_REVOCATION_SOFT);
	assert_false(s->inbound.decrypts || s->inbound.strips ||
	    s->inbound.has_banner);
	assert_int_equal(s->inbound.harvest, POLICY_SMIME_HARVEST_OFF);
	assert_int_equal(s->inbound.harvest_after, 1);
	policy_free(&p);
}

static void
reads_all_of_it(void **state)
{
	struct policy *p = must_parse("smime:\n"
	    "  sign: always\n"
	    "  form: opaque\n"
	    "  headers: hidden\n"
	    "  find: [smimea, store]\n"
	    "  trust: {system_roots: true, revocation: hard}\n"
	    "  exceptions: [receipts]\n"
	    "  inbound: {decrypt: true, signatures: strip, banner: true,\n"
	    "    harvest: trust, harvest_after: 3}\n");
	const struct policy_smime *s = policy_smime_of(p);

	(void)state;
	assert_int_equal(s->sign, POLICY_SMIME_ALWAYS);
	assert_int_equal(s->form, POLICY_SMIME_OPAQUE);
	assert_int_equal(s->headers, POLICY_SMIME_HIDDEN);
	assert_int_equal(s->n_find, 2);
	assert_int_equal(s->find[0], POLICY_SMIME_SMIMEA);
	assert_int_equal(s->find[1], POLICY_SMIME_STORE);
	assert_true(s->has_system_roots);
	assert_int_equal(s->revocation, POLICY_SMIME_REVOCATION_HARD);
	assert_true(s->excepts_receipts && !s->excepts_calendar);
	assert_true(s->inbound.decrypts && s->inbound.strips &&
	    s->inbound.has_banner);
	assert_int_equal(s->inbound.harvest, POLICY_SMIME_HARVEST_TRUST);
	assert_int_equal(s->inbound.harvest_after, 3);
	policy_free(&p);
}

static void
the_first_profile_of_a_domain_counts(void **state)
{
	struct policy *p = must_parse("smime:\n  profiles:\n"
	    "    - domains: [a.example, .b.example]\n"
	    "      encryption: aes256-gcm\n"
	    "      key_transport: oaep\n"
	    "      signature: pss\n"
	    "      triple_wrap: true\n"
	    "    - {domains: [x.b.example, c.example],\n"
	    "       domain_certificates: true}\n");
	const struct policy_smime_profile *f;

	(void)state;
	f = policy_smime_profile_of(p, STR_LIT("x.B.example"));
	assert_int_equal(f->encryption, POLICY_SMIME_AES256_GCM);
	assert_true(f->uses_oaep && f->uses_pss && f->wraps_thrice);
	assert_false(f->takes_domain_certificates);
	f = policy_smime_profile_of(p, STR_LIT("c.example"));
	assert_true(f->takes_domain_certificates);
	assert_int_equal(f->encryption, POLICY_SMIME_AUTO);
	f = policy_smime_profile_of(p, STR_LIT("d.example"));
	assert_false(f->uses_oaep || f->uses_pss || f->wraps_thrice ||
	    f->takes_domain_certificates);
	policy_free(&p);
}

static void
refuses_with_the_place_and_the_nearest_name(void **state)
{
	static const struct {
		const char *smime, *why;
	} cases[] = {
		{ "smime: yes\n", "p:4:8: 'smime' needs keys and values" },
		{ "smime:\n  signs: always\n",
		    "p:5:3: unknown key 'signs'; did you mean 'sign'?" },
		{ "smime:\n  sign: alway\n",
		    "p:5:9: unknown value 'alway'; did you mean 'always'?" },
		{ "smime:\n  find: [store, store]\n",
		    "p:5:17: 'store' stands here twice" },
		{ "smime:\n  find: [ldap]\n",
		    "p:5:9: 'ldap' needs 'directories'" },
		{ "smime:\n  trust: {anchors: /nowhere.pem}\n", "p:5:20: " },
		{ "smime:\n  trust: {revocation: hart}\n",
		    "p:5:23: unknown value 'hart'; did you mean 'hard'?" },
		{ "smime:\n  profiles: [{encryption: aes256-cbc}]\n",
		    "p:5:14: a profile needs 'domains'" },
		{ "smime:\n  profiles: [{domains: [a.example], "
		    "encryption: aes-256-cbc}]\n",
		    "did you mean 'aes256-cbc'?" },
		{ "smime:\n  exceptions: [calender]\n", "p:5:16: unknown kind "
		    "of message 'calender'; did you mean 'calendar'?" },
		{ "smime:\n  inbound: {harvest_after: 0}\n",
		    "p:5:28: 'harvest_after' needs a number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err err = ERR_INIT;
		struct policy *p = parse(cases[i].smime, &err);

		if (p != NULL || strstr(err.msg, cases[i].why) == NULL)
			fail_msg("%s gave: %s", cases[i].smime, err.msg);
	}
}

static void
exceptions_are_kinds_of_mail(void **state)
{
	static const char calendar[] = "Content-Type: text/calendar; "
	    "method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\n";
	static const char receipt[] = "Content-Type: multipart/report; "
	    "report-type=disposition-notification; boundary=b\r\n\r\n--b--\r\n";
	AUTO_ARENA struct arena *a = arena_new();
	struct policy *p = must_parse("smime:\n  exceptions: [calendar]\n");
	struct err err = ERR_INIT;
	struct letter *letter;

	(void)state;
	assert_int_equal(letter_parse(str_of(calendar), a, &letter, &err), 0);
	assert_true(policy_smime_excepts(p, letter, a));
	assert_int_equal(letter_parse(str_of(receipt), a, &letter, &err), 0);
	assert_false(policy_smime_excepts(p, letter, a));
	policy_free(&p);
	p = must_parse("smime:\n  exceptions: [receipts]\n");
	assert_true(policy_smime_excepts(p, letter, a));
	policy_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_off_and_careful_unless_said),
		cmocka_unit_test(reads_all_of_it),
		cmocka_unit_test(the_first_profile_of_a_domain_counts),
		cmocka_unit_test(refuses_with_the_place_and_the_nearest_name),
		cmocka_unit_test(exceptions_are_kinds_of_mail),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
