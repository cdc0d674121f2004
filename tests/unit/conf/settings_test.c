/* SPDX-License-Identifier: Apache-2.0 */
/* letterlock.conf: defaults, values, mistakes, the sample, the man page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sys.h"
#include "conf/catalog.h"

#define LEAST "hostname: mail.example\n" \
	"workspace: 06h0pg78dxtd8bkz166skjx14m\n" \
	"portal: {url: 'https://mail.example'}\n"

/* Without portal, for tests that write their own. */
#define LESS "hostname: mail.example\n" \
	"workspace: 06h0pg78dxtd8bkz166skjx14m\n"

static void
defaults_are_there(void **state)
{
	struct settings *s = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(settings_parse(STR_LIT(LEAST), "/etc/l/l.conf", &s,
	    &err), 0);
	assert_string_equal(s->path, "/etc/l/l.conf");
	assert_string_equal(s->state_dir, "/etc/l/state");
	assert_string_equal(s->policy_file, "/etc/l/policy.yaml");
	assert_string_equal(s->keeper.socket, "/etc/l/socket/keeper");
	assert_string_equal(s->portal.organisation, "mail.example");
	assert_string_equal(s->smtp.listen.values[0], "127.0.0.1:2525");
	assert_int_equal(s->smtp.networks.n, 2);
	assert_string_equal(s->smtp.networks.values[1], "::1");
	assert_int_equal(s->smtp.max_message_bytes, 50 << 20);
	assert_int_equal(s->smtp.idle_ms, 5 * 60 * 1000);
	assert_int_equal(s->delivery.expire_ms, 5 * 86400 * 1000);
	assert_int_equal(s->delivery.starttls, SETTINGS_STARTTLS_MAY);
	assert_int_equal(s->log_level, LOG_LEVEL_INFO);
	assert_null(s->smtp.tls_cert);
	assert_null(s->gateway_user);
	assert_false(id_is_zero(&s->workspace));
	settings_free(&s);
	assert_null(s);
	settings_free(&s);
}

