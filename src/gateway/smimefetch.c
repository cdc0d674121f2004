/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimefetch: asking, and remembering what was said and that nothing was.
 *
 * Runs in the gateway, in the session's thread: a server that does not answer
 * costs the mail that needs it ASK_WAIT_MS once in SILENT_MS; one that should
 * have had an authority is not remembered, as strangers name it. Standards: RFC
 * 5280 4.2.1.13, RFC 6960 A.1 (OCSP over HTTP).
 */
#include "gateway/smimefetch.h"

#include "base/clock.h"
#include "base/enc.h"
#include "pki/ask.h"
#include "policy/policy.h"
#include "store/certs.h"

#define KEPT_MS CLOCK_HOUR_MS
#define SILENT_MS (5 * CLOCK_MINUTE_MS)
#define NAME_BYTES 4096

/* "crl URL", with the hash of what is posted there. */
static struct str
name_of(const struct source_question *q, struct buf *b)
{
	static const char *const kinds[] = {
		[SOURCE_ISSUER] = SMIMEFETCH_ISSUER,
		[SOURCE_OCSP] = "ocsp ",
		[SOURCE_CRL] = "crl ",
	};
	uint8_t hash[POLICY_HASH_BYTES];
	char hex[2 * POLICY_HASH_BYTES + 1];

	buf_printf(b, "%s%s", kinds[q->kind], q->url);
	if (q->body.len > 0) {
		policy_text_hash(q->body, hash);
		enc_hex(hash, sizeof(hash), hex);
		buf_printf(b, " %s", hex);
	}
	return (buf_view(b));
}

static int
ask_server(const struct smimefetch *f, struct source_question *q,
    struct buf *out, struct err *err)
{
	struct ask ask = { .way = { .dns = f->dns,
	    .may_be_private = q->kind != SOURCE_ISSUER &&
	    f->settings->delivery.private_networks ==
	    SETTINGS_PRIVATE_ALLOW } };

	return (ask_get(&ask, q, out, err));
}

/* That it cannot be kept changes nothing of the answer. */
static void
put(const struct smimefetch *f, struct str name, struct str bytes,
    int64_t until_ms)
{
	struct err ignored = ERR_INIT;

	(void)(store_lookup_put(f->store, name, bytes, until_ms,
	    &ignored) == -1);
}

int
smimefetch_get(void *ctx, struct source_question *q, struct buf *out,
    struct err *err)
{
	const struct smimefetch *f = ctx;
	AUTO_BUF struct buf b = BUF_INIT(NAME_BYTES);
	struct str name = name_of(q, &b);
	size_t before = out->len;

	if (f->dns == NULL || b.over)
		return (err_set(err, ERR_INPUT, "it is not asked for"));
	if (store_lookup_get(f->store, name, clock_wall_ms(), out,
	    &q->was_kept, err) == -1)
		return (-1);
	if (q->was_kept)
		return (out->len > before ? 0 : err_set(err, ERR_TEMP,
		    "%s did not answer a moment ago", q->url));
	if (ask_server(f, q, out, err) == 0)
		return (0);
	if (q->kind != SOURCE_ISSUER)
		put(f, name, STR_NULL, clock_wall_ms() + SILENT_MS);
	return (-1);
}

void
smimefetch_keep(void *ctx, const struct source_question *q, struct str bytes,
    int64_t until_ms)
{
	const struct smimefetch *f = ctx;
	AUTO_BUF struct buf b = BUF_INIT(NAME_BYTES);
	struct str name = name_of(q, &b);

	if (!b.over && bytes.len > 0)
		put(f, name, bytes, MIN_OF(until_ms, clock_wall_ms() +
		    KEPT_MS));
}
