/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grammar: strict parsing of SMTP commands and their parameters.
 *
 * Runs in the gateway on bytes from any host. Standards: see the header.
 */
#include "smtp/grammar.h"

#include "base/enc.h"

#define ENVID_MAX 100	/* RFC 3461 4.4 */
#define ORCPT_MAX 500	/* RFC 3461 4.2 */

struct str
smtp_verb(struct str line, struct str *rest)
{
	ptrdiff_t space = str_index(line, ' ');

	if (space < 0) {
		*rest = str_make(line.p + line.len, 0);
		return (line);
	}
	*rest = str_sub(line, (size_t)space + 1, line.len);
	return (str_sub(line, 0, (size_t)space));
}

static int
bad(struct smtp_reply *reply, const char *what)
{
	smtp_reply_set(reply, 501, "5.5.4", "%s", what);
	return (-1);
}

/* Index of the > that ends a path, or 0; quotes hide it. */
static size_t
path_end(struct str s)
{
	bool quoted = false;

	for (size_t i = 1; i < s.len; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (s.p[i] == '>' && !quoted)
			return (i);
	}
	return (0);
}

/*
 * Take the path between < and >; *rest becomes what follows it. RFC 5321 3.3:
 * no space between the colon and the path, but too many clients send one to
 * refuse it.
 */
static bool
take_path(struct str *rest, struct str keyword, struct str *path)
{
	size_t end;

	if (!str_starts_nocase(*rest, keyword))
		return (false);
	*rest = str_sub(*rest, keyword.len, rest->len);
	if (rest->len > 0 && rest->p[0] == ' ')
		*rest = str_sub(*rest, 1, rest->len);
	if (rest->len == 0 || rest->p[0] != '<')
		return (false);
	end = path_end(*rest);
	if (end == 0)
		return (false);
	*path = str_sub(*rest, 1, end - 1);
	*rest = str_sub(*rest, end + 1, rest->len);
	return (rest->len == 0 || rest->p[0] == ' ');
}

/* The next " KEY[=VALUE]"; false at the end, or with *broken. */
static bool
next_parameter(struct str *rest, struct str *key, struct str *value,
    bool *broken)
{
	struct str word;
	ptrdiff_t eq;

	while (rest->len > 0 && rest->p[0] == ' ')
		*rest = str_sub(*rest, 1, rest->len);
	if (rest->len == 0 || !str_next(rest, ' ', &word))
		return (false);
	eq = str_index(word, '=');
	*key = eq < 0 ? word : str_sub(word, 0, (size_t)eq);
	*value = eq < 0 ? STR_NULL : str_sub(word, (size_t)eq + 1, word.len);
	*broken = key->len == 0 || (eq >= 0 && value->len == 0);
	return (!*broken);
}

bool
smtp_xtext(struct str s, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c < '!' || c > '~' || c == '=')
			return (false);
		if (c == '+') {
			/* Upper-case digits only, and no control byte that
			 * would end up in a header or a log. */
			if (!enc_hex_parse(str_sub(s, i + 1, 2), &c, 1) ||
			    (unsigned char)c < 0x20 || c == 0x7f)
				return (false);
			i += 2;
		}
		p[n++] = c;
	}
	*out = str_make(p, n);
	return (true);
}

/* One row per parameter of MAIL: how its value is read. */
static bool
mail_size(struct smtp_mail *m, struct str v, struct arena *a UNUSED)
{
	return (str_to_u64(v, UINT64_C(1) << 60, &m->size));
}

static bool
mail_body(struct smtp_mail *m, struct str v, struct arena *a UNUSED)
{
	m->is_8bit = str_eq_nocase(v, STR_LIT("8BITMIME"));
	return (m->is_8bit || str_eq_nocase(v, STR_LIT("7BIT")));
}

static bool
mail_utf8(struct smtp_mail *m, struct str v, struct arena *a UNUSED)
{
	m->is_utf8 = true;
	return (v.p == NULL);
}

static bool
mail_ret(struct smtp_mail *m, struct str v, struct arena *a UNUSED)
{
	m->ret_headers = str_eq_nocase(v, STR_LIT("HDRS"));
	return (m->ret_headers || str_eq_nocase(v, STR_LIT("FULL")));
}

