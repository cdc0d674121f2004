/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enrol: beginning orders and going on with them.
 *
 * Runs in the gateway and the CLI. Security: as enrol.h.
 */
#include "issue/enrol.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "issue/enrolstate.h"
#include "issue/storedkey.h"
#include "mime/address.h"

#define BATCH 10
#define FIRST_MS (5 * CLOCK_MINUTE_MS)	/* doubled with each try */
#define LONGEST_MS (12 * CLOCK_HOUR_MS)
/* In hand so long: more than what one step asks may take. */
#define HOLD_MS (5 * CLOCK_MINUTE_MS)
#define GIVE_UP_MS (14 * CLOCK_DAY_MS)	/* then a person has to look */
#define DETAIL_MAX (32u << 10)
#define OLDER_MAX 20

struct enrol_config
enrol_settings(const struct settings *s, struct store *store,
    struct keepc *keepc, struct provider *provider, struct dns *dns)
{
	return ((struct enrol_config){ .store = store, .keepc = keepc,
	    .provider = provider, .dns = dns, .workspace = s->workspace,
	    .hostname = s->hostname, .settings = &s->enrol,
	    .may_be_private = s->delivery.private_networks ==
	    SETTINGS_PRIVATE_ALLOW });
}

struct enrol *
enrol_new(const struct enrol_config *config)
{
	struct enrol *e = must_calloc(1, sizeof(*e));

	e->config = *config;
	e->way = (struct fetch_way){ .dns = config->dns,
		.ca_file = config->settings->ca,
		.may_be_private = config->may_be_private,
		/* CMP protects its messages itself (RFC 6712 6). */
		.is_for_signed_objects = config->settings->way ==
		SETTINGS_ENROL_CMP };
	return (e);
}

void
enrol_free(struct enrol **e)
{
	free(*e);
	*e = NULL;
}

int
enrol_keep_order(struct enroljob *job, const struct store_event *event,
    bool *is_kept, struct err *err)
{
	AUTO_BUF struct buf detail = BUF_INIT(DETAIL_MAX);

	enrolorder_write(&job->detail, &detail);
	if (buf_check(&detail, "an order", err) == -1)
		return (-1);
	job->order->detail = buf_view(&detail);
	if (job->before.p == NULL)
		return (store_order_place(job->e->config.store, job->order,
		    is_kept, err));
	return (store_order_change(job->e->config.store, job->order,
	    job->before, event, is_kept, err));
}

/* ---- beginning --------------------------------------------------------- */

static const char *const ways[] = {
	[SETTINGS_ENROL_CMP] = "cmp",
	[SETTINGS_ENROL_ACME] = "acme",
	[SETTINGS_ENROL_EST] = "est",
	[SETTINGS_ENROL_COMMAND] = "command",
};

static int
issue_at_once(struct enrol *e, struct str address, struct str name,
    int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct authority *au = NULL;
	struct store_cert c;
	int rc = authority_open(e->config.store, e->config.keepc,
	    e->config.provider, &e->config.workspace, &au, err);

	if (rc == 0)
		rc = authority_issue(au, address, name, now_ms, a, &c, err);
	authority_free(&au);
	return (rc);
}

static int
check(const struct settings_enrol *s, struct err *err)
{
	if (s->way == SETTINGS_ENROL_NONE)
		return (err_set(err, ERR_INPUT, "enrol.way is none: "
		    "certificates have to be imported"));
	if (s->way == SETTINGS_ENROL_COMMAND ? s->command == NULL :
	    s->url == NULL)
		return (err_set(err, ERR_INPUT, s->way ==
		    SETTINGS_ENROL_COMMAND ? "enrol.command is not set" :
		    "enrol.url is not set"));
	return (0);
}

static int
place(struct enrol *e, struct str address, struct str name, int64_t now_ms,
    struct err *err)
{
	const struct settings_enrol *s = e->config.settings;
	struct storedkey_wish wish = { .workspace = e->config.workspace,
		.kind = (enum mailkey_kind)s->kind, .use = MAILKEY_MAIL,
		.now_ms = now_ms };
	struct store_order order = { .id = id_new(),
		.workspace = e->config.workspace, .address = address,
		.way = str_of(ways[s->way]), .state = STORE_ORDER_WAITING,
		.created_ms = now_ms, .next_ms = now_ms };
	struct enroljob job = { .e = e, .order = &order, .detail = {
	    .name = name }, .now_ms = now_ms };
	bool is_kept;

