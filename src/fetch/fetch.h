/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch: asking an HTTPS server of somebody else, by libcurl, its only user.
 *
 * https only (plain http where the way says that what comes is signed itself),
 * TLS 1.2 or better, the certificate and the name in it checked, no redirect
 * followed, nothing of the environment believed (proxies), no
 * cookies. Names are looked up by net/dns; addresses of our own networks are
 * refused unless the way allows them. One connection per call: it is rare.
 * Threads: any.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/dns.h"

#define FETCH_TYPE_SIZE 128	/* of a Content-Type; longer ones are cut */
#define FETCH_CONNECT_MS 15000	/* until TCP and TLS stand */
#define FETCH_FIELD_SIZE 1024	/* of a field's value; a longer one is none */

struct fetch_way {
	struct dns *dns;
	const char *ca_file;	/* authorities in PEM; NULL: the system's */
	bool may_be_private;	/* addresses that are not of the internet */
	const bool *is_over;	/* atomic; true ends a call early; or NULL */
	/* http:// is taken, too: only for certificates, revocation lists,
	 * OCSP answers and CMP, whose signatures are checked by whoever asks.
	 */
	bool is_for_signed_objects;
};

/* What became of it, for machines; the sentence is in err. */
enum fetch_failure {
	FETCH_DONE,		/* there is an answer, of any status */
	FETCH_NO_ADDRESS,	/* the name leads nowhere */
	FETCH_PRIVATE,		/* only to addresses that are not allowed */
	FETCH_NO_CONNECTION,
	FETCH_TLS,		/* TLS failed, but not by the certificate */
	FETCH_CERTIFICATE,	/* not trusted, expired, or of another name */
	FETCH_TIMEOUT,
	FETCH_TOO_LARGE,	/* more than the buffer's maximum */
	FETCH_BROKEN,		/* not HTTP, or it ended in the middle */
};

struct fetch_answer {
	enum fetch_failure failure;	/* set whatever happens */
	unsigned status;		/* 200, 404, 301: not followed */
	char type[FETCH_TYPE_SIZE];	/* Content-Type, or empty */
};

/*
 * GET url until deadline_ms (monotonic); the body is appended to `body`, whose
 * maximum is the limit, and is whole only after success.
 * Fails  ERR_TEMP, ERR_LIMIT too large, ERR_INPUT no URL of a named host that
 *        we may ask; out->failure says which
 */
int fetch_get(const struct fetch_way *way, const char *url,
    int64_t deadline_ms, struct buf *body, struct fetch_answer *out,
    struct err *err) FALLIBLE;

/* The same with POST: `data` is sent as `type`. */
int fetch_post(const struct fetch_way *way, const char *url, const char *type,
    struct str data, int64_t deadline_ms, struct buf *body,
    struct fetch_answer *out, struct err *err) FALLIBLE;

/* A field of the answer that is wanted; value is filled in, empty: it is not
 * there, or too long. */
struct fetch_field {
	const char *name;
	char value[FETCH_FIELD_SIZE];
};

/* What protocols above HTTP need: fields of their own in both directions. */
struct fetch_request {
	const char *url;
	const char *type;		/* of data; NULL: GET */
	struct str data;
	const char *const *fields;	/* "Accept: text/plain", …, ended by
					   NULL; or NULL */
	struct fetch_field *wanted;
	size_t n_wanted;
};

/* As fetch_get() and fetch_post(). */
int fetch_ask(const struct fetch_way *way, const struct fetch_request *q,
    int64_t deadline_ms, struct buf *body, struct fetch_answer *out,
    struct err *err) FALLIBLE;

#endif
