/* SPDX-License-Identifier: Apache-2.0 */
/* Every way of S/MIME there and back, for every kind of key; and what is
 * noticed where it does not work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../cms/people.h"
#include "base/clock.h"
#include "cert/roundtrip.h"

static struct arena *a;

static int
begin(void **state UNUSED)
{
	a = arena_new();
	return (0);
}

static int
end(void **state UNUSED)
{
	arena_free(&a);
	return (0);
}

/* The keys of one person, whoever is named. */
static bool
find(void *ctx, struct str issuer_der UNUSED, struct str serial_der UNUSED,
    struct str key_id UNUSED, struct arena *arena UNUSED, EVP_PKEY **key)
{
	struct person *p = ctx;

	if (p->key == NULL)
		return (false);
	*key = p->key;
	return (EVP_PKEY_up_ref(p->key) == 1);
}

static void
config(struct person *p, struct smimein_keys *keys,
    struct roundtrip_config *out)
{
	struct path_config trust = { .pinned = &p->cert.der, .n_pinned = 1 };
	struct err err = ERR_INIT;
	struct path_trust *t;

	assert_int_equal(path_trust_new(&trust, &t, &err), 0);
	*keys = (struct smimein_keys){ .find = find, .ctx = p };
	*out = (struct roundtrip_config){
	    .address = STR_LIT("ann@us.example"), .signer = &p->cert,
	    .key = p->key, .recipient = &p->cert, .keys = keys, .trust = t,
	    .now_ms = clock_wall_ms() };
}

static void
done(struct person *p, struct roundtrip_config *c)
{
	struct path_trust *t = (struct path_trust *)(uintptr_t)c->trust;

	path_trust_free(&t);
	cert_done(&p->cert);
	EVP_PKEY_free(p->key);
}

static void
every_way_comes_back(void **state UNUSED)
{
	static const struct {
		enum people_kind kind;
		size_t n;
	} kinds[] = { { PEOPLE_RSA, 28 }, { PEOPLE_P256, 15 },
		{ PEOPLE_P384, 15 } };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		struct roundtrip_result results[ROUNDTRIP_MAX];
		struct roundtrip_config c;
		struct smimein_keys keys;
		struct person p;
		size_t n, wrong;

		people_new(&p, kinds[i].kind, "ann@us.example", a);
		config(&p, &keys, &c);
		wrong = roundtrip_all(&c, a, results, &n);
		for (size_t k = 0; k < n; k++)
			if (!results[k].is_right)
				print_error("%s: %.*s\n", results[k].way,
				    STR_FMT(results[k].why));
		assert_int_equal(wrong, 0);
		assert_int_equal(n, kinds[i].n);
		done(&p, &c);
	}
}

static void
a_key_that_only_signs(void **state UNUSED)
{
	struct roundtrip_result results[ROUNDTRIP_MAX];
	struct roundtrip_config c;
	struct smimein_keys keys;
	struct person p;
	size_t n;

	people_new(&p, PEOPLE_ED25519, "ann@us.example", a);
	config(&p, &keys, &c);
	c.recipient = NULL;
	assert_int_equal(roundtrip_all(&c, a, results, &n), 0);
	assert_int_equal(n, 2);
	done(&p, &c);
}

/* What does not work is not said to work, and why is said. */
static void
faults_are_seen(void **state UNUSED)
{
	struct roundtrip_result results[ROUNDTRIP_MAX];
	struct person p, other, nobody = { .key = NULL };
	struct roundtrip_config c, d;
	struct smimein_keys keys, none;
	const struct path_trust *trusted;
	struct str why;
	size_t n;

	people_new(&p, PEOPLE_P256, "ann@us.example", a);
	people_new(&other, PEOPLE_P256, "ann@us.example", a);
	config(&p, &keys, &c);
	config(&other, &none, &d);
	assert_true(roundtrip_decrypts(&c, a, &why));
	none.ctx = &nobody;
	c.keys = &none;		/* its key is gone */
	assert_false(roundtrip_decrypts(&c, a, &why));
	assert_true(why.len > 0);
	c.keys = &keys;
	trusted = c.trust;
	c.trust = d.trust;	/* nobody vouches for it */
	assert_true(roundtrip_all(&c, a, results, &n) > 0);
	assert_false(results[0].is_right);
	assert_true(results[0].why.len > 0);
	c.trust = trusted;
	c.address = STR_LIT("bob@us.example");	/* not hers */
	assert_true(roundtrip_all(&c, a, results, &n) > 0);
	assert_false(results[0].is_right);
	done(&p, &c);
	done(&other, &d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
		T(every_way_comes_back),
		T(a_key_that_only_signs),
		T(faults_are_seen),
	};

	return (cmocka_run_group_tests_name("roundtrip", tests, NULL, NULL));
}
