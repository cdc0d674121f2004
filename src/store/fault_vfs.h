/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_vfs: the places below SQLite where tests break us. Inside store/ only.
 *
 * With -Dfault=true the store's database and log are opened, written, synced
 * and cut through FAULT_HERE("store.vfs.open" | ".write" | ".sync" |
 * ".truncate"); in a normal build nothing stands between SQLite and the disk.
 */
#ifndef STORE_FAULT_VFS_H
#define STORE_FAULT_VFS_H

#ifdef LETTERLOCK_FAULT
/* The name of the breakable VFS for sqlite3_open_v2(). Threads: any. */
const char *fault_vfs(void);
#else
#define fault_vfs() NULL
#endif

#endif
