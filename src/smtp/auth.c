/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth: AUTH PLAIN and LOGIN, under TLS only.
 *
 * Runs in the gateway. Security: passwords pass through wiped buffers and are
 * checked by the service (argon2id, slow on purpose); wrong ones are answered
 * alike for known and unknown users, delayed, and the third one ends the
 * session. Standards: RFC 4954, RFC 4616.
 */
#include "smtp/state.h"

#include "base/clock.h"
#include "base/enc.h"
#include "smtp/grammar.h"

#define WRONG_PASSWORDS_MAX 3
#define WRONG_PASSWORD_DELAY_MS 1000
#define CREDENTIALS_MAX 4096

/* Ask with a 334 and read one base64 line. 1: in out, 0: answered, -1: over. */
static int
ask(struct smtp_state *s, const char *prompt, struct buf *out)
{
	const char *fault = NULL;
	struct str line;

	if (smtp_say(s, 334, "", prompt) != 0 ||
	    smtp_read_line(s, SMTP_AUTH_LINE_MAX, &line, &fault) != 0)
		return (-1);
	if (fault == NULL && str_eq(line, STR_LIT("*")))
		return (smtp_say(s, 501, "5.7.0", "Sign-in cancelled."));
	if (fault != NULL || !enc_base64_parse(line, out))
		return (smtp_say(s, 501, "5.5.2", "That is not base64."));
	return (1);
}

static int
judge(struct smtp_state *s, struct str user, struct str password)
{
	if (user.len > 0 && user.len < sizeof(s->user) &&
	    s->service->login(s->service->ctx, user, password)) {
		memcpy(s->user, user.p, user.len);
		s->user[user.len] = '\0';
		return (smtp_say(s, 235, "2.7.0", "Signed in."));
	}
	s->service->note(s->service->ctx, "wrong_password",
	    conn_peer(s->conn), "");
	clock_sleep_until(clock_mono_ms() + WRONG_PASSWORD_DELAY_MS);
	if (++s->wrong_passwords < WRONG_PASSWORDS_MAX)
		return (smtp_say(s, 535, "5.7.8",
		    "User name or password is wrong."));
	return (smtp_goodbye(s, 421, "4.7.0", "Too many wrong passwords."));
}

/* authzid NUL authcid NUL password (RFC 4616 2); we take no authzid but the
 * user's own. */
static int
plain(struct smtp_state *s, struct str initial)
{
	AUTO_BUF struct buf b = BUF_INIT(CREDENTIALS_MAX);
	struct str rest, authzid, user;

	if (initial.len > 0) {
		if (!enc_base64_parse(initial, &b))
			return (smtp_say(s, 501, "5.5.2",
			    "That is not base64."));
	} else {
		int rc = ask(s, "", &b);

		if (rc <= 0)
			return (rc);
	}
	rest = buf_view(&b);
	if (!str_next(&rest, '\0', &authzid) ||
	    !str_next(&rest, '\0', &user) || rest.p == NULL ||
	    str_index(rest, '\0') >= 0 ||
	    (authzid.len > 0 && !str_eq(authzid, user)))
		return (smtp_say(s, 501, "5.5.2",
		    "Those are not PLAIN credentials."));
	return (judge(s, user, rest));
}

static int
login(struct smtp_state *s, struct str initial)
{
	AUTO_BUF struct buf user = BUF_INIT(CREDENTIALS_MAX);
	AUTO_BUF struct buf password = BUF_INIT(CREDENTIALS_MAX);
	int rc = 1;

	if (initial.len == 0)
		rc = ask(s, "VXNlcm5hbWU6", &user);	/* "Username:" */
	else if (!enc_base64_parse(initial, &user))
		rc = smtp_say(s, 501, "5.5.2", "That is not base64.");
	else
		rc = 1;
	if (rc <= 0 || user.len == 0)
		return (rc <= 0 ? rc : smtp_say(s, 501, "5.5.2",
		    "A user name is missing."));
	rc = ask(s, "UGFzc3dvcmQ6", &password);		/* "Password:" */
	if (rc <= 0)
		return (rc);
	return (judge(s, buf_view(&user), buf_view(&password)));
}

int
smtp_auth(struct smtp_state *s, struct str rest)
{
	struct str initial, mechanism = smtp_verb(rest, &initial);

	if (conn_tls(s->conn) == NULL)
		return (smtp_say(s, 538, "5.7.11",
		    "Passwords are taken under TLS only: STARTTLS first."));
	if (!s->service->offers_auth)
		return (smtp_say(s, 502, "5.5.1",
		    "This server takes no passwords."));
	if (!s->has_hello || s->has_mail || s->user[0] != '\0')
		return (smtp_say(s, 503, "5.5.1",
		    "Not now: after EHLO, once, outside a message."));
	/* RFC 4954 4: "=" is an empty initial response. */
	if (str_eq(initial, STR_LIT("=")))
		return (smtp_say(s, 501, "5.5.2", "Empty credentials."));
	if (str_eq_nocase(mechanism, STR_LIT("PLAIN")))
		return (plain(s, initial));
	if (str_eq_nocase(mechanism, STR_LIT("LOGIN")))
		return (login(s, initial));
	return (smtp_say(s, 504, "5.5.4", "Use AUTH PLAIN or LOGIN."));
}
