/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certdesk: which certificate is meant.
 *
 * Runs in the CLI. Security: a fingerprint's beginning has to be long enough
 * that nobody hits another one by a slip.
 */
#include "cli/certdesk.h"

#include "base/enc.h"
#include "mime/address.h"

#define OF_ONE_MAX 256

/* ---- by address ------------------------------------------------------- */

/* A smaller number is meant before a larger one. */
static int
rank(const struct store_cert *c)
{
	return ((c->state == STORE_CERT_ACTIVE ? 0 :
	    c->state == STORE_CERT_WAITING ? 1 : 2) * 4 +
	    (c->role == STORE_CERT_OWN ? 0 : 1));
}

static int
find_address(struct local *l, struct str address, int role,
    struct store_cert *out, struct err *err)
{
	struct store_cert_query q = { .role = role, .state = -1,
		.workspace = l->installation->settings->workspace,
		.address = address, .max = OF_ONE_MAX };
	const struct store_cert *best = NULL;
	struct store_cert *rows;
	size_t n;

	if (store_certs(l->store, &q, l->arena, &rows, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (best == NULL || rank(&rows[i]) < rank(best))
			best = &rows[i];
	if (best == NULL)
		return (err_set(err, ERR_INPUT, "there is no certificate of "
		    "%.*s", STR_FMT(address)));
	*out = *best;
	return (0);
}

/* ---- by fingerprint --------------------------------------------------- */

struct search {
	struct str digits;	/* lower case, without colons */
	uint8_t sha256[STORE_HASH_BYTES];
	size_t n;
};

static int
visit(void *ctx, const struct store_cert *c, struct err *err UNUSED)
{
	struct search *s = ctx;
	char hex[2 * STORE_HASH_BYTES + 1];

	enc_hex(c->sha256, sizeof(c->sha256), hex);
	if (strncmp(hex, s->digits.p, s->digits.len) != 0)
		return (0);
	if (s->n++ == 0)
		memcpy(s->sha256, c->sha256, sizeof(s->sha256));
	return (0);
}

static bool
take_digits(struct str text, struct arena *a, struct str *out)
{
	char *p = arena_alloc(a, text.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = ascii_lower(text.p[i]);

		if (c == ':')
			continue;
		if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
			return (false);
		p[n++] = c;
	}
	*out = str_make(p, n);
	return (n >= CERTDESK_FINGERPRINT_MIN &&
	    n <= 2 * (size_t)STORE_HASH_BYTES);
}

int
certdesk_find(struct local *l, struct str text, int role,
    struct store_cert *out, struct err *err)
{
	struct store_cert_query q = { .role = role, .state = -1,
		.workspace = l->installation->settings->workspace };
	struct search s = { .n = 0 };
	bool found;

	if (str_index(text, '@') >= 0)
		return (find_address(l, text, role, out, err));
	if (!take_digits(text, l->arena, &s.digits))
		return (err_set(err, ERR_INPUT, "'%.*s' is no address, and no "
		    "beginning of a fingerprint (%d digits or more)",
		    STR_FMT(text), CERTDESK_FINGERPRINT_MIN));
	if (inventory_each(l->store, &q, visit, &s, err) == -1)
		return (-1);
	if (s.n != 1)
		return (err_set(err, ERR_INPUT, s.n == 0 ? "there is no "
		    "certificate %.*s" : "several certificates begin with "
		    "%.*s", STR_FMT(text)));
	if (store_cert_get(l->store, s.sha256, l->arena, out, &found,
	    err) == -1)
		return (-1);
	return (found ? 0 : err_set(err, ERR_INPUT, "it is gone"));
}

/* ---- texts ------------------------------------------------------------ */

const char *
certdesk_fingerprint(const struct store_cert *c, struct arena *a)
{
	char *hex = arena_alloc(a, 2 * STORE_HASH_BYTES + 1);

	enc_hex(c->sha256, STORE_HASH_BYTES, hex);
	return (hex);
}

const char *
certdesk_short(const struct store_cert *c, struct arena *a)
{
	return (arena_printf(a, "%.16s", certdesk_fingerprint(c, a)));
}

bool
certdesk_address(struct str text, struct arena *a, struct str *out)
{
	struct address address;

	if (address_parse(text, a, &address, NULL) == -1)
		return (false);
	*out = address.text;
	return (true);
}

struct store_event
certdesk_event(const struct local *l, const char *name,
    const struct store_cert *c, const char *members)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);

	buf_printf(&b, "\"sha256\":\"%s\",\"address\":",
	    certdesk_fingerprint(c, l->arena));
	enc_json(c->address, &b);
	if (members != NULL)
		buf_printf(&b, ",%s", members);
	return (local_event(l, name, buf_cstr(&b)));
}
