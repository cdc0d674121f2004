/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: one request over libcurl.
 *
 * Runs in the gateway (policies, reports), inside its sandbox, and in the CLI.
 * Security: URLs, names and answers come from other people's domains. Every
 * option that widens what libcurl does by default is off; what it connects to
 * is decided in open_socket(), by address. Standards: RFC 9110, RFC 9525.
 */
#include "fetch/fetch.h"

#include <curl/curl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "fetch/reach.h"

#define HEAD_BYTES_MAX (32u << 10)	/* all header fields together */
#define ADDRESS_TEXT_MAX (NI_MAXHOST + 3)
#define AGENT "Letterlock"

struct request {
	const struct fetch_way *way;
	const struct fetch_request *q;
	struct buf *body;
	size_t head_bytes;
	bool has_head;		/* to its empty line */
	bool is_refused;	/* an address was */
	bool is_plain;		/* without TLS */
	char why[CURL_ERROR_SIZE];
};

struct target {
	struct str host;
	uint16_t port;
	bool is_plain;
};

/* ---- what libcurl calls ------------------------------------------------ */

static size_t
take_body(char *p, size_t one, size_t n, void *ctx)
{
	struct request *r = ctx;

	buf_append(r->body, p, one * n);
	return (r->body->over ? 0 : one * n);
}

/* A field that is wanted. Twice there, the last one counts. */
static void
keep_field(const struct request *r, struct str line)
{
	ptrdiff_t colon = str_index(line, ':');
	struct str name, value;

	if (colon < 0)
		return;
	name = str_sub(line, 0, (size_t)colon);
	value = str_trim(str_sub(line, (size_t)colon + 1, line.len));
	for (size_t i = 0; i < r->q->n_wanted; i++) {
		struct fetch_field *f = &r->q->wanted[i];

		if (str_eq_nocase(name, str_of(f->name)))
			(void)snprintf(f->value, sizeof(f->value), "%.*s",
			    value.len < sizeof(f->value) ? (int)value.len : 0,
			    value.p != NULL ? value.p : "");
	}
}

static size_t
take_field(char *p, size_t one, size_t n, void *ctx)
{
	struct request *r = ctx;

	keep_field(r, str_make(p, one * n));
	r->head_bytes += one * n;
	r->has_head = str_trim(str_make(p, one * n)).len == 0;
	return (r->head_bytes > HEAD_BYTES_MAX ? 0 : one * n);
}

static curl_socket_t
open_socket(void *ctx, curlsocktype purpose UNUSED, struct curl_sockaddr *to)
{
	struct request *r = ctx;

	if (!r->way->may_be_private && !reach_is_public(&to->addr)) {
		r->is_refused = true;
		return (CURL_SOCKET_BAD);
	}
	return (socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol));
}

/* Called about once a second, whatever happens. */
static int
go_on(void *ctx, curl_off_t a UNUSED, curl_off_t b UNUSED, curl_off_t c UNUSED,
    curl_off_t d UNUSED)
{
	const struct request *r = ctx;

	return (r->way->is_over != NULL &&
	    __atomic_load_n(r->way->is_over, __ATOMIC_ACQUIRE));
}

/* ---- where to ---------------------------------------------------------- */

static void
free_text(char **text)
{
	curl_free(*text);
}

