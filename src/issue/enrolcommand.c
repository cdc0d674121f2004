/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrolcommand: a certificate from a program of the administrator's: it reads
 * a request in PEM and writes a chain in PEM.
 *
 * Runs in the CLI only: the gateway may not start programs. Security: no shell,
 * no environment but two words, an end that the kernel sees to.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"
#include "issue/enrolwork.h"
#include "pki/csr.h"

#define PROGRAM_S 60	/* it may talk to a server of its own */
#define PIPE_BYTES 60000	/* a pipe takes as much without a reader */

/* In the program's process. Its own words go to our standard error. */
NORETURN static void
become(const struct enrolwork *w, int in, int out)
{
	char address[512];
	char *const argv[] = { (char *)(uintptr_t)
		w->config->settings->command, address, NULL };
	char *const environment[] = {
		(char *)(uintptr_t)"PATH=/usr/bin:/bin",
		(char *)(uintptr_t)"LANG=C.UTF-8", NULL };
	const struct rlimit no_core = { 0, 0 };

	(void)snprintf(address, sizeof(address), "%.*s",
	    STR_FMT(w->address));
	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)signal(SIGPIPE, SIG_DFL);
	/* Goes through exec. */
	(void)alarm(PROGRAM_S);
	(void)execve(argv[0], argv, environment);
	_exit(127);
}

static int
judge(int status, struct err *err)
{
	if (WIFSIGNALED(status))
		return (err_set(err, ERR_TEMP, WTERMSIG(status) == SIGALRM ?
		    "enrol.command did not end in time" :
		    "enrol.command was killed by a signal"));
	if (WEXITSTATUS(status) == 127)
		return (err_set(err, ERR_PERM, "enrol.command cannot be "
		    "started"));
	/* EX_TEMPFAIL: later. */
	if (WEXITSTATUS(status) != 0)
		return (err_set(err, WEXITSTATUS(status) == 75 ? ERR_TEMP :
		    ERR_PERM, "enrol.command ended with %d",
		    WEXITSTATUS(status)));
	return (0);
}

static int
run(const struct enrolwork *w, struct str request, struct buf *out,
    struct err *err)
{
	int in[2], back[2], status;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) == -1)
		return (err_sys(err, ERR_TEMP, "enrol.command"));
	AUTO_FD int in_read = in[0];
	AUTO_FD int in_write = in[1];
	if (pipe2(back, O_CLOEXEC) == -1)
		return (err_sys(err, ERR_TEMP, "enrol.command"));
	AUTO_FD int back_read = back[0];
	AUTO_FD int back_write = back[1];
	(void)fflush(NULL);
	if ((pid = fork()) == -1)
		return (err_sys(err, ERR_TEMP, "enrol.command"));
	if (pid == 0)
		become(w, in_read, back_write);
	(void)close(fd_take(&in_read));
	(void)close(fd_take(&back_write));
	/* Fits into the pipe; a program that does not read it is its own
	 * fault, and is judged by its end. */
	(void)!sys_write_all(in_write, request);
	(void)close(fd_take(&in_write));
	(void)!sys_read_all(back_read, out);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	return (judge(status, err));
}

int
enrolwork_command(const struct enrolwork *w, struct buf *chain,
    struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(PIPE_BYTES);
	struct str der;

	if (!w->config->may_execute)
		return (err_set(err, ERR_TEMP, "only `letterlock cert enrol` "
		    "can start enrol.command"));
	if (enrolwork_request(w, &der, err) == -1)
		return (-1);
	csr_pem(der, &pem);
	return (run(w, buf_view(&pem), chain, err));
}
