/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certimport: `letterlock cert import`: certificates of people outside, and
 * our own with their private keys.
 *
 * Runs in the CLI. Security: files from anybody; a private key goes from its
 * file to the keeper and nowhere else. As root we stay who we are, since only
 * root hands keys to the keeper; another process writes the store.
 */
#include <stdio.h>

#include "base/sys.h"
#include "cli/certdesk.h"
#include "cli/certcarry.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "issue/certrow.h"
#include "issue/storedkey.h"
#include "keepc/keepc.h"

#define CERTS_MAX 1000
#define ROWS_MAX 4096

struct importing {
	const struct invocation *in;
	struct arena *arena;
	struct installation *installation;
	struct store_cert *rows;
	size_t n;
	bool has_key;
	struct mailkey key;
	int64_t now_ms;
};

/* ---- what is in the file ---------------------------------------------- */

static int
add_row(struct importing *im, const struct cert *c, struct str address,
    enum store_cert_role role, struct err *err)
{
	struct store_cert *row = &im->rows[im->n];

	if (im->n == ROWS_MAX)
		return (err_set(err, ERR_LIMIT, "too many certificates"));
	*row = (struct store_cert){ .role = role,
	    .workspace = im->installation->settings->workspace,
	    .state = STORE_CERT_ACTIVE, .source = STORE_CERT_IMPORTED,
	    .der = c->der, .address = address, .seen_ms = im->now_ms,
	    .last_ms = im->now_ms };
	if (im->has_key)
		row->key = im->key.id;
	if (certrow_fill(c->der, im->arena, row, err) == -1)
		return (-1);
	im->n++;
	return (0);
}

/* A row for each address it has; --address says it where it does not. */
static int
add_cert(struct importing *im, const struct cert *c,
    enum store_cert_role role, struct err *err)
{
	const char *wish = command_value(im->in, "address");

	/* Others would not find their own address in it. */
	if (wish != NULL && wish[0] != '@' && c->n_addresses > 0 &&
	    !cert_has_address(c, str_of(wish), false))
		return (err_set(err, ERR_INPUT, "this certificate is not "
		    "%s's: it says %.*s", wish, STR_FMT(c->addresses[0])));
	if (wish != NULL)
		return (add_row(im, c, str_of(wish), role, err));
	if (c->n_addresses == 0)
		return (err_set(err, ERR_INPUT, "no address stands in the "
		    "certificate of %.*s; --address says whose it is",
		    STR_FMT(c->subject)));
	/* The store has one row for a certificate: its first address. */
	return (add_row(im, c, c->addresses[0], role, err));
}

static int
take_certs(struct importing *im, struct str file, struct err *err)
{
	struct cert *certs;
	size_t n;
	int rc = 0;

	if (cert_parse_all(file, im->arena, CERTS_MAX, &certs, &n,
	    err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++) {
		if (rc == 0 && !certs[i].is_authority)
			rc = add_cert(im, &certs[i], STORE_CERT_PARTNER, err);
		cert_done(&certs[i]);
	}
	if (rc == 0 && im->n == 0)
		return (err_set(err, ERR_INPUT, "there is no certificate of a "
		    "person in it; authorities that are trusted go into the "
		    "policy"));
	return (rc);
}

static int
give_to_keeper(struct importing *im, const struct pkcs12_key *key,
    struct err *err)
{
	const struct settings *s = im->installation->settings;
	struct keepc *keeper = keepc_new(s->keeper.socket, "admin");
	struct mailkey_parts parts;
	int rc = certcarry_to_parts(key, &parts, err);

	if (rc == 0)
		rc = keepc_key_import(keeper, &s->workspace, MAILKEY_MAIL,
		    &parts, &im->key, err);
	keepc_free(&keeper);
	im->has_key = rc == 0;
	return (rc);
}

static int
take_pkcs12(struct importing *im, struct str file, struct err *err)
{
	AUTO_BUF struct buf passphrase = BUF_INIT(CERTCARRY_PASSPHRASE_MAX);
	struct pkcs12 p;
	int rc;

	if (certcarry_passphrase(im->in, CERTCARRY_OF_FILE, false,
	    &passphrase, err) == -1 || pkcs12_read(file, buf_view(&passphrase),
	    command_value(im->in, "legacy") != NULL, im->arena, &p,
	    err) == -1)
		return (-1);
	rc = give_to_keeper(im, &p.key, err);
	if (rc == 0)
		rc = add_cert(im, &p.certs[0], STORE_CERT_OWN, err);
	pkcs12_done(&p);
	return (rc);
}

/* ---- keeping it ------------------------------------------------------- */

/* local_apart's work. The key first: a certificate without one is of no use. */
static int
keep(struct local *l, void *ctx, struct buf *out UNUSED, struct err *err)
{
	const struct importing *im = ctx;
	struct store_event event = local_event(l, "cert.key-imported", NULL);
	struct store_key key = storedkey_row(&im->key, im->now_ms);

	if (im->has_key && store_key_put(l->store, &key, &event, err) == -1)
		return (-1);
	for (size_t i = 0; i < im->n; i++) {
		struct store_event one = certdesk_event(l, "cert.imported",
		    &im->rows[i], NULL);

		if (store_cert_put(l->store, &im->rows[i], &one, err) == -1)
			return (-1);
	}
	return (0);
}

static void
print_rows(const struct importing *im)
{
	static const struct table_column columns[] = {
		{ "address", "ADDRESS" }, { "role", "WHOSE" },
		{ "uses", "USED TO" }, { "until", "ENDS" },
		{ "sha256", "FINGERPRINT" } };
	struct table *t = table_new(columns, COUNT_OF(columns),
	    im->in->json);

	for (size_t i = 0; i < im->n; i++) {
		const struct store_cert *c = &im->rows[i];

		table_text(t, c->address);
		table_text(t, str_of(inventory_role(c->role)));
		table_text(t, str_of(inventory_uses(c->uses)));
		table_time(t, c->until_ms);
		table_text(t, str_of(certdesk_fingerprint(c, im->arena)));
		table_end_row(t);
	}
	table_print(&t, "Nothing was taken in.");
}

static int
read_input(struct importing *im, const char *path, struct err *err)
{
	AUTO_BUF struct buf file = BUF_INIT(CERTDESK_FILE_MAX);
	struct err first = ERR_INIT;

	if (sys_read_file(path, &file, err) == -1)
		return (-1);
	if (take_certs(im, buf_view(&file), &first) == 0)
		return (0);
	/* What has certificates is not PKCS#12. */
	if (im->n > 0 || str_find_nocase(buf_view(&file),
	    STR_LIT("-----BEGIN CERTIFICATE")) >= 0 ||
	    first.kind != ERR_INPUT)
		return (err_set(err, first.kind, "%s", first.msg));
	return (take_pkcs12(im, buf_view(&file), err));
}

int
cert_import_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf nothing = BUF_INIT(1);
	struct importing im = { .in = in, .arena = a,
		.now_ms = clock_wall_ms() };
	struct err err = ERR_INIT;
	int rc = EX_OK;

	im.rows = arena_array(a, ROWS_MAX, sizeof(*im.rows));
	if (installation_settings(in->config, &im.installation, &err) == -1 ||
	    read_input(&im, in->args[0], &err) == -1)
		rc = command_fail(&err);
	if (rc == EX_OK)
		rc = local_apart(in, keep, &im, &nothing);
	if (rc == EX_OK)
		print_rows(&im);
	installation_close(&im.installation);
	return (rc);
}
