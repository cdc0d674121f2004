/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certview: `letterlock cert list` and `cert show`: what certificates there
 * are, and all about one.
 *
 * Runs in the CLI. Security: names are other people's; the table and show
 * replace control bytes.
 */
#include <stdio.h>

#include "base/enc.h"
#include "cli/certdesk.h"
#include "cli/commands.h"
#include "cli/table.h"
#include "pki/cert.h"

/* ---- list ------------------------------------------------------------- */

struct listing {
	struct table *table;
	struct arena *arena;
	int64_t now_ms;
	bool is_all;		/* retired ones, too */
	int stage;		/* only these; < 0: any */
	size_t n_hidden;
};

static const char *const stage_names[] = { "active", "ending", "expired",
	"future", "waiting", "replaced", "revoked", "refused", NULL };

static bool
is_retired(enum inventory_stage stage)
{
	return (stage == INVENTORY_REPLACED || stage == INVENTORY_REVOKED ||
	    stage == INVENTORY_REFUSED);
}

static int
list_one(void *ctx, const struct store_cert *c, struct err *err UNUSED)
{
	struct listing *l = ctx;
	enum inventory_stage stage = inventory_stage(c, l->now_ms);
	struct table *t = l->table;

	/* What ends soon is in use, too. */
	if (l->stage >= 0 ? (int)stage != l->stage &&
	    (l->stage != INVENTORY_IN_USE || stage != INVENTORY_ENDS_SOON) :
	    !l->is_all && is_retired(stage)) {
		l->n_hidden++;
		return (0);
	}
	/* An authority has a name only. */
	table_text(t, c->address.len > 0 ? c->address : c->subject);
	table_text(t, str_of(inventory_role(c->role)));
	table_text(t, str_of(inventory_uses(c->uses)));
	table_time(t, c->until_ms);
	table_text(t, str_of(inventory_word(stage)));
	table_text(t, str_of(inventory_source(c->source)));
	table_text(t, c->published);
	table_text(t, str_of(certdesk_short(c, l->arena)));
	table_text(t, str_of(certdesk_fingerprint(c, l->arena)));
	table_text(t, c->subject);
	table_text(t, c->issuer);
	table_text(t, c->serial);
	table_time(t, c->from_ms);
	table_time(t, c->seen_ms);
	table_time(t, c->last_ms);
	table_number(t, (int64_t)c->seen_n);
	table_text(t, c->note);
	table_end_row(t);
	return (0);
}

static const struct table_column columns[] = { { "address", "ADDRESS" },
	{ "role", "WHOSE" }, { "uses", "USED TO" }, { "until", "ENDS" },
	{ "state", "STATE" }, { "source", "FROM" },
	{ "published", "PUBLISHED" }, { "short", "FINGERPRINT" },
	{ "sha256", NULL }, { "subject", NULL }, { "issuer", NULL },
	{ "serial", NULL }, { "from", NULL }, { "first_seen", NULL },
	{ "last_seen", NULL }, { "seen_n", NULL }, { "note", NULL } };

/* The options as a query; returns an exit code. */
static int
read_options(const struct invocation *in, struct store_cert_query *q,
    struct listing *l)
{
	static const char *const roles[] = { "own", "partner", "authority",
		NULL };
	const char *role = command_value(in, "whose");
	const char *state = command_value(in, "state");
	const char *days = command_value(in, "ends-within");
	uint64_t n;

	q->role = -1;
	q->state = -1;
	l->stage = -1;
	if (role != NULL) {
		for (q->role = 0; roles[q->role] != NULL &&
		    strcmp(roles[q->role], role) != 0;)
			q->role++;
		if (roles[q->role] == NULL)
			return (command_usage("--whose is own, partner or "
			    "authority"));
	}
	if (state != NULL) {
		for (l->stage = 0; stage_names[l->stage] != NULL &&
		    strcmp(stage_names[l->stage], state) != 0;)
			l->stage++;
		if (stage_names[l->stage] == NULL)
			return (command_usage("--state is active, ending, "
			    "expired, future, waiting, replaced, revoked or "
			    "refused"));
	}
	if (days != NULL && !str_to_u64(str_of(days), 36500, &n))
		return (command_usage("--ends-within is a number of days"));
	if (days != NULL) {
		q->until_from_ms = l->now_ms;
		q->until_before_ms = l->now_ms + (int64_t)n * CLOCK_DAY_MS;
	}
	return (EX_OK);
}

