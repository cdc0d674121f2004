/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tlstally: a hash table of sessions that went the same way.
 *
 * Runs in the gateway's relay. Security: names, policies and reasons are other
 * people's; each text and the number of entries are bounded, so nobody's DNS
 * makes us grow. Standards: RFC 8460 4.
 */
#include "transport/tlstally.h"

#include <pthread.h>

#include "base/clock.h"

#define BUCKETS 1024		/* a power of two */
#define NAME_MAX_BYTES 255
#define REASON_MAX_BYTES 200
#define PATTERNS_MAX_BYTES 4096
/* Entries without details, before domains are counted together as well. */
#define SHORT_ROWS_MAX (2 * TLSTALLY_ROWS_MAX)

struct entry {
	struct entry *next;
	struct store_tls_row row;	/* texts in `text` */
	uint32_t hash;
	char text[];
};

struct tlsreport_tally {
	pthread_mutex_t lock;
	struct entry *buckets[BUCKETS];
	size_t n;
};

static const char *const result_words[] = {
	[TLSREPORT_SUCCESS] = "",
	[TLSREPORT_STARTTLS_NOT_SUPPORTED] = "starttls-not-supported",
	[TLSREPORT_CERTIFICATE_HOST_MISMATCH] = "certificate-host-mismatch",
	[TLSREPORT_CERTIFICATE_EXPIRED] = "certificate-expired",
	[TLSREPORT_CERTIFICATE_NOT_TRUSTED] = "certificate-not-trusted",
	[TLSREPORT_VALIDATION_FAILURE] = "validation-failure",
	[TLSREPORT_TLSA_INVALID] = "tlsa-invalid",
	[TLSREPORT_DNSSEC_INVALID] = "dnssec-invalid",
	[TLSREPORT_DANE_REQUIRED] = "dane-required",
	[TLSREPORT_STS_POLICY_FETCH_ERROR] = "sts-policy-fetch-error",
	[TLSREPORT_STS_POLICY_INVALID] = "sts-policy-invalid",
	[TLSREPORT_STS_WEBPKI_INVALID] = "sts-webpki-invalid",
};

const char *
tlsreport_result_word(enum tlsreport_result result)
{
	must((size_t)result < COUNT_OF(result_words));
	return (result_words[result]);
}

const char *
tlsreport_policy_word(enum tlsreport_policy policy)
{
	switch (policy) {
	case TLSREPORT_TLSA:
		return ("tlsa");
	case TLSREPORT_STS:
		return ("sts");
	default:
		return ("no-policy-found");
	}
}

/* ---- entries ----------------------------------------------------------- */

#define TEXTS 10

/* The texts of a row that make it what it is, one by one. */
static struct str *
text_of(struct store_tls_row *r, size_t i)
{
	struct str *const texts[TEXTS] = { &r->domain, &r->policy_type,
		&r->policy_domain, &r->policy, &r->mx_patterns, &r->result,
		&r->mx, &r->receiving_ip, &r->sending_ip, &r->reason };

	return (texts[i]);
}

/* FNV-1a: spreads well enough; the table's size is bounded. */
static uint32_t
mix(uint32_t hash, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (uint8_t)s.p[i]) * 16777619u;
	return ((hash ^ 0xffu) * 16777619u);
}

static uint32_t
hash_of(struct store_tls_row *r)
{
	uint32_t hash = mix(2166136261u, str_make(&r->day, sizeof(r->day)));

	for (size_t i = 0; i < TEXTS; i++)
		hash = mix(hash, *text_of(r, i));
	return (hash);
}

static bool
is_same(struct store_tls_row *a, struct store_tls_row *b)
{
	if (a->day != b->day)
		return (false);
	for (size_t i = 0; i < TEXTS; i++)
		if (!str_eq(*text_of(a, i), *text_of(b, i)))
			return (false);
	return (true);
}

static struct entry *
find(struct tlsreport_tally *t, struct store_tls_row *r, uint32_t hash)
{
	struct entry *e = t->buckets[hash & (BUCKETS - 1)];

	while (e != NULL && (e->hash != hash || !is_same(&e->row, r)))
		e = e->next;
	return (e);
}

static void
insert(struct tlsreport_tally *t, struct store_tls_row *r, uint32_t hash)
{
	struct entry *e;
	size_t len = 1;
	char *at;

	for (size_t i = 0; i < TEXTS; i++)
		len += text_of(r, i)->len;
	e = must_calloc(1, sizeof(*e) + len);
	e->row = *r;
	e->hash = hash;
	at = e->text;
	for (size_t i = 0; i < TEXTS; i++) {
		struct str *s = text_of(&e->row, i);

		if (s->len > 0)
			memcpy(at, s->p, s->len);
		s->p = at;
		at += s->len;
	}
	e->next = t->buckets[hash & (BUCKETS - 1)];
	t->buckets[hash & (BUCKETS - 1)] = e;
	t->n++;
}

