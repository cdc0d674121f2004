/* SPDX-License-Identifier: Apache-2.0 */
/*
 * findask: asking directories and DNS for somebody's certificates, each about
 * one address once at a time, and remembering what they said.
 *
 * Runs in the gateway and the CLI. Security: answers are a stranger's bytes and
 * are only counted here; judging is find.c's. Who does not answer is left alone
 * for a while, so that mail does not wait for him each time.
 * Standards: RFC 8162, RFC 4523.
 */
#include "base/clock.h"
#include "cert/finding.h"

#define USAGE_PKIX_EE 1		/* RFC 6698 2.1 */
#define USAGE_DANE_EE 3
#define ENTRIES_MAX 8		/* people with one address */
#define FAILED '!'
#define PLAIN 'c'
#define PROVEN 'p'

void
finding_add(struct find_answer *out, struct str der, bool is_proven)
{
	if (out->n < FINDING_MAX && der.len > 0 && der.len <= CERT_DER_MAX)
		out->list[out->n++] = (struct find_candidate){ der,
			is_proven };
}

/* ---- remembering ------------------------------------------------------- */

/* A letter, a length and bytes for each. */
static void
pack(const struct find_answer *in, struct buf *out)
{
	for (size_t i = 0; i < in->n; i++) {
		buf_char(out, in->list[i].is_proven ? PROVEN : PLAIN);
		buf_u32be(out, (uint32_t)in->list[i].der.len);
		buf_str(out, in->list[i].der);
	}
}

static void
unpack(struct str bytes, struct arena *a, struct find_answer *out)
{
	bytes = arena_str(a, bytes);
	if (bytes.len > 0 && bytes.p[0] == FAILED) {
		out->failure = bytes.p + 1;
		return;
	}
	while (bytes.len >= 5) {
		const uint8_t *p = (const uint8_t *)bytes.p;
		size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 |
		    (size_t)p[3] << 8 | p[4];

		finding_add(out, str_sub(bytes, 5, len), p[0] == PROVEN);
		bytes = str_sub(bytes, 5 + len, bytes.len);
	}
}

static void
remember(struct find *f, const char *name, const struct find_question *q,
    const struct find_answer *answer)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FINDING_BYTES_MAX);
	int64_t hold_ms = answer->n > 0 ? f->config.found_ms :
	    f->config.missing_ms;
	struct err err = ERR_INIT;

	if (answer->failure != NULL) {
		buf_char(&bytes, FAILED);
		buf_z(&bytes, answer->failure);
		hold_ms = FINDING_PAUSE_MS;
	} else {
		pack(answer, &bytes);
	}
	/* What cannot be kept is asked again. */
	if (buf_check(&bytes, "an answer", &err) == 0)
		(void)!store_lookup_put(f->config.store, str_of(name),
		    buf_view(&bytes), q->now_ms + hold_ms, &err);
}

static bool
remembered(struct find *f, const char *name, const struct find_question *q,
    struct find_answer *out)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FINDING_BYTES_MAX);
	struct err err = ERR_INIT;
	bool found = false;

	if (store_lookup_get(f->config.store, str_of(name), q->now_ms, &bytes,
	    &found, &err) == -1 || !found)
		return (false);
	unpack(buf_view(&bytes), q->arena, out);
	return (true);
}

/* ---- once at a time ---------------------------------------------------- */

/* Where it is in the list of those asked; room: where there is none. */
static size_t
place_of(struct find *f, const char *name)
{
	size_t room = FINDING_ASKED_MAX;

	for (size_t i = FINDING_ASKED_MAX; i-- > 0;) {
		if (f->asked[i] == NULL)
			room = i;
		else if (strcmp(f->asked[i], name) == 0)
			return (i);
	}
	return (room);
}

/* Somebody asks for it, or too many others are asked for: wait until that is
 * over. False: the deadline came first. */
static bool
is_ours(struct find *f, const char *name, int64_t deadline_ms, bool *ours)
{
	struct timespec until = { .tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000 };
	size_t i;
	int rc = 0;

	must(pthread_mutex_lock(&f->lock) == 0);
	i = place_of(f, name);
	*ours = i < FINDING_ASKED_MAX && f->asked[i] == NULL;
	if (*ours)
		f->asked[i] = name;
	else
		rc = pthread_cond_clockwait(&f->answered, &f->lock,
		    CLOCK_MONOTONIC, &until);
	must(pthread_mutex_unlock(&f->lock) == 0);
	return (rc == 0);
}

static void
give_back(struct find *f, const char *name)
{
	must(pthread_mutex_lock(&f->lock) == 0);
	f->asked[place_of(f, name)] = NULL;
	must(pthread_cond_broadcast(&f->answered) == 0);
	must(pthread_mutex_unlock(&f->lock) == 0);
}

typedef void ask_call(struct find *f, size_t directory,
    const struct find_question *q, struct find_answer *out);

static void
ask_once(struct find *f, const char *name, size_t directory, ask_call *ask,
    const struct find_question *q, struct find_answer *out)
{
	bool ours = false;

	while (!ours) {
		if (remembered(f, name, q, out))
			return;
		if (!is_ours(f, name, q->deadline_ms, &ours)) {
			out->failure = "there was no time to ask";
			return;
		}
	}
	/* Somebody may have been faster since we looked. */
	if (!remembered(f, name, q, out)) {
		ask(f, directory, q, out);
		out->is_fresh = true;
		remember(f, name, q, out);
	}
	give_back(f, name);
}