static void
values_are_taken(void **state)
{
	static const char text[] = LESS
	    "state_dir: /var/lib/letterlock\npolicy: ./p.yaml\n"
	    "log: {level: debug, format: json}\n"
	    "smtp:\n  listen: [':25', '[::1]:587']\n  networks: 10.0.0.0/8\n"
	    "  tls_cert: tls/cert.pem\n  tls_key: tls/key.pem\n"
	    "  max_message_bytes: 1 MiB\n  idle_timeout: 90 s\n"
	    "  certificates:\n    - 9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A"
	    ":D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08\n"
	    "delivery:\n  routes:\n    Partner.example: mx.partner.example:25\n"
	    "    .sub.example: '[2001:db8::1]:2525'\n"
	    "  postmaster: post@mail.example\n  starttls: never\n"
	    "portal:\n  url: http://localhost:8080/\n"
	    "  organisation: \"Tannw\xc3\xa4ld: GmbH\"\n"
	    "  session_lifetime: 2 d\n";
	struct settings *s;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(settings_parse(STR_LIT(text), "/l.conf", &s, &err),
	    0);
	assert_string_equal(s->state_dir, "/var/lib/letterlock");
	assert_string_equal(s->policy_file, "/p.yaml");
	assert_string_equal(s->smtp.tls_cert, "/tls/cert.pem");
	assert_int_equal(s->log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(s->log_format, LOG_FORMAT_JSON);
	assert_int_equal(s->smtp.listen.n, 2);
	assert_string_equal(s->smtp.listen.values[1], "[::1]:587");
	assert_int_equal(s->smtp.networks.n, 1);
	assert_string_equal(s->smtp.certificates.values[0],
	    "9f86d081884c7d659a2feaa0c55ad015"
	    "a3bf4f1b2b0b822cd15d6c15b0f00a08");
	assert_int_equal(s->delivery.n_routes, 2);
	assert_string_equal(s->delivery.routes[0].domain, "partner.example");
	assert_string_equal(s->delivery.routes[1].next_hop,
	    "[2001:db8::1]:2525");
	assert_int_equal(s->delivery.starttls, SETTINGS_STARTTLS_NEVER);
	assert_string_equal(s->portal.url, "http://localhost:8080");
	assert_int_equal(s->portal.session_ms, 2 * 86400 * 1000);
	settings_free(&s);
}

static const struct {
	const char *text;
	const char *error;
} refused[] = {
	{ "- a\n", "f:1:1: keys and values expected here" },
	{ "portal: {}\n", "f:1:1: 'hostname' is missing" },
	{ LESS, "f:1:1: 'portal.url' is missing" },
	{ LESS "portal:\n  listen: ':1'\n", "f:3:1: 'portal.url' is missing" },
	{ "hostnam: x\n", "f:1:1: unknown key 'hostnam'; "
	    "did you mean 'hostname'?" },
	{ LEAST "smtp:\n  lisen: ':25'\n", "f:5:3: unknown key 'lisen'; "
	    "did you mean 'listen'?" },
	{ LEAST "smtp:\n  zzz: 1\n", "f:5:3: unknown key 'zzz'" },
	{ LEAST "next_hop: a:25\n", "f:4:1: unknown key 'next_hop' here; "
	    "did you mean 'delivery.next_hop'?" },
	{ LEAST "smtp: yes\n", "f:4:7: 'smtp' needs keys and values" },
	{ LEAST "log:\n  level: loud\n", "f:5:10: unknown value 'loud'" },
	{ LEAST "log: {level: inf}\n", "f:4:14: unknown value 'inf'; "
	    "did you mean 'info'?" },
	{ LEAST "smtp:\n  max_message_bytes: 151 MiB\n", "f:5:22: "
	    "'smtp.max_message_bytes' needs a size from 1 KiB to 150 MiB" },
	{ LEAST "smtp:\n  max_recipients: many\n", "f:5:19: "
	    "'smtp.max_recipients' needs a number from 1 to 10000" },
	{ LEAST "smtp:\n  idle_timeout: 5\n", "f:5:17: 'smtp.idle_timeout' "
	    "needs a time with its unit (ms, s, min, h or d) from 100 ms "
	    "to 1 h" },
	{ LEAST "smtp:\n  max_recipients: [1]\n", "f:5:19: "
	    "'max_recipients' needs one value" },
	{ LEAST "state_dir:\n", "f:4:1: 'state_dir' has no value; "
	    "one value expected" },
	{ LEAST "state_dir: ''\n", "f:4:12: 'state_dir' is empty; "
	    "give it a value or remove the line" },
	{ LEAST "state_dir: \"a\\nb\"\n", "f:4:12: 'state_dir' has a control "
	    "character or is too long" },
	{ LEAST "smtp:\n  networks: ['::1', 10.0.0.1/8]\n", "f:5:21: "
	    "'smtp.networks' has a bad network: '10.0.0.1/8' has bits set "
	    "behind its prefix length" },
	{ LEAST "smtp:\n  certificates: [abc]\n", "f:5:18: "
	    "'smtp.certificates' needs SHA-256 fingerprints of 64 hexadecimal "
	    "digits" },
	{ LEAST "smtp: {listen: []}\n", "f:4:16: 'smtp.listen' needs at least "
	    "one address" },
	{ LEAST "smtp: {listen: [25]}\n", "f:4:17: 'smtp.listen' needs "
	    "addresses such as 192.0.2.1:25 or :25" },
	{ LEAST "delivery: {next_hop: mail.example}\n", "f:4:22: "
	    "'delivery.next_hop' needs a host and a port such as "
	    "mail.example:25" },
	{ LEAST "delivery: {resolver: 'dns:53'}\n", "f:4:22: "
	    "'delivery.resolver' needs an IP address and a port such as "
	    "127.0.0.1:53" },
	{ LEAST "delivery:\n  routes:\n    a b: c:1\n", "f:6:5: 'a b' is not a "
	    "domain such as example or .example" },
	{ LEAST "delivery:\n  routes:\n    a: c\n", "f:6:8: 'delivery.routes' "
	    "needs a host and a port such as mail.example:25" },
	{ LEAST "delivery: {postmaster: me}\n", "f:4:24: "
	    "'delivery.postmaster' needs an address such as "
	    "postmaster@mail.example" },
	{ LEAST "delivery:\n  retry_first: 5 h\n", "f:5:16: "
	    "'delivery.retry_first' is more than 'delivery.retry_max'" },
	{ LEAST "smtp:\n  max_message_bytes: 100 MiB\n", "f:5:22: "
	    "'smtp.max_message_bytes' is more than 'smtp.memory_bytes'" },
	{ LEAST "smtp:\n  tls_cert: a\n", "f:5:3: 'smtp.tls_cert' also needs "
	    "'smtp.tls_key'" },
	{ LEAST "smtp:\n  tls_key: a\n", "f:5:3: 'smtp.tls_key' also needs "
	    "'smtp.tls_cert'" },
	{ LEAST "smtp:\n  users_file: a\n", "f:5:3: 'smtp.users_file' works "
	    "over TLS only; it needs 'smtp.tls_cert'" },
	{ LEAST "mta_sts: {domains: [a b]}\n", "f:4:21: 'mta_sts.domains' "
	    "needs a host name such as mail.example" },
	{ LEAST "mta_sts: {mx: ['*']}\n", "f:4:16: 'mta_sts.mx' needs host "
	    "names such as mail.example or *.example" },
	{ LEAST "mta_sts: {mode: enforced}\n", "f:4:17: unknown value "
	    "'enforced'; did you mean 'enforce'?" },
	{ LEAST "mta_sts:\n  domains: a.example\n", "f:5:3: "
	    "'mta_sts.domains' also needs 'mta_sts.mx'" },
	{ LESS "portal:\n  url: http://mail.example\n", "f:4:8: 'portal.url' "
	    "needs https://; http:// is for localhost only" },
	{ LESS "portal:\n  url: https://mail.example/x\n", "f:4:8: "
	    "'portal.url' needs a URL such as https://mail.example, with "
	    "nothing behind the name and port" },
	{ LESS "portal:\n  url: https://u@mail.example\n", "f:4:8: "
	    "'portal.url' needs a URL such as https://mail.example, with "
	    "nothing behind the name and port" },
	{ "hostname: a_b\n", "f:1:11: 'hostname' needs a host name such as "
	    "mail.example" },
	{ "hostname: a\nworkspace: x\n", "f:2:12: 'workspace' needs the 26 "
	    "letters and digits that init wrote" },
	{ LEAST "keeper:\n  pkcs11_module: /m.so\n  pkcs11_token: t\n",
	    "f:5:3: 'keeper.pkcs11_module' also needs 'keeper.pkcs11_token' "
	    "and 'keeper.pkcs11_pin_file'" },
	{ LEAST "keeper:\n  socket: /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaa\n", "f:5:11: 'keeper.socket' is longer than 107 "
	    "bytes with its folder" },
};

static void
mistakes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct settings *s = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(settings_parse(str_of(refused[i].text), "f",
		    &s, &err), -1);
		assert_string_equal(err.msg, refused[i].error);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(s);
	}
}