	if (storedkey_make(e->config.store, e->config.keepc,
	    e->config.provider, &wish, &order.key, NULL, err) == -1)
		return (-1);
	if (enrol_keep_order(&job, NULL, &is_kept, err) == -1)
		return (-1);
	/* Another process was faster: its order does, and nobody has the
	 * key. */
	return (is_kept ? 0 : store_key_destroy(e->config.store, &order.key,
	    now_ms, NULL, err));
}

/* Threads that tend and threads that have mail: never two at once. */
static pthread_mutex_t placing = PTHREAD_MUTEX_INITIALIZER;

int
enrol_begin(struct enrol *e, struct str text, struct str name,
    int64_t now_ms, bool *is_done, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *waiting;
	struct address address;
	size_t n;
	int rc;

	*is_done = e->config.settings->way == SETTINGS_ENROL_AUTHORITY;
	if (*is_done)
		return (issue_at_once(e, text, name, now_ms, err));
	if (check(e->config.settings, err) == -1 ||
	    address_parse(text, a, &address, err) == -1)
		return (-1);
	must(pthread_mutex_lock(&placing) == 0);
	rc = store_orders(e->config.store, address.text, STORE_ORDER_WAITING,
	    1, a, &waiting, &n, err);
	if (rc == 0 && n == 0)
		rc = place(e, address.text, name, now_ms, err);
	must(pthread_mutex_unlock(&placing) == 0);
	return (rc);
}

int
enrol_renew(void *ctx, const struct store_cert *old, struct str common_name,
    int64_t now_ms, struct arena *a UNUSED, enum renew_outcome *out,
    struct err *err)
{
	struct err why = ERR_INIT;
	bool is_done;

	if (enrol_begin(ctx, old->address, common_name, now_ms, &is_done,
	    &why) == 0) {
		*out = is_done ? RENEW_ISSUED : RENEW_ORDERED;
		return (0);
	}
	if (err != NULL)
		*err = why;
	/* One address that nobody vouches for does not stop the others. */
	*out = RENEW_FAILED;
	return (why.kind == ERR_TEMP ? -1 : 0);
}

/* ---- going on ---------------------------------------------------------- */

/* What is renewed: the newest that another authority gave us. */
static int
find_old(struct enroljob *job, struct err *err)
{
	struct enrolwork *w = &job->work;
	struct store_cert_query q = { .workspace = job->e->config.workspace,
		.role = STORE_CERT_OWN, .state = STORE_CERT_ACTIVE,
		.address = w->address, .max = OLDER_MAX };
	struct store_cert *list;
	const uint8_t *p;
	size_t n;

	if (store_certs(job->e->config.store, &q, w->a, &list, &n, err) == -1)
		return (-1);
	for (size_t i = 0; i < n && w->old == NULL; i++) {
		if (list[i].source != STORE_CERT_ENROLLED ||
		    list[i].until_ms <= job->now_ms)
			continue;
		if (storedkey_open(job->e->config.store,
		    job->e->config.provider, &list[i].key, &w->old_key, err) ==
		    -1)
			return (-1);
		p = (const uint8_t *)list[i].der.p;
		w->old = d2i_X509(NULL, &p, (long)list[i].der.len);
	}
	return (0);
}

static int
get_secret(struct enroljob *job, struct err *err)
{
	const char *path = job->e->config.settings->password_file;
	AUTO_BUF struct buf b = BUF_INIT(ENROLWORK_SECRET_MAX);
	struct str rest, first;

	if (path == NULL)
		return (0);
	if (sys_read_file(path, &b, err) == -1)
		return (-1);
	rest = buf_view(&b);
	if (str_next(&rest, '\n', &first))
		job->work.secret = arena_str(job->work.a, str_trim(first));
	return (0);
}

static int
prepare(struct enroljob *job, struct err *err)
{
	struct enrolwork *w = &job->work;

	if (enrolorder_read(job->order->detail, w->a, &job->detail, err) == -1)
		return (-1);
	w->name = job->detail.name;
	return (storedkey_open(job->e->config.store, job->e->config.provider,
	    &job->order->key, &w->key, err) == -1 ||
	    get_secret(job, err) == -1 ? -1 : 0);
}

