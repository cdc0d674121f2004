/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clientauth: signing in to another server: AUTH PLAIN, or LOGIN where that is
 * all it knows.
 *
 * Runs in the gateway's relay. Security: a password goes out under TLS only
 * and to a server that has offered AUTH under TLS; it passes through wiped
 * buffers and is in no error, because servers that repeat it in their replies
 * are not quoted. What a server asks for is not interpreted: it gets a user
 * name and a password, once, in that order, or the exchange is cancelled.
 * Standards: RFC 4954 4, RFC 4616; LOGIN was never made one.
 */
#include "smtp/client_state.h"

#include "base/enc.h"

#define CREDENTIALS_MAX 8192

static int
refused(const struct smtp_reply *r, struct err *err)
{
	return (err_set(err, r->code / 100 == 5 ? ERR_PERM : ERR_TEMP,
	    "the server refuses our user name and password, or does not take "
	    "them now (its answer to AUTH was %d %s)", r->code, r->status));
}

/* Send one line and wipe it. */
static int
say(struct smtp_client *c, struct buf *line, struct smtp_reply *reply,
    struct err *err)
{
	int rc;

	buf_z(line, "\r\n");
	if (buf_check(line, "the password", err) == -1)
		return (-1);
	smtp_client_wait(c, SMTP_CLIENT_COMMAND_MS);
	rc = smtp_client_put(c, buf_view(line), err);
	buf_reset(line);
	if (rc == -1 || smtp_client_flush(c, err) == -1)
		return (-1);
	return (smtp_client_reply(c, reply, NULL, err));
}

/* It asks for more than there is to say (RFC 4954 4: "*" ends it). */
static int
cancel(struct smtp_client *c, struct smtp_reply *reply, struct err *err)
{
	if (smtp_client_ask(c, "*", "", reply, NULL, err) == -1)
		return (-1);
	return (err_set(err, ERR_PERM, "the server asks for more than a user "
	    "name and a password"));
}

static int
judge(struct smtp_client *c, struct smtp_reply *reply, struct err *err)
{
	if (reply->code == 235)
		return (0);
	return (reply->code == 334 ? cancel(c, reply, err) :
	    refused(reply, err));
}

static int
plain(struct smtp_client *c, struct str user, struct str password,
    struct smtp_reply *reply, struct err *err)
{
	AUTO_BUF struct buf words = BUF_INIT(CREDENTIALS_MAX);
	AUTO_BUF struct buf line = BUF_INIT(CREDENTIALS_MAX);

	buf_char(&words, '\0');
	buf_str(&words, user);
	buf_char(&words, '\0');
	buf_str(&words, password);
	buf_z(&line, "AUTH PLAIN ");
	enc_base64(words.p, words.len, &line);
	if (say(c, &line, reply, err) == -1)
		return (-1);
	return (judge(c, reply, err));
}

static int
login(struct smtp_client *c, struct str user, struct str password,
    struct smtp_reply *reply, struct err *err)
{
	const struct str words[] = { user, password };
	AUTO_BUF struct buf line = BUF_INIT(CREDENTIALS_MAX);

	buf_z(&line, "AUTH LOGIN");
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (say(c, &line, reply, err) == -1)
			return (-1);
		if (reply->code != 334)
			return (reply->code >= 400 ? refused(reply, err) :
			    err_set(err, ERR_INPUT, "AUTH LOGIN was answered "
			    "with %d", reply->code));
		enc_base64(words[i].p, words[i].len, &line);
	}
	if (say(c, &line, reply, err) == -1)
		return (-1);
	return (judge(c, reply, err));
}

int
smtp_client_sign_in(struct smtp_client *c, struct str user,
    struct str password, struct smtp_reply *reply, struct err *err)
{
	int rc;

	*reply = (struct smtp_reply){ .code = 0 };
	if (conn_tls(c->conn) == NULL)
		return (err_set(err, ERR_DENIED, "the server does not offer "
		    "TLS, and a password is sent under TLS only"));
	if (!c->has_plain && !c->has_login)
		return (err_set(err, ERR_PERM, "the server offers no way to "
		    "sign in with a password (AUTH PLAIN or LOGIN)"));
	rc = c->has_plain ? plain(c, user, password, reply, err) :
	    login(c, user, password, reply, err);
	/* A server may quote what it was told. */
	reply->text[0] = '\0';
	return (rc);
}
