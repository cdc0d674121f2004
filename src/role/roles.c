/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roles: gateway, portal, keeper and scanner, from the fork to the end: close
 * the sandbox, open, say that it is ready, serve, close.
 *
 * Runs in each role's own process. Security: everything a role opens by name
 * is opened inside its sandbox, so that a missing permission shows at start
 * and not in the night.
 */
#include "role/roles.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/sys.h"
#include "cert/directories.h"
#include "gateway/gateway.h"
#include "keep/keep.h"
#include "keepc/keepc.h"
#include "policy/smime.h"
#include "portal/portal.h"
#include "role/sandbox.h"
#include "scanner/scanner.h"
#include "seal/spool.h"
#include "store/store.h"

#define PASSPHRASE_MAX (KEEP_PASSPHRASE_MAX + 2)

/* What the name system, TLS and iconv (which loads a module for each charset
 * it meets) read wherever they run. */
static const char *const read_by_all[] = { "/etc/resolv.conf", "/etc/hosts",
	"/etc/ssl", "/etc/localtime", "/usr/share/zoneinfo", "/usr/lib", "/lib",
	"/etc/ld.so.cache", "/proc", "/dev/urandom", "/etc/gai.conf",
	"/etc/nsswitch.conf", "/usr/share/dns", "/usr/share/ca-certificates" };

static void
may_read(struct sandbox *box, const char *path)
{
	size_t n = 0;

	if (path == NULL)
		return;
	while (box->readable[n] != NULL)
		n++;
	must(n < SANDBOX_PATHS_MAX - 1);
	box->readable[n] = path;
}

static int
enter(struct sandbox *box, const struct installation_user *user,
    struct err *err)
{
	const char *left_out;

	box->uid = user->uid;
	box->gid = user->gid;
	if (sandbox_enter(box, &left_out, err) == -1)
		return (-1);
	if (left_out[0] != '\0')
		log_warn("sandbox", "left_out=\"%s\"", left_out);
	return (0);
}

static void
set_up_log(const char *role, const struct settings *s)
{
	log_setup(role, s->log_format, s->log_level);
}

/* ---- keeper ----------------------------------------------------------- */

static int
open_keys(const struct settings *s, struct keep **out, struct err *err)
{
	AUTO_BUF struct buf passphrase = BUF_INIT(PASSPHRASE_MAX);

	if (keep_passphrase(s->keeper.passphrase_file, &passphrase, err) == -1)
		return (-1);
	return (keep_open(s->keeper.keys_dir, buf_view(&passphrase), out,
	    err));
}

/* What a PKCS#11 module may need: it is nobody's code that we know. */
static const char *const read_by_modules[] = { "/etc", "/usr/lib", "/lib",
	"/usr/share", "/proc", "/sys", "/dev/urandom", "/opt" };

static void
let_module_work(const struct settings_keeper *s, struct sandbox *box)
{
	if (s->pkcs11_module == NULL)
		return;
	for (size_t i = 0; i < COUNT_OF(read_by_modules); i++)
		may_read(box, read_by_modules[i]);
	may_read(box, s->pkcs11_module);
	may_read(box, s->pkcs11_pin_file);
	may_read(box, getenv("SOFTHSM2_CONF"));
	box->writable[0] = s->pkcs11_dir;
	box->may_connect = true;
}

/* Inside the sandbox, since a token that went away is opened there again. */
static int
open_token(const struct settings_keeper *s, struct keep *keep,
    struct err *err)
{
	AUTO_BUF struct buf pin = BUF_INIT(PASSPHRASE_MAX);
	struct keep_token token = { s->pkcs11_module, s->pkcs11_token,
		STR_NULL };
	bool is_there;

	if (s->pkcs11_module == NULL)
		return (0);
	if (keep_pin(s->pkcs11_pin_file, &pin, err) == -1)
		return (-1);
	token.pin = buf_view(&pin);
	if (keep_open_token(keep, &token, &is_there, err) == -1)
		return (-1);
	if (!is_there)
		log_warn("token", "label=\"%s\" reason=\"it does not "
		    "answer\"", token.label);
	return (0);
}

static int
keeper_main(const void *arg, const struct child_start *start, struct err *err)
{
	const struct installation *in = arg;
	struct sandbox box = { .role = "keeper" };
	struct keep_peers peers = { in->gateway_user.uid, in->portal_user.uid,
	    0, in->has_users };
	struct keep *keep;

	child_keep_only(start, &in->keeper_fd, 1);
	set_up_log("keeper", in->settings);
	may_read(&box, in->settings->keeper.keys_dir);
	may_read(&box, in->settings->keeper.passphrase_file);
	may_read(&box, getenv("CREDENTIALS_DIRECTORY"));
	let_module_work(&in->settings->keeper, &box);
	keep_lock_memory();
	if (enter(&box, &in->keeper_user, err) == -1 ||
	    open_keys(in->settings, &keep, err) == -1)
		return (-1);
	if (open_token(&in->settings->keeper, keep, err) == -1) {
		keep_free(&keep);
		return (-1);
	}
	child_ready(start);
	keep_serve(keep, in->keeper_fd, &peers, start->stop_fd);
	keep_free(&keep);
	return (0);
}

/* ---- scanner ---------------------------------------------------------- */

/* The converter's programs and what they read: libraries, and tables of
 * characters. */
static const char *const read_by_programs[] = { "/usr/lib", "/lib", "/lib64",
	"/etc/ld.so.cache", "/usr/share/poppler", "/dev/null" };
static const char *const programs[] = { "/usr/bin/pdftotext",
	"/usr/bin/pdfinfo", "/lib64/ld-linux-x86-64.so.2",
	"/lib/ld-linux-aarch64.so.1" };

