/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimefetch: asking, and remembering what was said and that nothing was.
 *
 * Runs in the gateway, in the session's thread: a server that does not answer
 * costs the mail that needs it FETCH_MS once in SILENT_MS. Standards: RFC 5280
 * 4.2.1.13, RFC 6960 A.1 (OCSP over HTTP).
 */
#include "gateway/smimefetch.h"

#include "base/clock.h"
#include "base/enc.h"
#include "fetch/fetch.h"
#include "policy/policy.h"
#include "store/certs.h"

#define FETCH_MS (10 * CLOCK_SECOND_MS)
#define KEPT_MS CLOCK_HOUR_MS
#define SILENT_MS (5 * CLOCK_MINUTE_MS)
#define NAME_BYTES 4096

/* "url URL", with the hash of what is posted there. */
static struct str
name_of(const char *url, struct str body, struct buf *b)
{
	uint8_t hash[POLICY_HASH_BYTES];
	char hex[2 * POLICY_HASH_BYTES + 1];

	buf_printf(b, "url %s", url);
	if (body.len > 0) {
		policy_text_hash(body, hash);
		enc_hex(hash, sizeof(hash), hex);
		buf_printf(b, " %s", hex);
	}
	return (buf_view(b));
}

static int
ask(const struct smimefetch *f, const char *url, struct str body,
    struct buf *out, struct err *err)
{
	const struct fetch_way way = { .dns = f->dns,
	    .may_be_private = f->settings->delivery.private_networks ==
	    SETTINGS_PRIVATE_ALLOW, .is_for_signed_objects = true };
	int64_t deadline = clock_mono_ms() + FETCH_MS;
	struct fetch_answer answer;
	int rc;

	rc = body.len == 0 ? fetch_get(&way, url, deadline, out, &answer,
	    err) : fetch_post(&way, url, "application/ocsp-request", body,
	    deadline, out, &answer, err);
	if (rc == 0 && answer.status != 200)
		rc = err_set(err, ERR_TEMP, "%s answered with status %u", url,
		    answer.status);
	return (rc);
}

/* That it cannot be kept changes nothing of the answer. */
static void
keep(const struct smimefetch *f, struct str name, struct str bytes,
    int64_t for_ms)
{
	struct err ignored = ERR_INIT;

	(void)(store_lookup_put(f->store, name, bytes, clock_wall_ms() +
	    for_ms, &ignored) == -1);
}

int
smimefetch_get(void *ctx, const char *url, struct str body, struct buf *out,
    struct err *err)
{
	const struct smimefetch *f = ctx;
	AUTO_BUF struct buf b = BUF_INIT(NAME_BYTES);
	struct str name = name_of(url, body, &b);
	size_t before = out->len;
	bool found = false;

	if (f->dns == NULL || b.over)
		return (err_set(err, ERR_INPUT, "it is not asked for"));
	if (store_lookup_get(f->store, name, clock_wall_ms(), out, &found,
	    err) == -1)
		return (-1);
	if (found)
		return (out->len > before ? 0 : err_set(err, ERR_TEMP,
		    "%s did not answer a moment ago", url));
	if (ask(f, url, body, out, err) == -1) {
		keep(f, name, STR_NULL, SILENT_MS);
		return (-1);
	}
	keep(f, name, str_sub(buf_view(out), before, out->len), KEPT_MS);
	return (0);
}
