/* SPDX-License-Identifier: Apache-2.0 */
/*
 * find: going through the places in their order, and judging what is there.
 *
 * Runs in the gateway and the CLI. Security: whatever the place, pki/path
 * judges for this address and this purpose; what somebody refused or revoked
 * here is not used wherever it turns up again.
 * Standards: RFC 8550, RFC 8162.
 */
#include "base/clock.h"
#include "base/enc.h"
#include "base/sys.h"
#include "cert/finding.h"

/* What was found so far: the newest usable one, or what is wrong with the
 * first that is not. */
struct looking {
	struct find *find;
	const struct find_question *q;
	struct find_result *out;
	bool has_verdict;
	const char *failure;	/* of a place that could not be asked */
	/* At one place: */
	const struct find_answer *answer;
	const struct cert *newest;	/* usable; or NULL */
	struct path_verdict newest_verdict;
	struct cert best;		/* it */
	bool is_ambiguous;
	uint8_t second[CERT_HASH_BYTES];
};

/* ---- judging ----------------------------------------------------------- */

/* Did somebody here decide that it is not to be used? */
static bool
is_refused(struct looking *l, const struct cert *c)
{
	struct err err = ERR_INIT;
	struct store_cert row;
	bool found = false;

	return (store_cert_get(l->find->config.store, c->sha256, l->q->arena,
	    &row, &found, &err) == -1 || (found &&
	    (row.state == STORE_CERT_REFUSED ||
	    row.state == STORE_CERT_REVOKED)));
}

/* What DNSSEC proves is trusted by itself; all else is asked of it as of
 * others. */
static void
judge_proven(struct looking *l, const struct cert *c,
    struct path_verdict *out)
{
	struct path_config config = { .pinned = &c->der, .n_pinned = 1,
		.anchors_pem = STR_LIT("") };
	struct path_trust *trust;
	struct err err = ERR_INIT;

	if (path_trust_new(&config, &trust, &err) == -1) {
		*out = (struct path_verdict){ .kind = PATH_MALFORMED,
			.sentence = STR_LIT("it cannot be read") };
		return;
	}
	path_judge(trust, c, NULL, 0, l->q->address, PATH_ENCRYPT,
	    l->q->now_ms, l->q->arena, out);
	path_trust_free(&trust);
}

static void
judge(struct looking *l, const struct cert *c, bool is_proven,
    const struct cert *others, size_t n_others, struct path_verdict *out)
{
	if (is_refused(l, c))
		*out = (struct path_verdict){ .kind = PATH_REVOKED,
			.sentence = STR_LIT("it was refused or revoked "
			"here") };
	else if (is_proven)
		judge_proven(l, c, out);
	else
		path_judge_by(l->find->config.trust, c, others, n_others,
		    l->q->address, PATH_ENCRYPT, l->q->now_ms,
		    l->q->deadline_ms, l->q->arena, out);
}

/* A renewed certificate stands beside the older one for a while: only one of
 * another authority is a second opinion. */
static void
take_usable(struct looking *l, const struct cert *c,
    const struct path_verdict *v)
{
	const struct cert *other = l->newest;

	if (other == NULL || c->from_ms > other->from_ms) {
		l->newest = c;
		l->newest_verdict = *v;
	} else
		other = c;
	if (other != NULL && !str_eq(other->issuer, l->newest->issuer)) {
		l->is_ambiguous = true;
		memcpy(l->second, other->sha256, sizeof(l->second));
	}
}

static void
take_unusable(struct looking *l, const struct path_verdict *v)
{
	if (l->has_verdict)
		return;
	l->has_verdict = true;
	l->out->verdict = *v;
	l->out->verdict.chain = NULL;
	l->out->verdict.n_chain = 0;
	l->out->sentence = str_of(arena_printf(l->q->arena,
	    "the certificate %s cannot be used: %.*s", l->answer->whence,
	    STR_FMT(v->sentence)));
}

