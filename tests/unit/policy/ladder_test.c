/* SPDX-License-Identifier: Apache-2.0 */
/* The ladder against a table of what each rung gives and needs, for every
 * demand and everything that can be known. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "policy/ladder.h"

static const enum rung orders[][3] = {
	{ RUNG_NONE }, { RUNG_SMIME, RUNG_PORTAL, RUNG_TLS },
	{ RUNG_TLS, RUNG_SMIME }, { RUNG_PORTAL }, { RUNG_TLS },
	{ RUNG_SMIME },
};

/* Written down anew: may this demand be met by that rung? */
static bool
meets(enum rung r, const struct demand *d, const struct ladder_means *m)
{
	bool needs_portal = d->restricts || d->second_factor;

	switch (r) {
	case RUNG_CLEAR:
		return (d->assurance == ASSURANCE_NONE &&
		    (!d->signs || m->can_sign));
	case RUNG_TLS:
		return (d->assurance <= ASSURANCE_TRANSIT && m->proves_tls &&
		    !needs_portal && (!d->signs || m->can_sign));
	case RUNG_PORTAL:
		return (d->assurance <= ASSURANCE_PORTAL && !d->signs &&
		    (!d->second_factor || m->has_passphrase));
	case RUNG_SMIME:
		return (m->has_certificate && !needs_portal &&
		    (!d->signs || m->can_sign));
	default:
		return (false);
	}
}

static void
check(const struct demand *d, const struct ladder_means *m)
{
	struct ladder_choice c;

	ladder_pick(d, m, &c);
	for (size_t i = 0; i < c.n_passed; i++) {
		assert_false(meets(c.passed[i].rung, d, m));
		assert_true(strlen(c.passed[i].why) > 10);
		if (d->n_prefer > 0 && d->assurance > ASSURANCE_NONE)
			assert_int_equal(c.passed[i].rung, d->prefer[i]);
	}
	if (c.rung != RUNG_NONE) {
		assert_true(meets(c.rung, d, m));
		if (d->n_prefer > 0 && d->assurance > ASSURANCE_NONE)
			assert_int_equal(c.rung, d->prefer[c.n_passed]);
		return;
	}
	/* Held: then no rung that may be taken would have done. */
	if (d->assurance == ASSURANCE_NONE) {
		assert_false(meets(RUNG_CLEAR, d, m));
		return;
	}
	for (enum rung r = RUNG_TLS; r <= RUNG_SMIME; r++) {
		bool may = d->n_prefer == 0;

		for (size_t i = 0; i < d->n_prefer; i++)
			may |= d->prefer[i] == r;
		if (may)
			assert_false(meets(r, d, m));
	}
}

static void
every_demand_is_met_or_held(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4u * 6 * 8 * 16; i++) {
		unsigned bits = i / 24;
		struct demand d = { .assurance = (enum assurance)(i % 4),
		    .signs = bits & 1, .second_factor = bits & 2,
		    .restricts = bits & 4 };
		struct ladder_means m = { .has_certificate = bits & 8,
		    .proves_tls = bits & 16, .has_passphrase = bits & 32,
		    .can_sign = bits & 64 };

		memcpy(d.prefer, orders[i / 4 % 6], sizeof(d.prefer));
		while (d.n_prefer < 3 && d.prefer[d.n_prefer] != RUNG_NONE)
			d.n_prefer++;
		check(&d, &m);
	}
}

static void
demands_add_up(void **state)
{
	struct demand d = { .assurance = ASSURANCE_PORTAL, .restricts = true };
	const struct demand more = { .assurance = ASSURANCE_TRANSIT,
	    .prefer = { RUNG_TLS }, .n_prefer = 1, .signs = true };
	AUTO_BUF struct buf text = BUF_INIT(100);

	(void)state;
	ladder_add(&d, &more);
	assert_int_equal(d.assurance, ASSURANCE_PORTAL);
	assert_true(d.restricts && d.signs && !d.second_factor);
	assert_int_equal(d.n_prefer, 1);
	ladder_describe(&d, &text);
	assert_true(str_eq(buf_view(&text), STR_LIT("portal, signed")));
}

/* What the sender's program encrypted goes as it is, unless rights or a second
 * factor are wanted. */
static void
what_is_sealed_stays_so(void **state)
{
	const struct ladder_means m = { .is_sealed = true };
	struct ladder_choice out;
	struct demand d = { .assurance = ASSURANCE_END_TO_END,
	    .signs = true };

	(void)state;
	ladder_pick(&d, &m, &out);
	assert_int_equal(out.rung, RUNG_SMIME);
	d.assurance = ASSURANCE_PORTAL;
	ladder_pick(&d, &m, &out);
	assert_int_equal(out.rung, RUNG_SMIME);
	d = (struct demand){ .assurance = ASSURANCE_PORTAL,
	    .restricts = true };
	ladder_pick(&d, &m, &out);
	assert_int_equal(out.rung, RUNG_PORTAL);
	d = (struct demand){ .assurance = ASSURANCE_NONE };
	ladder_pick(&d, &m, &out);
	assert_int_equal(out.rung, RUNG_CLEAR);
}

/* Why not, in the words of who found it out. */
static void
says_what_was_found_out(void **state)
{
	const struct ladder_means m = { .no_certificate = "it has expired",
	    .cannot_sign = "not for this sender", .proves_tls = true };
	struct demand d = { .assurance = ASSURANCE_END_TO_END };
	struct ladder_choice out;

	(void)state;
	ladder_pick(&d, &m, &out);
	assert_int_equal(out.rung, RUNG_NONE);
	assert_string_equal(out.passed[0].why, "it has expired");
	d = (struct demand){ .assurance = ASSURANCE_TRANSIT, .signs = true };
	ladder_pick(&d, &m, &out);
	assert_string_equal(out.passed[0].why, "not for this sender");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_demand_is_met_or_held),
		cmocka_unit_test(demands_add_up),
		cmocka_unit_test(what_is_sealed_stays_so),
		cmocka_unit_test(says_what_was_found_out),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
