/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roundtrip: each way of signing with each way of encrypting, there and back.
 *
 * Runs in the CLI. Security: the message is made up and says nothing of
 * anybody. Standards: RFC 8551, RFC 9788.
 */
#include "cert/roundtrip.h"

#include "base/clock.h"

#define MAIL_MAX (1u << 20)
#define WORDS "Gr\xc3\xbc\xc3\x9f" "e aus M\xc3\xbcnchen, 12345"

enum signs { SIGNS_NOT, SIGNS_CLEAR, SIGNS_OPAQUE, SIGNS_PSS, SIGNS_N };

struct way {
	enum signs signs;
	bool encrypts;
	enum smimeout_cipher cipher;
	enum smimeout_transport transport;
	bool is_triple;		/* signed again around it */
};

static const char *const signing_words[] = { "", "signed",
	"signed (opaque)", "signed (RSA-PSS)" };
static const char *const cipher_words[] = {
	[SMIMEOUT_AES_256_CBC] = "AES-256-CBC",
	[SMIMEOUT_AES_128_CBC] = "AES-128-CBC",
	[SMIMEOUT_AES_256_GCM] = "AES-256-GCM",
	[SMIMEOUT_AES_128_GCM] = "AES-128-GCM",
};

/* ---- there ------------------------------------------------------------ */

static struct smimeout_signer
signer_of(const struct roundtrip_config *c, enum signs signs)
{
	return ((struct smimeout_signer){ .cert = c->signer, .key = c->key,
	    .signing = signs == SIGNS_PSS ? SMIMEOUT_RSA_PSS :
	    SMIMEOUT_RSA_V15, .at_ms = c->now_ms });
}

static int
protect(const struct roundtrip_config *c, const struct way *w,
    const struct letter *letter, struct arena *a, struct buf *out,
    struct err *err)
{
	struct smimeout_signer signer = signer_of(c, w->signs);
	struct smimeout_recipient to = { c->recipient, w->transport };
	enum smimeout_form form = w->signs == SIGNS_OPAQUE ?
	    SMIMEOUT_OPAQUE : SMIMEOUT_CLEAR;
	struct smimeout_entity *e;

	if (smimeout_entity(letter, w->encrypts ? SMIMEOUT_HEADERS_HIDDEN :
	    SMIMEOUT_HEADERS_COPIED, w->encrypts, a, &e, err) == -1 ||
	    (w->signs != SIGNS_NOT &&
	    smimeout_sign(e, &signer, form, a, &e, err) == -1) ||
	    (w->encrypts &&
	    smimeout_encrypt(e, &to, 1, w->cipher, a, &e, err) == -1) ||
	    (w->is_triple &&
	    smimeout_sign(e, &signer, SMIMEOUT_CLEAR, a, &e, err) == -1))
		return (-1);
	return (smimeout_write(e, STR_NULL, out, err));
}

static struct str
message(const struct roundtrip_config *c, struct arena *a)
{
	char date[CLOCK_RFC5322_SIZE];

	clock_rfc5322(c->now_ms, date);
	return (str_of(arena_printf(a, "From: %.*s\r\nTo: %.*s\r\n"
	    "Date: %s\r\nSubject: round trip\r\n"
	    "Message-ID: <round.trip@localhost>\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n" WORDS "\r\n",
	    STR_FMT(c->address), STR_FMT(c->address), date)));
}

/* ---- and back --------------------------------------------------------- */

static bool
has_words(struct str mail, struct arena *a)
{
	AUTO_BUF struct buf text = BUF_INIT(MAIL_MAX);
	struct letter_view view;
	struct letter *letter;

	if (letter_parse(mail, a, &letter, NULL) == -1)
		return (false);
	letter_view(letter, a, &view);
	return (view.text != NULL &&
	    letter_text(view.text, &text, NULL) == 0 &&
	    str_find_nocase(buf_view(&text), STR_LIT(WORDS)) >= 0 &&
	    str_eq(letter_header(letter->root, STR_LIT("Subject"), a),
	    STR_LIT("round trip")));
}

