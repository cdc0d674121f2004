/* SPDX-License-Identifier: Apache-2.0 */
/*
 * erase: destroying what opens a message.
 *
 * Runs inside a write. Security: the row is overwritten before anything is
 * deleted, and freed cells are zeroed (secure_delete).
 */
#include "store/erase.h"

#include "base/fault.h"

int
erase_grant(struct db *d, const struct id *grant, enum store_grant_state state,
    struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "UPDATE grants SET state = ?,"
	    " wrapped = zeroblob(64), wck = zeroblob(48) WHERE id = ?");

	db_bind_int(st, 1, state);
	db_bind_id(st, 2, grant);
	if (db_run(d, st, err) == -1)
		return (-1);
	if (FAULT_HERE("store.erase") == -1)
		return (err_set(err, ERR_TEMP, "store: erase"));
	st = db_stmt(d, "DELETE FROM passcode WHERE grant_id = ?1");
	db_bind_id(st, 1, grant);
	return (db_run(d, st, err));
}

int
erase_parcels(struct db *d, const struct id *message, struct err *err)
{
	sqlite3_stmt *st = db_stmt(d, "DELETE FROM part WHERE parcel IN"
	    " (SELECT g.parcel FROM recipient r JOIN grants g"
	    " ON g.id = r.grant_id WHERE r.message = ? GROUP BY g.parcel"
	    " HAVING sum(g.state = 0) = 0) RETURNING parcel, part, seq");
	int rc;

	db_bind_id(st, 1, message);
	while ((rc = db_step(d, st, err)) == 1)
		if (db_int(st, 2) == DB_SEQ_FILE) {
			struct id parcel = db_id(st, 0);

			db_drop_file(d, &parcel, (uint32_t)db_int(st, 1));
		}
	return (rc);
}