static void
free_url(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void
free_handle(CURL **handle)
{
	curl_easy_cleanup(*handle);
}

static void
free_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

/* Only hosts with a name: what stands in a certificate. */
static bool
is_name(const char *host)
{
	size_t n = strlen(host);

	for (size_t i = 0; i < n; i++)
		if (!ascii_is_alpha(host[i]) && !ascii_is_digit(host[i]) &&
		    host[i] != '-' && host[i] != '.')
			return (false);
	/* 192.0.2.1 has no letter at its end, and no domain has a digit. */
	return (n > 0 && ascii_is_alpha(host[n - 1]));
}

static bool
is_scheme(const struct fetch_way *way, struct str scheme)
{
	return (str_eq(scheme, STR_LIT("https")) ||
	    (way->is_for_signed_objects && str_eq(scheme, STR_LIT("http"))));
}

static int
find_target(const struct fetch_way *way, const char *url, struct arena *a,
    struct target *out, struct err *err)
{
	AUTO_CLEAN(free_url) CURLU *parts = curl_url();
	AUTO_CLEAN(free_text) char *scheme = NULL;
	AUTO_CLEAN(free_text) char *host = NULL;
	AUTO_CLEAN(free_text) char *port = NULL;
	uint64_t number;

	if (parts == NULL || curl_url_set(parts, CURLUPART_URL, url,
	    CURLU_DISALLOW_USER) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_PORT, &port,
	    CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    !str_to_u64(str_of(port), UINT16_MAX, &number))
		return (err_set(err, ERR_INPUT, "not a URL"));
	if (!is_scheme(way, str_of(scheme)) || !is_name(host))
		return (err_set(err, ERR_INPUT,
		    "not an https:// URL of a named host"));
	out->host = arena_str(a, str_of(host));
	out->port = (uint16_t)number;
	out->is_plain = !str_eq(str_of(scheme), STR_LIT("https"));
	return (0);
}

static bool
add_address(const struct dns_address *address, struct buf *out)
{
	char text[NI_MAXHOST];

	if (getnameinfo((const struct sockaddr *)&address->to, address->len,
	    text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return (false);
	buf_printf(out, address->to.ss_family == AF_INET6 ? "[%s]" : "%s",
	    text);
	return (true);
}

/* "host:port:address,address": one resolver decides, ours. */
static struct curl_slist *
look_up(const struct fetch_way *way, const struct target *target,
    struct arena *a, struct err *err)
{
	AUTO_BUF struct buf line =
	    BUF_INIT((DNS_ADDRESSES_MAX + 1) * ADDRESS_TEXT_MAX);
	struct dns_addresses found;

	if (dns_addresses(way->dns, target->host, target->port, a, &found,
	    err) == -1)
		return (NULL);
	buf_printf(&line, "%.*s:%u:", STR_FMT(target->host), target->port);
	for (size_t i = 0; i < found.n; i++) {
		if (i > 0)
			buf_char(&line, ',');
		must(add_address(&found.list[i], &line));
	}
	return (curl_slist_append(NULL, buf_cstr(&line)));
}

/* ---- asking ------------------------------------------------------------ */

static void
set_limits(CURL *c, struct request *r, int64_t wait_ms)
{
	long connect_ms = (long)MIN_OF(wait_ms, (int64_t)FETCH_CONNECT_MS);
	bool ok = true;

	ok &= curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)wait_ms) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)r->body->max) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_WRITEDATA, r) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_field) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_HEADERDATA, r) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, go_on) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_XFERINFODATA, r) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_ERRORBUFFER, r->why) == 0;
	must(ok);
}

/* An option that a libcurl does not know must not be left out in silence. */
static void
set_safety(CURL *c, struct request *r)
{
	bool ok = true;

	ok &= curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR,
	    r->is_plain ? "http" : "https") == 0;
	ok &= curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_PROXY, "") == 0;
	ok &= curl_easy_setopt(c, CURLOPT_NOPROXY, "*") == 0;
	ok &= curl_easy_setopt(c, CURLOPT_NETRC, CURL_NETRC_IGNORED) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    CURL_SSLVERSION_TLSv1_2) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_CERTINFO, 1L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    CURL_HTTP_VERSION_1_1) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
	    open_socket) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == 0;
	ok &= curl_easy_setopt(c, CURLOPT_USERAGENT, AGENT) == 0;
	/* These and no others. */
	if (r->way->ca_file != NULL)
		ok &= curl_easy_setopt(c, CURLOPT_CAINFO,
		    r->way->ca_file) == 0 &&
		    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == 0;
	must(ok);
}

static enum fetch_failure
failure_of(const struct request *r, CURLcode rc)
{
	switch (rc) {
	case CURLE_OK:	/* also where the connection ended in the head */
		return (r->has_head ? FETCH_DONE : FETCH_BROKEN);
	case CURLE_COULDNT_CONNECT:
		return (r->is_refused ? FETCH_PRIVATE : FETCH_NO_CONNECTION);
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_ABORTED_BY_CALLBACK:
		return (FETCH_TIMEOUT);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return (FETCH_CERTIFICATE);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
		return (FETCH_TLS);
	case CURLE_FILESIZE_EXCEEDED:
		return (FETCH_TOO_LARGE);
	default:
		return (r->body->over || r->head_bytes > HEAD_BYTES_MAX ?
		    FETCH_TOO_LARGE : FETCH_BROKEN);
	}
}

static const char *const sentences[] = {
	[FETCH_PRIVATE] = "its address is of a private network",
	[FETCH_TOO_LARGE] = "the answer is too large",
	[FETCH_TIMEOUT] = "no whole answer in time",
};

static int
explain(const struct request *r, CURLcode rc, enum fetch_failure failure,
    struct err *err)
{
	const char *known = failure < COUNT_OF(sentences) ?
	    sentences[failure] : NULL;

	if (rc == CURLE_OK && failure == FETCH_BROKEN)
		known = "the answer ends in its head";
	return (err_set(err, failure == FETCH_TOO_LARGE ? ERR_LIMIT :
	    ERR_TEMP, "%s", known != NULL ? known : r->why[0] != '\0' ?
	    r->why : curl_easy_strerror(rc)));
}

/* The subject's common name is no place for a name any more (RFC 9525 2),
 * but libcurl believes it where there is no other. */