/* Parse what a place has, each once. */
static size_t
parse_all(struct looking *l, const struct find_answer *answer,
    struct cert *all, bool *proven)
{
	struct err err = ERR_INIT;
	size_t n = 0;

	for (size_t i = 0; i < answer->n; i++) {
		bool is_known = false;

		if (cert_parse(answer->list[i].der, l->q->arena, &all[n],
		    &err) == -1)
			continue;
		for (size_t j = 0; j < n && !is_known; j++)
			is_known = str_eq(all[j].der, all[n].der);
		if (is_known)
			cert_done(&all[n]);
		else
			proven[n++] = answer->list[i].is_proven;
	}
	return (n);
}

/* Judge all that a place has; the newest that is usable becomes l->best. */
static void
judge_all(struct looking *l, const struct find_answer *answer)
{
	struct cert *all = arena_array(l->q->arena, FINDING_MAX, sizeof(*all));
	bool proven[FINDING_MAX];
	size_t n = parse_all(l, answer, all, proven);

	l->answer = answer;
	l->newest = NULL;
	l->is_ambiguous = false;
	for (size_t i = 0; i < n; i++) {
		struct path_verdict v;

		if (all[i].is_authority)
			continue;
		judge(l, &all[i], proven[i], all, n, &v);
		if (v.kind == PATH_USABLE)
			take_usable(l, &all[i], &v);
		else
			take_unusable(l, &v);
	}
	for (size_t i = 0; i < n; i++)
		if (&all[i] == l->newest)
			l->best = all[i];
		else
			cert_done(&all[i]);
}

/* ---- keeping what was found -------------------------------------------- */

void
finding_row(const struct find *f, const struct cert *c, struct str address,
    enum store_cert_source source, int64_t now_ms, struct store_cert *out)
{
	*out = (struct store_cert){ .workspace = f->config.workspace,
		.role = STORE_CERT_PARTNER, .state = STORE_CERT_ACTIVE,
		.source = source, .der = c->der, .address = address,
		.subject = c->subject, .issuer = c->issuer,
		.serial = c->serial, .from_ms = c->from_ms,
		.until_ms = c->until_ms, .seen_ms = now_ms, .last_ms = now_ms,
		.uses = (c->may_sign ? STORE_CERT_SIGNS : 0) |
		    (c->may_encrypt ? STORE_CERT_ENCRYPTS : 0) };
	memcpy(out->sha256, c->sha256, sizeof(out->sha256));
}

static void
put_hash(const char *key, const uint8_t *sha256, struct buf *out)
{
	char hex[2 * CERT_HASH_BYTES + 1];

	if (sha256 == NULL)
		return;
	enc_hex(sha256, CERT_HASH_BYTES, hex);
	buf_printf(out, ",\"%s\":\"%s\"", key, hex);
}

struct store_event
finding_event(const char *name, struct str address, const uint8_t *sha256,
    const uint8_t *other, struct arena *a)
{
	AUTO_BUF struct buf out = BUF_INIT(8192);

	buf_z(&out, "{\"address\":");
	enc_json(address, &out);
	put_hash("certificate", sha256, &out);
	put_hash("other", other, &out);
	buf_char(&out, '}');
	return ((struct store_event){ str_of(name),
	    arena_str(a, buf_view(&out)) });
}

/* The inventory has what mail is encrypted to; and two that could be used are
 * something to look at. */
static void
keep(struct looking *l, enum find_place place)
{
	struct store *s = l->find->config.store;
	struct arena *a = l->q->arena;
	struct store_cert row;
	struct store_event event;
	struct err err = ERR_INIT;
	bool found = true;

	if (store_cert_get(s, l->best.sha256, a, &row, &found, &err) == 0 &&
	    !found) {
		finding_row(l->find, &l->best, l->q->address,
		    place == FIND_LDAP ? STORE_CERT_DIRECTORY :
		    STORE_CERT_DNS, l->q->now_ms, &row);
		event = finding_event("cert.found", l->q->address,
		    row.sha256, NULL, a);
		(void)!store_cert_put(s, &row, &event, &err);
	}
	if (l->is_ambiguous) {
		event = finding_event("cert.conflict", l->q->address,
		    l->best.sha256, l->second, a);
		(void)!store_audit(s, &event, &err);
	}
}