static bool
mail_envid(struct smtp_mail *m, struct str v, struct arena *a)
{
	return (v.len > 0 && v.len <= ENVID_MAX &&
	    smtp_xtext(v, a, &m->envid));
}

/* RFC 4954 5: we trust no one else's AUTH=, it is checked and dropped. */
static bool
mail_auth(struct smtp_mail *m UNUSED, struct str v, struct arena *a)
{
	struct str dropped;

	return (v.len > 0 && smtp_xtext(v, a, &dropped));
}

static bool
mail_requiretls(struct smtp_mail *m, struct str v, struct arena *a UNUSED)
{
	m->requires_tls = true;
	return (v.p == NULL);
}

static const struct {
	const char *key;
	bool (*take)(struct smtp_mail *m, struct str value, struct arena *a);
} mail_parameters[] = {
	{ "SIZE", mail_size },
	{ "BODY", mail_body },
	{ "SMTPUTF8", mail_utf8 },
	{ "RET", mail_ret },
	{ "ENVID", mail_envid },
	{ "AUTH", mail_auth },
	{ "REQUIRETLS", mail_requiretls },
};

static int
mail_parameter(struct str key, struct str value, struct arena *a,
    struct smtp_mail *m, unsigned *seen, struct smtp_reply *reply)
{
	for (size_t i = 0; i < COUNT_OF(mail_parameters); i++) {
		if (!str_eq_nocase(key, str_of(mail_parameters[i].key)))
			continue;
		if ((*seen & 1u << i) != 0 ||
		    !mail_parameters[i].take(m, value, a))
			return (bad(reply, "That parameter's value is not "
			    "valid, or it was given twice."));
		*seen |= 1u << i;
		return (0);
	}
	smtp_reply_set(reply, 555, "5.5.4",
	    "MAIL parameter %.*s is not supported.",
	    (int)MIN_OF(key.len, 40u), key.p);
	return (-1);
}

int
smtp_parse_mail(struct str rest, struct arena *a, struct smtp_mail *out,
    struct smtp_reply *reply)
{
	struct smtp_mail m = { .size = 0 };
	struct str path, key, value;
	struct err err = ERR_INIT;
	bool broken = false;
	unsigned seen = 0;

	if (!take_path(&rest, STR_LIT("FROM:"), &path))
		return (bad(reply, "Syntax: MAIL FROM:<address> [parameters]"));
	while (next_parameter(&rest, &key, &value, &broken))
		if (mail_parameter(key, value, a, &m, &seen, reply) != 0)
			return (-1);
	if (broken)
		return (bad(reply, "A MAIL parameter is malformed."));
	m.is_null = path.len == 0;
	if (!m.is_null && address_parse(path, a, &m.from, &err) != 0) {
		smtp_reply_set(reply, 553, "5.1.7", "%s", err.msg);
		return (-1);
	}
	if (!m.is_utf8 && path.len > 0 && !enc_is_ascii(path)) {
		smtp_reply_set(reply, 553, "5.6.7", "An address with "
		    "non-ASCII letters needs the SMTPUTF8 parameter.");
		return (-1);
	}
	*out = m;
	return (0);
}

static bool
parse_notify(struct str v, uint32_t *out)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} words[] = { { "NEVER", SMTP_NOTIFY_NEVER },
		{ "SUCCESS", SMTP_NOTIFY_SUCCESS },
		{ "FAILURE", SMTP_NOTIFY_FAILURE },
		{ "DELAY", SMTP_NOTIFY_DELAY } };
	uint32_t bits = 0;
	struct str word;

	while (str_next(&v, ',', &word)) {
		size_t i = 0;

		while (i < COUNT_OF(words) &&
		    !str_eq_nocase(word, str_of(words[i].name)))
			i++;
		if (i == COUNT_OF(words))
			return (false);
		bits |= words[i].bit;
	}
	/* NEVER stands alone (RFC 3461 4.1). */
	if ((bits & SMTP_NOTIFY_NEVER) != 0 && bits != SMTP_NOTIFY_NEVER)
		return (false);
	*out = bits;
	return (bits != 0);
}

