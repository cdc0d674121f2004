/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head: the head of one HTTP/1.1 request, read strictly: everything two
 * programs might read differently is refused by name.
 *
 * Lines end in CRLF, nothing is folded, every name is a token, Host is there
 * once and is ours, and a body has exactly one length.
 * Threads: any.
 * Source  RFC 9110, RFC 9112, doc/decisions/0002-http.md
 */
#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include <stdbool.h>

#include "base/str.h"

#define WEB_HEAD_MAX 16384	/* all of a head; browsers send 2 KiB */
#define WEB_TARGET_MAX 2048
#define WEB_FIELDS_MAX 64
/* What follows is one opaque text, base64 of a request (RFC 6960 A.1): slashes
 * in it, encoded or not, end nothing. */
#define WEB_OPAQUE "/ocsp/"
#define WEB_BODY_MAX 16384	/* our own requests are under 1 KiB */

enum web_method {
	WEB_GET,
	WEB_HEAD,
	WEB_POST,
};

struct web_field {
	struct str name, value;	/* value without space around it */
};

struct web_head {
	enum web_method method;
	struct str path;	/* percent-decoded once, points into text */
	struct str query;	/* after '?', as sent; p NULL: none */
	struct web_field fields[WEB_FIELDS_MAX];	/* borrow the input */
	size_t n_fields;
	uint64_t body_bytes;
	bool may_stay;		/* the connection may serve another request */
	bool wants_continue;	/* Expect: 100-continue */
	bool is_absolute;	/* the target named the host, too */
	const char *other_host;	/* which of the other names; NULL: none */
	char text[WEB_TARGET_MAX];
};

/* Why a request is not served: an HTTP status and a stable word for the log
 * and the tests ("two_hosts"). */
struct web_refusal {
	unsigned status;
	const char *name;
};

/*
 * Where the head in `input` ends, the empty line counted.
 * Returns its length; 0: more is needed; -1: it can never become one.
 */
ptrdiff_t web_head_length(struct str input, struct web_refusal *why);

/*
 * Read a whole head of web_head_length bytes. authority is our own name as in
 * the URL ("mail.example" or "mail.example:8443"). *out borrows the input and,
 * for path, itself: it must not be copied. Returns 0, or -1 with *why.
 */
int web_head_parse(struct str input, struct str authority,
    struct web_head *out, struct web_refusal *why);

/* The same where Host may also be one of these names, ended by NULL or NULL:
 * out->other_host says which. A target with a host in it names authority. */
int web_head_parse_hosts(struct str input, struct str authority,
    const char *const *others, struct web_head *out, struct web_refusal *why);

/* The value of a field, STR_NULL: not there. name in any case. */
struct str web_head_field(const struct web_head *h, struct str name);

/* The value of a cookie that is there exactly once, else STR_NULL. */
struct str web_head_cookie(const struct web_head *h, struct str name);

/* "GET", "HEAD" or "POST". */
const char *web_method_name(enum web_method m);

#endif
