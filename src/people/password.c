/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password: argon2id over the users' file, read anew for every try, so that a
 * changed file holds at once.
 *
 * Runs in the gateway. Security: a client without an account asks; unknown
 * users cost the same as known ones, and the number of tries in work is
 * limited, since each takes tens of megabytes. Standards: RFC 9106.
 */
#include "people/password.h"

#include <argon2.h>
#include <pthread.h>
#include <semaphore.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/sys.h"

#define FILE_MAX (1u << 20)

/* Of no password at all; what unknown users are compared with. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$"
    "bGV0dGVybG9jay1ub2JvZHk$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static sem_t room;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
make_room(void)
{
	must(sem_init(&room, 0, PASSWORD_AT_ONCE) == 0);
}

static struct str
find_hash(struct str file, struct str user)
{
	struct str line, name;

	while (str_next(&file, '\n', &line)) {
		line = str_trim(line);
		if (line.len == 0 || line.p[0] == '#' ||
		    !str_next(&line, ':', &name))
			continue;
		if (str_eq(name, user) && line.p != NULL)
			return (line);
	}
	return (STR_NULL);
}

bool
password_check(const char *path, struct str user, struct str password)
{
	AUTO_BUF struct buf file = BUF_INIT(FILE_MAX);
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct str hash = STR_NULL;
	bool known, right;

	(void)pthread_once(&once, make_room);
	if (path != NULL && sys_read_file(path, &file, &err) == 0)
		hash = find_hash(buf_view(&file), user);
	known = hash.len > 0;
	if (!known)
		hash = str_of(nobody);
	while (sem_wait(&room) == -1)
		continue;
	right = argon2id_verify(arena_str(a, hash).p, password.p,
	    password.len) == ARGON2_OK;
	(void)sem_post(&room);
	return (known && right);
}
