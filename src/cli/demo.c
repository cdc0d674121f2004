/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo: the whole product on one machine: a throw-away installation, a mail
 * server that plays the outside world, real messages, and what became of them.
 *
 * Runs in the CLI; the installation runs as `letterlock serve` beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sys.h"
#include "cli/commands.h"
#include "cli/example.h"
#include "cli/init.h"
#include "cli/outside.h"
#include "cli/visitor.h"
#include "net/listen.h"
#include "smtp/client.h"

#define DIR_DEMO "run/demo"
#define START_MS (30 * CLOCK_SECOND_MS)
#define DELIVER_MS (30 * CLOCK_SECOND_MS)
#define LINKS_MAX 256

/* A recipient who reads in the browser. */
struct link {
	const struct example *example;
	struct str recipient;
	struct visitor visitor;
	char code[9];
};

struct demo {
	struct arena *arena;
	bool oneshot;
	const char *dir, *conf, *url;
	char smtp[32], portal[32], hop[32];
	struct outside *outside;
	size_t n_mails;		/* that have been looked at */
	pid_t server;
	struct example examples[EXAMPLES_MAX];
	size_t n_examples, n_expected;
	struct link links[LINKS_MAX];
	size_t n_links;
};

/* ---- preparing -------------------------------------------------------- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return (remove(path));
}

/* The usual port where it is free, else any. */
static int
choose_port(uint16_t usual, char out[static 32], struct err *err)
{
	int fd;

	(void)snprintf(out, 32, "127.0.0.1:%u", usual);
	fd = listen_open(out, err);
	if (fd == -1)
		fd = listen_open("127.0.0.1:0", err);
	if (fd == -1)
		return (-1);
	err_clear(err);
	(void)snprintf(out, 32, "127.0.0.1:%u", listen_port(fd));
	(void)close(fd);
	return (0);
}

static int
prepare(struct demo *d, struct err *err)
{
	struct init_wish wish = { .hostname = "mail.tannwald.example",
	    .domain = "tannwald.example",
	    .organisation = "Tannwald Möbelwerkstätten",
	    .default_action = "Encrypt-Only" };
	const char *mails;
	char real[4096];

	(void)nftw(DIR_DEMO, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (sys_make_dir("run", 0755, err) == -1 ||
	    sys_make_dir(DIR_DEMO, 0755, err) == -1)
		return (-1);
	must(realpath(DIR_DEMO, real) != NULL);
	d->dir = arena_printf(d->arena, "%s", real);
	d->conf = arena_printf(d->arena, "%s/letterlock.conf", d->dir);
	mails = arena_printf(d->arena, "%s/outside", d->dir);
	if (sys_make_dir(mails, 0755, err) == -1 ||
	    outside_start(mails, &d->outside, err) == -1 ||
	    choose_port(2525, d->smtp, err) == -1 ||
	    choose_port(8443, d->portal, err) == -1)
		return (-1);
	(void)snprintf(d->hop, sizeof(d->hop), "127.0.0.1:%u",
	    outside_port(d->outside));
	d->url = arena_printf(d->arena, "https://localhost%s",
	    strrchr(d->portal, ':'));
	wish.dir = d->dir;
	wish.smtp = d->smtp;
	wish.portal = d->portal;
	wish.url = d->url;
	wish.next_hop = d->hop;
	return (init_make(&wish, err));
}

static int
start_server(struct demo *d, struct err *err)
{
	const char *log = arena_printf(d->arena, "%s/letterlock.log", d->dir);
	pid_t pid = fork();

	if (pid == -1)
		return (err_sys(err, ERR_TEMP, "cannot fork"));
	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0600);

		(void)dup2(fd, STDERR_FILENO);
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
		(void)execl("/proc/self/exe", "letterlock", "serve", "-c",
		    d->conf, NULL);
		_exit(127);
	}
	d->server = pid;
	return (0);
}

static struct conn *
dial(const char *address, struct err *err)
{
	uint64_t port = 0;

	(void)str_to_u64(str_of(strrchr(address, ':') + 1), UINT16_MAX, &port);
	return (conn_loopback((uint16_t)port,
	    clock_mono_ms() + CLOCK_SECOND_MS, err));
}

static int
wait_for(const struct demo *d, const char *address, struct err *err)
{
	int64_t end = clock_mono_ms() + START_MS;

	while (clock_mono_ms() < end &&
	    waitpid(d->server, NULL, WNOHANG) == 0) {
		struct conn *c = dial(address, err);

		conn_free(&c);
		if (err->kind == ERR_NONE)
			return (0);
		err_clear(err);
		clock_sleep_until(clock_mono_ms() + 50);
	}
	return (err_set(err, ERR_TEMP, "the installation did not start; see "
	    "%s/letterlock.log", d->dir));
}