struct seen {
	struct buf text;
	size_t n, n_default;
};

static void
note_row(void *ctx, const char *key, struct str value, bool is_default)
{
	struct seen *seen = ctx;

	buf_printf(&seen->text, "%s=%.*s\n", key, STR_FMT(value));
	seen->n++;
	seen->n_default += is_default;
}

static void
sample_is_read_back(void **state)
{
	struct settings_sample sample = {
		.hostname = "mail.example", .smtp_listen = "[::1]:2525",
		.portal_listen = ":8443", .portal_url = "https://p.example",
		.organisation = "A \"quoted\" #name: \\",
		.tls_cert = "tls/c.pem", .tls_key = "tls/k.pem",
		.log_level = "debug", .next_hop = "127.0.0.1:10025",
		.gateway_user = "33", .group = "mail", .state_dir = "st",
		.keys_dir = "k", .socket = "k.sock", .workspace = id_new(),
	};
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	struct seen seen = { BUF_INIT(1u << 20), 0, 0 };
	struct settings *s;
	struct err err = ERR_INIT;

	(void)state;
	settings_write_sample(&sample, &text);
	assert_int_equal(settings_parse(buf_view(&text), "/e/f", &s, &err), 0);
	assert_string_equal(s->portal.organisation, sample.organisation);
	assert_string_equal(s->portal.tls_key, "/e/tls/k.pem");
	assert_string_equal(s->smtp.listen.values[0], "[::1]:2525");
	assert_string_equal(s->delivery.next_hop, "127.0.0.1:10025");
	assert_string_equal(s->keeper.socket, "/e/k.sock");
	assert_string_equal(s->gateway_user, "33");
	assert_true(id_eq(&s->workspace, &sample.workspace));
	settings_each(s, note_row, &seen);
	assert_int_equal(seen.n, setting_table_n);
	assert_int_equal(seen.n - seen.n_default, 17);
	assert_non_null(strstr(buf_cstr(&seen.text),
	    "\nsmtp.max_message_bytes=50 MiB\n"));
	assert_non_null(strstr(buf_cstr(&seen.text),
	    "\nsmtp.listen=[\"[::1]:2525\"]\n"));
	buf_done(&seen.text);
	settings_free(&s);
}

