/* SPDX-License-Identifier: Apache-2.0 */
/*
 * visitor: one request per connection, just enough HTTP for our own portal.
 *
 * Runs in the demo only. Security: its own portal on this machine is all it
 * speaks to, so the certificate is not checked.
 */
#include "cli/visitor.h"

#include <jansson.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/enc.h"
#include "mime/letter.h"
#include "net/conn.h"
#include "net/tls.h"
#include "seal/stream.h"

#define ANSWER_MAX ((size_t)200 << 20)
#define CALL_MS (30 * CLOCK_SECOND_MS)
#define L_LETTERS 26

/* ---- HTTP ------------------------------------------------------------- */

static struct conn *
dial(const struct visitor *r, struct tls_context *tls, struct err *err)
{
	int64_t deadline = clock_mono_ms() + CALL_MS;
	struct conn *c = conn_loopback(r->port, deadline, err);

	if (c == NULL)
		return (NULL);
	conn_set_deadline(c, deadline);
	if (conn_start_tls(c, tls, NULL, err) == -1)
		conn_free(&c);
	return (c);
}

static int
ask(struct conn *c, const struct visitor *r, const char *method,
    const char *path, const char *body, struct buf *answer, struct err *err)
{
	AUTO_BUF struct buf request = BUF_INIT(1u << 20);
	char grant[ID_TEXT_SIZE];

	buf_printf(&request, "%s /api/v1/grants/%s%s HTTP/1.1\r\nHost: %s\r\n"
	    "X-Letterlock: 1\r\nConnection: close\r\n%s%s%s", method,
	    id_text(&r->grant.id, grant), path, r->host,
	    r->cookie[0] ? "Cookie: " : "", r->cookie,
	    r->cookie[0] ? "\r\n" : "");
	if (body != NULL)
		buf_printf(&request, "Content-Type: application/json\r\n"
		    "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	else
		buf_z(&request, "\r\n");
	if (conn_put(c, buf_view(&request), err) == -1 ||
	    conn_flush(c, err) == -1)
		return (-1);
	while (conn_fill(c, err) == 0) {
		struct str in = conn_peek(c);

		buf_str(answer, in);
		conn_consume(c, in.len);
	}
	/* The end of the stream is how the answer ends. */
	if (answer->len == 0)
		return (-1);
	err_clear(err);
	return (buf_check(answer, "the portal's answer", err));
}

/* Keep the session cookie of an answer's head. */
static void
keep_cookie(struct visitor *r, struct str head)
{
	ptrdiff_t at = str_find_nocase(head, STR_LIT("set-cookie: "));
	struct str rest, value;

	if (at < 0)
		return;
	rest = str_sub(head, (size_t)at + 12, head.len);
	if (str_next(&rest, ';', &value))
		(void)snprintf(r->cookie, sizeof(r->cookie), "%.*s",
		    STR_FMT(value));
}

static int
call(struct visitor *r, const char *method, const char *path, const char *body,
    struct buf *out, struct err *err)
{
	AUTO_BUF struct buf answer = BUF_INIT(ANSWER_MAX);
	static const struct tls_client_config anybody = { .ca = NULL };
	struct tls_context *tls = tls_client(&anybody, err);
	struct conn *c;
	const char *end;
	struct str head;
	int rc;

	if (tls == NULL)
		return (-1);
	c = dial(r, tls, err);
	rc = c == NULL ? -1 : ask(c, r, method, path, body, &answer, err);
	conn_free(&c);
	tls_release(&tls);
	if (rc == -1)
		return (err_in(err, "portal"));
	end = memmem(answer.p, answer.len, "\r\n\r\n", 4);
	if (end == NULL)
		return (err_set(err, ERR_INPUT, "the portal's answer has no "
		    "head"));
	head = str_make(answer.p, (size_t)(end - (const char *)answer.p));
	keep_cookie(r, head);
	if (!str_starts_nocase(head, STR_LIT("HTTP/1.1 200")))
		return (err_set(err, ERR_DENIED, "the portal said %.*s",
		    STR_FMT(str_sub(head, 9, 40))));
	buf_append(out, end + 4, answer.len - head.len - 4);
	return (0);
}

/* ---- mails ------------------------------------------------------------ */

/* The text body of a mail. */
static int
text_of(struct str mail, struct buf *out, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct letter_view view;
	struct letter *letter;

	if (letter_parse(mail, a, &letter, err) == -1)
		return (-1);
	letter_view(letter, a, &view);
	if (view.text == NULL)
		return (err_set(err, ERR_INPUT, "the mail has no text"));
	return (letter_text(view.text, out, err));
}

int
visitor_from_notice(struct str mail, const char *url, struct visitor *out,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	const char *colon = strrchr(url, ':');
	struct str link;
	uint64_t port;
	ptrdiff_t at;

	memset(out, 0, sizeof(*out));
	if (text_of(mail, &text, err) == -1)
		return (-1);
	at = str_find_nocase(buf_view(&text), STR_LIT("/m/"));
	link = at < 0 ? STR_NULL : str_sub(buf_view(&text), (size_t)at + 3,
	    2 * L_LETTERS + 1);
	if (link.len != 2 * L_LETTERS + 1 || link.p[L_LETTERS] != '#' ||
	    !id_parse(str_sub(link, 0, L_LETTERS), &out->grant.id) ||
	    !enc_base32_parse(str_sub(link, L_LETTERS + 1, L_LETTERS),
	    out->grant.l, GRANT_L_BYTES))
		return (err_set(err, ERR_INPUT, "the notice has no link"));
	if (colon == NULL || !str_to_u64(str_of(colon + 1), UINT16_MAX, &port))
		return (err_set(err, ERR_INPUT, "the portal has no port"));
	out->port = (uint16_t)port;
	(void)snprintf(out->host, sizeof(out->host), "%s",
	    strstr(url, "://") + 3);
	return (0);
}

bool
visitor_passcode(struct str mail, char code[static 9])
{
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	struct err err = ERR_INIT;
	struct str rest, line;

	if (text_of(mail, &text, &err) == -1)
		return (false);
	rest = buf_view(&text);
	while (str_next(&rest, '\n', &line)) {
		uint64_t a, b;

		line = str_trim(line);
		if (line.len != 9 || line.p[4] != ' ' ||
		    !str_to_u64(str_sub(line, 0, 4), 9999, &a) ||
		    !str_to_u64(str_sub(line, 5, 4), 9999, &b))
			continue;
		(void)snprintf(code, 9, "%.4s%.4s", line.p, line.p + 5);
		return (true);
	}
	return (false);
}

/* ---- the way in ------------------------------------------------------- */

int
visitor_ask_passcode(struct visitor *r, struct err *err)
{
	AUTO_BUF struct buf answer = BUF_INIT(1u << 20);

	return (call(r, "POST", "/passcode", "{}", &answer, err));
}

static int
unwrap(struct visitor *r, struct str json, struct err *err)
{
	AUTO_BUF struct buf s = BUF_INIT(64), wck = BUF_INIT(64);
	const char *parcel = NULL, *s_text = NULL, *wck_text = NULL;
	json_t *o = json_loadb(json.p, json.len, JSON_REJECT_DUPLICATES, NULL);
	bool ok = o != NULL && json_unpack(o, "{s:s,s:s,s:s}", "parcel",
	    &parcel, "s", &s_text, "wck", &wck_text) == 0 &&
	    id_parse(str_of(parcel), &r->parcel) &&
	    enc_base64_parse(str_of(s_text), &s) && s.len == GRANT_S_BYTES &&
	    enc_base64_parse(str_of(wck_text), &wck) &&
	    wck.len == GRANT_WCK_BYTES;

	json_decref(o);
	if (!ok)
		return (err_set(err, ERR_INPUT, "the portal's answer to open "
		    "is not what it should be"));
	memcpy(r->grant.s, s.p, GRANT_S_BYTES);
	return (grant_unwrap(&r->grant, &r->parcel, wck.p, r->ck, err));
}

int
visitor_sign_in(struct visitor *r, const char *code, struct err *err)
{
	AUTO_BUF struct buf answer = BUF_INIT(1u << 20);
	char body[64];

	(void)snprintf(body, sizeof(body), "{\"code\":\"%s\",\"stay\":false}",
	    code);
	if (call(r, "POST", "/session", body, &answer, err) == -1)
		return (-1);
	buf_reset(&answer);
	if (call(r, "POST", "/open", "{}", &answer, err) == -1)
		return (-1);
	return (unwrap(r, buf_view(&answer), err));
}

int
visitor_part(struct visitor *r, uint32_t part, struct buf *out, struct err *err)
{
	AUTO_BUF struct buf sealed = BUF_INIT(ANSWER_MAX);
	char path[32];

	(void)snprintf(path, sizeof(path), "/parts/%u", part);
	if (call(r, "GET", path, NULL, &sealed, err) == -1)
		return (-1);
	return (stream_open(r->ck, &r->parcel, part, buf_view(&sealed), out,
	    err));
}
