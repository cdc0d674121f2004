/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certtest: `letterlock cert test` and `cert lint`: does S/MIME work for one of
 * our people, through the keeper and in every way; is a certificate as it
 * should be.
 *
 * Runs in the CLI. Security: the message is made up, and nothing is sent.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/sys.h"
#include "cert/roundtrip.h"
#include "cli/certdesk.h"
#include "cli/certmaker.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "issue/storedkey.h"
#include "pki/lint.h"

#define OF_ONE_MAX 256		/* certificates of one address */
#define LINT_CERTS_MAX 100

struct trial {
	struct local *l;
	struct certmaker *maker;
	struct store_cert *rows;
	size_t n;
	struct table *table;
	size_t n_wrong;
	int64_t now_ms;
};

/* ---- keys ------------------------------------------------------------- */

static bool
find_key(void *ctx, struct str issuer_der, struct str serial_der,
    struct str key_id, struct arena *a, EVP_PKEY **key)
{
	struct trial *t = ctx;
	struct store_cert c;
	bool found;

	return (store_cert_named(t->l->store, issuer_der, serial_der, key_id,
	    a, &c, &found, NULL) == 0 && found &&
	    storedkey_open(t->l->store, t->maker->provider, &c.key, key,
	    NULL) == 0);
}

static bool
why_failed(void *ctx UNUSED, struct err *err)
{
	return (provider_failure(err));
}

/* The first that does it and is valid now. */
static const struct store_cert *
newest(const struct trial *t, unsigned use)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->rows[i].state == STORE_CERT_ACTIVE &&
		    !id_is_zero(&t->rows[i].key) &&
		    (t->rows[i].uses & use) != 0 &&
		    t->rows[i].from_ms <= t->now_ms &&
		    t->rows[i].until_ms > t->now_ms)
			return (&t->rows[i]);
	return (NULL);
}

/* ---- the trial -------------------------------------------------------- */

static void
add_result(struct trial *t, const char *way, bool is_right, struct str why)
{
	table_text(t->table, str_of(way));
	table_text(t->table, is_right ? STR_LIT("works") :
	    STR_LIT("does not work"));
	table_text(t->table, why);
	table_end_row(t->table);
	t->n_wrong += !is_right;
}

/* Every key he ever had still reads what is encrypted to it. */
static void
try_old_keys(struct trial *t, const struct roundtrip_config *c)
{
	for (size_t i = 0; i < t->n; i++) {
		struct roundtrip_config old = *c;
		struct arena *a = t->l->arena;
		struct str why = STR_NULL;
		struct cert x;
		bool right;

		/* Its owner has the key, and we never had. */
		if (id_is_zero(&t->rows[i].key))
			continue;
		if ((t->rows[i].uses & STORE_CERT_ENCRYPTS) == 0 ||
		    cert_parse(t->rows[i].der, a, &x, NULL) == -1)
			continue;
		old.recipient = &x;
		right = roundtrip_decrypts(&old, a, &why);
		add_result(t, arena_printf(a, "read by the key of %s (%s)",
		    certdesk_short(&t->rows[i], a), inventory_word(
		    inventory_stage(&t->rows[i], t->now_ms))), right, why);
		cert_done(&x);
	}
}

static void
try_all(struct trial *t, struct roundtrip_config *c)
{
	struct roundtrip_result results[ROUNDTRIP_MAX];
	size_t n;

	(void)roundtrip_all(c, t->l->arena, results, &n);
	for (size_t i = 0; i < n; i++)
		add_result(t, results[i].way, results[i].is_right,
		    results[i].why);
	try_old_keys(t, c);
}

/* Certificates of ours are trusted here by themselves: whether others trust
 * them is not ours to test. */
static int
make_trust(struct trial *t, struct path_trust **out, struct err *err)
{
	struct str *pinned = arena_array(t->l->arena, t->n + 1,
	    sizeof(*pinned));
	struct path_config config = { .pinned = pinned, .n_pinned = t->n };

	for (size_t i = 0; i < t->n; i++)
		pinned[i] = t->rows[i].der;
	return (path_trust_new(&config, out, err));
}

