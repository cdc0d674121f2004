/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimemark: writing the verdict, and knowing it again.
 *
 * Runs in the gateway. Security: the code covers what the message says
 * (gateway/passed.h), so a verdict cannot be carried over to another message
 * by whoever got to see one. A message that can be read in more than one way
 * has no such content, and its verdict is believed nowhere. What a certificate
 * says of its owner is written only where it is a plain address.
 */
#include "gateway/smimemark.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/enc.h"
#include "gateway/passed.h"

#define CODE_BYTES 16
#define CODE_CHARS 26
#define WORDS_MAX 1024
#define TIME_MARK ";\r\n\ttime="

static const char *const seals[] = {
	[SMIMEIN_PLAIN] = "none", [SMIMEIN_OPENED] = "opened",
	[SMIMEIN_NO_KEY] = "no-key", [SMIMEIN_BROKEN] = "broken",
};
static const char *const signatures[] = {
	[SMIMEIN_UNSIGNED] = "none", [SMIMEIN_VALID] = "valid",
	[SMIMEIN_UNTRUSTED] = "untrusted",
	[SMIMEIN_OTHER_SENDER] = "other-sender",
	[SMIMEIN_CHANGED] = "changed", [SMIMEIN_MALFORMED] = "malformed",
};

static bool
is_plain(struct str address)
{
	for (size_t i = 0; i < address.len; i++)
		if (address.p[i] <= ' ' || address.p[i] > '~' ||
		    strchr(";=\"()<>\\,", address.p[i]) != NULL)
			return (false);
	return (address.len > 0);
}

void
smimemark_words(const struct smimein_result *r, bool is_closed,
    struct buf *out)
{
	if (is_closed) {
		buf_z(out, "encryption=not-for-this-recipient");
		return;
	}
	buf_printf(out, "encryption=%s", seals[r->seal]);
	if (r->cipher != NULL)
		buf_printf(out, "; cipher=%s", r->cipher);
	buf_printf(out, ";\r\n\tsignature=%s", signatures[r->signature]);
	if (r->signature != SMIMEIN_UNSIGNED && is_plain(r->signer))
		buf_printf(out, "; signer=%.*s", STR_FMT(r->signer));
}

/* Servers fold anew. */
static void
without_blanks(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || strchr(" \t\r\n", s.p[i]) == NULL)
			buf_char(out, s.p[i]);
}

/* Of what stands before it, and of what the message says. */
static bool
code_of(const uint8_t *key, struct str said, const struct letter *letter,
    struct arena *a, char code[static CODE_CHARS + 1])
{
	AUTO_BUF struct buf all = BUF_INIT(WORDS_MAX * 4);
	uint8_t digest[PASSED_DIGEST_BYTES], full[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!passed_digest(letter, a, digest))
		return (false);
	buf_z(&all, "letterlock smime 1 ");
	without_blanks(said, &all);
	buf_append(&all, digest, sizeof(digest));
	if (all.over)
		return (false);
	must(HMAC(EVP_sha256(), key, LOOP_KEY_BYTES, (const uint8_t *)all.p,
	    all.len, full, &len) != NULL && len >= CODE_BYTES);
	enc_base32(full, CODE_BYTES, code);
	return (true);
}

bool
smimemark_is_said(const struct journey *j)
{
	return (j->smime.is_judged || j->smime.recalled.len > 0);
}

void
smimemark_recall(struct journey *j)
{
	const struct letter_part *root = j->letter->root;

	for (size_t i = 0; i < root->n_fields; i++) {
		const struct letter_field *f = &root->fields[i];
		ptrdiff_t at = str_find_nocase(f->raw, STR_LIT(TIME_MARK));

		if (at >= 0 && str_eq_nocase(f->name,
		    STR_LIT(SMIMEMARK_FIELD)) && smimemark_is_ours(
		    j->gateway->loop_key, j->letter, f, j->arena))
			j->smime.recalled = str_trim(str_sub(f->raw, 0,
			    (size_t)at));
	}
}

void
smimemark_write(const struct journey *j, const struct journey_variant *v,
    struct buf *out)
{
	AUTO_BUF struct buf said = BUF_INIT(WORDS_MAX);
	char code[CODE_CHARS + 1] = "none";

	if (j->smime.recalled.len > 0)
		buf_str(&said, j->smime.recalled);
	else
		smimemark_words(&j->smime.in, v->is_closed, &said);
	buf_printf(&said, TIME_MARK "%llu",
	    (unsigned long long)(j->now_ms / CLOCK_SECOND_MS));
	(void)code_of(j->gateway->loop_key, buf_view(&said), v->letter,
	    j->arena, code);
	buf_printf(out, SMIMEMARK_FIELD ": %.*s; code=%s\r\n",
	    (int)said.len, said.p, code);
}

bool
smimemark_is_ours(const uint8_t key[static LOOP_KEY_BYTES],
    const struct letter *letter, const struct letter_field *field,
    struct arena *a)
{
	static const struct str mark = STR_LIT(";code=");
	AUTO_BUF struct buf b = BUF_INIT(WORDS_MAX);
	size_t tail = mark.len + CODE_CHARS;
	char code[CODE_CHARS + 1];
	struct str value;

	without_blanks(field->raw, &b);
	value = buf_view(&b);
	if (b.over || value.len <= tail || !str_eq(str_sub(value, value.len -
	    tail, mark.len), mark) || !code_of(key, str_sub(value, 0,
	    value.len - tail), letter, a, code))
		return (false);
	return (enc_const_eq(value.p + value.len - CODE_CHARS, code,
	    CODE_CHARS));
}
