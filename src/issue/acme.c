/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme: requests and answers of RFC 8555.
 *
 * Runs in the gateway and the CLI. Security: as acme.h. A nonce that the server
 * does not like any more is replaced a few times, never for ever. Standards:
 * RFC 8555 6 and 7.
 */
#include "issue/acme.h"

#include <jansson.h>
#include <stdio.h>

#include "base/enc.h"
#include "issue/jws.h"

#define TRIES_MAX 4	/* RFC 8555 6.5: retry on badNonce */
#define ANSWER_MAX (256u << 10)
#define PAYLOAD_MAX (64u << 10)
#define JOSE "application/jose+json"
#define BAD_NONCE "urn:ietf:params:acme:error:badNonce"

#define AUTO_JSON AUTO_CLEAN(free_json)

static void
free_json(json_t **o)
{
	json_decref(*o);
}

/* ---- one request ------------------------------------------------------- */

struct answer {
	unsigned status;
	char location[FETCH_FIELD_SIZE];
	struct buf body;
};

static json_t *
parse(const struct answer *x)
{
	return (json_loadb((const char *)x->body.p, x->body.len,
	    JSON_REJECT_DUPLICATES, NULL));
}

/* A text of the server's that is shown: cut, and without control bytes. */
static const char *
shown(const char *text, struct arena *a)
{
	char *out = arena_printf(a, "%.160s", text != NULL ? text : "");

	for (char *p = out; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return (out);
}

static int
explain(const struct acme *acme, const struct answer *x, struct err *err)
{
	AUTO_JSON json_t *o = parse(x);
	const char *detail = json_string_value(json_object_get(o, "detail"));

	return (err_set(err, x->status >= 500 || x->status == 429 ? ERR_TEMP :
	    ERR_PERM, "the ACME server says %u%s%s", x->status,
	    detail != NULL ? ": " : "", shown(detail, acme->a)));
}

static bool
is_bad_nonce(const struct answer *x)
{
	AUTO_JSON json_t *o = x->status == 400 ? parse(x) : NULL;
	const char *type = json_string_value(json_object_get(o, "type"));

	return (type != NULL && strcmp(type, BAD_NONCE) == 0);
}

static int
ask(struct acme *acme, const char *url, const char *type, struct str data,
    struct answer *x, struct err *err)
{
	struct fetch_field wanted[] = { { .name = "Replay-Nonce" },
		{ .name = "Location" } };
	struct fetch_request q = { .url = url, .type = type, .data = data,
		.wanted = wanted, .n_wanted = COUNT_OF(wanted) };
	struct fetch_answer got;

	buf_reset(&x->body);
	if (fetch_ask(acme->way, &q, acme->deadline_ms, &x->body, &got,
	    err) == -1)
		return (err_in(err, "the ACME server"));
	(void)snprintf(acme->nonce, sizeof(acme->nonce), "%s",
	    wanted[0].value);
	(void)snprintf(x->location, sizeof(x->location), "%s",
	    wanted[1].value);
	x->status = got.status;
	return (0);
}

/* A nonce is used once, and comes with every answer. */
static int
need_nonce(struct acme *acme, struct answer *x, struct err *err)
{
	if (acme->nonce[0] != '\0')
		return (0);
	if (ask(acme, acme->new_nonce, NULL, STR_NULL, x, err) == -1)
		return (-1);
	return (acme->nonce[0] != '\0' ? 0 : err_set(err, ERR_TEMP,
	    "the ACME server gives no nonce"));
}

/* Signed; payload empty: only to read. */
static int
post(struct acme *acme, const char *url, struct str payload,
    struct answer *x, struct err *err)
{
	for (unsigned i = 0; i < TRIES_MAX; i++) {
		AUTO_BUF struct buf body = BUF_INIT(ANSWER_MAX);
		struct jws what = { .url = url, .kid = acme->kid,
			.payload = payload };
		char nonce[FETCH_FIELD_SIZE];

		if (need_nonce(acme, x, err) == -1)
			return (-1);
		memcpy(nonce, acme->nonce, sizeof(nonce));
		acme->nonce[0] = '\0';
		what.nonce = nonce;
		if (jws_sign(acme->key, &what, &body, err) == -1 ||
		    ask(acme, url, JOSE, buf_view(&body), x, err) == -1)
			return (-1);
		if (!is_bad_nonce(x))
			break;
	}
	return (x->status / 100 == 2 ? 0 : explain(acme, x, err));
}

static int
post_json(struct acme *acme, const char *url, struct str payload,
    struct answer *x, json_t **out, struct err *err)
{
	if (post(acme, url, payload, x, err) == -1)
		return (-1);
	*out = parse(x);
	return (*out != NULL ? 0 : err_set(err, ERR_TEMP,
	    "the ACME server's answer is no JSON"));
}

/* ---- directory and account --------------------------------------------- */

/* Only https: the server must not send us anywhere else. */
static const char *
url_of(const json_t *o, const char *key, struct arena *a)
{
	const char *s = json_string_value(json_object_get(o, key));

	return (s != NULL && str_starts_nocase(str_of(s),
	    STR_LIT("https://")) ? arena_printf(a, "%s", s) : NULL);
}

int
acme_open(struct acme *acme, const struct fetch_way *way,
    const char *directory, EVP_PKEY *key, int64_t deadline_ms,
    struct arena *a, struct err *err)
{
	struct answer x = { .body = BUF_INIT(ANSWER_MAX) };
	AUTO_JSON json_t *o = NULL;
	int rc;

	*acme = (struct acme){ .way = way, .key = key, .a = a,
	    .deadline_ms = deadline_ms };
	rc = ask(acme, directory, NULL, STR_NULL, &x, err);
	if (rc == 0 && x.status != 200)
		rc = explain(acme, &x, err);
	if (rc == 0)
		o = parse(&x);
	buf_done(&x.body);
	if (rc == -1)
		return (-1);
	acme->new_nonce = url_of(o, "newNonce", a);
	acme->new_account = url_of(o, "newAccount", a);
	acme->new_order = url_of(o, "newOrder", a);
	return (acme->new_nonce != NULL && acme->new_account != NULL &&
	    acme->new_order != NULL ? 0 : err_set(err, ERR_PERM, "%s is no "
	    "ACME directory", directory));
}

static int
bind_account(struct acme *acme, const struct acme_binding *binding,
    struct buf *out, struct err *err)
{
	AUTO_BUF struct buf secret = BUF_INIT(PAYLOAD_MAX);
	AUTO_BUF struct buf jwk = BUF_INIT(PAYLOAD_MAX);
	struct jws what = { .url = acme->new_account, .kid = binding->kid };

	if (binding->kid.len == 0)
		return (0);
	if (!enc_base64_parse(str_trim(binding->secret), &secret))
		return (err_set(err, ERR_INPUT, "the secret of the account is "
		    "not base64url"));
	if (jws_key(acme->key, &jwk, err) == -1)
		return (-1);
	what.payload = buf_view(&jwk);
	buf_z(out, ",\"externalAccountBinding\":");
	return (jws_mac(buf_view(&secret), &what, out, err));
}

int
acme_account(struct acme *acme, const struct acme_binding *binding,
    struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);
	struct answer x = { .body = BUF_INIT(ANSWER_MAX) };
	int rc;

	buf_z(&payload, "{\"termsOfServiceAgreed\":true");
	if (bind_account(acme, binding, &payload, err) == -1)
		return (-1);
	buf_char(&payload, '}');
	rc = post(acme, acme->new_account, buf_view(&payload), &x, err);
	if (rc == 0 && x.location[0] == '\0')
		rc = err_set(err, ERR_PERM, "the ACME server names no "
		    "account");
	if (rc == 0)
		acme->kid = arena_str(acme->a, str_of(x.location));
	buf_done(&x.body);
	return (rc);
}