static int
run_trial(struct trial *t, struct str address, struct err *err)
{
	const struct store_cert *signs = newest(t, STORE_CERT_SIGNS);
	const struct store_cert *encrypts = newest(t, STORE_CERT_ENCRYPTS);
	struct smimein_keys keys = { find_key, why_failed, t };
	struct roundtrip_config c = { .address = address, .keys = &keys,
		.now_ms = t->now_ms };
	struct cert signer = { .x = NULL }, recipient = { .x = NULL };
	struct path_trust *trust = NULL;
	int rc = make_trust(t, &trust, err);

	c.trust = trust;
	if (rc == 0 && signs != NULL &&
	    (rc = cert_parse(signs->der, t->l->arena, &signer, err)) == 0) {
		c.signer = &signer;
		rc = storedkey_open(t->l->store, t->maker->provider,
		    &signs->key, &c.key, err);
	}
	if (rc == 0 && encrypts != NULL && (rc = cert_parse(encrypts->der,
	    t->l->arena, &recipient, err)) == 0)
		c.recipient = &recipient;
	if (rc == 0)
		try_all(t, &c);
	EVP_PKEY_free(c.key);
	cert_done(&signer);
	cert_done(&recipient);
	path_trust_free(&trust);
	return (rc);
}

static int
test(struct local *l, const struct invocation *in, struct trial *t,
    struct err *err)
{
	struct store_cert_query q = { .role = STORE_CERT_OWN, .state = -1,
		.workspace = l->installation->settings->workspace,
		.address = str_of(in->args[0]), .max = OF_ONE_MAX };
	struct certmaker maker;
	int rc;

	if (store_certs(l->store, &q, l->arena, &t->rows, &t->n, err) == -1)
		return (-1);
	if (t->n == 0)
		return (err_set(err, ERR_INPUT, "%s has no certificate; "
		    "`letterlock cert issue %s` makes one", in->args[0],
		    in->args[0]));
	if (certmaker_open(l, &maker, err) == -1)
		return (-1);
	t->l = l;
	t->maker = &maker;
	rc = run_trial(t, q.address, err);
	certmaker_close(&maker);
	return (rc);
}

int
cert_test_run(const struct invocation *in)
{
	static const struct table_column columns[] = { { "way", "WAY" },
		{ "result", "RESULT" }, { "why", "WHY NOT" } };
	struct trial t = { .now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;
	struct local l;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	t.table = table_new(columns, COUNT_OF(columns), in->json);
	rc = test(&l, in, &t, &err);
	table_print(&t.table, "Nothing could be tried.");
	local_close(&l);
	if (rc == -1)
		return (command_fail(&err));
	return (t.n_wrong > 0 ? EX_DATAERR : EX_OK);
}

/* ---- lint ------------------------------------------------------------- */

static void
add_findings(struct table *t, const struct cert *c, struct arena *a,
    size_t *n_errors)
{
	struct lint_finding *found;
	size_t n = lint_cert(c, a, &found);

	for (size_t i = 0; i < n; i++) {
		table_text(t, c->n_addresses > 0 ? c->addresses[0] :
		    c->subject);
		table_text(t, str_of(lint_severity_name(found[i].severity)));
		table_text(t, str_of(found[i].code));
		table_text(t, str_of(found[i].sentence));
		table_end_row(t);
		*n_errors += found[i].severity == LINT_ERROR;
	}
}

/* local_apart's work. */
static int
fetch_one(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	struct store_cert c;

	if (certdesk_find(l, str_of(ctx), -1, &c, err) == -1)
		return (-1);
	buf_str(out, c.der);
	return (0);
}

int
cert_lint_run(const struct invocation *in)
{
	static const struct table_column columns[] = {
		{ "certificate", "CERTIFICATE" }, { "severity", "SEVERITY" },
		{ "code", "CODE" }, { "finding", "FINDING" } };
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf file = BUF_INIT(CERTDESK_FILE_MAX);
	struct err err = ERR_INIT;
	struct cert *certs;
	struct table *t;
	size_t n, n_errors = 0;
	int rc = EX_OK;

	if (access(in->args[0], F_OK) != 0)
		rc = local_apart(in, fetch_one, (void *)(uintptr_t)
		    in->args[0], &file);
	else if (sys_read_file(in->args[0], &file, &err) == -1)
		rc = command_fail(&err);
	if (rc != EX_OK)
		return (rc);
	if (cert_parse_all(buf_view(&file), a, LINT_CERTS_MAX, &certs, &n,
	    &err) == -1)
		return (command_fail(&err));
	t = table_new(columns, COUNT_OF(columns), in->json);
	for (size_t i = 0; i < n; i++) {
		add_findings(t, &certs[i], a, &n_errors);
		cert_done(&certs[i]);
	}
	table_print(&t, "In order: nothing differs from the baseline "
	    "requirements.");
	return (n_errors > 0 ? EX_DATAERR : EX_OK);
}
