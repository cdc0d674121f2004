/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: dropping privileges, in the order that keeps each step possible.
 *
 * Runs in every role, once, single-threaded. Security: this is the line
 * between a bug in a parser and the machine. The system call list is an
 * allow-list; what is not on it returns ENOSYS, so that libc falls back where
 * it can, and execve kills the process: only the scanner's converter starts
 * programs, and which ones Landlock says.
 */
#include "role/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "role/landlock.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int
drop_user(const struct sandbox *box, struct err *err)
{
	if (box->uid == 0)
		return (0);
	if (setgroups(0, NULL) != 0 ||
	    setresgid(box->gid, box->gid, box->gid) != 0 ||
	    setresuid(box->uid, box->uid, box->uid) != 0)
		return (err_sys(err, ERR_PERM, "cannot become uid %u",
		    (unsigned)box->uid));
	/* A way back would mean that the calls above lied. */
	must(setuid(0) != 0);
	return (0);
}

/* What every role needs: memory, threads, time, signals, open descriptors. */
static const char *const calls_for_all[] = {
	"read", "write", "readv", "writev", "pread64", "pwrite64", "close",
	"lseek", "fstat", "newfstatat", "fcntl", "ftruncate", "fallocate",
	"fsync", "fdatasync", "dup", "dup2", "dup3", "pipe2", "eventfd2",
	"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mlock",
	"mlock2", "munlock",
	"clone", "clone3", "futex", "set_robust_list", "rseq",
	"sched_yield", "sched_getaffinity", "exit", "exit_group",
	"gettid", "getpid", "getppid", "tgkill", "kill", "getuid", "geteuid",
	"getgid", "getegid", "prctl", "prlimit64", "getrusage", "sysinfo",
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "timerfd_create", "timerfd_settime",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
	"sigaltstack", "signalfd4", "restart_syscall",
	"poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl",
	"epoll_wait", "epoll_pwait", "epoll_create",
	"getrandom", "uname", "membarrier",
	"accept", "accept4", "recvfrom", "recvmsg", "sendto", "sendmsg",
	"sendmmsg", "recvmmsg", "shutdown", "memfd_create",
	"getsockname", "getpeername",
	"getsockopt", "setsockopt", "sendfile", "tee", "ioctl",
};

/* Files: the store opens its write-ahead log and shared memory by name. */
static const char *const calls_for_files[] = {
	"open", "openat", "stat", "lstat", "statx", "access", "faccessat",
	"faccessat2", "unlink", "unlinkat", "rename", "renameat",
	"renameat2", "readlink", "readlinkat", "getcwd", "mkdir", "mkdirat",
	"chmod", "fchmod", "fchown", "fchmodat", "utimensat", "statfs",
	"fstatfs", "flock", "getdents64", "umask",
};

static const char *const calls_to_connect[] = { "socket", "connect", "bind",
	"socketpair" };

static const char *const calls_to_breed[] = { "socketpair", "wait4",
	"waitid", "fork", "vfork", "seccomp", "setrlimit" };

/* Starting a program, and what its loader and libc do first. */
static const char *const calls_to_execute[] = { "execve", "arch_prctl",
	"set_tid_address", "fadvise64", "alarm", "wait4", "fork", "vfork",
	"setrlimit", "getrlimit" };

/* A process that only computes. */
static const char *const calls_strict[] = {
	"read", "write", "pread64", "close", "lseek", "fstat", "fcntl",
	"ftruncate", "mmap", "munmap", "mremap", "mprotect", "madvise", "brk",
	"futex", "sched_yield", "exit", "exit_group", "gettid", "getpid",
	"tgkill", "clock_gettime", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "rt_sigaction", "rt_sigprocmask",
	"rt_sigreturn", "restart_syscall", "poll", "ppoll", "getrandom",
	"pipe2", "recvmsg", "sendmsg", "memfd_create",
};

static int
allow(scmp_filter_ctx ctx, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);

		/* A name this architecture lacks is no loss. */
		if (nr != __NR_SCMP_ERROR &&
		    seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0) != 0)
			return (-1);
	}
	return (0);
}

/* Put the filter in force and free it; rc is what came before. */
static int
load(scmp_filter_ctx *ctx, int rc, bool forbid_execve, struct err *err)
{
	if (rc == 0 && forbid_execve)
		rc = seccomp_rule_add(*ctx, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(execve), 0);
	if (rc == 0)
		rc = seccomp_rule_add(*ctx, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(execveat), 0);
	if (rc == 0)
		rc = seccomp_load(*ctx);
	seccomp_release(*ctx);
	*ctx = NULL;
	return (rc == 0 ? 0 : err_set(err, ERR_PERM,
	    "cannot limit system calls: %s", strerrordesc_np(-rc)));
}

static int
limit_calls(const struct sandbox *box, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int rc;

	if (ctx == NULL)
		return (err_set(err, ERR_PERM, "seccomp is not available"));
	rc = allow(ctx, calls_for_all, COUNT_OF(calls_for_all));
	if (rc == 0)
		rc = allow(ctx, calls_for_files, COUNT_OF(calls_for_files));
	if (rc == 0 && box->may_connect)
		rc = allow(ctx, calls_to_connect, COUNT_OF(calls_to_connect));
	if (rc == 0 && box->may_breed)
		rc = allow(ctx, calls_to_breed, COUNT_OF(calls_to_breed));
	if (rc == 0 && box->may_execute)
		rc = allow(ctx, calls_to_execute, COUNT_OF(calls_to_execute));
	return (load(&ctx, rc, !box->may_execute, err));
}

static int
limit_calls_strictly(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));

	if (ctx == NULL)
		return (err_set(err, ERR_PERM, "seccomp is not available"));
	return (load(&ctx, allow(ctx, calls_strict, COUNT_OF(calls_strict)),
	    true, err));
}

int
sandbox_enter(const struct sandbox *box, const char **left_out,
    struct err *err)
{
	*left_out = "";
	if (drop_user(box, err) != 0)
		return (-1);
	/* Changing the user clears the parent-death signal: set it now. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return (err_sys(err, ERR_PERM, "cannot limit the process"));
	sys_forbid_dumps();
	if (SANITIZED) {
		*left_out = "Landlock and seccomp (sanitizer build)";
		return (0);
	}
	if (!landlock_is_there())
		*left_out = "Landlock (not in this kernel)";
	else if (landlock_enter(box->writable, box->readable, box->executable,
	    err) != 0)
		return (-1);
	return (limit_calls(box, err));
}

int
sandbox_enter_strict(struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return (err_sys(err, ERR_PERM, "cannot limit the process"));
	return (SANITIZED ? 0 : limit_calls_strictly(err));
}

bool
sandbox_is_real(void)
{
	return (!SANITIZED);
}
