/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlsrecord: "v=TLSRPTv1; rua=mailto:a@b.example,https://b.example/tls".
 *
 * Runs in the gateway's relay. Security: anybody's zone says where we send
 * mail: only mailto with a plain mailbox and https are taken, and few of them.
 * Standards: RFC 8460 3, RFC 6068 (mailto), RFC 3986 2.1 (percent encoding).
 */
#include "transport/tlsrecord.h"

#include "mime/address.h"
#include "mime/decode.h"

#define VERSION "v=TLSRPTv1"

static bool
is_candidate(struct str text)
{
	struct str version = STR_LIT(VERSION);
	struct str rest;

	if (!str_eq(str_sub(text, 0, version.len), version))
		return (false);
	rest = str_trim(str_sub(text, version.len, text.len));
	return (rest.len > 0 && rest.p[0] == ';');
}

/* %41 is A. False: malformed, or it hides a control byte. */
static bool
undo_percent(struct str s, struct arena *a, struct str *out)
{
	char *to = arena_alloc(a, s.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		int c = (unsigned char)s.p[i];

		if (c == '%') {
			c = decode_hex_pair(s, i + 1);
			i += 2;
		}
		if (c <= ' ' || c == 0x7f)
			return (false);
		to[n++] = (char)c;
	}
	*out = str_make(to, n);
	return (true);
}

static bool
has_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return (true);
	return (false);
}

/* "mailto:a@b.example": one mailbox; "?subject=…" is not ours to obey. */
static bool
read_mailto(struct str s, struct arena *a, struct tlsrecord_target *out)
{
	ptrdiff_t query = str_index(s, '?');
	struct address address;
	struct err err = ERR_INIT;
	struct str plain;

	if (query >= 0)
		s = str_sub(s, 0, (size_t)query);
	if (!undo_percent(s, a, &plain) ||
	    address_parse(plain, a, &address, &err) == -1 ||
	    address.domain.len == 0)
		return (false);
	out->is_https = false;
	out->address = address.text;
	return (true);
}

static bool
read_target(struct str uri, struct arena *a, struct tlsrecord_target *out)
{
	struct str mailto = STR_LIT("mailto:"), https = STR_LIT("https://");

	if (str_starts_nocase(uri, mailto))
		return (read_mailto(str_sub(uri, mailto.len, uri.len), a,
		    out));
	if (!str_starts_nocase(uri, https) || uri.len == https.len ||
	    has_blank(uri))
		return (false);
	out->is_https = true;
	out->address = arena_str(a, uri);
	return (true);
}

static void
read_rua(struct str list, struct arena *a, struct tlsrecord *out)
{
	struct str uri;

	while (out->n < TLSRECORD_TARGETS_MAX && str_next(&list, ',', &uri))
		if (read_target(str_trim(uri), a, &out->targets[out->n]))
			out->n++;
}

/* "name=value" of an extension, or of rua. */
static bool
is_field(struct str field)
{
	ptrdiff_t eq = str_index(field, '=');

	return (eq > 0 && eq <= 32 && (size_t)eq + 1 < field.len);
}

bool
tlsrecord_read(const struct str *texts, size_t n, struct arena *a,
    struct tlsrecord *out)
{
	struct str rest = STR_NULL, rua = STR_LIT("rua="), field;
	struct tlsrecord r = { .n = 0 };
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (is_candidate(texts[i])) {
			rest = texts[i];
			found++;
		}
	if (found != 1 || rest.len > TLSRECORD_TEXT_MAX)
		return (false);
	(void)str_next(&rest, ';', &field);	/* the version */
	while (str_next(&rest, ';', &field)) {
		field = str_trim(field);
		if (field.len == 0 && rest.p == NULL)
			break;	/* one ';' may end the record */
		if (!is_field(field))
			return (false);
		if (str_eq(str_sub(field, 0, rua.len), rua))
			read_rua(str_sub(field, rua.len, field.len), a, &r);
	}
	*out = r;
	return (r.n > 0);
}
