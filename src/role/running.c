/* SPDX-License-Identifier: Apache-2.0 */
/*
 * running: the supervisor's file: a lock that says who, a line that says how.
 *
 * Runs in the supervisor and the CLI. Security: the folder is the gateway's,
 * and both sides may be root: links are not followed, a file of somebody else
 * is not believed, and a process is signalled only through a descriptor of it
 * that was checked to hold the lock.
 */
#include "role/running.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/enc.h"

#define FILE_NAME "supervisor"
#define PATH_SIZE 4096
#define RECORD_SIZE 1024	/* pid, number, word, hash and a sentence */
#define CLAIM_TRIES 20		/* another one goes, or the file is odd */
#define CLAIM_WAIT_MS 50
#define LOOK_MS 20		/* between two looks for the answer */

struct running {
	char path[PATH_SIZE];
	int fd;
	uint64_t reloads;
	bool was_noted;
};

static int
path_in(const char *state_dir, char path[static PATH_SIZE])
{
	int n = snprintf(path, PATH_SIZE, "%s/" FILE_NAME, state_dir);

	return (n < PATH_SIZE ? 0 : -1);
}

/* ---- the supervisor's side -------------------------------------------- */

/* It is the file that stands there, and nobody else has a hand on it. */
static bool
is_our_file(int fd, const char *path)
{
	struct stat st, there;

	return (fstat(fd, &st) == 0 && lstat(path, &there) == 0 &&
	    st.st_ino == there.st_ino && st.st_dev == there.st_dev &&
	    S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    st.st_uid == geteuid());
}

/* A descriptor that has the lock, -1 to try again, -2 when one holds it. */
static int
try_claim(const char *path, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	AUTO_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK, 0644);

	if (fd == -1 || !is_our_file(fd, path)) {
		/* Not ours, so it says nothing; a lock on it holds nothing. */
		(void)unlink(path);
		return (-1);
	}
	if (fcntl(fd, F_SETLK, &lock) == 0)
		/* Its last owner may have removed it meanwhile. */
		return (is_our_file(fd, path) ? fd_take(&fd) : -1);
	*holder = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ?
	    lock.l_pid : 0;
	return (-2);
}

int
running_claim(const char *state_dir, struct running **out, struct err *err)
{
	struct running *r = must_calloc(1, sizeof(*r));
	pid_t holder = 0;

	r->fd = -1;
	if (path_in(state_dir, r->path) == -1) {
		running_release(&r);
		return (err_set(err, ERR_INPUT, "state_dir: path too long"));
	}
	for (int i = 0; i < CLAIM_TRIES && r->fd < 0; i++) {
		if (i > 0)
			clock_sleep_until(clock_mono_ms() + CLAIM_WAIT_MS);
		r->fd = try_claim(r->path, &holder);
	}
	if (r->fd < 0) {
		(void)(r->fd == -2 ? err_set(err, ERR_TEMP, "another "
		    "letterlock serve, pid %d, runs this installation",
		    (int)holder) : err_sys(err, ERR_PERM, "%s", r->path));
		r->fd = -1;
		running_release(&r);
		return (-1);
	}
	*out = r;
	return (0);
}

void
running_note(struct running *r, const struct policy *policy,
    const char *reason)
{
	uint8_t hash[POLICY_HASH_BYTES];
	char hex[2 * POLICY_HASH_BYTES + 1], text[RECORD_SIZE];
	int n;

	policy_hash(policy, hash);
	enc_hex(hash, sizeof(hash), hex);
	r->reloads += r->was_noted;
	r->was_noted = true;
	n = snprintf(text, sizeof(text), "%d\n%llu %s %s %s\n", (int)getpid(),
	    (unsigned long long)r->reloads, reason == NULL ? "taken" :
	    "refused", hex, reason == NULL ? "" : reason);
	n = MIN_OF(n, RECORD_SIZE - 1);
	/* One write, so that nobody reads half of two. It only informs: where
	 * it fails commands say that there was no answer. */
	if (pwrite(r->fd, text, (size_t)n, 0) == n)
		(void)(ftruncate(r->fd, n) == 0);
}