/* ---- sending ------------------------------------------------------- */

static int
send_one(struct demo *d, struct smtp_client *c, const struct example *e,
    struct err *err)
{
	struct smtp_outgoing_rcpt rcpts[64] = { 0 };
	struct str bytes = buf_view(&e->bytes);
	struct smtp_outgoing m = { .rcpts = rcpts, .bytes = &bytes,
	    .n_bytes = 1 };

	m.n_rcpts = example_recipients(e, d->arena, rcpts,
	    COUNT_OF(rcpts));
	m.sender = e->sender;
	if (smtp_client_send(c, &m, err) == -1)
		return (-1);
	for (size_t i = 0; i < m.n_rcpts; i++)
		if (rcpts[i].reply.code != 250)
			return (err_set(err, ERR_PERM, "%s: %d %s", e->path,
			    rcpts[i].reply.code, rcpts[i].reply.text));
	d->n_expected += m.n_rcpts;
	return (0);
}

static int
send_all(struct demo *d, struct err *err)
{
	struct smtp_client_config config = { .helo = "demo.example" };
	struct smtp_client *c;
	struct smtp_opening opening;
	struct conn *conn = dial(d->smtp, err);
	int rc = 0;

	if (conn == NULL || smtp_client_open(&conn, "127.0.0.1", &config, &c,
	    &opening, err) == -1)
		return (-1);
	for (size_t i = 0; rc == 0 && i < d->n_examples; i++)
		rc = send_one(d, c, &d->examples[i], err);
	smtp_client_close(&c);
	return (rc);
}

/* ---- reading ---------------------------------------------------------- */

/* Take the next mail that came in outside: a notice becomes a link, a
 * passcode goes to the link that waits for it. */
static bool
next_mail(struct demo *d, int64_t deadline_ms, struct outside_mail *mail,
    char code[static 9])
{
	struct err err = ERR_INIT;

	code[0] = '\0';
	if (!outside_mail(d->outside, d->n_mails, deadline_ms, mail))
		return (false);
	d->n_mails++;
	if (d->n_links < LINKS_MAX && visitor_from_notice(mail->bytes, d->url,
	    &d->links[d->n_links].visitor, &err) == 0)
		d->links[d->n_links++].recipient = mail->recipient;
	else if (!visitor_passcode(mail->bytes, code))
		code[0] = '\0';
	return (true);
}

static int
collect(struct demo *d, struct err *err)
{
	int64_t deadline = clock_mono_ms() + DELIVER_MS;
	struct outside_mail mail;
	char code[9];

	while (d->n_mails < d->n_expected)
		if (!next_mail(d, deadline, &mail, code))
			return (err_set(err, ERR_TEMP, "%zu of %zu mails "
			    "arrived; see %s/letterlock.log", d->n_mails,
			    d->n_expected, d->dir));
	return (0);
}

static int
fetch_code(struct demo *d, struct link *link, struct err *err)
{
	int64_t deadline = clock_mono_ms() + DELIVER_MS;
	struct outside_mail mail;

	if (visitor_ask_passcode(&link->visitor, err) == -1)
		return (-1);
	while (next_mail(d, deadline, &mail, link->code))
		if (link->code[0] != '\0')
			return (0);
	return (err_set(err, ERR_TEMP, "no passcode came for %.*s",
	    STR_FMT(link->recipient)));
}

/* ---- showing ---------------------------------------------------------- */

static void
run_self(const struct demo *d, const char *noun, const char *verb,
    const char *arg)
{
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)execl("/proc/self/exe", "letterlock", noun, verb, "-c",
		    d->conf, arg, NULL);
		_exit(127);
	}
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

static void
show(const struct demo *d)
{
	for (size_t i = 0; i < d->n_examples; i++) {
		const struct example *e = &d->examples[i];

		(void)printf("\n%s: %.*s\n", e->path, STR_FMT(e->subject));
		run_self(d, "message", "show",
		    arena_str(d->arena, e->message_id).p);
	}
	(void)printf("\nLinks for a browser (it will warn of the certificate "
	    "made for this demo):\n\n");
	for (size_t i = 0; i < d->n_links; i++) {
		const struct link *l = &d->links[i];
		AUTO_BUF struct buf url = BUF_INIT(4096);

		grant_link(str_of(d->url), &l->visitor.grant.id,
		    l->visitor.grant.l, &url);
		(void)printf("  %.*s\n  %s\n\n", STR_FMT(l->recipient),
		    buf_cstr(&url));
	}
}

/* ---- checking --------------------------------------------------------- */

static const struct example *
example_with(const struct demo *d, struct str part0)
{
	for (size_t i = 0; i < d->n_examples; i++)
		if (memmem(part0.p, part0.len, d->examples[i].message_id.p + 1,
		    d->examples[i].message_id.len - 2) != NULL)
			return (&d->examples[i]);
	return (NULL);
}

