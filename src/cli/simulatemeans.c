/* SPDX-License-Identifier: Apache-2.0 */
/*
 * simulatemeans: one question in a packet, one answer in a packet.
 *
 * Runs in the CLI: the asking, in the process that reads mail as whoever
 * called it; the answering, in one of the store's user. Security: as means.
 * Where the other process ended nothing is known, and so nothing holds.
 */
#include "cli/simulatemeans.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "cli/means.h"

#define OLD '0'
#define NEW '1'

struct simulatemeans {
	pthread_mutex_t lock;
	int fd;
	pid_t pid;
	const struct policy *old;
};

/* ---- answering --------------------------------------------------------- */

struct desk {
	const struct invocation *in;
	const struct policy *policies[2];
	struct local local;
	bool is_open;
	struct means *means[2];
};

/* When it is first asked: most policies never do. */
static int
open_desk(struct desk *d, size_t which, struct err *err)
{
	int rc;

	if (!d->is_open) {
		rc = local_open(d->in, &d->local);
		if (rc != EX_OK)
			_exit(rc);
		d->is_open = true;
	}
	return (d->means[which] != NULL ? 0 : means_open(&d->local,
	    d->policies[which], &d->means[which], err));
}

/* Which policy, the recipient, a new line, who signs. */
static int
answer(struct desk *d, struct str question, struct buf *out, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct str signer = str_sub(question, 1, question.len), to = STR_NULL;
	size_t which = question.p[0] == NEW;
	struct address recipient;

	if (!str_next(&signer, '\n', &to) ||
	    address_parse(to, a, &recipient, NULL) == -1)
		return (0);
	if (open_desk(d, which, err) == -1)
		return (-1);
	means_write(d->means[which], &recipient, signer, out);
	return (0);
}

/* Until the other one is gone; Ctrl-C is its business. */
static void
serve(struct desk *d, int fd)
{
	char question[MEANS_TEXT_MAX];
	struct err err = ERR_INIT;
	ssize_t n;

	(void)signal(SIGINT, SIG_IGN);
	while ((n = recv(fd, question, sizeof(question), 0)) > 0) {
		AUTO_BUF struct buf out = BUF_INIT(MEANS_TEXT_MAX);

		if (answer(d, str_make(question, (size_t)n), &out,
		    &err) == -1)
			_exit(command_fail(&err));
		buf_char(&out, '\n');
		if (out.over || send(fd, out.p, out.len, MSG_NOSIGNAL) == -1)
			break;
	}
	_exit(EX_OK);
}

/* ---- asking ------------------------------------------------------------ */

int
simulatemeans_start(const struct invocation *in, const struct policy *old,
    const struct policy *new, struct simulatemeans **out, struct err *err)
{
	struct desk d = { .in = in, .policies = { old, new } };
	struct simulatemeans *m;
	int fds[2];
	pid_t pid;

	(void)fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1 ||
	    (pid = fork()) == -1)
		return (err_sys(err, ERR_TEMP, "cannot start a process"));
	if (pid == 0) {
		(void)close(fds[0]);
		serve(&d, fds[1]);
	}
	(void)close(fds[1]);
	m = must_calloc(1, sizeof(*m));
	m->fd = fds[0];
	m->pid = pid;
	m->old = old;
	must(pthread_mutex_init(&m->lock, NULL) == 0);
	*out = m;
	return (0);
}

void
simulatemeans_stop(struct simulatemeans **mp)
{
	struct simulatemeans *m = *mp;
	int status;

	*mp = NULL;
	if (m == NULL)
		return;
	(void)close(m->fd);
	while (waitpid(m->pid, &status, 0) == -1 && errno == EINTR)
		;
	must(pthread_mutex_destroy(&m->lock) == 0);
	free(m);
}

static bool
exchange(struct simulatemeans *m, struct str question, struct buf *out)
{
	char text[MEANS_TEXT_MAX];
	ssize_t n = -1;

	must(pthread_mutex_lock(&m->lock) == 0);
	if (send(m->fd, question.p, question.len, MSG_NOSIGNAL) != -1)
		while ((n = recv(m->fd, text, sizeof(text), 0)) == -1 &&
		    errno == EINTR)
			;
	must(pthread_mutex_unlock(&m->lock) == 0);
	buf_append(out, text, n > 0 ? (size_t)n : 0);
	return (n > 0);
}

void
simulatemeans_find(void *ctx, const struct address *recipient,
    struct ladder_means *out)
{
	const struct simulatemeans_asker *k = ctx;
	const struct policy_question *q = k->question;
	AUTO_BUF struct buf ask = BUF_INIT(MEANS_TEXT_MAX);
	AUTO_BUF struct buf said = BUF_INIT(MEANS_TEXT_MAX);
	const char *nobody;
	struct str signer = STR_NULL;

	if (k->means == NULL)
		return;
	nobody = q->is_from_outside ? MEANS_OUTSIDER : means_signer(k->policy,
	    k->letter, q->sender, q->arena, &signer);
	buf_printf(&ask, "%c%.*s\n%.*s", k->policy == k->means->old ? OLD :
	    NEW, STR_FMT(recipient->text), STR_FMT(signer));
	if (!ask.over && exchange(k->means, buf_view(&ask), &said))
		means_read(buf_view(&said), nobody, q->arena, out);
}
