/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sign: what is signed, and the text of the signature fields.
 *
 * Runs in the gateway's relay. Security: passes once over plaintext and keeps
 * hashes only. l= is never written: it would let others add to the body.
 * Standards: RFC 6376 3.5, 5.4, 8.15 (adding fields); RFC 8463 3.
 */
#include "dkim/sign.h"

#include "base/clock.h"
#include "base/enc.h"

#define LINE_BYTES 76
#define TAB_COLUMNS 8
#define BASE64_BYTES 64	/* of a line */

/* RFC 6376 5.4.1, and what mail readers show or act upon. is_sealed: signed
 * once more than it is there. List servers add the others in good faith. */
static const struct {
	const char *name;
	bool is_sealed;
} signed_names[] = {
	{ "From", true }, { "Reply-To", true }, { "Subject", true },
	{ "Date", true }, { "Message-ID", true }, { "To", true },
	{ "Cc", true }, { "MIME-Version", true }, { "Content-Type", true },
	{ "Content-Transfer-Encoding", true },
	{ "Content-Disposition", true }, { "In-Reply-To", true },
	{ "References", true }, { "Sender", false },
	{ "Auto-Submitted", false }, { "List-Id", false },
	{ "List-Unsubscribe", false }, { "List-Unsubscribe-Post", false },
	{ "TLS-Required", false },
};

static size_t
count(const struct fields *f, struct str name)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += str_eq_nocase(f->field[i].name, name);
	return (MIN_OF(n, (size_t)SIGN_FIELDS_MAX));
}

/* Append a name of h=; *column is where the line stands. */
static void
put_name(struct str name, size_t *column, struct buf *out)
{
	if (*column + name.len + 1 > LINE_BYTES) {
		buf_z(out, ":\r\n\t");
		*column = TAB_COLUMNS;
	} else if (*column > TAB_COLUMNS + 2) {
		buf_char(out, ':');
	}
	buf_str(out, name);
	*column += name.len + 1;
}

void
sign_put_names(const struct fields *f, struct str extra, struct buf *out)
{
	size_t column = TAB_COLUMNS + 2;	/* behind "h=" */

	for (size_t i = 0; i < COUNT_OF(signed_names); i++) {
		struct str name = str_of(signed_names[i].name);
		size_t n = count(f, name) + signed_names[i].is_sealed;

		while (n-- > 0)
			put_name(name, &column, out);
	}
	for (size_t n = extra.len == 0 ? 0 : count(f, extra); n > 0; n--)
		put_name(extra, &column, out);
}

void
sign_put_base64(struct str bytes, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(2 * SIGNATURE_BYTES_MAX);

	enc_base64(bytes.p, bytes.len, &text);
	for (size_t at = 0; at < text.len; at += BASE64_BYTES) {
		if (at > 0)
			buf_z(out, "\r\n\t");
		buf_str(out, str_sub(buf_view(&text), at, BASE64_BYTES));
	}
}

/* The field up to "b=". */
static void
put_unsigned(const struct sign_signer *signer, enum dkim_algorithm algorithm,
    struct str names, const struct canon_digest *body, int64_t now_ms,
    struct buf *out)
{
	buf_printf(out, "DKIM-Signature: v=1; a=%s; c=relaxed/relaxed;\r\n"
	    "\td=%.*s;\r\n\ts=%.*s; t=%lld;\r\n\th=",
	    dkim_algorithm_name(algorithm), STR_FMT(signer->domain),
	    STR_FMT(signer->selector[algorithm]),
	    (long long)(now_ms / CLOCK_SECOND_MS));
	buf_str(out, names);
	buf_z(out, ";\r\n\tbh=");
	enc_base64(body->b, CANON_DIGEST_BYTES, out);
	buf_z(out, ";\r\n\tb=");
}

void
sign_hash_body(struct str body, struct canon_digest *out)
{
	AUTO_CANON struct canon_hash h;

	canon_begin(&h, UINT64_MAX);
	canon_body(&h, body, true);
	canon_digest(&h, out);
}

/* The texts of both fields up to their signatures, and what is to be signed of
 * each. The message is hashed once. */
static void
prepare(const struct fields *f, const struct sign_signer *signer,
    int64_t now_ms, struct arena *a, struct str text[static DKIM_ALGORITHMS],
    struct canon_digest digest[static DKIM_ALGORITHMS])
{
	AUTO_BUF struct buf names = BUF_INIT(SIGN_HEADER_MAX);
	AUTO_CANON struct canon_hash common;
	struct canon_digest body;

	sign_hash_body(f->body, &body);
	sign_put_names(f, STR_NULL, &names);
	canon_begin(&common, UINT64_MAX);
	signature_hash_names(buf_view(&names), f, true, &common);
	for (unsigned i = 0; i < DKIM_ALGORITHMS; i++) {
		AUTO_BUF struct buf field = BUF_INIT(SIGN_HEADER_MAX);
		AUTO_CANON struct canon_hash own;

		put_unsigned(signer, (enum dkim_algorithm)i, buf_view(&names),
		    &body, now_ms, &field);
		text[i] = arena_str(a, buf_view(&field));
		canon_copy(&own, &common);
		canon_field(&own, text[i], true, true);
		canon_digest(&own, &digest[i]);
	}
}

int
sign_message(const struct fields *f, const struct sign_signer *signer,
    int64_t now_ms, struct arena *a, struct str *out, struct err *err)
{
	AUTO_BUF struct buf all = BUF_INIT(2 * SIGN_HEADER_MAX);
	struct canon_digest digest[DKIM_ALGORITHMS];
	struct str text[DKIM_ALGORITHMS];
	struct sign_both both;

	/* RFC 6376 5.4: without it there is nothing to sign for. */
	if (fields_find(f, STR_LIT("From")) == NULL)
		return (err_set(err, ERR_INPUT, "there is no From field"));
	prepare(f, signer, now_ms, a, text, digest);
	if (signer->sign(signer->ctx, digest, &both, err) == -1)
		return (-1);
	for (unsigned i = 0; i < DKIM_ALGORITHMS; i++) {
		buf_str(&all, text[i]);
		sign_put_base64(str_make(both.b[i], both.n[i]), &all);
		buf_z(&all, "\r\n");
	}
	if (buf_check(&all, "the signature", err) == -1)
		return (-1);
	*out = arena_str(a, buf_view(&all));
	return (0);
}
