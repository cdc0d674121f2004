/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directories: the file that names the LDAP servers to look for certificates
 * in, and to put those of our own people into.
 *
 *	directories:
 *	  - name: partner
 *	    url: ldaps://ldap.partner.example
 *	    domains: [partner.example]
 *	    base: dc=partner,dc=example
 *
 * Security: written by the administrator; what is unknown in it is an error.
 * Threads: any; read-only once read.
 */
#ifndef CERT_DIRECTORIES_H
#define CERT_DIRECTORIES_H

#include "base/arena.h"
#include "base/err.h"
#include "ldap/ldapdirectory.h"

#define DIRECTORIES_MAX 16	/* their files are opened to the gateway */
#define DIRECTORIES_BYTES_MAX (256u << 10)
#define DIRECTORIES_WORDS_MAX 256	/* domains or attributes of one */
#define DIRECTORIES_TIMEOUT_MS 5000
#define DIRECTORIES_ADDRESS "{address}"	/* in a filter */
#define DIRECTORIES_FILTER "(|(mail={address})(proxyAddresses=smtp:{address}))"

struct directory_entry {
	const char *name;	/* for people and for what is remembered */
	const char *base, *filter;
	const char **domains;	/* n 0: of all */
	const char **attributes;
	size_t n_domains, n_attributes;
	/* Where our people's certificates are put; NULL: not there. */
	const char *publish_certificates;	/* each by itself */
	const char *publish_bundle;		/* all as PKCS#7 */
	int64_t timeout_ms;
	struct ldap_way way;	/* its dns is NULL */
};

/* Read the text of that file, all memory in the arena. Files it names are
 * beside it unless their path is absolute. Fails ERR_INPUT
 * "file:line:column: what". */
int directories_read(struct str text, const char *path, struct arena *a,
    struct directory_entry **out, size_t *n, struct err *err) FALLIBLE;

/* Is it told about our own people? */
bool directory_publishes(const struct directory_entry *d);

/* Is it asked about people of this domain? */
bool directory_has_domain(const struct directory_entry *d, struct str domain);

/* Its filter for one address, what is foreign escaped. */
void directory_filter(const struct directory_entry *d, struct str address,
    struct buf *out);

#endif
