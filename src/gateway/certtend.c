/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certtend: one round: each concern by itself, so that one that fails (a
 * directory that is down, an authority that does not answer) stops no other.
 *
 * Runs in the gateway, in a thread of its own. Security: keys are made and used
 * by the keeper; who leaves is the table of people's word, within limits
 * (cert/leave).
 */
#include "gateway/certtend.h"

#include "base/clock.h"
#include "base/log.h"
#include "cert/leavetell.h"
#include "cert/publish.h"
#include "cert/publishldap.h"
#include "gateway/certpeople.h"
#include "gateway/forget.h"
#include "gateway/state.h"
#include "issue/enrol.h"
#include "keepc/keepc.h"

#define MAILS_MAX 500		/* in one round */
#define RENEWALS_MAX 500
#define PUBLISHED_MAX 1000
#define ROUNDS_MAX 50		/* of reminders, before others get their turn */

struct certtend {
	struct gateway *g;
	struct keepc *keepc;
	struct enrol *enrol;
	int64_t slow_ms;	/* the next slow round */
	bool was_refused;	/* the table of people; said once */
};

static void
begin(struct certtend *t, struct gateway *g)
{
	const struct settings *s = g->settings;
	struct enrol_config config;

	*t = (struct certtend){ .g = g };
	t->keepc = keepc_new(s->keeper.socket, "gateway");
	config = enrol_settings(s, g->store, t->keepc, g->provider,
	    relay_names(g->relay));
	t->enrol = enrol_new(&config);
}

static void
end(struct certtend *t)
{
	enrol_free(&t->enrol);
	keepc_free(&t->keepc);
}

static void
failed(const char *what, const struct err *err)
{
	log_warn("certificates_failed", "part=%s reason=\"%s\"", what,
	    err->msg);
}

/* ---- orders and lists ------------------------------------------------- */

static void
tend_orders(struct certtend *t, int64_t now_ms)
{
	struct err err = ERR_INIT;
	size_t n;

	if (enrol_tend(t->enrol, now_ms, &n, &err) == -1)
		failed("orders", &err);
	else if (n > 0)
		log_info("certificate_orders", "orders=%zu", n);
}

static void
tend_authority(struct certtend *t, int64_t now_ms)
{
	const struct id *workspace = &t->g->settings->workspace;
	struct authority *authority;
	struct err err = ERR_INIT;
	bool found;

	if (authority_exists(t->g->store, workspace, &found, NULL) == -1 ||
	    !found)
		return;
	if (authority_open(t->g->store, t->keepc, t->g->provider,
	    workspace, &authority, &err) == -1) {
		failed("authority", &err);
		return;
	}
	if (authority_tend(authority, now_ms, &err) == -1)
		failed("authority", &err);
	authority_free(&authority);
}

/* ---- renewal ---------------------------------------------------------- */

static void
say_failed(void *ctx UNUSED, struct str address, const struct err *why)
{
	log_warn("renewal_failed", "address=%.*s reason=\"%s\"",
	    STR_FMT(address), why->msg);
}

/* Each source is renewed by the way that it came by: a certificate of an
 * authority that others trust is not replaced by one of ours. */
static unsigned
renewed_sources(const struct settings *s)
{
	if (s->smime.renew_days == 0)
		return (0);
	switch (s->enrol.way) {
	case SETTINGS_ENROL_NONE:
		return (0);
	case SETTINGS_ENROL_AUTHORITY:
		return (1u << STORE_CERT_ISSUED);
	default:
		return (1u << STORE_CERT_ENROLLED | 1u << STORE_CERT_ISSUED);
	}
}

static void
tend_renewal(struct certtend *t, int64_t now_ms)
{
	const struct settings *s = t->g->settings;
	struct renew_config c = { .store = t->g->store,
		.workspace = s->workspace,
		.days = (unsigned)s->smime.renew_days,
		.sources = renewed_sources(s), .order = enrol_renew,
		.ctx = t->enrol,
		.max = RENEWALS_MAX, .failed = say_failed };
	struct renew_done done = { .n_issued = 0 };
	struct err err = ERR_INIT;

	if (c.sources == 0)
		return;
	if (renew_tend(&c, now_ms, &done, &err) == -1)
		failed("renewal", &err);
	if (done.n_issued + done.n_ordered + done.n_failed > 0)
		log_info("certificates_renewed", "issued=%zu ordered=%zu "
		    "failed=%zu", done.n_issued, done.n_ordered,
		    done.n_failed);
}

/* ---- mail ------------------------------------------------------------- */

static struct remind_config
reminding(struct certtend *t, struct arena *a)
{
	const struct settings *s = t->g->settings;

	return ((struct remind_config){ .store = t->g->store,
	    .workspace = s->workspace, .renewed = renewed_sources(s),
	    .renew_days = (unsigned)s->smime.renew_days,
	    .tells_owners = s->smime.remind == SETTINGS_REMIND_OWNERS,
	    .organisation = str_of(s->portal.organisation),
	    .postmaster = settings_postmaster(s, a),
	    .hostname = str_of(s->hostname), .mail = reviewing_seal,
	    .ctx = t->g,
	    .max = MAILS_MAX });
}

/* ---- people ----------------------------------------------------------- */

/* What is planned is only told. */
static int
tell(struct certtend *t, const struct leave_config *c,
    const struct leave_plan *plan, int64_t now_ms, struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct remind_config how = reminding(t, a);
	bool is_sent;

	if (leave_note(c, plan, err) == -1 ||
	    leavetell(&how, plan, now_ms, &is_sent, err) == -1)
		return (-1);
	if (is_sent)
		log_info("leavers_told", "people=%zu", plan->n);
	return (0);
}

