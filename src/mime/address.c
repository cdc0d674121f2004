/* SPDX-License-Identifier: Apache-2.0 */
/*
 * address: mailboxes as SMTP writes them, strict, in one canonical form.
 *
 * Runs in the gateway. Security: reads what anybody sent; what passes here is
 * safe to write into an SMTP command and a header field: no control bytes, no
 * unquoted brackets or blanks.
 * Standards: RFC 5321 4.1.2 and 4.1.3, RFC 6531 3.3, RFC 5891.
 */
#include "mime/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include "base/enc.h"

#define LABEL_MAX 63	/* RFC 1035 2.3.4 */

/* RFC 5322 3.2.3 atext, and RFC 6531 3.3: any UTF-8. */
static bool
is_atext(char c)
{
	return ((uint8_t)c >= 0x80 || ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL));
}

static bool
is_dot_atom(struct str s)
{
	if (s.len == 0 || s.p[0] == '.' || s.p[s.len - 1] == '.')
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!is_atext(s.p[i]) &&
		    (s.p[i] != '.' || s.p[i - 1] == '.'))
			return (false);
	return (true);
}

/* No control bytes, neither ASCII's nor U+0080 to U+009F. */
static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < ' ' || c == 0x7f)
			return (true);
		if (c == 0xc2 && i + 1 < s.len && (uint8_t)s.p[i + 1] < 0xa0)
			return (true);
	}
	return (false);
}

/* Cut "@one,@two:" off (RFC 5321 appendix C). */
static struct str
drop_route(struct str path)
{
	ptrdiff_t colon;

	if (path.len == 0 || path.p[0] != '@')
		return (path);
	colon = str_index(path, ':');
	return (colon < 0 ? path : str_sub(path, (size_t)colon + 1, path.len));
}

/* A quoted local part at the start of s: its content, and its length with
 * the quotes, or 0. */
static size_t
take_quoted(struct str s, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, s.len);
	size_t n = 0, i;

	for (i = 1; i < s.len && s.p[i] != '"'; i++) {
		if (s.p[i] == '\\' && ++i == s.len)
			return (0);
		p[n++] = s.p[i];
	}
	*out = str_make(p, n);
	return (i < s.len ? i + 1 : 0);
}

/* The local part as it goes on the wire, quoted again only where needed. */
static struct str
write_local(struct str s, struct arena *a)
{
	char *p;
	size_t n = 0;

	if (is_dot_atom(s))
		return (arena_str(a, s));
	p = arena_alloc(a, s.len * 2 + 3);
	p[n++] = '"';
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			p[n++] = '\\';
		p[n++] = s.p[i];
	}
	p[n++] = '"';
	return (str_make(p, n));
}

/* Letters, digits and hyphens in labels (RFC 5321 4.1.2, RFC 1035). */
static bool
is_host(struct str s)
{
	struct str label;

	while (str_next(&s, '.', &label)) {
		if (label.len == 0 || label.len > LABEL_MAX ||
		    label.p[0] == '-' || label.p[label.len - 1] == '-')
			return (false);
		for (size_t i = 0; i < label.len; i++)
			if (!ascii_is_alpha(label.p[i]) &&
			    !ascii_is_digit(label.p[i]) && label.p[i] != '-')
				return (false);
	}
	return (true);
}

/* "[192.0.2.1]" or "[IPv6:2001:db8::1]", written in the one canonical way. */
static int
read_literal(struct str s, struct arena *a, struct str *out, struct err *err)
{
	char text[INET6_ADDRSTRLEN], shown[INET6_ADDRSTRLEN];
	struct str in = str_sub(s, 1, s.len - 2);
	bool is_v6 = str_starts_nocase(in, STR_LIT("IPv6:"));
	uint8_t addr[16];
	int family = is_v6 ? AF_INET6 : AF_INET;

	if (is_v6)
		in = str_sub(in, 5, in.len);
	if (s.p[s.len - 1] != ']' || in.len == 0 || in.len >= sizeof(text))
		return (err_set(err, ERR_INPUT,
		    "the address literal is malformed"));
	memcpy(text, in.p, in.len);
	text[in.len] = '\0';
	if (strlen(text) != in.len || inet_pton(family, text, addr) != 1)
		return (err_set(err, ERR_INPUT,
		    "the address literal is no IPv4 or IPv6 address"));
	must(inet_ntop(family, addr, shown, sizeof(shown)) != NULL);
	*out = str_of(arena_printf(a, "[%s%s]", is_v6 ? "IPv6:" : "", shown));
	return (0);
}