static bool
is_right(const struct way *w, const struct smimein_result *r, struct str mail,
    struct arena *a, struct str *why)
{
	if (w->encrypts && r->seal != SMIMEIN_OPENED) {
		*why = arena_str(a, r->sentence);
		return (false);
	}
	if (w->signs != SIGNS_NOT && r->signature != SMIMEIN_VALID) {
		*why = r->sentence.len > 0 ? arena_str(a, r->sentence) :
		    STR_LIT("the signature was not found");
		return (false);
	}
	*why = STR_LIT("what came back is not what was sent");
	return (has_words(r->mail.len > 0 ? buf_view(&r->mail) : mail, a));
}

static bool
try_one(const struct roundtrip_config *c, const struct way *w,
    struct arena *a, struct str *why)
{
	AUTO_BUF struct buf mail = BUF_INIT(MAIL_MAX);
	struct smimein_opening how = { .keys = c->keys, .trust = c->trust,
		.strips = true, .now_ms = c->now_ms };
	struct smimein_result r;
	struct letter *letter;
	struct err err = ERR_INIT;
	bool right;

	if (letter_parse(message(c, a), a, &letter, &err) == -1 ||
	    protect(c, w, letter, a, &mail, &err) == -1 ||
	    letter_parse(buf_view(&mail), a, &letter, &err) == -1 ||
	    smimein_open(letter, &how, a, &r, &err) == -1) {
		*why = arena_str(a, str_of(err.msg));
		return (false);
	}
	right = is_right(w, &r, buf_view(&mail), a, why);
	if (right)
		*why = STR_NULL;
	smimein_done(&r);
	return (right);
}

/* ---- all -------------------------------------------------------------- */

static const char *
words_of(const struct roundtrip_config *c, const struct way *w,
    struct arena *a)
{
	const char *transport = c->recipient == NULL ||
	    c->recipient->key != CERT_KEY_RSA ? "ECDH" :
	    w->transport == SMIMEOUT_RSA_OAEP ? "RSA-OAEP" : "RSA PKCS #1";

	if (!w->encrypts)
		return (signing_words[w->signs]);
	return (arena_printf(a, "%s%s%s, %s%s", signing_words[w->signs],
	    w->signs != SIGNS_NOT ? "; " : "", cipher_words[w->cipher],
	    transport, w->is_triple ? "; signed again" : ""));
}

static bool
can(const struct roundtrip_config *c, const struct way *w)
{
	if (w->signs != SIGNS_NOT && c->signer == NULL)
		return (false);
	if (w->encrypts && c->recipient == NULL)
		return (false);
	if (w->signs == SIGNS_PSS && c->signer->key != CERT_KEY_RSA)
		return (false);
	return (!w->encrypts || w->transport != SMIMEOUT_RSA_OAEP ||
	    c->recipient->key == CERT_KEY_RSA);
}

static size_t
run(const struct roundtrip_config *c, const struct way *w, struct arena *a,
    struct roundtrip_result out[static ROUNDTRIP_MAX], size_t *n)
{
	struct roundtrip_result *r = &out[*n];

	if (!can(c, w))
		return (0);
	must(*n < ROUNDTRIP_MAX);
	r->way = words_of(c, w, a);
	r->is_right = try_one(c, w, a, &r->why);
	(*n)++;
	return (!r->is_right);
}

size_t
roundtrip_all(const struct roundtrip_config *c, struct arena *a,
    struct roundtrip_result out[static ROUNDTRIP_MAX], size_t *n)
{
	struct way triple = { SIGNS_CLEAR, true, SMIMEOUT_AES_256_CBC,
		SMIMEOUT_RSA_PKCS1, true };
	size_t wrong = 0;

	*n = 0;
	for (int s = SIGNS_CLEAR; s < SIGNS_N; s++)
		wrong += run(c, &(struct way){ .signs = (enum signs)s }, a,
		    out, n);
	/* PSS with every cipher tells nothing that clear does not. */
	for (int s = SIGNS_NOT; s <= SIGNS_OPAQUE; s++)
		for (int k = 0; k <= SMIMEOUT_AES_128_GCM; k++)
			for (int t = 0; t <= SMIMEOUT_RSA_OAEP; t++)
				wrong += run(c, &(struct way){ (enum signs)s,
				    true, (enum smimeout_cipher)k,
				    (enum smimeout_transport)t, false }, a,
				    out, n);
	return (wrong + run(c, &triple, a, out, n));
}

bool
roundtrip_decrypts(const struct roundtrip_config *c, struct arena *a,
    struct str *why)
{
	struct way w = { .encrypts = true };

	return (try_one(c, &w, a, why));
}
