/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certexport: `letterlock cert export`: a certificate for others, or, with its
 * private key, for another program of its owner's.
 *
 * Runs in the CLI. Security: the keeper gives a private key out to root only,
 * and it is written nowhere but encrypted, in a file that only its maker reads;
 * the audit record says who did it. As root we stay who we are; another process
 * reads the store.
 */
#include <stdio.h>

#include "base/sys.h"
#include "cli/certdesk.h"
#include "cli/certcarry.h"
#include "cli/commands.h"
#include "issue/storedkey.h"
#include "keepc/keepc.h"

#define ANSWER_MAX (sizeof(struct mailkey) + CERT_DER_MAX)

struct wanted {
	const char *text;
	bool has_key;
};

/* local_apart's work: the key as the keeper takes it, then the certificate. */
static int
fetch_both(struct local *l, void *ctx, struct buf *out, struct err *err)
{
	const struct wanted *w = ctx;
	struct mailkey key = { .sealed_len = 0 };
	struct store_cert c;
	struct store_event event;

	if (certdesk_find(l, str_of(w->text), w->has_key ?
	    (int)STORE_CERT_OWN : -1, &c, err) == -1)
		return (-1);
	if (w->has_key && storedkey_read(l->store, &c.key, &key, err) == -1)
		return (err->kind != ERR_PERM ? -1 : err_set(err, ERR_INPUT,
		    "there is no key of it here"));
	if (w->has_key) {
		event = certdesk_event(l, "cert.key-exported", &c, NULL);
		if (store_audit(l->store, &event, err) == -1)
			return (-1);
	}
	buf_append(out, &key, sizeof(key));
	buf_str(out, c.der);
	return (0);
}

static int
write_pkcs12(const struct invocation *in, const struct mailkey *key,
    struct str der, struct arena *a, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf passphrase = BUF_INIT(CERTCARRY_PASSPHRASE_MAX);
	uint8_t *numbers = arena_alloc(a, 5 * MAILKEY_NUMBER_MAX);
	struct installation *i;
	struct mailkey_parts parts;
	struct pkcs12_key plain;
	struct keepc *keeper;
	struct cert c;
	int rc;

	if (certcarry_passphrase(in, CERTCARRY_OF_FILE, true, &passphrase,
	    err) == -1 || installation_settings(in->config, &i, err) == -1)
		return (-1);
	keeper = keepc_new(i->settings->keeper.socket, "admin");
	rc = keepc_key_export(keeper, key, numbers, &parts, err);
	keepc_free(&keeper);
	installation_close(&i);
	if (rc == -1 || cert_parse(der, a, &c, err) == -1)
		return (-1);
	certcarry_from_parts(&parts, &plain);
	rc = pkcs12_write(&plain, &c, 1, c.common_name,
	    buf_view(&passphrase), command_value(in, "legacy") != NULL, out,
	    err);
	cert_done(&c);
	return (rc);
}

static int
write_out(const struct invocation *in, const struct buf *b, bool is_secret)
{
	const char *path = command_value(in, "output");
	struct err err = ERR_INIT;

	if (path != NULL && strcmp(path, "-") != 0)
		return (sys_write_file(path, buf_view(b), is_secret ? 0600 :
		    0644, &err) == -1 ? command_fail(&err) : EX_OK);
	return (fwrite(b->p, 1, b->len, stdout) == b->len ? EX_OK :
	    EX_IOERR);
}

int
cert_export_run(const struct invocation *in)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_BUF struct buf answer = BUF_INIT(ANSWER_MAX);
	AUTO_BUF struct buf out = BUF_INIT(CERTDESK_FILE_MAX);
	struct wanted w = { in->args[0], command_value(in, "pkcs12") !=
	    NULL };
	struct err err = ERR_INIT;
	struct mailkey key;
	struct str der;
	int rc;

	if (w.has_key && command_value(in, "output") == NULL)
		return (command_usage("--pkcs12 needs --output FILE"));
	rc = local_apart(in, fetch_both, &w, &answer);
	if (rc != EX_OK)
		return (rc);
	must(answer.len > sizeof(key));
	memcpy(&key, answer.p, sizeof(key));
	der = str_sub(buf_view(&answer), sizeof(key), answer.len);
	if (!w.has_key)
		cert_pem(der, &out);
	else if (write_pkcs12(in, &key, der, a, &out, &err) == -1)
		return (command_fail(&err));
	return (write_out(in, &out, w.has_key));
}
