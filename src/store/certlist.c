/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certlist: which certificates there are, for people and for tending them.
 *
 * Runs in the gateway and the CLI. What narrows most picks the index; the rest
 * is asked of cert_list, which has all that can be asked, so that the large
 * rows are read only where they are shown.
 */
#include "base/arena.h"
#include "store/certrows.h"
#include "store/group.h"

#define FIRST_ROWS 32

/* ?1 workspace, ?2 role, ?3 state, ?4 address, ?5 match, ?6 and ?7 until */
#define FILTER "(?1 IS NULL OR workspace = ?1) AND (?2 < 0 OR role = ?2)" \
    " AND (?3 < 0 OR state = ?3) AND (?4 IS NULL OR address = ?4)" \
    " AND (?5 IS NULL OR address LIKE ?5 ESCAPE '\\' OR" \
    " subject LIKE ?5 ESCAPE '\\' OR issuer LIKE ?5 ESCAPE '\\')" \
    " AND until_ms >= ?6 AND until_ms < ?7"
/* Only of an address: it is not in cert_list. */
#define FROM " AND (?10 = 0 OR (?10 >> source) & 1)"
/* The certificate that was the last one: ?8 */
#define BEHIND " AND (?8 IS NULL OR (address, -from_ms, sha256) >" \
    " (SELECT address, -from_ms, sha256 FROM cert WHERE sha256 = ?8))"
#define ORDER " ORDER BY address, from_ms DESC, sha256 LIMIT ?9"

enum way { WAY_ALL, WAY_ADDRESS, WAY_UNTIL };

static const char *const listing[] = {
	[WAY_ALL] = "SELECT " CERTROWS_COLUMNS " FROM cert INDEXED BY"
	    " cert_list WHERE address >= ifnull((SELECT address FROM cert"
	    " WHERE sha256 = ?8), '') AND " FILTER BEHIND ORDER,
	[WAY_ADDRESS] = "SELECT " CERTROWS_COLUMNS " FROM cert INDEXED BY"
	    " cert_list WHERE address = ?4 AND " FILTER FROM BEHIND ORDER,
	[WAY_UNTIL] = "SELECT " CERTROWS_COLUMNS " FROM cert INDEXED BY"
	    " cert_until WHERE " FILTER BEHIND ORDER,
};
static const char *const counting[] = {
	[WAY_ALL] = "SELECT count(*) FROM cert INDEXED BY cert_list"
	    " WHERE address >= '' AND " FILTER,
	[WAY_ADDRESS] = "SELECT count(*) FROM cert INDEXED BY cert_list"
	    " WHERE address = ?4 AND " FILTER,
	[WAY_UNTIL] = "SELECT count(*) FROM cert INDEXED BY cert_until"
	    " WHERE " FILTER,
};

static enum way
way_of(const struct store_cert_query *q)
{
	if (q->address.len > 0)
		return (WAY_ADDRESS);
	return (q->until_before_ms > 0 ? WAY_UNTIL : WAY_ALL);
}

/* For LIKE: anywhere, and its own characters as they are. */
static struct str
pattern_of(struct str match, struct arena *a)
{
	char *out = arena_alloc(a, 2 * match.len + 3);
	size_t n = 0;

	out[n++] = '%';
	for (size_t i = 0; i < match.len; i++) {
		if (strchr("%_\\", match.p[i]) != NULL)
			out[n++] = '\\';
		out[n++] = match.p[i];
	}
	out[n++] = '%';
	return (str_make(out, n));
}

static void
bind_query(sqlite3_stmt *st, const struct store_cert_query *q,
    struct arena *a)
{
	db_bind_id(st, 1, &q->workspace);
	db_bind_int(st, 2, q->role);
	db_bind_int(st, 3, q->state);
	db_bind_id(st, 4, NULL);
	db_bind_id(st, 5, NULL);
	if (q->address.len > 0)
		db_bind_str(st, 4, q->address);
	if (q->match.len > 0)
		db_bind_str(st, 5, pattern_of(q->match, a));
	db_bind_int(st, 6, q->until_from_ms);
	db_bind_int(st, 7, q->until_before_ms > 0 ? q->until_before_ms :
	    INT64_MAX);
}

/* Room for one more row. */
static struct store_cert *
grow(struct arena *a, struct store_cert *rows, size_t n, size_t *cap)
{
	struct store_cert *more;

	if (n < *cap)
		return (rows);
	*cap = MAX_OF(2 * n, (size_t)FIRST_ROWS);
	more = arena_array(a, *cap, sizeof(*more));
	if (n > 0)
		memcpy(more, rows, n * sizeof(*more));
	return (more);
}

int
store_certs(struct store *s, const struct store_cert_query *q,
    struct arena *a, struct store_cert **out, size_t *n, struct err *err)
{
	struct store_cert *rows = NULL;
	size_t found = 0, cap = 0;
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, listing[way_of(q)]);
	bind_query(st, q, a);
	db_bind_id(st, 8, NULL);
	if (q->has_after)
		db_bind_blob(st, 8, q->after, STORE_HASH_BYTES);
	db_bind_int(st, 9, (int64_t)q->max);
	if (way_of(q) == WAY_ADDRESS)
		db_bind_int(st, 10, q->sources);
	while ((rc = db_step(d, st, err)) == 1) {
		rows = grow(a, rows, found, &cap);
		certrows_take(st, a, &rows[found++]);
	}
	group_reader_back(s, &d);
	if (rc == -1)
		return (-1);
	*out = rows;
	*n = found;
	return (0);
}

int
store_certs_count(struct store *s, const struct store_cert_query *q,
    uint64_t *n, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct db *d;
	sqlite3_stmt *st;
	int rc;

	if (group_reader(s, &d, err) == -1)
		return (-1);
	st = db_stmt(d, counting[way_of(q)]);
	bind_query(st, q, a);
	rc = db_step(d, st, err);
	if (rc == 1) {
		*n = (uint64_t)db_int(st, 0);
		(void)sqlite3_reset(st);
	}
	group_reader_back(s, &d);
	return (rc == 1 ? 0 : -1);
}
