/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema: the tables, and the numbered steps that lead to them. Inside store/
 * only. A step that was released is never changed: a new one follows it.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

/* Bring the file to the newest version, all steps in one transaction.
 * Fails ERR_PERM when the file is of a newer version than this program. */
int schema_migrate(struct db *d, struct err *err) FALLIBLE;

#endif