/* Everything the link opens equals what was sent. */
static int
check_link(struct demo *d, struct link *l, struct err *err)
{
	AUTO_BUF struct buf part0 = BUF_INIT(EXAMPLE_BYTES_MAX);
	AUTO_BUF struct buf text = BUF_INIT(EXAMPLE_BYTES_MAX);
	const struct example *e;

	if (visitor_sign_in(&l->visitor, l->code, err) == -1 ||
	    visitor_part(&l->visitor, 0, &part0, err) == -1)
		return (-1);
	e = example_with(d, buf_view(&part0));
	if (e == NULL)
		return (err_set(err, ERR_PERM, "the parcel is of no example"));
	if (e->view.text != NULL) {
		if (letter_text(e->view.text, &text, err) == -1)
			return (-1);
		if (memmem(part0.p, part0.len, text.p, text.len) == NULL)
			return (err_set(err, ERR_PERM, "%s: the text that was "
			    "read is not the one that was sent", e->path));
	}
	for (size_t i = 0; i < e->view.n_attachments; i++) {
		AUTO_BUF struct buf part = BUF_INIT(EXAMPLE_BYTES_MAX);

		if (visitor_part(&l->visitor, (uint32_t)i + 1, &part,
		    err) == -1)
			return (-1);
		if (!example_has(e, i, buf_view(&part)))
			return (err_set(err, ERR_PERM, "%s: attachment %zu is "
			    "not what was sent", e->path, i + 1));
	}
	(void)printf("  %.*s with passcode %.4s %.4s reads \"%.*s\", "
	    "%zu attachments: equal\n", STR_FMT(l->recipient), l->code,
	    l->code + 4, STR_FMT(e->subject), e->view.n_attachments);
	return (0);
}

static int
check(struct demo *d, struct err *err)
{
	if (d->n_links == 0)
		return (err_set(err, ERR_PERM, "nothing was protected"));
	for (size_t i = 0; i < d->n_links; i++)
		if (fetch_code(d, &d->links[i], err) == -1 ||
		    check_link(d, &d->links[i], err) == -1)
			return (-1);
	return (0);
}

/* ---- the whole -------------------------------------------------------- */

static volatile sig_atomic_t is_over;

static void
end(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

/* Show passcodes as the browser asks for them. */
static void
stay(struct demo *d)
{
	struct outside_mail mail;
	char code[9];

	(void)printf("Press \"Send me a passcode\" in the browser: the mail "
	    "with it arrives here.\nSend mail of your own to %s. End with "
	    "Ctrl-C.\n\n", d->smtp);
	(void)fflush(stdout);
	(void)signal(SIGINT, end);
	(void)signal(SIGTERM, end);
	while (!is_over && waitpid(d->server, NULL, WNOHANG) == 0) {
		if (!next_mail(d, clock_mono_ms() + 200, &mail, code))
			continue;
		if (code[0] != '\0')
			(void)printf("passcode for %.*s: %.4s %.4s\n",
			    STR_FMT(mail.recipient), code, code + 4);
		else
			(void)printf("mail for %.*s: %s\n",
			    STR_FMT(mail.recipient), mail.path);
		(void)fflush(stdout);
	}
}

static int
perform(struct demo *d, const char *examples, struct err *err)
{
	if (example_load_all(examples, d->arena, d->examples,
	    &d->n_examples, err) == -1 || prepare(d, err) == -1 ||
	    start_server(d, err) == -1 || wait_for(d, d->smtp, err) == -1 ||
	    wait_for(d, d->portal, err) == -1 || send_all(d, err) == -1 ||
	    collect(d, err) == -1)
		return (-1);
	show(d);
	if (d->oneshot)
		return (check(d, err));
	stay(d);
	return (0);
}

int
demo_run(const struct invocation *in)
{
	static struct demo d;
	const char *examples = command_value(in, "examples");
	struct err err = ERR_INIT;
	int rc;

	d.arena = arena_new();
	d.oneshot = command_value(in, "oneshot") != NULL;
	rc = perform(&d, examples != NULL ? examples : "examples", &err);
	if (rc == -1 && d.dir != NULL)
		(void)fprintf(stderr, "letterlock: what the installation said "
		    "is in %s/letterlock.log\n", d.dir);
	if (d.server > 0) {
		(void)kill(d.server, SIGTERM);
		(void)waitpid(d.server, NULL, 0);
	}
	if (rc == -1)
		return (command_fail(&err));
	if (d.oneshot)
		(void)printf("\nok: what was sent was read, and nobody in "
		    "between could.\n");
	return (EX_OK);
}