/* ---- places ------------------------------------------------------------ */

static unsigned
sources_of(enum find_place place)
{
	return (place == FIND_HARVESTED ? 1u << STORE_CERT_HARVESTED :
	    1u << STORE_CERT_ISSUED | 1u << STORE_CERT_ENROLLED |
	    1u << STORE_CERT_IMPORTED);
}

/* Those that have ended only where there are no others: to say so. */
static int
ask_rows(struct looking *l, struct store_cert_query *q,
    struct store_cert **rows, size_t *n, struct err *err)
{
	struct store *s = l->find->config.store;

	q->until_from_ms = l->q->now_ms;
	if (store_certs(s, q, l->q->arena, rows, n, err) == -1)
		return (-1);
	q->until_from_ms = 0;
	return (*n > 0 ? 0 : store_certs(s, q, l->q->arena, rows, n, err));
}

static void
ask_store(struct looking *l, enum find_place place, struct str address,
    struct find_answer *out)
{
	struct store_cert_query query = { .workspace =
		l->find->config.workspace, .role = -1,
		.state = STORE_CERT_ACTIVE, .address = address,
		.sources = sources_of(place), .max = FINDING_MAX };
	struct store_cert *rows;
	struct err err = ERR_INIT;
	size_t n;

	out->whence = place == FIND_STORE ? "kept here" : "from signed mail";
	if (ask_rows(l, &query, &rows, &n, &err) == -1) {
		out->failure = arena_printf(l->q->arena, "%s", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (rows[i].role != STORE_CERT_AUTHORITY)
			finding_add(out, rows[i].der, false);
}

/* True: there is one. */
static bool
settle(struct looking *l, enum find_place place,
    const struct find_answer *answer)
{
	struct find_result *out = l->out;

	if (answer->failure != NULL && l->failure == NULL)
		l->failure = answer->failure;
	judge_all(l, answer);
	if (l->newest == NULL)
		return (false);
	out->is_found = true;
	out->cert = l->best;
	out->place = place;
	out->verdict = l->newest_verdict;
	out->is_ambiguous = l->is_ambiguous;
	out->sentence = str_of(arena_printf(l->q->arena,
	    "the certificate %s", answer->whence));
	if (answer->is_fresh)
		keep(l, place);
	return (true);
}

static bool
look_in_store(struct looking *l, enum find_place place)
{
	struct find_answer own = { .n = 0 }, domains = { .n = 0 };
	struct str domain = str_of(arena_printf(l->q->arena, "@%.*s",
	    STR_FMT(l->q->domain)));

	ask_store(l, place, l->q->address, &own);
	if (settle(l, place, &own))
		return (true);
	ask_store(l, place, domain, &domains);
	return (settle(l, place, &domains));
}

static bool
look_in(struct looking *l, enum find_place place)
{
	struct find *f = l->find;

	if (place == FIND_STORE || place == FIND_HARVESTED)
		return (look_in_store(l, place));
	if (place == FIND_SMIMEA) {
		struct find_answer answer = { .n = 0 };

		finding_dns(f, l->q, &answer);
		return (settle(l, place, &answer));
	}
	for (size_t i = 0; i < f->n_directories; i++) {
		struct find_answer answer = { .n = 0 };

		if (!directory_has_domain(&f->directories[i], l->q->domain))
			continue;
		finding_directory(f, i, l->q, &answer);
		if (settle(l, place, &answer))
			return (true);
	}
	return (false);
}

/* ---- faces ------------------------------------------------------------- */

/* As a directory and DNS are asked: the domain in lower case. */
static bool
take_address(struct str address, struct arena *a, struct find_question *q)
{
	ptrdiff_t at = str_rindex(address, '@');
	char *copy;

	if (at <= 0 || (size_t)at + 1 == address.len ||
	    address.len > CERT_ADDRESS_MAX)
		return (false);
	copy = arena_printf(a, "%.*s", STR_FMT(address));
	for (size_t i = (size_t)at; i < address.len; i++)
		copy[i] = ascii_lower(copy[i]);
	q->address = str_make(copy, address.len);
	q->domain = str_sub(q->address, (size_t)at + 1, address.len);
	return (true);
}

static void
say_nothing_found(struct looking *l)
{
	struct find_result *out = l->out;

	if (!l->has_verdict) {
		out->sentence =
		    STR_LIT("no certificate of this recipient is known");
		out->verdict = (struct path_verdict){ .kind = PATH_UNKNOWN,
			.sentence = out->sentence };
	}
	if (l->failure != NULL)
		out->sentence = str_of(arena_printf(l->q->arena, "%.*s; %s",
		    STR_FMT(out->sentence), l->failure));
}

void
find_recipient(struct find *f, struct str address, int64_t now_ms,
    int64_t deadline_ms, struct arena *a, struct find_result *out)
{
	struct find_question q = { .now_ms = now_ms,
		.deadline_ms = deadline_ms, .arena = a };
	struct looking l = { .find = f, .q = &q, .out = out };
	struct err err = ERR_INIT;
	int64_t at_ms;
	bool found = false;

	*out = (struct find_result){ .is_found = false };
	if (!take_address(address, a, &q)) {
		out->sentence = STR_LIT("it is no mail address");
		out->verdict.kind = PATH_UNKNOWN;
		return;
	}
	for (size_t i = 0; i < f->config.n_order && !out->is_found; i++)
		(void)look_in(&l, f->config.order[i]);
	if (!out->is_found)
		say_nothing_found(&l);
	else if (store_capabilities_get(f->config.store, q.address, a,
	    &out->capabilities, &at_ms, &found, &err) == -1 || !found)
		out->capabilities = STR_NULL;
}

static int
read_directories(struct find *f, struct err *err)
{
	const char *path = f->config.directories_file;
	AUTO_BUF struct buf text = BUF_INIT(DIRECTORIES_BYTES_MAX);

	if (path == NULL)
		return (0);
	path = arena_printf(f->arena, "%s", path);
	if (sys_read_file(path, &text, err) == -1 ||
	    directories_read(buf_view(&text), path, f->arena, &f->directories,
	    &f->n_directories, err) == -1)
		return (-1);
	f->pauses = arena_array(f->arena, f->n_directories + 1,
	    sizeof(*f->pauses));
	return (0);
}

int
find_new(const struct find_config *config, struct find **out, struct err *err)
{
	struct find *f = must_calloc(1, sizeof(*f));

	f->config = *config;
	f->arena = arena_new();
	must(pthread_mutex_init(&f->lock, NULL) == 0);
	must(pthread_cond_init(&f->answered, NULL) == 0);
	if (f->config.n_order == 0)
		for (; f->config.n_order < FIND_PLACES; f->config.n_order++)
			f->config.order[f->config.n_order] =
			    (enum find_place)f->config.n_order;
	if (f->config.found_ms == 0)
		f->config.found_ms = FIND_FOUND_MS;
	if (f->config.missing_ms == 0)
		f->config.missing_ms = FIND_MISSING_MS;
	if (read_directories(f, err) == -1) {
		find_free(&f);
		return (-1);
	}
	*out = f;
	return (0);
}

void
find_free(struct find **fp)
{
	struct find *f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	(void)pthread_cond_destroy(&f->answered);
	(void)pthread_mutex_destroy(&f->lock);
	arena_free(&f->arena);
	free(f);
}
