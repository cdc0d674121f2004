/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkimkey: fixed fields, zero behind the text.
 *
 * Runs in the keeper, the gateway and the command line. Security: names go
 * into mail headers and the DNS, so they are letters, digits, hyphens, dots.
 */
#include "keepc/dkimkey.h"

#define DOMAIN_BYTES (DKIMKEY_DOMAIN_MAX + 1)
#define SELECTOR_BYTES (DKIMKEY_SELECTOR_MAX + 1)
#define LABEL_MAX 63

static bool
is_label(struct str s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.len - 1] == '-')
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !ascii_is_digit(s.p[i]) && s.p[i] != '-')
			return (false);
	return (true);
}

static bool
is_name(struct str s, size_t max)
{
	struct str label;

	if (s.len == 0 || s.len > max)
		return (false);
	while (str_next(&s, '.', &label))
		if (!is_label(label))
			return (false);
	return (true);
}

bool
dkimkey_is_domain(struct str s)
{
	return (str_index(s, '.') > 0 && is_name(s, DKIMKEY_DOMAIN_MAX));
}

bool
dkimkey_is_selector(struct str s)
{
	return (is_name(s, DKIMKEY_SELECTOR_MAX));
}

static void
put_text(const char *text, size_t room, struct buf *out)
{
	size_t len = strlen(text);

	must(len < room);
	buf_append(out, text, len);
	for (; len < room; len++)
		buf_char(out, '\0');
}

void
dkimkey_put_name(const struct dkimkey_name *name, struct buf *out)
{
	buf_u64be(out, (uint64_t)name->created_ms);
	buf_u64be(out, (uint64_t)name->active_ms);
	put_text(name->domain, DOMAIN_BYTES, out);
	put_text(name->selector, SELECTOR_BYTES, out);
}

static int64_t
get_time(const char *p)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | (uint8_t)p[i];
	return ((int64_t)v);
}

/* Text, then zeros to the end of the room, at least one. */
static bool
get_text(const char *p, size_t room, char *out)
{
	size_t len = strnlen(p, room);

	for (size_t i = len; i < room; i++)
		if (p[i] != '\0')
			return (false);
	memcpy(out, p, room);
	return (len < room);
}

bool
dkimkey_get_name(struct str bytes, struct dkimkey_name *out)
{
	struct dkimkey_name n;

	if (bytes.len != DKIMKEY_NAME_BYTES)
		return (false);
	n.created_ms = get_time(bytes.p);
	n.active_ms = get_time(bytes.p + 8);
	if (n.created_ms < 0 || n.active_ms < 0 ||
	    !get_text(bytes.p + 16, DOMAIN_BYTES, n.domain) ||
	    !get_text(bytes.p + 16 + DOMAIN_BYTES, SELECTOR_BYTES,
	    n.selector) || !dkimkey_is_domain(str_of(n.domain)) ||
	    !dkimkey_is_selector(str_of(n.selector)))
		return (false);
	*out = n;
	return (true);
}

void
dkimkey_put(const struct dkimkey *key, struct buf *out)
{
	buf_append(out, key->id.b, ID_BYTES);
	dkimkey_put_name(&key->name, out);
	buf_append(out, key->rsa, sizeof(key->rsa));
	buf_append(out, key->ed25519, sizeof(key->ed25519));
}

bool
dkimkey_get(struct str bytes, struct dkimkey *out)
{
	struct dkimkey k;
	const char *p = bytes.p + ID_BYTES + DKIMKEY_NAME_BYTES;

	if (bytes.len != DKIMKEY_RECORD_BYTES || !dkimkey_get_name(
	    str_sub(bytes, ID_BYTES, DKIMKEY_NAME_BYTES), &k.name))
		return (false);
	memcpy(k.id.b, bytes.p, ID_BYTES);
	memcpy(k.rsa, p, sizeof(k.rsa));
	memcpy(k.ed25519, p + sizeof(k.rsa), sizeof(k.ed25519));
	*out = k;
	return (true);
}
