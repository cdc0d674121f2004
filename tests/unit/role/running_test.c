/* SPDX-License-Identifier: Apache-2.0 */
/*
 * running_test: one process serves, others find it and ask it; what lies
 * about in the folder is not believed. Locks are between processes, so the
 * one that serves is a child here.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/sys.h"
#include "role/running.h"

#define WAIT_MS 10000
#define TEXT STR_LIT("version: 1\ndomains: [a.example]\ndefault: clear\n")
#define OTHER STR_LIT("version: 1\ndomains: [b.example]\ndefault: clear\n")

static char folder[] = "/tmp/letterlock-running-XXXXXX";
static char path[sizeof(folder) + 16];

static int
begin(void **state UNUSED)
{
	memset(folder + sizeof(folder) - 7, 'X', 6);
	must(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/supervisor", folder);
	return (0);
}

static int
end(void **state UNUSED)
{
	(void)unlink(path);
	(void)rmdir(folder);
	return (0);
}

/* How the child answers one SIGHUP. */
enum manner { TAKES, REFUSES, IGNORES };

NORETURN static void
serve(enum manner manner)
{
	struct running *r;
	struct policy *p, *other;
	sigset_t set;
	int got;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	if (policy_parse(TEXT, "p", &p, NULL) == -1 ||
	    policy_parse(OTHER, "p", &other, NULL) == -1 ||
	    running_claim(folder, &r, NULL) == -1)
		_exit(1);
	running_note(r, p, NULL);
	while (sigwait(&set, &got) == 0 && got == SIGHUP) {
		if (manner == TAKES)
			running_note(r, other, NULL);
		if (manner == REFUSES)
			running_note(r, p, "p:1:1: no");
	}
	running_release(&r);
	policy_free(&p);
	policy_free(&other);
	_exit(0);
}

static pid_t
start(enum manner manner, struct running_facts *facts)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;
	pid_t pid = fork();

	if (pid == 0)
		serve(manner);
	while (!running_find(folder, facts) && clock_mono_ms() < deadline)
		clock_sleep_until(clock_mono_ms() + 5);
	assert_int_equal(facts->pid, pid);
	return (pid);
}

static void
stop(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), -1);
}

static enum running_answer
ask(int64_t wait_ms, struct running_facts *facts)
{
	uint8_t hash[POLICY_HASH_BYTES];
	enum running_answer answer;
	struct err err = ERR_INIT;

	policy_text_hash(OTHER, hash);
	if (running_reload(folder, hash, clock_mono_ms() + wait_ms, &answer,
	    facts, &err) == -1)
		fail_msg("%s", err.msg);
	return (answer);
}

static void
a_reload_is_answered(void **state UNUSED)
{
	uint8_t hash[POLICY_HASH_BYTES];
	struct running_facts f;
	pid_t pid = start(TAKES, &f);

	policy_text_hash(TEXT, hash);
	assert_memory_equal(f.policy, hash, sizeof(hash));
	assert_int_equal(f.reloads, 0);
	assert_int_equal(ask(WAIT_MS, &f), RUNNING_TAKEN);
	assert_int_equal(f.reloads, 1);
	assert_int_equal(ask(WAIT_MS, &f), RUNNING_TAKEN);
	assert_int_equal(f.reloads, 2);
	stop(pid);
	pid = start(REFUSES, &f);
	assert_int_equal(ask(WAIT_MS, &f), RUNNING_REFUSED);
	assert_string_equal(f.reason, "p:1:1: no");
	assert_memory_equal(f.policy, hash, sizeof(hash));
	stop(pid);
	pid = start(IGNORES, &f);
	assert_int_equal(ask(100, &f), RUNNING_SILENT);
	stop(pid);
	assert_int_equal(ask(WAIT_MS, &f), RUNNING_NOBODY);
}

static void
only_one_serves(void **state UNUSED)
{
	struct running_facts f;
	struct running *r = NULL;
	struct err err = ERR_INIT;
	pid_t pid = start(TAKES, &f);
	char number[16];

	assert_int_equal(running_claim(folder, &r, &err), -1);
	assert_int_equal(err.kind, ERR_TEMP);
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	assert_non_null(strstr(err.msg, number));
	/* After a kill the file is there and nobody stands behind it. */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(access(path, F_OK), 0);
	assert_false(running_find(folder, &f));
	assert_int_equal(f.pid, 0);
	pid = start(TAKES, &f);
	stop(pid);
}

static void
odd_files_are_replaced_and_not_believed(void **state UNUSED)
{
	char other[sizeof(folder) + 16];
	struct err err = ERR_INIT;
	struct running_facts f;
	struct stat st;
	pid_t pid;

	(void)snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(sys_write_file(other, STR_LIT("mine"), 0600, &err),
	    0);
	assert_int_equal(symlink("other", path), 0);
	assert_false(running_find(folder, &f));
	pid = start(TAKES, &f);
	stop(pid);
	assert_int_equal(link(other, path), 0);
	pid = start(TAKES, &f);
	stop(pid);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(running_find(folder, &f));
	pid = start(TAKES, &f);
	if (geteuid() == 0) {
		/* A lock on a file of somebody else says nothing. */
		assert_int_equal(chown(path, 4711, 4711), 0);
		assert_false(running_find(folder, &f));
		assert_int_equal(chown(path, 0, 0), 0);
	}
	stop(pid);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(unlink(other), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_reload_is_answered, begin,
		    end),
		cmocka_unit_test_setup_teardown(only_one_serves, begin, end),
		cmocka_unit_test_setup_teardown(
		    odd_files_are_replaced_and_not_believed, begin, end),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
