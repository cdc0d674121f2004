/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inventory: walking through the certificates of the store.
 *
 * Runs in the gateway and the CLI. Security: names of partners' certificates
 * are other people's words.
 */
#include "cert/inventory.h"

#define PAGE 500	/* certificates in memory at once */
#define OF_ONE_MAX 64	/* of one address */

enum inventory_stage
inventory_stage(const struct store_cert *c, int64_t now_ms)
{
	switch (c->state) {
	case STORE_CERT_WAITING:
		return (INVENTORY_WAITING);
	case STORE_CERT_REPLACED:
		return (INVENTORY_REPLACED);
	case STORE_CERT_REVOKED:
		return (INVENTORY_REVOKED);
	case STORE_CERT_REFUSED:
		return (INVENTORY_REFUSED);
	default:
		break;
	}
	if (c->until_ms < now_ms)
		return (INVENTORY_ENDED);
	if (c->from_ms > now_ms)
		return (INVENTORY_NOT_YET);
	return (c->until_ms - now_ms <= INVENTORY_SOON_MS ?
	    INVENTORY_ENDS_SOON : INVENTORY_IN_USE);
}

const char *
inventory_word(enum inventory_stage stage)
{
	static const char *const words[] = {
		[INVENTORY_IN_USE] = "in use",
		[INVENTORY_ENDS_SOON] = "ends soon",
		[INVENTORY_ENDED] = "expired",
		[INVENTORY_NOT_YET] = "not valid yet",
		[INVENTORY_WAITING] = "to be approved",
		[INVENTORY_REPLACED] = "replaced",
		[INVENTORY_REVOKED] = "revoked",
		[INVENTORY_REFUSED] = "refused",
	};

	return (words[stage]);
}

const char *
inventory_uses(unsigned uses)
{
	switch (uses & (STORE_CERT_SIGNS | STORE_CERT_ENCRYPTS)) {
	case STORE_CERT_SIGNS | STORE_CERT_ENCRYPTS:
		return ("sign, encrypt");
	case STORE_CERT_SIGNS:
		return ("sign");
	case STORE_CERT_ENCRYPTS:
		return ("encrypt");
	default:
		return ("-");
	}
}

const char *
inventory_role(enum store_cert_role role)
{
	static const char *const words[] = { [STORE_CERT_OWN] = "own",
		[STORE_CERT_PARTNER] = "partner",
		[STORE_CERT_AUTHORITY] = "authority" };

	return (words[role]);
}

const char *
inventory_source(enum store_cert_source source)
{
	static const char *const words[] = {
		[STORE_CERT_ISSUED] = "our authority",
		[STORE_CERT_ENROLLED] = "enrolled",
		[STORE_CERT_IMPORTED] = "imported",
		[STORE_CERT_HARVESTED] = "signed mail",
		[STORE_CERT_DIRECTORY] = "directory",
		[STORE_CERT_DNS] = "DNS",
	};

	return (words[source]);
}

/* ---- reasons ---------------------------------------------------------- */

/* 7 is not used; 8 and 10 are not for people. */
static const struct {
	unsigned number;
	const char *name, *words;
} reasons[] = {
	{ 0, "unspecified", "no reason was given" },
	{ 1, "key-compromise", "somebody else may have its key" },
	{ 2, "ca-compromise", "its authority's key is no longer safe" },
	{ 3, "affiliation-changed", "its owner's name or place changed" },
	{ 4, "superseded", "another one took its place" },
	{ 5, "cessation", "its owner does not need it any more" },
	{ 6, "hold", "it is suspended" },
	{ 9, "privilege-withdrawn", "its owner may not use it any more" },
};

const char *
inventory_reason(unsigned reason)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (reasons[i].number == reason)
			return (reasons[i].words);
	return (reasons[0].words);
}

int
inventory_reason_of(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(reasons); i++)
		if (str_eq_nocase(name, str_of(reasons[i].name)))
			return ((int)reasons[i].number);
	return (-1);
}

/* ---- walking ---------------------------------------------------------- */

int
inventory_each(struct store *s, const struct store_cert_query *q,
    inventory_visit *visit, void *ctx, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_cert_query page = *q;
	struct store_cert *rows;
	size_t n = PAGE;

	page.max = PAGE;
	page.has_after = false;
	while (n == PAGE) {
		arena_reset(a);
		if (store_certs(s, &page, a, &rows, &n, err) == -1)
			return (-1);
		for (size_t i = 0; i < n; i++) {
			int rc = visit(ctx, &rows[i], err);

			if (rc != 0)
				return (rc == 1 ? 0 : -1);
		}
		if (n > 0) {
			memcpy(page.after, rows[n - 1].sha256,
			    sizeof(page.after));
			page.has_after = true;
		}
	}
	return (0);
}

int
inventory_has_successor(struct store *s, const struct store_cert *c,
    int64_t now_ms, struct arena *a, bool *out, struct err *err)
{
	struct store_cert_query q = { .workspace = c->workspace,
		.role = (int)c->role, .state = STORE_CERT_ACTIVE,
		.address = c->address, .max = OF_ONE_MAX };
	struct store_cert *rows;
	unsigned uses = 0;
	size_t n;

	if (store_certs(s, &q, a, &rows, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		if (rows[i].until_ms > c->until_ms &&
		    rows[i].from_ms <= now_ms)
			uses |= rows[i].uses;
	*out = (c->uses & ~uses) == 0;
	return (0);
}

bool
inventory_is_due(const struct store_cert *c, uint64_t days, int64_t now_ms)
{
	int64_t life_ms = c->until_ms - c->from_ms;
	int64_t ahead_ms = (int64_t)days * CLOCK_DAY_MS;

	return (c->until_ms - now_ms <= MIN_OF(ahead_ms, life_ms / 2));
}

uint64_t
inventory_days_left(const struct store_cert *c, int64_t now_ms)
{
	int64_t left_ms = c->until_ms - now_ms;

	return (left_ms <= 0 ? 0 :
	    (uint64_t)((left_ms + CLOCK_DAY_MS - 1) / CLOCK_DAY_MS));
}

const char *
inventory_day(int64_t wall_ms, struct arena *a)
{
	char moment[CLOCK_MOMENT_SIZE];

	clock_moment(wall_ms, moment);
	return (arena_printf(a, "%.*s", (int)strcspn(moment, ","), moment));
}