static void
add(struct tlsreport_tally *t, const struct store_tls_row *row)
{
	struct store_tls_row r = *row;
	uint32_t hash;
	struct entry *e;

	(void)pthread_mutex_lock(&t->lock);
	hash = hash_of(&r);
	e = find(t, &r, hash);
	if (e == NULL && t->n >= TLSTALLY_ROWS_MAX) {
		/* There is always room for those few. */
		r = store_tls_shorten(row, t->n < SHORT_ROWS_MAX);
		hash = hash_of(&r);
		e = find(t, &r, hash);
	}
	if (e != NULL)
		e->row.count += r.count;
	else
		insert(t, &r, hash);
	(void)pthread_mutex_unlock(&t->lock);
}

/* ---- counting ---------------------------------------------------------- */

/* Lines behind each other; those that do not fit whole are left out. */
static struct str
join(const struct str *lines, size_t n, char *out, size_t max)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		struct str line = str_trim(lines[i]);

		if (line.len == 0 || line.len + 1 > max - len)
			continue;
		if (len > 0)
			out[len++] = '\n';
		memcpy(out + len, line.p, line.len);
		len += line.len;
	}
	return (str_make(out, len));
}

static struct str
lower(struct str s, char out[static NAME_MAX_BYTES])
{
	size_t len = MIN_OF(s.len, (size_t)NAME_MAX_BYTES);

	if (len > 0 && s.p[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		out[i] = ascii_lower(s.p[i]);
	return (str_make(out, len));
}

void
tlsreport_count(struct tlsreport_tally *t, const struct tlsreport_outcome *o)
{
	char policy[TLSTALLY_POLICY_MAX], patterns[PATTERNS_MAX_BYTES];
	char domain[NAME_MAX_BYTES], base[NAME_MAX_BYTES], mx[NAME_MAX_BYTES];
	struct store_tls_row row;

	if (t == NULL)
		return;
	row = (struct store_tls_row){
	    .day = clock_wall_ms() / CLOCK_DAY_MS,
	    .domain = lower(o->domain, domain),
	    .policy_type = str_of(tlsreport_policy_word(o->policy)),
	    .policy_domain = lower(o->policy_domain.len > 0 ?
	    o->policy_domain : o->domain, base),
	    .policy = join(o->policy_lines, o->n_policy_lines, policy,
	    sizeof(policy)),
	    .mx_patterns = join(o->mx_patterns, o->n_mx_patterns, patterns,
	    sizeof(patterns)),
	    .result = str_of(tlsreport_result_word(o->result)),
	    .mx = lower(o->mx, mx), .count = 1 };
	if (o->result != TLSREPORT_SUCCESS) {
		row.receiving_ip = str_sub(o->receiving_ip, 0, NAME_MAX_BYTES);
		row.sending_ip = str_sub(o->sending_ip, 0, NAME_MAX_BYTES);
		row.reason = str_sub(o->reason, 0, REASON_MAX_BYTES);
	}
	add(t, &row);
}

/* ---- in and out -------------------------------------------------------- */

struct tlsreport_tally *
tlsreport_tally_new(void)
{
	struct tlsreport_tally *t = must_calloc(1, sizeof(*t));

	must(pthread_mutex_init(&t->lock, NULL) == 0);
	return (t);
}

/* One by one, into out where it is given. */
static void
empty(struct tlsreport_tally *t, struct arena *a, struct store_tls_row *out)
{
	struct entry *e;
	size_t n = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		while ((e = t->buckets[i]) != NULL) {
			t->buckets[i] = e->next;
			if (out != NULL) {
				out[n] = e->row;
				for (size_t j = 0; j < TEXTS; j++) {
					struct str *s = text_of(&out[n], j);

					*s = arena_str(a, *s);
				}
				n++;
			}
			free(e);
		}
	t->n = 0;
}

size_t
tlsreport_tally_take(struct tlsreport_tally *t, struct arena *a,
    struct store_tls_row **rows)
{
	size_t n;

	(void)pthread_mutex_lock(&t->lock);
	n = t->n;
	*rows = arena_array(a, n + 1, sizeof(**rows));
	empty(t, a, *rows);
	(void)pthread_mutex_unlock(&t->lock);
	return (n);
}

void
tlsreport_tally_return(struct tlsreport_tally *t,
    const struct store_tls_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(t, &rows[i]);
}

void
tlsreport_tally_free(struct tlsreport_tally **tp)
{
	struct tlsreport_tally *t = *tp;

	*tp = NULL;
	if (t == NULL)
		return;
	empty(t, NULL, NULL);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}