/* ---- orders ------------------------------------------------------------ */

static enum acme_status
status_of(const json_t *o)
{
	static const char *const words[] = { [ACME_PENDING] = "pending",
		[ACME_PROCESSING] = "processing", [ACME_READY] = "ready",
		[ACME_VALID] = "valid" };
	const char *s = json_string_value(json_object_get(o, "status"));

	for (size_t i = 0; s != NULL && i < COUNT_OF(words); i++)
		if (strcmp(words[i], s) == 0)
			return ((enum acme_status)i);
	return (ACME_INVALID);
}

static int
take_order(const struct acme *acme, const json_t *o, const char *url,
    struct acme_order *out, struct err *err)
{
	const json_t *first = json_array_get(json_object_get(o,
	    "authorizations"), 0);
	const char *problem = json_string_value(json_object_get(
	    json_object_get(o, "error"), "detail"));
	struct acme_order x = { .url = arena_printf(acme->a, "%s", url),
		.finalize = url_of(o, "finalize", acme->a),
		.certificate = url_of(o, "certificate", acme->a),
		.status = status_of(o),
		.problem = problem != NULL ? shown(problem, acme->a) : NULL };

	if (json_is_string(first))
		x.authorization = arena_printf(acme->a, "%s",
		    json_string_value(first));
	if (x.finalize == NULL || x.authorization == NULL || url[0] == '\0')
		return (err_set(err, ERR_PERM, "the ACME server's order is "
		    "not whole"));
	*out = x;
	return (0);
}