void
running_release(struct running **rp)
{
	struct running *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	if (r->fd != -1 && is_our_file(r->fd, r->path))
		(void)unlink(r->path);
	if (r->fd != -1)
		(void)close(r->fd);
	free(r);
}

/* ---- the commands' side ----------------------------------------------- */

/* Who holds the lock; 0: nobody. */
static pid_t
holder_of(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
		return (0);
	return (MAX_OF(lock.l_pid, 0));
}

static bool
read_record(int fd, struct running_facts *out)
{
	char text[RECORD_SIZE];
	ssize_t n = pread(fd, text, sizeof(text), 0);
	struct str rest = str_make(text, n > 0 ? (size_t)n : 0), line, word;

	/* The first line is the process id, which the lock knows better. */
	if (!str_next(&rest, '\n', &line) || !str_next(&rest, '\n', &line) ||
	    rest.p == NULL || !str_next(&line, ' ', &word) ||
	    !str_to_u64(word, UINT64_MAX, &out->reloads) ||
	    !str_next(&line, ' ', &word))
		return (false);
	out->is_refused = str_eq(word, STR_LIT("refused"));
	if (!str_next(&line, ' ', &word) ||
	    !enc_hex_parse(word, out->policy, sizeof(out->policy)))
		return (false);
	(void)snprintf(out->reason, sizeof(out->reason), "%.*s",
	    STR_FMT(line));
	return (true);
}

/* The file, or -1 where there is none that can be believed. */
static int
open_record(const char *state_dir)
{
	char path[PATH_SIZE];
	struct stat st;

	if (path_in(state_dir, path) == -1)
		return (-1);
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return (-1);
	return (fd_take(&fd));
}

bool
running_find(const char *state_dir, struct running_facts *out)
{
	AUTO_FD int fd = open_record(state_dir);

	memset(out, 0, sizeof(*out));
	if (fd == -1)
		return (false);
	out->pid = holder_of(fd);
	return (out->pid != 0 && read_record(fd, out));
}

/* Through a descriptor of the process: its number may be another's by now. */
static int
hang_up(const char *state_dir, pid_t pid, bool *is_gone, struct err *err)
{
	AUTO_FD int file = open_record(state_dir);
	AUTO_FD int process = pidfd_open(pid, 0);

	*is_gone = process == -1 || file == -1 || holder_of(file) != pid;
	if (*is_gone || pidfd_send_signal(process, SIGHUP, NULL, 0) == 0)
		return (0);
	*is_gone = errno == ESRCH;
	return (*is_gone ? 0 : err_sys(err, ERR_DENIED, "cannot signal the "
	    "running letterlock, pid %d", (int)pid));
}

/* Its answer to what was asked after `before`. One to an earlier question may
 * come first: it counts only where it has our policy. */
static enum running_answer
await_answer(const char *state_dir, const struct running_facts *before,
    const uint8_t policy[static POLICY_HASH_BYTES], int64_t deadline_ms,
    struct running_facts *out)
{
	while (clock_mono_ms() < deadline_ms) {
		bool is_read;

		clock_sleep_until(clock_mono_ms() + LOOK_MS);
		is_read = running_find(state_dir, out);
		if (out->pid == 0)
			return (RUNNING_NOBODY);
		if (!is_read || (out->pid == before->pid &&
		    out->reloads == before->reloads))
			continue;
		if (out->is_refused)
			return (RUNNING_REFUSED);
		if (memcmp(out->policy, policy, POLICY_HASH_BYTES) == 0)
			return (RUNNING_TAKEN);
	}
	return (RUNNING_SILENT);
}

int
running_reload(const char *state_dir,
    const uint8_t policy[static POLICY_HASH_BYTES], int64_t deadline_ms,
    enum running_answer *answer, struct running_facts *out, struct err *err)
{
	struct running_facts before;
	bool is_gone;

	*answer = RUNNING_NOBODY;
	(void)running_find(state_dir, &before);
	*out = before;
	if (before.pid == 0)
		return (0);
	if (hang_up(state_dir, before.pid, &is_gone, err) == -1)
		return (-1);
	if (!is_gone)
		*answer = await_answer(state_dir, &before, policy, deadline_ms,
		    out);
	return (0);
}