/* To A-labels when it is not ASCII, without a final dot. */
static int
read_idna(struct str *s, struct arena *a, struct err *err)
{
	uint8_t *ascii = NULL;
	int rc;

	if (enc_is_ascii(*s))
		return (0);
	rc = idn2_lookup_u8((const uint8_t *)arena_str(a, *s).p, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc != IDN2_OK)
		return (err_set(err, ERR_INPUT,
		    "the domain is not valid IDNA: %s", idn2_strerror(rc)));
	*s = arena_str(a, str_of((const char *)ascii));
	idn2_free(ascii);
	/* Mapping may have made a final dot out of an ideographic one. */
	if (s->len > 0 && s->p[s->len - 1] == '.')
		s->len--;
	return (0);
}

static int
read_domain(struct str s, struct arena *a, struct str *out, struct err *err)
{
	if (s.len >= 2 && s.p[0] == '[')
		return (read_literal(s, a, out, err));
	if (s.len > 0 && s.p[s.len - 1] == '.')
		s.len--;
	if (s.len == 0 || s.len > ADDRESS_MAX_DOMAIN)
		return (err_set(err, ERR_INPUT,
		    "the domain is empty or longer than %d bytes",
		    ADDRESS_MAX_DOMAIN));
	if (read_idna(&s, a, err) != 0)
		return (-1);
	if (s.len > ADDRESS_MAX_DOMAIN || !is_host(s))
		return (err_set(err, ERR_INPUT,
		    "the domain has an empty, too long or malformed label"));
	*out = arena_lower(a, s);
	return (0);
}

/* Length of the local part with its quotes, 0 when malformed. */
static size_t
read_local(struct str s, struct arena *a, struct str *out)
{
	ptrdiff_t at;

	if (s.len > 0 && s.p[0] == '"')
		return (take_quoted(s, a, out));
	at = str_index(s, '@');
	*out = str_sub(s, 0, at > 0 ? (size_t)at : 0);
	return (is_dot_atom(*out) ? out->len : 0);
}

int
address_parse(struct str path, struct arena *a, struct address *out,
    struct err *err)
{
	struct address r;
	struct str s = drop_route(path), local;
	size_t n;

	if (has_control(s) || !enc_is_utf8(s))
		return (err_set(err, ERR_INPUT, "the address has a control"
		    " byte or is not UTF-8"));
	n = read_local(s, a, &local);
	if (n == 0 || n >= s.len || s.p[n] != '@')
		return (err_set(err, ERR_INPUT,
		    "the address is not local-part@domain"));
	if (read_domain(str_sub(s, n + 1, s.len), a, &r.domain, err) != 0)
		return (-1);
	r.local = write_local(local, a);
	if (r.local.len > ADDRESS_MAX_LOCAL)
		return (err_set(err, ERR_INPUT,
		    "the local part is longer than %d bytes",
		    ADDRESS_MAX_LOCAL));
	if (r.local.len + 1 + r.domain.len + 2 > ADDRESS_MAX_PATH)
		return (err_set(err, ERR_INPUT,
		    "the address is longer than %d bytes", ADDRESS_MAX_PATH));
	r.text = str_of(arena_printf(a, "%.*s@%.*s", STR_FMT(r.local),
	    STR_FMT(r.domain)));
	r.is_utf8 = !enc_is_ascii(r.local);
	*out = r;
	return (0);
}

bool
address_domain_is(struct str domain, struct str parent)
{
	if (parent.len == 0 || !str_ends_nocase(domain, parent))
		return (false);
	return (domain.len == parent.len ||
	    domain.p[domain.len - parent.len - 1] == '.');
}

bool
address_eq(const struct address *a, const struct address *b)
{
	return (str_eq_nocase(a->domain, b->domain) &&
	    str_eq_nocase(a->local, b->local));
}
