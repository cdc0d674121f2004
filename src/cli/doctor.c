/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: is everything there that the gateway needs? One line per check,
 * with what to do where something is missing.
 *
 * Runs in the CLI. Security: asks the keeper only whether it answers.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/local.h"
#include "cli/table.h"
#include "keepc/keepc.h"
#include "net/conn.h"
#include "net/dns.h"
#include "scanc/scanc.h"

#define SPACE_WARN_BYTES ((uint64_t)1 << 30)
#define CONNECT_MS 3000

struct checkup {
	struct table *table;
	unsigned failed;
};

static void
note(struct checkup *c, const char *what, bool ok, struct str detail)
{
	table_text(c->table, str_of(what));
	table_text(c->table, ok ? STR_LIT("ok") : STR_LIT("FAILED"));
	table_text(c->table, detail);
	table_end_row(c->table);
	c->failed += !ok;
}

static void
check_store(struct checkup *c, const struct local *l)
{
	struct err err = ERR_INIT;
	uint64_t room = 0;
	int64_t rows = 0;
	bool ok = store_health(l->store, &room, &err) == 0;

	note(c, "store can be written", ok, str_of(err.msg));
	if (ok)
		note(c, "room on its disk", room >= SPACE_WARN_BYTES,
		    str_of(arena_printf(l->arena, "%llu MiB free",
		    (unsigned long long)(room >> 20))));
	ok = store_audit_verify(l->store, &rows, &err) == 0;
	note(c, "audit record is whole", ok, ok ? str_of(arena_printf(l->arena,
	    "%lld rows", (long long)rows)) : str_of(err.msg));
}

static void
check_keeper(struct checkup *c, const char *socket)
{
	struct err err = ERR_INIT;
	struct keepc *k = keepc_new(socket, "admin");
	bool ok = keepc_ping(k, &err) == 0;

	note(c, "keeper answers", ok, str_of(err.msg));
	keepc_free(&k);
}

static void
check_scanner(struct checkup *c, const char *socket)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct extract_report report = { .n = 0 };
	struct scanc *s = scanc_new(socket);
	struct err err = ERR_INIT;
	bool ok = scanc_read(s, STR_LIT("is anybody there?"),
	    STR_LIT("doctor.txt"), STR_LIT("text/plain"), false,
	    clock_mono_ms() + CONNECT_MS, a, &report, &err) == 0 &&
	    report.n == 1 && str_eq(report.items[0].type, STR_LIT("txt"));

	note(c, "scanner reads", ok, str_of(err.msg));
	scanc_free(&s);
}

/* "host:port" or ":port" as somebody on this machine reaches it. */
static bool
reaches(struct dns *dns, const char *address, struct arena *a, struct err *err)
{
	struct str s = str_of(address), host;
	ptrdiff_t colon = str_rindex(s, ':');
	uint64_t port = 25;
	struct dns_addresses found;
	struct conn *conn;

	host = str_sub(s, 0, colon >= 0 ? (size_t)colon : s.len);
	if (colon >= 0 && !str_to_u64(str_sub(s, (size_t)colon + 1, s.len),
	    UINT16_MAX, &port))
		return (err_set(err, ERR_INPUT, "no port") == 0);
	if (host.len > 2 && host.p[0] == '[')
		host = str_sub(host, 1, host.len - 2);
	if (host.len == 0 || str_eq(host, STR_LIT("0.0.0.0")))
		host = STR_LIT("127.0.0.1");
	if (dns_addresses(dns, host, (uint16_t)port, a, &found, err) == -1)
		return (false);
	conn = conn_connect((const struct sockaddr *)&found.list[0].to,
	    found.list[0].len,
	    clock_mono_ms() + CONNECT_MS, err);
	conn_free(&conn);
	return (err->kind == ERR_NONE);
}

static void
check_port(struct checkup *c, struct dns *dns, const char *what,
    const char *address, struct arena *a)
{
	struct err err = ERR_INIT;
	bool ok = reaches(dns, address, a, &err);

	note(c, what, ok, str_of(arena_printf(a, "%s%s%s", address,
	    ok ? "" : ": ", err.msg)));
}

static void
check_ports(struct checkup *c, const struct local *l)
{
	const struct settings *s = l->installation->settings;
	const struct dns_config config = { s->delivery.resolver,
	    s->delivery.trust_anchor };
	struct err err = ERR_INIT;
	struct dns *dns;

	if (dns_new(&config, &dns, &err) == -1) {
		note(c, "resolver", false, str_of(err.msg));
		return;
	}
	for (size_t i = 0; i < s->smtp.listen.n; i++)
		check_port(c, dns, "SMTP answers", s->smtp.listen.values[i],
		    l->arena);
	for (size_t i = 0; i < s->smtp.outside_listen.n; i++)
		check_port(c, dns, "SMTP answers",
		    s->smtp.outside_listen.values[i], l->arena);
	for (size_t i = 0; i < s->portal.listen.n; i++)
		check_port(c, dns, "portal answers",
		    s->portal.listen.values[i], l->arena);
	if (s->delivery.next_hop != NULL)
		check_port(c, dns, "next hop answers", s->delivery.next_hop,
		    l->arena);
	dns_free(&dns);
}

int
doctor_run(const struct invocation *in)
{
	static const struct table_column columns[] = { { "check", "CHECK" },
		{ "result", "RESULT" }, { "detail", "DETAIL" } };
	struct checkup c = { .failed = 0 };
	struct installation *i;
	struct err err = ERR_INIT;
	struct local l;
	int rc;

	if (installation_read(in->config, &i, &err) == -1)
		return (command_fail(&err));
	c.table = table_new(columns, COUNT_OF(columns), in->json);
	note(&c, "configuration and policy", true, str_of(in->config));
	/* As who we are: opening the store gives that up. */
	check_keeper(&c, i->settings->keeper.socket);
	check_scanner(&c, i->settings->scanner.socket);
	installation_close(&i);
	if ((rc = local_open(in, &l)) != EX_OK)
		return (rc);
	check_store(&c, &l);
	check_ports(&c, &l);
	table_print(&c.table, "");
	local_close(&l);
	return (c.failed == 0 ? EX_OK : EX_UNAVAILABLE);
}