static int
order(struct acme *acme, const char *url, struct str payload,
    const char *known, struct acme_order *out, struct err *err)
{
	struct answer x = { .body = BUF_INIT(ANSWER_MAX) };
	AUTO_JSON json_t *o = NULL;
	int rc = post_json(acme, url, payload, &x, &o, err);

	buf_done(&x.body);
	return (rc == -1 ? -1 : take_order(acme, o, known != NULL ? known :
	    x.location, out, err));
}

int
acme_order(struct acme *acme, const char *type, struct str value,
    struct acme_order *out, struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);

	buf_printf(&payload, "{\"identifiers\":[{\"type\":\"%s\",\"value\":",
	    type);
	enc_json(value, &payload);
	buf_z(&payload, "}]}");
	return (order(acme, acme->new_order, buf_view(&payload), NULL, out,
	    err));
}

int
acme_look(struct acme *acme, const char *url, struct acme_order *out,
    struct err *err)
{
	return (order(acme, url, STR_NULL, url, out, err));
}

int
acme_finalize(struct acme *acme, const char *finalize, struct str csr,
    struct acme_order *out, struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);

	buf_z(&payload, "{\"csr\":\"");
	enc_base64url(csr.p, csr.len, &payload);
	buf_z(&payload, "\"}");
	return (order(acme, finalize, buf_view(&payload), finalize, out,
	    err));
}

/* ---- challenges -------------------------------------------------------- */

static int
take_challenge(const struct acme *acme, const json_t *o, const char *type,
    struct acme_challenge *out, struct err *err)
{
	const json_t *list = json_object_get(o, "challenges"), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *t = json_string_value(json_object_get(one,
		    "type"));
		const char *token = json_string_value(json_object_get(one,
		    "token"));
		const char *from = json_string_value(json_object_get(one,
		    "from"));

		if (t == NULL || strcmp(t, type) != 0 || token == NULL)
			continue;
		*out = (struct acme_challenge){ .status = status_of(o),
			.url = url_of(one, "url", acme->a),
			.token = arena_printf(acme->a, "%s", token),
			.from = from == NULL ? NULL :
			arena_printf(acme->a, "%s", from) };
		if (out->url != NULL)
			return (0);
	}
	return (err_set(err, ERR_PERM, "the ACME server offers no challenge "
	    "%s", type));
}

int
acme_challenge(struct acme *acme, const char *authorization, const char *type,
    struct acme_challenge *out, struct err *err)
{
	struct answer x = { .body = BUF_INIT(ANSWER_MAX) };
	AUTO_JSON json_t *o = NULL;
	int rc = post_json(acme, authorization, STR_NULL, &x, &o, err);

	buf_done(&x.body);
	return (rc == -1 ? -1 : take_challenge(acme, o, type, out, err));
}

int
acme_answered(struct acme *acme, const char *challenge, struct err *err)
{
	struct answer x = { .body = BUF_INIT(ANSWER_MAX) };
	int rc = post(acme, challenge, STR_LIT("{}"), &x, err);

	buf_done(&x.body);
	return (rc);
}

int
acme_certificate(struct acme *acme, const char *url, struct buf *pem,
    struct err *err)
{
	struct answer x = { .body = BUF_INIT(ACME_CHAIN_MAX) };
	int rc = post(acme, url, STR_NULL, &x, err);

	if (rc == 0)
		buf_str(pem, buf_view(&x.body));
	buf_done(&x.body);
	return (rc);
}
