/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ldapconnection: what both files of ldap/ know of a connection, and how the
 * codes of libldap become errors. Inside ldap/ only.
 */
#ifndef LDAP_LDAPCONNECTION_H
#define LDAP_LDAPCONNECTION_H

#include <ldap.h>

#include "ldap/ldapdirectory.h"

struct ldap_directory {
	LDAP *handle;
	char *url;		/* as it was given, for messages */
};

/* Set err by a result code and what the server says about it. Returns -1. */
int ldap_code_err(struct ldap_directory *d, int code, const char *what,
    struct err *err);

/*
 * The next message of an operation, until deadline_ms. The caller frees it.
 * NULL: there is none, err says why.
 */
LDAPMessage *ldap_next(struct ldap_directory *d, int operation,
    int64_t deadline_ms, struct err *err);

/* Wait for the result of an operation that has no other answer. */
int ldap_wait(struct ldap_directory *d, int operation, const char *what,
    int64_t deadline_ms, struct err *err) FALLIBLE;

#endif