static bool
has_alternative_name(CURL *c)
{
	struct curl_certinfo *info = NULL;
	struct str want = STR_LIT("X509v3 Subject Alternative Name:");

	if (curl_easy_getinfo(c, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    info == NULL || info->num_of_certs < 1)
		return (false);
	for (const struct curl_slist *l = info->certinfo[0]; l != NULL;
	    l = l->next)
		if (str_starts_nocase(str_of(l->data), want))
			return (true);
	return (false);
}

static void
take_answer(CURL *c, struct fetch_answer *out)
{
	const char *type = NULL;
	long status = 0;

	(void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
	out->status = (unsigned)status;
	(void)snprintf(out->type, sizeof(out->type), "%s",
	    type != NULL ? type : "");
}

static int
perform(CURL *c, struct request *r, struct fetch_answer *out, struct err *err)
{
	CURLcode rc = curl_easy_perform(c);

	out->failure = failure_of(r, rc);
	if (out->failure != FETCH_DONE)
		return (explain(r, rc, out->failure, err));
	if (!r->is_plain && !has_alternative_name(c)) {
		out->failure = FETCH_CERTIFICATE;
		return (err_set(err, ERR_TEMP,
		    "the certificate has no subject alternative name"));
	}
	take_answer(c, out);
	return (0);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_library(void)
{
	must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static void
add_field(struct curl_slist **fields, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*fields, line);

	must(longer != NULL);
	*fields = longer;
}

static struct curl_slist *
set_sending(CURL *c, const struct fetch_request *q, struct arena *a)
{
	struct curl_slist *fields = NULL;

	for (size_t i = 0; q->fields != NULL && q->fields[i] != NULL; i++)
		add_field(&fields, q->fields[i]);
	if (q->type != NULL) {
		/* No waiting for "100 Continue": what we send is small. */
		add_field(&fields, "Expect:");
		add_field(&fields, arena_printf(a, "Content-Type: %s",
		    q->type));
		must(curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)q->data.len) == 0 &&
		    curl_easy_setopt(c, CURLOPT_POSTFIELDS,
		    q->data.p != NULL ? q->data.p : "") == 0);
	}
	if (fields != NULL)
		must(curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields) == 0);
	return (fields);
}

static int
ask(const struct fetch_way *way, const struct fetch_request *q,
    int64_t deadline_ms, struct buf *body, struct fetch_answer *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	AUTO_CLEAN(free_handle) CURL *c = curl_easy_init();
	AUTO_CLEAN(free_list) struct curl_slist *addresses = NULL;
	AUTO_CLEAN(free_list) struct curl_slist *fields = NULL;
	struct request r = { .way = way, .q = q, .body = body };
	struct target target = { STR_NULL, 0, false };
	int64_t wait_ms;

	must(c != NULL);
	if (find_target(way, q->url, a, &target, err) == -1)
		return (-1);
	r.is_plain = target.is_plain;
	out->failure = FETCH_NO_ADDRESS;
	if ((addresses = look_up(way, &target, a, err)) == NULL)
		return (-1);
	wait_ms = deadline_ms - clock_mono_ms();
	if (wait_ms <= 0) {
		out->failure = FETCH_TIMEOUT;
		return (explain(&r, CURLE_OK, FETCH_TIMEOUT, err));
	}
	set_safety(c, &r);
	set_limits(c, &r, wait_ms);
	fields = set_sending(c, q, a);
	must(curl_easy_setopt(c, CURLOPT_URL, q->url) == 0 &&
	    curl_easy_setopt(c, CURLOPT_RESOLVE, addresses) == 0);
	return (perform(c, &r, out, err));
}

int
fetch_ask(const struct fetch_way *way, const struct fetch_request *q,
    int64_t deadline_ms, struct buf *body, struct fetch_answer *out,
    struct err *err)
{
	*out = (struct fetch_answer){ .failure = FETCH_BROKEN };
	for (size_t i = 0; i < q->n_wanted; i++)
		q->wanted[i].value[0] = '\0';
	must(pthread_once(&once, start_library) == 0);
	return (ask(way, q, deadline_ms, body, out, err));
}

int
fetch_get(const struct fetch_way *way, const char *url, int64_t deadline_ms,
    struct buf *body, struct fetch_answer *out, struct err *err)
{
	const struct fetch_request q = { .url = url };

	return (fetch_ask(way, &q, deadline_ms, body, out, err));
}

int
fetch_post(const struct fetch_way *way, const char *url, const char *type,
    struct str data, int64_t deadline_ms, struct buf *body,
    struct fetch_answer *out, struct err *err)
{
	const struct fetch_request q = { .url = url, .type = type,
		.data = data };

	return (fetch_ask(way, &q, deadline_ms, body, out, err));
}