static bool
parse_orcpt(struct str v, struct arena *a, struct str *out)
{
	ptrdiff_t semicolon = str_index(v, ';');

	if (semicolon <= 0 || v.len > ORCPT_MAX)
		return (false);
	for (ptrdiff_t i = 0; i < semicolon; i++)
		if (!ascii_is_alpha(v.p[i]) && !ascii_is_digit(v.p[i]) &&
		    v.p[i] != '-')
			return (false);
	return (smtp_xtext(v, a, out));
}

static int
rcpt_parameter(struct str key, struct str value, struct arena *a,
    struct smtp_recipient *r, struct smtp_reply *reply)
{
	bool ok;

	if (str_eq_nocase(key, STR_LIT("NOTIFY"))) {
		ok = r->notify == 0 && parse_notify(value, &r->notify);
	} else if (str_eq_nocase(key, STR_LIT("ORCPT"))) {
		ok = r->orcpt.p == NULL && parse_orcpt(value, a, &r->orcpt);
	} else {
		smtp_reply_set(reply, 555, "5.5.4",
		    "RCPT parameter %.*s is not supported.",
		    (int)MIN_OF(key.len, 40u), key.p);
		return (-1);
	}
	return (ok ? 0 : bad(reply, "That parameter's value is not valid, or "
	    "it was given twice."));
}

int
smtp_parse_rcpt(struct str rest, bool is_utf8, struct arena *a,
    struct smtp_recipient *out, struct smtp_reply *reply)
{
	struct smtp_recipient r = { .notify = 0 };
	struct str path, key, value;
	struct err err = ERR_INIT;
	bool broken = false;

	if (!take_path(&rest, STR_LIT("TO:"), &path) || path.len == 0)
		return (bad(reply, "Syntax: RCPT TO:<address> [parameters]"));
	while (next_parameter(&rest, &key, &value, &broken))
		if (rcpt_parameter(key, value, a, &r, reply) != 0)
			return (-1);
	if (broken)
		return (bad(reply, "A RCPT parameter is malformed."));
	if (address_parse(path, a, &r.address, &err) != 0 ||
	    (!is_utf8 && !enc_is_ascii(path))) {
		smtp_reply_set(reply, 553, "5.1.3", "%s", err.msg[0] != '\0' ?
		    err.msg : "An address with non-ASCII letters needs "
		    "SMTPUTF8 on MAIL.");
		return (-1);
	}
	*out = r;
	return (0);
}

bool
smtp_parse_bdat(struct str rest, uint64_t *size, bool *is_last)
{
	struct str number;

	if (!str_next(&rest, ' ', &number) || number.len > 18 ||
	    !str_to_u64(number, UINT64_MAX, size))
		return (false);
	*is_last = str_eq_nocase(rest, STR_LIT("LAST"));
	return (rest.p == NULL || *is_last);
}

bool
smtp_is_helo(struct str name)
{
	if (name.len == 0 || name.len > ADDRESS_MAX_DOMAIN)
		return (false);
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c <= ' ' || c == 0x7f || strchr("<>()\"\\@,;", c) != NULL)
			return (false);
	}
	return (true);
}

/* A constant number of bytes without a branch: the compiler makes vectors of
 * it. p[-1] is there. */
#define LINES_STEP 64

static unsigned
judge_step(const uint8_t *p)
{
	uint8_t bad = 0;

	for (size_t i = 0; i < LINES_STEP; i++) {
		bad |= (uint8_t)((p[i] == '\n') ^ (p[i - 1] == '\r'));
		bad |= p[i] == '\0';
	}
	return (bad);
}

bool
smtp_are_lines(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t at = 1;

	if (s.len == 0)
		return (true);
	if (p[0] == '\n' || p[0] == '\0' || p[s.len - 1] == '\r')
		return (false);
	for (; s.len - at >= LINES_STEP; at += LINES_STEP)
		if (judge_step(p + at) != 0)
			return (false);
	for (; at < s.len; at++)
		if ((p[at] == '\n') != (p[at - 1] == '\r') || p[at] == '\0')
			return (false);
	return (true);
}
