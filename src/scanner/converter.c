/* SPDX-License-Identifier: Apache-2.0 */
/*
 * converter: a small process that forks before anything hostile is near, and
 * so may still start programs when the workers may not.
 *
 * A request is one byte, the tool, with three descriptors: the input, a pipe
 * for the output and a pipe for the exit status. The answer goes into the
 * pipes, so workers that share the socket cannot read each other's.
 * Security: requests come from workers that may have been taken over: only
 * the tool's number is theirs to choose, never a path or an argument. The
 * programs inherit the sandbox: no network, no writing, no file but their own.
 */
#include "scanner/converter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "scanc/passing.h"

#define STATUS_KILLED 255
#define PROGRAM_FILES 32

static const char *const programs[EXTRACT_TOOL_COUNT][8] = {
	[EXTRACT_TOOL_PDF_TEXT] = { "/usr/bin/pdftotext", "-q", "-enc",
		"UTF-8", "-", "-", NULL },
	[EXTRACT_TOOL_PDF_INFO] = { "/usr/bin/pdfinfo", "-custom", "-enc",
		"UTF-8", "-", NULL },
	[EXTRACT_TOOL_PDF_META] = { "/usr/bin/pdfinfo", "-meta", "-", NULL },
};

static void
limit(__rlimit_resource_t what, rlim_t value)
{
	const struct rlimit l = { value, value };

	(void)setrlimit(what, &l);
}

/* In the program's process. */
NORETURN static void
become(const struct scanner_config *config, enum extract_tool tool, int in,
    int out)
{
	static char *const environment[] = { NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(null >= 0 ? null : out, STDERR_FILENO);
	(void)lseek(STDIN_FILENO, 0, SEEK_SET);
	limit(RLIMIT_CPU, CONVERTER_PROGRAM_S);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, PROGRAM_FILES);
	if (config->has_limits)
		limit(RLIMIT_AS, CONVERTER_PROGRAM_BYTES);
	/* Goes through exec; nobody else watches the clock for us. */
	(void)alarm(CONVERTER_PROGRAM_S);
	(void)execve(programs[tool][0], (char *const *)(uintptr_t)
	    programs[tool], environment);
	_exit(EXTRACT_TOOL_MISSING);
}

/* Start it, wait for its end, tell the status. */
NORETURN static void
watch(const struct scanner_config *config, enum extract_tool tool,
    const int fds[static 3])
{
	uint8_t answer = STATUS_KILLED;
	int status = 0;
	pid_t pid;

	(void)signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		become(config, tool, fds[0], fds[1]);
	(void)close(fds[0]);
	(void)close(fds[1]);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		answer = (uint8_t)WEXITSTATUS(status);
	(void)!write(fds[2], &answer, 1);
	_exit(0);
}

static void
answer_one(const struct scanner_config *config, int sock, unsigned *running)
{
	uint8_t tool;
	int fds[3];
	ssize_t n = passing_receive(sock, &tool, sizeof(tool), fds, 3);
	pid_t pid;

	if (n < 0)
		_exit(0);
	if (n > 0 && fds[0] >= 0 && tool < EXTRACT_TOOL_COUNT) {
		pid = fork();
		if (pid == 0)
			watch(config, tool, fds);
		*running += pid > 0;
	}
	for (size_t i = 0; n > 0 && i < COUNT_OF(fds); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

NORETURN static void
convert(const struct scanner_config *config, int sock)
{
	unsigned running = 0;

	for (;;) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		/* Full: wait for one to end. Otherwise collect who has. */
		while (running > 0 && waitpid(-1, NULL, running >=
		    CONVERTER_MAX_RUNNING ? 0 : WNOHANG) > 0)
			running--;
		if (poll(&p, 1, running > 0 ? 1000 : -1) > 0)
			answer_one(config, sock, &running);
	}
}

int
converter_start(const struct scanner_config *config, pid_t *pid,
    struct err *err)
{
	struct err why = ERR_INIT;
	int fds[2];
	pid_t p;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return (err_sys(err, ERR_TEMP, "cannot make a socket"));
	p = fork();
	if (p < 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return (err_sys(err, ERR_TEMP, "cannot fork"));
	}
	if (p == 0) {
		(void)close(fds[0]);
		if (config->confine_converter(&why) != 0)
			_exit(1);
		convert(config, fds[1]);
	}
	(void)close(fds[1]);
	*pid = p;
	return (fds[0]);
}

/* ---- in a worker ------------------------------------------------------ */

static bool
wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms();
		int n = poll(&p, 1, (int)MAX_OF(left, 0));

		if (n > 0)
			return (true);
		if (n == 0 || errno != EINTR)
			return (false);
	}
}

/* Everything until the end; false when that does not come in time, or when it
 * is more than is wanted. */
static bool
read_output(int fd, int64_t deadline_ms, struct buf *out)
{
	for (;;) {
		size_t room = MIN_OF((size_t)64 << 10, out->max -
		    MIN_OF(out->len, out->max));
		uint8_t *to = buf_reserve(out, MAX_OF(room, (size_t)1));
		ssize_t n;

		if (to == NULL || !wait_readable(fd, deadline_ms))
			return (false);
		n = read(fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (n == 0);
		out->len += (size_t)n;
	}
}

static int
send_request(int sock, uint8_t tool, int in, int out, int status)
{
	const int fds[3] = { in, out, status };
	struct pollfd p = { .fd = sock, .events = POLLOUT };
	int rc;

	while ((rc = passing_send(sock, str_make(&tool, 1), fds, 3)) == 0)
		(void)poll(&p, 1, 1000);
	return (rc);
}

int
converter_run(void *ctx, enum extract_tool tool, struct str in,
    int64_t deadline_ms, struct buf *out)
{
	struct err err = ERR_INIT;
	AUTO_FD int input = passing_seal(in, &err);
	int text[2], end[2], rc;
	uint8_t status = STATUS_KILLED;

	if (input < 0 || pipe2(text, O_CLOEXEC) != 0)
		return (-1);
	AUTO_FD int text_in = text[0];
	AUTO_FD int text_out = text[1];
	if (pipe2(end, O_CLOEXEC) != 0)
		return (-1);
	AUTO_FD int end_in = end[0];
	AUTO_FD int end_out = end[1];
	rc = send_request(*(int *)ctx, (uint8_t)tool, input, text_out,
	    end_out);
	/* Only the program holds the other ends now, so its end is seen. */
	(void)close(fd_take(&text_out));
	(void)close(fd_take(&end_out));
	if (rc < 0 || !read_output(text_in, deadline_ms, out))
		return (-1);
	if (!wait_readable(end_in, deadline_ms) ||
	    read(end_in, &status, 1) != 1 || status == STATUS_KILLED)
		return (-1);
	return (status);
}
