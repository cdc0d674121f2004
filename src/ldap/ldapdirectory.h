/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldapdirectory: one LDAP server: asked for what people have, told what they
 * are to have. By libldap, its only user.
 *
 * TLS always, with the server's certificate and name checked, unless it is
 * turned off by a word that says what it is. Security: the administrator
 * chooses the server, but what it answers is hostile: entries, values and bytes
 * are counted; no referral is followed, no alias resolved. Every wait ends at
 * deadline_ms (monotonic). The caller ignores SIGPIPE. Threads: one at a time
 * for one connection.
 *
 * Fails    ERR_TEMP    no answer, no connection, TLS failed
 *          ERR_DENIED  the password is wrong, or it may not do this
 *          ERR_PERM    the server refuses: a wrong base, filter or attribute
 *          ERR_LIMIT   more entries than were asked for, or too large ones
 *          ERR_INPUT   no URL of a directory
 * Source   RFC 4511, RFC 4513, RFC 4515, RFC 4516
 */
#ifndef LDAP_LDAPDIRECTORY_H
#define LDAP_LDAPDIRECTORY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/dns.h"

#define LDAP_ENTRIES_MAX 64	/* of one answer */
#define LDAP_VALUES_MAX 64	/* of one entry, more are left out */
#define LDAP_ANSWER_BYTES_MAX (1u << 20)	/* of one message */
#define LDAP_PASSWORD_MAX 1024
#define LDAP_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

struct ldap_way {
	const char *url;	/* "ldaps://host:port" or "ldap://host" */
	const char *ca_file;	/* PEM; NULL: LDAP_AUTHORITIES */
	bool dangerously_in_clear;	/* ldap:// without TLS */
	const char *bind_dn;	/* NULL: anonymous */
	const char *password_file;	/* its first line; with bind_dn */
	struct dns *dns;	/* finds the host */
};

struct ldap_directory;

/* Is it a URL that ldap_directory_open takes: scheme, host, port? */
bool ldap_url_is_valid(const char *url);

/* Connect, secure and sign in. */
int ldap_directory_open(const struct ldap_way *way, int64_t deadline_ms,
    struct ldap_directory **out, struct err *err) FALLIBLE;

/* Sign off; NULL is accepted. */
void ldap_directory_close(struct ldap_directory **d);

struct ldap_value {
	struct str attribute;	/* as it was asked for, without ";binary" */
	struct str bytes;
};

struct ldap_entry {
	struct str dn;
	struct ldap_value *values;
	size_t n;
};

struct ldap_search {
	const char *base;
	const char *filter;	/* RFC 4515, what is foreign in it escaped */
	const char *const *attributes;	/* with ";binary" where it is due */
	size_t n_attributes;	/* 0: only who there is */
	size_t max;		/* entries, at most LDAP_ENTRIES_MAX */
};

/* Look below base; all memory in the arena. */
int ldap_directory_search(struct ldap_directory *d,
    const struct ldap_search *search, int64_t deadline_ms, struct arena *a,
    struct ldap_entry **out, size_t *n, struct err *err) FALLIBLE;

/* Let the attribute of an entry have these values and no other; n 0: none. */
int ldap_directory_replace(struct ldap_directory *d, const char *dn,
    const char *attribute, const struct str *values, size_t n,
    int64_t deadline_ms, struct err *err) FALLIBLE;

/* Append a value as it stands in a filter (RFC 4515 3). */
void ldap_escape(struct str value, struct buf *out);

#endif