/* The default in each comment of the sample is one the parser takes, and the
 * default it is. */
static void
sample_comments_are_true(void **state)
{
	struct settings_sample sample = { .workspace = id_new() };
	AUTO_BUF struct buf text = BUF_INIT(1u << 20);
	AUTO_BUF struct buf open = BUF_INIT(1u << 20);
	struct seen seen = { BUF_INIT(1u << 20), 0, 0 };
	struct settings *s;
	struct err err = ERR_INIT;
	struct str rest, line;
	size_t n_fallback = 0;

	(void)state;
	settings_write_sample(&sample, &text);
	rest = buf_view(&text);
	while (str_next(&rest, '\n', &line)) {
		ptrdiff_t hash = str_index(line, '#');
		struct str bare = str_trim(str_sub(line,
		    (size_t)(hash + 1), line.len));
		ptrdiff_t colon = str_index(bare, ':');

		/* "# key: value" with a bare key is a setting. */
		if (hash >= 0 && colon > 0 && bare.len > (size_t)colon + 1 &&
		    memchr(bare.p, ' ', (size_t)colon) == NULL &&
		    bare.p[0] >= 'a') {
			buf_append(&open, line.p, (size_t)hash);
			buf_str(&open, bare);
		} else
			buf_str(&open, line);
		buf_char(&open, '\n');
	}
	if (settings_parse(buf_view(&open), "/e/f", &s, &err) != 0)
		fail_msg("%s", err.msg);
	settings_each(s, note_row, &seen);
	for (size_t i = 0; i < setting_table_n; i++)
		n_fallback += setting_table[i].fallback != NULL;
	assert_int_equal(seen.n_default, n_fallback);
	buf_done(&seen.text);
	settings_free(&s);
}

/* The text of one key in the page: up to the next key or the list's end. */
static struct str
item_of(struct str page, const char *key)
{
	char head[80];
	ptrdiff_t at, next, end;

	(void)snprintf(head, sizeof(head), "\n.It Cm %s ", key);
	at = str_find_nocase(page, str_of(head));
	if (at < 0)
		fail_msg("%s is not in the man page", key);
	page = str_sub(page, (size_t)at + 1, page.len);
	next = str_find_nocase(page, STR_LIT("\n.It Cm "));
	end = str_find_nocase(page, STR_LIT("\n.El\n"));
	if (next < 0 || next > end)
		next = end;
	return (str_sub(page, 0, (size_t)next));
}

static void
assert_says(struct str item, const char *key, struct str text)
{
	if (str_find_nocase(item, text) < 0)
		fail_msg("the man page does not say \"%.*s\" of %s",
		    STR_FMT(text), key);
}

static void
man_page_has_every_key(void **state)
{
	const char *root = getenv("LETTERLOCK_ROOT");
	AUTO_BUF struct buf page = BUF_INIT(1u << 20);
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	(void)state;
	if (root == NULL)
		skip();
	assert_true(asprintf(&path, "%s/man/letterlock.conf.5", root) > 0);
	assert_int_equal(sys_read_file(path, &page, &err), 0);
	for (size_t i = 0; i < setting_table_n; i++) {
		const struct setting *def = &setting_table[i];
		struct str item = item_of(buf_view(&page), def->key);
		struct str rest = str_of(def->fallback), part;
		AUTO_BUF struct buf most = BUF_INIT(64);

		while (def->fallback != NULL && str_next(&rest, ',', &part))
			assert_says(item, def->key, str_trim(part));
		if (def->max == 0)
			continue;
		setting_format_number(def->type, def->max, &most);
		buf_char(&most, '.');
		assert_says(item, def->key, buf_view(&most));
	}
}

static void
file_is_loaded(void **state)
{
	char dir[] = "/tmp/letterlock-conf-XXXXXX";
	AUTO_FREE char *path = NULL;
	struct settings *s;
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(asprintf(&path, "%s/l.conf", dir) > 0);
	assert_int_equal(settings_load(path, &s, &err), -1);
	assert_int_equal(err.kind, ERR_PERM);
	assert_int_equal(sys_write_file(path, STR_LIT(LEAST), 0600, &err), 0);
	assert_int_equal(settings_load(path, &s, &err), 0);
	assert_string_equal(s->path, path);
	settings_free(&s);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_there),
		cmocka_unit_test(values_are_taken),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(sample_is_read_back),
		cmocka_unit_test(sample_comments_are_true),
		cmocka_unit_test(man_page_has_every_key),
		cmocka_unit_test(file_is_loaded),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