static void
say_refused(struct certtend *t, const struct leave_plan *plan)
{
	if (plan->is_refused && !t->was_refused)
		log_warn("leavers_refused", "reason=\"%.*s\"",
		    STR_FMT(plan->sentence));
	t->was_refused = plan->is_refused;
}

static void
tend_people(struct certtend *t, int64_t now_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct settings *s = t->g->settings;
	struct leave_config c = { .store = t->g->store,
		.workspace = s->workspace,
		.grace_ms = s->smime.leaver_days * CLOCK_DAY_MS,
		.max_percent = (unsigned)s->smime.leaver_max_percent,
		.order = enrol_renew, .ctx = t->enrol,
		.redirects = s->smime.leaver_mail ==
		SETTINGS_LEAVER_MAIL_REDIRECT,
		.by = STR_LIT("letterlock") };
	struct leave_done done = { .n_revoked = 0 };
	struct leave_person *people;
	struct leave_plan plan;
	struct err err = ERR_INIT;
	size_t n;
	int rc;

	if (!certpeople_has_table(t->g->policy))
		return;
	certpeople_read(t->g->policy, a, &people, &n);
	rc = leave_compare(&c, people, n, now_ms, a, &plan, &err);
	if (rc == 0)
		say_refused(t, &plan);
	if (rc == 0 && !plan.is_refused)
		rc = s->smime.leavers == SETTINGS_LEAVERS_APPLY ?
		    leave_apply(&c, &plan, now_ms, &done, &err) :
		    tell(t, &c, &plan, now_ms, &err);
	if (rc == -1)
		failed("people", &err);
	if (done.n_revoked + done.n_issued + done.n_ordered +
	    done.n_failed > 0)
		log_info("people_changed", "revoked=%zu issued=%zu "
		    "ordered=%zu failed=%zu redirected=%zu", done.n_revoked,
		    done.n_issued, done.n_ordered, done.n_failed,
		    done.n_redirected);
}

/* ---- reminders -------------------------------------------------------- */

static void
tend_reminders(struct certtend *t, int64_t now_ms)
{
	AUTO_ARENA struct arena *a = arena_new();
	const struct settings *s = t->g->settings;
	struct remind_config c = reminding(t, a);
	size_t n = 0, sent = 0;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < s->smime.remind_days.n &&
	    c.n_steps < REMIND_STEPS_MAX; i++) {
		uint64_t days;

		if (str_to_u64(str_of(s->smime.remind_days.values[i]),
		    UINT32_MAX, &days))
			c.steps[c.n_steps++] = (unsigned)days;
	}
	for (int i = 0; i < ROUNDS_MAX; i++) {
		if (remind_tend(&c, now_ms, &n, &err) == -1) {
			failed("reminders", &err);
			break;
		}
		sent += n;
		if (n == 0)
			break;
	}
	if (sent > 0)
		log_info("reminders_sent", "mails=%zu", sent);
}

/* ---- publishing ------------------------------------------------------- */

static void
tend_publishing(struct certtend *t, int64_t now_ms)
{
	const struct settings *s = t->g->settings;
	struct publish_config c = { .store = t->g->store,
		.workspace = s->workspace,
		.to_web = s->smime.web_directory == SETTINGS_WEB_ON,
		.max = PUBLISHED_MAX };
	struct publishldap *ldap = NULL;
	struct err err = ERR_INIT;
	size_t n = 0;

	if (publishldap_open(policy_smime_of(t->g->policy)->directories,
	    relay_names(t->g->relay), &ldap, &err) == -1)
		failed("directories", &err);
	if (ldap != NULL) {
		c.directory = publishldap_put;
		c.ctx = ldap;
	}
	if (publish_tend(&c, now_ms, &n, &err) == -1)
		failed("publishing", &err);
	if (n > 0)
		log_info("certificates_published", "addresses=%zu", n);
	publishldap_close(&ldap);
}

/* ---- what is over ------------------------------------------------------ */

static void
tend_lookups(struct certtend *t, int64_t now_ms)
{
	struct err err = ERR_INIT;
	size_t n;

	if (forget_lookups(t->g->store, now_ms, &n, &err) == -1)
		failed("lookups", &err);
}

static void
tend_answers(struct certtend *t, int64_t now_ms)
{
	struct err err = ERR_INIT;
	size_t n;

	if (forget_answers(t->g->store, now_ms, &n, &err) == -1)
		failed("answers", &err);
}

static void
tend(struct certtend *t, int64_t now_ms)
{
	tend_lookups(t, now_ms);
	tend_orders(t, now_ms);
	tend_authority(t, now_ms);
	if (now_ms < t->slow_ms)
		return;
	/* Who left is not renewed, and what was renewed is not reminded of. */
	tend_people(t, now_ms);
	tend_renewal(t, now_ms);
	tend_reminders(t, now_ms);
	tend_publishing(t, now_ms);
	tend_answers(t, now_ms);
	t->slow_ms = now_ms + CERTTEND_SLOW_MS;
}

void *
certtend_for_ever(void *arg)
{
	struct gateway *g = arg;
	struct certtend t;
	int64_t next = 0;

	begin(&t, g);
	while (!g->stopping) {
		clock_sleep_until(clock_mono_ms() + CLOCK_SECOND_MS);
		if (g->stopping || clock_mono_ms() < next)
			continue;
		tend(&t, clock_wall_ms());
		next = clock_mono_ms() + CERTTEND_TICK_MS;
	}
	end(&t);
	return (NULL);
}