static int
take_step(struct enroljob *job, struct err *err)
{
	struct str way = job->order->way;
	int rc;

	if (check(job->e->config.settings, err) == -1 ||
	    prepare(job, err) == -1)
		return (-1);
	if (str_eq(way, STR_LIT("acme")))
		rc = enrolacme_step(job, err);
	else {
		job->is_done = true;
		if (str_eq(way, STR_LIT("cmp")))
			rc = find_old(job, err) == -1 ? -1 :
			    enrolwork_cmp(&job->work, &job->chain, err);
		else if (str_eq(way, STR_LIT("est")))
			rc = find_old(job, err) == -1 ? -1 :
			    enrolwork_est(&job->work, &job->chain, err);
		else
			rc = enrolwork_command(&job->work, &job->chain, err);
	}
	return (rc == 0 && job->is_done ? enrolkeep(job, err) : rc);
}

static void
wait_longer(struct store_order *o, int64_t now_ms)
{
	int64_t wait_ms = FIRST_MS;

	for (unsigned i = 0; i < o->attempts && wait_ms < LONGEST_MS; i++)
		wait_ms *= 2;
	o->attempts++;
	o->next_ms = now_ms + MIN_OF(wait_ms, LONGEST_MS);
}

static struct store_event
event_of(const struct store_order *o, const char *name, struct arena *a)
{
	AUTO_BUF struct buf b = BUF_INIT(DETAIL_MAX);

	buf_z(&b, "{\"address\":");
	enc_json(o->address, &b);
	buf_z(&b, ",\"way\":");
	enc_json(o->way, &b);
	if (o->reason.len > 0) {
		buf_z(&b, ",\"reason\":");
		enc_json(o->reason, &b);
	}
	buf_char(&b, '}');
	return ((struct store_event){ str_of(name),
	    arena_str(a, buf_view(&b)) });
}

/* What became of the step, into the order. Where a mail was answered meanwhile
 * the next round goes on from there. */
static int
settle(struct enroljob *job, int rc, const struct err *why, struct err *err)
{
	struct store_order *o = job->order;
	struct store_event event;
	bool is_kept;

	o->reason = rc == 0 ? STR_NULL : str_of(why->msg);
	if (rc == 0 && !job->is_done) {
		o->next_ms = job->now_ms + job->again_ms;
		return (enrol_keep_order(job, NULL, &is_kept, err));
	}
	if (rc == 0)
		o->state = STORE_ORDER_DONE;
	else if (why->kind != ERR_TEMP || job->now_ms - o->created_ms >
	    GIVE_UP_MS)
		o->state = STORE_ORDER_FAILED;
	else {
		wait_longer(o, job->now_ms);
		return (enrol_keep_order(job, NULL, &is_kept, err));
	}
	event = event_of(o, rc == 0 ? "certificate.enrolled" :
	    "certificate.refused", job->work.a);
	return (enrol_keep_order(job, &event, &is_kept, err));
}

static int
go_on(struct enrol *e, struct store_order *order, int64_t now_ms,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct enroljob job = { .e = e, .order = order,
		.before = order->detail, .now_ms = now_ms,
		.chain = BUF_INIT(ENROLWORK_CHAIN_MAX), .work = {
		.config = &e->config, .way = &e->way,
		.address = order->address, .a = a,
		.deadline_ms = clock_mono_ms() + ENROLSTATE_CALL_MS } };
	struct err why = ERR_INIT;
	int rc = take_step(&job, &why);

	rc = settle(&job, rc, &why, err);
	EVP_PKEY_free(job.work.key);
	EVP_PKEY_free(job.work.old_key);
	X509_free(job.work.old);
	buf_done(&job.chain);
	return (rc);
}

int
enrol_tend(struct enrol *e, int64_t now_ms, size_t *n, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct store_order *due;

	if (store_orders_due(e->config.store, now_ms, BATCH, a, &due, n,
	    err) == -1)
		return (-1);
	for (size_t i = 0; i < *n; i++) {
		bool is_taken;

		/* Programs are for the command line. */
		if (str_eq(due[i].way, STR_LIT("command")) &&
		    !e->config.may_execute)
			continue;
		/* Two steps of one order would get two certificates. */
		if (store_order_claim(e->config.store, &due[i],
		    now_ms + HOLD_MS, &is_taken, err) == -1 ||
		    (is_taken && go_on(e, &due[i], now_ms, err) == -1))
			return (-1);
	}
	return (0);
}