int
cert_list_run(const struct invocation *in)
{
	struct store_cert_query q = { .match = STR_NULL };
	struct listing list = { .now_ms = clock_wall_ms(),
		.is_all = command_value(in, "all") != NULL };
	struct err err = ERR_INIT;
	struct local l;
	int rc = read_options(in, &q, &list);

	if (rc != EX_OK || (rc = local_open(in, &l)) != EX_OK)
		return (rc);
	q.workspace = l.installation->settings->workspace;
	if (in->n_args > 0)
		q.match = str_of(in->args[0]);
	list.arena = l.arena;
	list.table = table_new(columns, COUNT_OF(columns), in->json);
	rc = inventory_each(l.store, &q, list_one, &list, &err);
	table_print(&list.table, list.n_hidden > 0 ? "Nothing is in use; "
	    "--all shows what is not." : "There are no such certificates. "
	    "`letterlock cert issue` makes some.");
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}

/* ---- show ------------------------------------------------------------- */

static void
line(const char *name, struct str value)
{
	if (value.len == 0)
		return;
	(void)printf("%-12s ", name);
	for (size_t i = 0; i < value.len; i++)
		(void)putchar((unsigned char)value.p[i] < 0x20 ||
		    value.p[i] == 0x7f ? '?' : value.p[i]);
	(void)putchar('\n');
}

static void
time_line(const char *name, int64_t wall_ms)
{
	char moment[CLOCK_MOMENT_SIZE];

	if (wall_ms == 0)
		return;
	clock_moment(wall_ms, moment);
	line(name, str_of(moment));
}

static void
print_parsed(const struct store_cert *c, struct arena *a)
{
	static const char *const keys[] = { [CERT_KEY_OTHER] =
		"another kind than mail uses", [CERT_KEY_RSA] = "RSA",
		[CERT_KEY_EC] = "elliptic curve",
		[CERT_KEY_ED25519] = "Ed25519", [CERT_KEY_X25519] = "X25519" };
	struct cert x;

	if (cert_parse(c->der, a, &x, NULL) == -1)
		return;
	line("Key", str_of(arena_printf(a, "%s, %u bits", keys[x.key],
	    x.key_bits)));
	for (size_t i = 0; i < x.n_addresses; i++)
		line(i == 0 ? "Addresses" : "", x.addresses[i]);
	line("CRL", x.crl_url);
	line("OCSP", x.ocsp_url);
	cert_done(&x);
}

static void
print_cert(const struct store_cert *c, int64_t now_ms, struct arena *a)
{
	enum inventory_stage stage = inventory_stage(c, now_ms);

	line("Owner", c->address);
	line("Whose", str_of(inventory_role(c->role)));
	line("State", str_of(inventory_word(stage)));
	if (c->state == STORE_CERT_REVOKED)
		line("Because", str_of(inventory_reason(c->reason)));
	time_line("Revoked", c->revoked_ms);
	line("Note", c->note);
	line("Used to", str_of(inventory_uses(c->uses)));
	line("Subject", c->subject);
	line("Issued by", c->issuer);
	line("Serial", c->serial);
	time_line("Valid from", c->from_ms);
	time_line("Valid until", c->until_ms);
	print_parsed(c, a);
	line("From", str_of(inventory_source(c->source)));
	time_line("First seen", c->seen_ms);
	time_line("Last seen", c->last_ms);
	line("Published", c->published);
	line("Fingerprint", str_of(certdesk_fingerprint(c, a)));
}

static int
show(struct local *l, const struct invocation *in, struct err *err)
{
	AUTO_BUF struct buf pem = BUF_INIT(CERTDESK_FILE_MAX);
	struct store_cert c;

	if (certdesk_find(l, str_of(in->args[0]), -1, &c, err) == -1)
		return (-1);
	if (command_value(in, "pem") != NULL) {
		cert_pem(c.der, &pem);
		(void)printf("%s", buf_cstr(&pem));
		return (0);
	}
	if (in->json) {
		struct listing list = { .arena = l->arena, .is_all = true,
			.now_ms = clock_wall_ms(), .stage = -1,
			.table = table_new(columns, COUNT_OF(columns),
			true) };
		int rc = list_one(&list, &c, err);

		table_print(&list.table, "");
		return (rc);
	}
	print_cert(&c, clock_wall_ms(), l->arena);
	return (0);
}

int
cert_show_run(const struct invocation *in)
{
	struct err err = ERR_INIT;
	struct local l;
	int rc = local_open(in, &l);

	if (rc != EX_OK)
		return (rc);
	rc = show(&l, in, &err);
	local_close(&l);
	return (rc == -1 ? command_fail(&err) : EX_OK);
}
