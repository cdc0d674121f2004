/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passing: memfd, seals, SCM_RIGHTS.
 *
 * Runs in the gateway, the scanner and its workers. Security: plaintext goes
 * from process to process in memory that has no name and is wiped by the
 * kernel. What somebody else made is mapped only when its seals say that it
 * can neither change nor shrink under our hands.
 */
#include "scanc/passing.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int
write_all(int fd, struct str s, struct err *err)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (err_sys(err, ERR_TEMP,
			    "cannot fill a memory file"));
		s = str_sub(s, (size_t)n, s.len);
	}
	return (0);
}

int
passing_seal(struct str bytes, struct err *err)
{
	AUTO_FD int fd = memfd_create("letterlock", MFD_CLOEXEC |
	    MFD_ALLOW_SEALING);

	if (fd < 0)
		return (err_sys(err, ERR_TEMP, "cannot make a memory file"));
	if (write_all(fd, bytes, err) == -1)
		return (-1);
	if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) != 0)
		return (err_sys(err, ERR_TEMP, "cannot seal a memory file"));
	return (fd_take(&fd));
}

int
passing_map(int fd, size_t max_bytes, struct str *out, struct err *err)
{
	int seals = fcntl(fd, F_GET_SEALS);
	/* Not fstat(), which in its current form takes a path. */
	off_t size = lseek(fd, 0, SEEK_END);
	void *p;

	if (seals < 0 || (seals & SEALS) != SEALS)
		return (err_set(err, ERR_INPUT, "the file is not sealed"));
	if (size < 0 || (uint64_t)size > max_bytes)
		return (err_set(err, ERR_INPUT, "the file is too large"));
	*out = STR_NULL;
	if (size == 0)
		return (0);
	p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return (err_sys(err, ERR_TEMP, "cannot map a memory file"));
	*out = str_make(p, (size_t)size);
	return (0);
}

void
passing_unmap(struct str *mapped)
{
	if (mapped->len > 0)
		must(munmap((void *)(uintptr_t)mapped->p, mapped->len) == 0);
	*mapped = STR_NULL;
}

union control {
	char bytes[CMSG_SPACE(PASSING_FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int
passing_send(int sock, struct str packet, const int *fds, size_t n)
{
	struct iovec part = { (void *)(uintptr_t)packet.p, packet.len };
	union control control = { .bytes = { 0 } };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	struct cmsghdr *c;

	must(n <= PASSING_FDS_MAX);
	if (n > 0) {
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	for (;;) {
		if (sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return (1);
		if (errno == EAGAIN || errno == ENOBUFS)
			return (0);
		if (errno != EINTR)
			return (-1);
	}
}

/* Take the descriptors out; all of them or none. */
static void
take_fds(struct msghdr *m, int *fds, size_t n)
{
	int got[PASSING_FDS_MAX];
	size_t n_got = 0;

	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	    c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n_got = MIN_OF((c->cmsg_len - CMSG_LEN(0)) / sizeof(int),
		    (size_t)PASSING_FDS_MAX);
		memcpy(got, CMSG_DATA(c), n_got * sizeof(int));
	}
	if (n_got == n) {
		memcpy(fds, got, n * sizeof(int));
		return;
	}
	while (n_got > 0)
		(void)close(got[--n_got]);
}

ssize_t
passing_receive(int sock, void *p, size_t cap, int *fds, size_t n)
{
	struct iovec part = { p, cap };
	union control control;
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	do
		got = recvmsg(sock, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return (errno == EAGAIN ? 0 : -1);
	take_fds(&m, fds, n);
	if (got > 0 && (m.msg_flags & MSG_TRUNC) == 0)
		return (got);
	for (size_t i = 0; i < n; i++)
		auto_close_fd(&fds[i]);
	return (-1);
}
