/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnsrecords: what is found under a name and says something about a server, a
 * domain or a person: TLSA, SMIMEA and TXT.
 *
 * Runs in the gateway and the CLI. Security: bytes of records are a stranger's;
 * of TLSA and SMIMEA only what DNSSEC proves is handed on.
 * Standards: RFC 6698, RFC 7208 3.3, RFC 8162.
 */
#include <openssl/evp.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/enc.h"
#include "net/dnsask.h"

#define TYPE_TXT 16
#define TYPE_TLSA 52
#define TYPE_SMIMEA 53
#define SMIMEA_HASH_BYTES 28	/* RFC 8162 3 */

/* ---- TLSA and SMIMEA, which are of one form ---------------------------- */

static int
ask_proven(struct dns *d, struct str name, int type, struct arena *a,
    struct dns_tlsa **out, size_t *n, struct err *err)
{
	struct dns_tlsa *list = arena_array(a, DNS_TLSA_MAX, sizeof(*list));
	struct ub_result *r;

	*out = list;
	*n = 0;
	if (dns_ask(d, name, type, &r, err) == -1)
		return (-1);
	for (int i = 0; r->havedata && r->secure && r->data[i] != NULL &&
	    *n < DNS_TLSA_MAX; i++) {
		const uint8_t *p = (const uint8_t *)r->data[i];

		if (r->len[i] > 3)
			list[(*n)++] = (struct dns_tlsa){ p[0], p[1], p[2],
				arena_str(a, str_make(p + 3,
				(size_t)r->len[i] - 3)) };
	}
	ub_resolve_free(r);
	return (0);
}

int
dns_tlsa(struct dns *d, struct str host, uint16_t port, struct arena *a,
    struct dns_tlsa **out, size_t *n, struct err *err)
{
	struct str name = str_of(arena_printf(a, "_%u._tcp.%.*s", port,
	    STR_FMT(host)));

	return (ask_proven(d, name, TYPE_TLSA, a, out, n, err));
}

/* A local part as it is hashed: without quotes and what they quote with. */
static struct str
unquoted(struct str local, struct arena *a)
{
	char *out = arena_alloc(a, local.len + 1);
	size_t n = 0;

	if (local.len < 2 || local.p[0] != '"' ||
	    local.p[local.len - 1] != '"')
		return (local);
	for (size_t i = 1; i + 1 < local.len; i++) {
		if (local.p[i] == '\\' && i + 2 < local.len)
			i++;
		out[n++] = local.p[i];
	}
	return (str_make(out, n));
}

int
dns_smimea_name(struct str address, struct arena *a, struct str *out,
    struct err *err)
{
	ptrdiff_t at = str_rindex(address, '@');
	uint8_t hash[EVP_MAX_MD_SIZE];
	char hex[2 * SMIMEA_HASH_BYTES + 1];
	struct str local, domain;

	if (at <= 0 || (size_t)at + 1 == address.len)
		return (err_set(err, ERR_INPUT, "not a mail address"));
	local = unquoted(str_sub(address, 0, (size_t)at), a);
	domain = str_sub(address, (size_t)at + 1, address.len);
	must(EVP_Digest(local.p, local.len, hash, NULL, EVP_sha256(), NULL) ==
	    1);
	enc_hex(hash, SMIMEA_HASH_BYTES, hex);
	*out = str_of(arena_printf(a, "%s._smimecert.%.*s", hex,
	    STR_FMT(domain)));
	return (0);
}

int
dns_smimea(struct dns *d, struct str address, struct arena *a,
    struct dns_tlsa **out, size_t *n, struct err *err)
{
	struct str name;

	if (dns_smimea_name(address, a, &name, err) == -1)
		return (-1);
	return (ask_proven(d, name, TYPE_SMIMEA, a, out, n, err));
}

/* ---- TXT --------------------------------------------------------------- */

/* The strings of one TXT record as one. False: malformed or too long. */
static bool
read_text(const uint8_t *p, size_t len, struct arena *a, struct str *out)
{
	AUTO_BUF struct buf text = BUF_INIT(DNS_TEXT_BYTES_MAX);

	for (size_t at = 0; at < len && len <= DNS_TEXT_BYTES_MAX;
	    at += (size_t)p[at] + 1) {
		if (p[at] > len - at - 1)
			return (false);
		buf_append(&text, p + at + 1, p[at]);
	}
	*out = arena_str(a, buf_view(&text));
	return (len <= DNS_TEXT_BYTES_MAX);
}

int
dns_txt(struct dns *d, struct str name, struct arena *a, struct str **texts,
    size_t *n, struct err *err)
{
	struct ub_result *r;

	*texts = arena_array(a, DNS_TEXTS_MAX, sizeof(**texts));
	*n = 0;
	if (dns_ask(d, name, TYPE_TXT, &r, err) == -1)
		return (-1);
	for (int i = 0; r->havedata && r->data[i] != NULL &&
	    *n < DNS_TEXTS_MAX; i++)
		if (read_text((const uint8_t *)r->data[i], (size_t)r->len[i],
		    a, &(*texts)[*n]))
			(*n)++;
	ub_resolve_free(r);
	return (0);
}
