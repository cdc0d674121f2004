/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig: a keeper in a thread of its own, in a temporary folder, and its log.
 */
#ifndef UNIT_KEEP_RIG_H
#define UNIT_KEEP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sys.h"
#include "keep/keep.h"
#include "keepc/keepc.h"

struct rig {
	char dir[64];
	char keys[96];
	char socket[96];
	char log[96];
	struct id workspace;
	struct keep *keep;
	struct keep_peers peers;
	int listen_fd;
	int stop[2];
	int saved_stderr;
	pthread_t thread;
};

static inline void
rig_ok(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s: %s", err_kind_name(err->kind), err->msg);
}

static inline void *
rig_run(void *arg)
{
	struct rig *r = arg;

	keep_serve(r->keep, r->listen_fd, &r->peers, r->stop[0]);
	return (NULL);
}

/* Load the keys of r->keys and serve them. */
static inline void
rig_start(struct rig *r)
{
	struct err err = ERR_INIT;

	rig_ok(keep_open(r->keys, STR_NULL, &r->keep, &err), &err);
	r->listen_fd = keep_listen(r->socket, 0600, &err);
	rig_ok(r->listen_fd < 0 ? -1 : 0, &err);
	assert_int_equal(pipe2(r->stop, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&r->thread, NULL, rig_run, r), 0);
}

static inline void
rig_stop(struct rig *r)
{
	assert_int_equal(write(r->stop[1], "x", 1), 1);
	assert_int_equal(pthread_join(r->thread, NULL), 0);
	(void)close(r->stop[0]);
	(void)close(r->stop[1]);
	(void)close(r->listen_fd);
	keep_free(&r->keep);
	assert_null(r->keep);
}

/* A folder with fresh keys, and stderr in a file. */
static inline void
rig_make(struct rig *r)
{
	struct err err = ERR_INIT;
	int fd;

	memset(r, 0, sizeof(*r));
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/keep-test-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	(void)snprintf(r->keys, sizeof(r->keys), "%s/keys", r->dir);
	(void)snprintf(r->socket, sizeof(r->socket), "%s/s", r->dir);
	(void)snprintf(r->log, sizeof(r->log), "%s/log", r->dir);
	rig_ok(keep_init(r->keys, STR_NULL, &r->workspace, &err), &err);
	fd = open(r->log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	r->saved_stderr = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	(void)close(fd);
}

static inline void
rig_remove(struct rig *r)
{
	char command[160];

	(void)dup2(r->saved_stderr, STDERR_FILENO);
	(void)close(r->saved_stderr);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	assert_int_equal(system(command), 0);
}

/* Does the log hold this text? */
static inline bool
rig_logged(const struct rig *r, const char *text)
{
	AUTO_BUF struct buf log = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	rig_ok(sys_read_file(r->log, &log, &err), &err);
	return (strstr(buf_cstr(&log), text) != NULL);
}

/* The file dir/prefix<workspace>.key. */
static inline const char *
rig_key(const struct rig *r, const char *prefix, const struct id *workspace,
    char out[static 200])
{
	char text[ID_TEXT_SIZE];

	(void)snprintf(out, 200, "%s/%s%s.key", r->keys, prefix,
	    id_text(workspace, text));
	return (out);
}

#endif