/* ---- directories ------------------------------------------------------- */

/* Leaves of what one value has; authorities come along in PKCS#7. */
static void
take_value(struct str bytes, const struct find_question *q,
    struct find_answer *out)
{
	struct err err = ERR_INIT;
	struct cert *certs;
	size_t n;

	if (bytes.len > CERT_DER_MAX || cert_parse_all(bytes, q->arena,
	    FINDING_MAX, &certs, &n, &err) == -1)
		return;
	for (size_t i = 0; i < n; i++) {
		finding_add(out, certs[i].der, false);
		cert_done(&certs[i]);
	}
}

static int
search(struct ldap_directory *at, const struct directory_entry *d,
    const struct find_question *q, int64_t deadline_ms,
    struct find_answer *out, struct err *err)
{
	AUTO_BUF struct buf filter = BUF_INIT(8192);
	struct ldap_search s = { .base = d->base,
		.attributes = d->attributes, .n_attributes = d->n_attributes,
		.max = ENTRIES_MAX };
	struct ldap_entry *entries;
	size_t n;

	directory_filter(d, q->address, &filter);
	if (buf_check(&filter, "a filter", err) == -1)
		return (-1);
	s.filter = buf_cstr(&filter);
	if (ldap_directory_search(at, &s, deadline_ms, q->arena, &entries, &n,
	    err) == -1)
		return (-1);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entries[i].n; j++)
			take_value(entries[i].values[j].bytes, q, out);
	return (0);
}

static void
pause_it(struct find *f, size_t i, const struct err *err)
{
	must(pthread_mutex_lock(&f->lock) == 0);
	f->pauses[i].until_ms = clock_mono_ms() + FINDING_PAUSE_MS;
	memcpy(f->pauses[i].why, err->msg, sizeof(f->pauses[i].why));
	must(pthread_mutex_unlock(&f->lock) == 0);
}

static bool
is_paused(struct find *f, size_t i, const struct find_question *q,
    struct find_answer *out)
{
	bool is_so;

	must(pthread_mutex_lock(&f->lock) == 0);
	is_so = clock_mono_ms() < f->pauses[i].until_ms;
	if (is_so)
		out->failure = arena_printf(q->arena, "%s",
		    f->pauses[i].why);
	must(pthread_mutex_unlock(&f->lock) == 0);
	return (is_so);
}

static void
ask_directory(struct find *f, size_t i, const struct find_question *q,
    struct find_answer *out)
{
	const struct directory_entry *d = &f->directories[i];
	int64_t deadline_ms = MIN_OF(q->deadline_ms,
	    clock_mono_ms() + d->timeout_ms);
	struct ldap_directory *at = NULL;
	struct ldap_way way = d->way;
	struct err err = ERR_INIT;

	if (is_paused(f, i, q, out))
		return;
	if (f->config.dns == NULL) {
		out->failure = "there is no resolver";
		return;
	}
	way.dns = f->config.dns;
	if (ldap_directory_open(&way, deadline_ms, &at, &err) == -1 ||
	    search(at, d, q, deadline_ms, out, &err) == -1) {
		out->failure = arena_printf(q->arena, "%s", err.msg);
		if (err.kind != ERR_LIMIT)
			pause_it(f, i, &err);
	}
	ldap_directory_close(&at);
}

static char *
name_of(const char *what, const char *which, struct str address,
    struct arena *a)
{
	return (arena_printf(a, "%s %s%s%.*s", what, which,
	    *which != '\0' ? " " : "", STR_FMT(address)));
}

void
finding_directory(struct find *f, size_t i, const struct find_question *q,
    struct find_answer *out)
{
	const struct directory_entry *d = &f->directories[i];

	out->whence = arena_printf(q->arena, "in the directory %s", d->name);
	ask_once(f, name_of("ldap", d->name, q->address, q->arena), i,
	    ask_directory, q, out);
}

/* ---- DNS --------------------------------------------------------------- */

/* Whole certificates of people: the other records name authorities, or what
 * would have to be found elsewhere. */
static void
ask_dns(struct find *f, size_t unused, const struct find_question *q,
    struct find_answer *out)
{
	struct err err = ERR_INIT;
	struct dns_tlsa *list;
	size_t n;

	(void)unused;
	if (dns_smimea(f->config.dns, q->address, q->arena, &list, &n, &err) ==
	    -1) {
		out->failure = arena_printf(q->arena, "%s", err.msg);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (list[i].selector == 0 && list[i].matching == 0 &&
		    (list[i].usage == USAGE_PKIX_EE ||
		    list[i].usage == USAGE_DANE_EE))
			finding_add(out, list[i].data,
			    list[i].usage == USAGE_DANE_EE);
}

void
finding_dns(struct find *f, const struct find_question *q,
    struct find_answer *out)
{
	out->whence = "in DNS";
	if (f->config.dns == NULL || !dns_validates(f->config.dns))
		return;
	ask_once(f, name_of("smimea", "", q->address, q->arena), 0, ask_dns, q,
	    out);
}
