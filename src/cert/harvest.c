/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harvest: certificates that come with signed mail from outside.
 *
 * Runs in the gateway. Security: whoever signs decides what arrives here; it is
 * kept as one's own word about oneself, counts only after as many mails as the
 * policy wants or a person's consent, and replaces nothing: while one of
 * another authority is in use it waits for a person; pki/path judges it each
 * time.
 */
#include "cert/finding.h"

#define OTHERS_MAX 16

static bool
is_usable(const struct find *f, const struct store_cert *c, struct str address,
    int64_t now_ms, struct arena *a)
{
	struct path_verdict v;
	struct cert parsed;

	if (cert_parse(c->der, a, &parsed, NULL) == -1)
		return (false);
	path_judge(f->config.trust, &parsed, NULL, 0, address, PATH_ENCRYPT,
	    now_ms, a, &v);
	cert_done(&parsed);
	return (v.kind == PATH_USABLE);
}

/* Another authority's for the same address that mail is encrypted to: *other,
 * or NULL. */
static int
find_rival(struct find *f, const struct store_cert *row, int64_t now_ms,
    struct arena *a, const struct store_cert **other, struct err *err)
{
	struct store_cert_query q = { .workspace = f->config.workspace,
		.role = STORE_CERT_PARTNER, .state = STORE_CERT_ACTIVE,
		.address = row->address, .until_from_ms = now_ms,
		.max = OTHERS_MAX };
	struct store_cert *others;
	size_t n;

	*other = NULL;
	if (store_certs(f->config.store, &q, a, &others, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n && *other == NULL; i++)
		if (memcmp(others[i].sha256, row->sha256,
		    sizeof(row->sha256)) != 0 &&
		    !str_eq(others[i].issuer, row->issuer) &&
		    (others[i].uses & STORE_CERT_ENCRYPTS) != 0 &&
		    is_usable(f, &others[i], row->address, now_ms, a))
			*other = &others[i];
	return (0);
}

static int
seen_again(struct find *f, const struct store_cert *row, bool needs_approval,
    unsigned trust_after, int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_event event = finding_event("cert.trusted", row->address,
	    row->sha256, NULL, a);
	const struct store_cert *rival;

	if (row->role != STORE_CERT_PARTNER)
		return (0);
	if (store_cert_seen(f->config.store, row->sha256, now_ms, err) == -1)
		return (-1);
	if (row->state != STORE_CERT_WAITING || needs_approval ||
	    row->source != STORE_CERT_HARVESTED ||
	    row->seen_n + 1 < trust_after)
		return (0);
	if (find_rival(f, row, now_ms, a, &rival, err) == -1 || rival != NULL)
		return (rival != NULL ? 0 : -1);
	return (store_cert_set(f->config.store, row->sha256,
	    STORE_CERT_ACTIVE, STR_LIT(""), &event, err));
}

static int
first_seen(struct find *f, struct store_cert *row, bool needs_approval,
    unsigned trust_after, struct arena *a, struct err *err)
{
	struct store_event event = finding_event("cert.harvested",
	    row->address, row->sha256, NULL, a);

	struct store_event conflict;
	const struct store_cert *rival;

	if (find_rival(f, row, row->seen_ms, a, &rival, err) == -1)
		return (-1);
	row->seen_n = 1;
	if (rival != NULL) {
		row->state = STORE_CERT_WAITING;
		row->note = STR_LIT("another authority's is in use: somebody "
		    "has to agree");
	} else if (needs_approval) {
		row->state = STORE_CERT_WAITING;
		row->note = STR_LIT("somebody has to agree");
	} else if (trust_after > 1) {
		row->state = STORE_CERT_WAITING;
		row->note = str_of(arena_printf(a,
		    "it counts after %u signed mails", trust_after));
	}
	if (store_cert_put(f->config.store, row, &event, err) == -1)
		return (-1);
	if (rival == NULL)
		return (0);
	conflict = finding_event("cert.conflict", row->address, row->sha256,
	    rival->sha256, a);
	return (store_audit(f->config.store, &conflict, err));
}

int
find_harvest(struct find *f, const struct cert *cert, struct str address,
    struct str capabilities, bool needs_approval, unsigned trust_after,
    int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert row;
	bool found = false;

	if (!cert_has_address(cert, address, false))
		return (err_set(err, ERR_INPUT, "the certificate is not that "
		    "address's"));
	if (capabilities.len > 0 && store_capabilities_put(f->config.store,
	    address, capabilities, now_ms, err) == -1)
		return (-1);
	/* What only signs is of no use to us. */
	if (!cert->may_encrypt || cert->is_authority)
		return (0);
	if (store_cert_get(f->config.store, cert->sha256, a, &row, &found,
	    err) == -1)
		return (-1);
	if (found)
		return (seen_again(f, &row, needs_approval, trust_after,
		    now_ms, err));
	finding_row(f, cert, address, STORE_CERT_HARVESTED, now_ms, &row);
	return (first_seen(f, &row, needs_approval, trust_after, a, err));
}