/* Set before the fork: the confining functions take no argument. */
static struct installation_user scanner_user;

static int
confine_converter(struct err *err)
{
	struct sandbox box = { .role = "scanner", .may_execute = true };

	for (size_t i = 0; i < COUNT_OF(read_by_programs); i++)
		may_read(&box, read_by_programs[i]);
	for (size_t i = 0; i < COUNT_OF(programs); i++)
		box.executable[i] = programs[i];
	return (enter(&box, &scanner_user, err));
}

static int
scanner_main(const void *arg, const struct child_start *start, struct err *err)
{
	const struct installation *in = arg;
	struct sandbox box = { .role = "scanner", .may_breed = true };
	const struct scanner_config config = {
		.n_workers = (size_t)in->settings->scanner.workers,
		.peer = in->gateway_user.uid, .check = in->has_users,
		.confine_worker = sandbox_enter_strict,
		.confine_converter = confine_converter,
		.has_limits = sandbox_is_real() };
	struct scanner *s;

	child_keep_only(start, &in->scanner_fd, 1);
	set_up_log("scanner", in->settings);
	scanner_user = in->scanner_user;
	if (scanner_open(&config, &s, err) == -1)
		return (-1);
	if (enter(&box, &in->scanner_user, err) == -1) {
		scanner_close(&s);
		return (-1);
	}
	child_ready(start);
	scanner_serve(s, in->scanner_fd, start->stop_fd);
	scanner_close(&s);
	return (0);
}

/* ---- gateway ---------------------------------------------------------- */

/* What the file of directories names; all memory in the arena. */
static int
may_read_directories(struct sandbox *box, const char *path, struct arena *a,
    struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DIRECTORIES_BYTES_MAX);
	struct directory_entry *list;
	size_t n;

	if (path == NULL)
		return (0);
	if (sys_read_file(path, &text, err) == -1 ||
	    directories_read(buf_view(&text), path, a, &list, &n, err) == -1)
		return (-1);
	may_read(box, path);
	for (size_t i = 0; i < n; i++) {
		may_read(box, list[i].way.ca_file);
		may_read(box, list[i].way.password_file);
	}
	return (0);
}

static int
gateway_main(const void *arg, const struct child_start *start, struct err *err)
{
	const struct installation *in = arg;
	const struct settings *s = in->settings;
	struct sandbox box = { .role = "gateway", .may_connect = true,
	    .writable = { s->state_dir } };
	AUTO_ARENA struct arena *a = arena_new();
	struct gateway *g;

	child_keep_only(start, in->smtp.fds, in->smtp.n);
	set_up_log("gateway", s);
	for (size_t i = 0; i < COUNT_OF(read_by_all); i++)
		may_read(&box, read_by_all[i]);
	may_read(&box, s->smtp.tls_cert);
	may_read(&box, s->smtp.tls_key);
	may_read(&box, s->smtp.client_ca);
	may_read(&box, s->smtp.users_file);
	for (size_t i = 0; i < s->delivery.n_hops; i++)
		may_read(&box, s->delivery.hops[i].password_file);
	may_read(&box, s->delivery.trust_anchor);
	may_read(&box, s->delivery.tls_ca);
	may_read(&box, s->enrol.ca);
	may_read(&box, s->enrol.trust);
	may_read(&box, s->enrol.password_file);
	may_read(&box, s->delivery.tls_cert);
	may_read(&box, s->delivery.tls_key);
	if (may_read_directories(&box, policy_smime_of(in->policy)->directories,
	    a, err) == -1 || enter(&box, &in->gateway_user, err) == -1 ||
	    gateway_open(s, in->policy, &g, err) == -1)
		return (-1);
	child_ready(start);
	if (gateway_serve(g, in->smtp.fds, in->smtp.n, start->stop_fd))
		gateway_close(&g);
	return (0);
}

/* ---- portal ----------------------------------------------------------- */

static void
portal_ready(void *ctx)
{
	child_ready(ctx);
}

static int
portal_run(const struct installation *in, const struct child_start *start,
    struct err *err)
{
	const struct settings *s = in->settings;
	struct child_start ready = *start;
	struct portal_config config = { .settings = s, .ready = portal_ready,
	    .ready_ctx = &ready };
	int rc;

	if (store_open(installation_store_path(s), "portal", &config.store,
	    err) == -1)
		return (-1);
	config.keepc = keepc_new(s->keeper.socket, "portal");
	config.spool = spool_new(s->keeper.socket, "portal", config.store);
	rc = portal_serve(&config, in->portal.fds, in->portal.n,
	    start->stop_fd, err);
	if (rc == 1)	/* downloads still run: the process just ends */
		return (0);
	spool_free(&config.spool);
	keepc_free(&config.keepc);
	store_close(&config.store);
	return (rc);
}

static int
portal_main(const void *arg, const struct child_start *start, struct err *err)
{
	const struct installation *in = arg;
	const struct settings *s = in->settings;
	struct sandbox box = { .role = "portal", .may_connect = true,
	    .writable = { s->state_dir } };

	child_keep_only(start, in->portal.fds, in->portal.n);
	set_up_log("portal", s);
	for (size_t i = 0; i < COUNT_OF(read_by_all); i++)
		may_read(&box, read_by_all[i]);
	may_read(&box, s->portal.tls_cert);
	may_read(&box, s->portal.tls_key);
	if (enter(&box, &in->portal_user, err) == -1)
		return (-1);
	return (portal_run(in, start, err));
}

const struct role roles[ROLE_COUNT] = {
	[ROLE_KEEPER] = { "keeper", keeper_main },
	[ROLE_SCANNER] = { "scanner", scanner_main },
	[ROLE_GATEWAY] = { "gateway", gateway_main },
	[ROLE_PORTAL] = { "portal", portal_main },
};
