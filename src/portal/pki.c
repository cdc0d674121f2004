/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pki: what programs ask about certificates of the built-in authority: its own
 * certificates, revocation lists, OCSP answers.
 *
 * Runs in the portal, which hands out bytes that were signed ahead and holds no
 * key for it. Security: anybody may ask; a name from outside reaches the store
 * only where it is made of letters, digits and hyphens, a request only as a
 * hash of what it asks about. Nothing is changed, so a POST of another site is
 * as good as any. Standards: RFC 5280 4.2.1.13, RFC 5019 5 and 6, RFC 6960 A.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "issue/ocspask.h"
#include "portal/say.h"
#include "store/certs.h"

#define NAME_BYTES_MAX 64
#define CRL_BYTES_MAX (32u << 20)
#define CERT_AGE_S 86400
#define CRL_AGE_S 3600	/* a revocation is to be known within this */
#define ANSWER_AGE_S 3600

/* The answers that need no signature (RFC 6960 4.2.1). */
static const uint8_t malformed[] = { 0x30, 0x03, 0x0a, 0x01, 0x01 };
static const uint8_t try_later[] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };
static const uint8_t unauthorized[] = { 0x30, 0x03, 0x0a, 0x01, 0x06 };

/* Find bytes that still hold. 1: they are in the response; 0: there are none;
 * -1: the store failed; *is_late: there are, but they have expired. */
static int
hand_out(struct visit *v, struct str name, size_t max, bool *is_late,
    struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(max);
	int64_t until_ms;
	bool found;

	*is_late = false;
	if (store_document_get(v->portal->config->store, name, &bytes,
	    &until_ms, &found, err) == -1 ||
	    buf_check(&bytes, "what was asked for", err) == -1)
		return (-1);
	if (!found)
		return (0);
	v->r->body = arena_str(v->a, buf_view(&bytes));
	*is_late = until_ms <= v->now_ms;
	if (!*is_late)
		v->r->max_age_s = (unsigned)MIN_OF((until_ms - v->now_ms) /
		    CLOCK_SECOND_MS, (int64_t)CERT_AGE_S);
	return (1);
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '-')
			return (false);
	return (s.len > 0 && s.len <= NAME_BYTES_MAX);
}

void
pki_file(struct visit *v)
{
	struct str file = v->captured[0], ending = STR_LIT(".crl"), name;
	bool is_list = str_ends_nocase(file, ending), is_late;
	struct err err = ERR_INIT;

	name = str_sub(file, 0, file.len - MIN_OF(file.len, ending.len));
	if (!is_name(name) || (!is_list && !str_ends_nocase(file,
	    STR_LIT(".crt")))) {
		say_problem(v, SAY_NOT_FOUND);
		return;
	}
	/* A list past its time is handed out all the same: it says so itself,
	 * and what is revoked stays so. */
	switch (hand_out(v, str_of(arena_printf(v->a, "%s/%.*s", is_list ?
	    "crl" : "crt", STR_FMT(name))), CRL_BYTES_MAX, &is_late, &err)) {
	case 0:
		say_problem(v, SAY_NOT_FOUND);
		break;
	case 1:
		v->r->type = is_list ? "application/pkix-crl" :
		    "application/pkix-cert";
		v->r->max_age_s = MIN_OF(v->r->max_age_s,
		    (unsigned)(is_list ? CRL_AGE_S : CERT_AGE_S));
		break;
	default:
		say_failure(v, &err);
	}
}

/* The certificate of who knows an address: by its SHA-256, so that nobody can
 * read through all there are. */
void
pki_person(struct visit *v)
{
	struct str name = v->captured[0], ending = STR_LIT(".crt");
	bool is_open = v->portal->config->settings->smime.web_directory ==
	    SETTINGS_WEB_ON, is_late;
	uint8_t hash[STORE_HASH_BYTES];
	struct err err = ERR_INIT;
	int rc = 0;

	name = str_sub(name, 0, name.len - MIN_OF(name.len, ending.len));
	if (is_open && str_ends_nocase(v->captured[0], ending) &&
	    enc_hex_parse(name, hash, sizeof(hash)))
		rc = hand_out(v, str_of(arena_printf(v->a, "cert/%.*s",
		    STR_FMT(name))), SAY_JSON_MAX, &is_late, &err);
	if (rc == -1)
		say_failure(v, &err);
	else if (rc == 0 || v->r->max_age_s == 0) {
		v->r->body = STR_NULL;
		say_problem(v, SAY_NOT_FOUND);
	} else
		v->r->type = "application/pkix-cert";
}

/* ---- OCSP ------------------------------------------------------------- */

static void
answer(struct visit *v, struct str request)
{
	char name[OCSPASK_NAME_SIZE];
	struct err err = ERR_INIT;
	bool is_late = false;
	int rc;

	v->r->type = "application/ocsp-response";
	if (!ocspask_parse(request, name)) {
		v->r->body = str_make(malformed, sizeof(malformed));
		return;
	}
	rc = hand_out(v, str_of(name), SAY_JSON_MAX, &is_late, &err);
	v->r->max_age_s = MIN_OF(v->r->max_age_s, (unsigned)ANSWER_AGE_S);
	/* RFC 5019 2.2.3: of what we have no answer for, we may not say more
	 * than that. */
	if (rc == 0)
		v->r->body = str_make(unauthorized, sizeof(unauthorized));
	else if (rc == -1 || is_late)
		v->r->body = str_make(try_later, sizeof(try_later));
}

void
pki_ocsp_post(struct visit *v)
{
	struct str type = web_head_field(v->q->head, STR_LIT("Content-Type"));

	if (!str_eq_nocase(str_trim(type),
	    STR_LIT("application/ocsp-request"))) {
		say_problem(v, SAY_BAD_REQUEST);
		return;
	}
	answer(v, v->q->body);
}

/* Base64 of the request is the rest of the path (RFC 6960 A.1). */
void
pki_ocsp_get(struct visit *v)
{
	AUTO_BUF struct buf request = BUF_INIT(OCSPASK_MAX);

	(void)!enc_base64_parse(v->captured[0], &request);
	answer(v, arena_str(v->a, buf_view(&request)));
}
