/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publishldap: our people's certificates in LDAP directories: those of the file
 * of directories that have `publish`, each for its domains.
 *
 * Runs in the gateway, in the thread that tends, and in the CLI, for one round.
 * Threads: one at a time.
 */
#ifndef CERT_PUBLISHLDAP_H
#define CERT_PUBLISHLDAP_H

#include "cert/directories.h"

struct publishldap;

/* Read the file; path NULL: there is none. *out NULL: none publishes. Fails
 * ERR_INPUT. dns is borrowed. */
int publishldap_open(const char *path, struct dns *dns,
    struct publishldap **out, struct err *err) FALLIBLE;
void publishldap_close(struct publishldap **p);

/*
 * publish_config.directory; ctx is a struct publishldap. One that cannot be
 * reached, or refuses the password, is not asked again in this round. Fails
 * also where several entries have the address: whose it is, is not clear.
 */
int publishldap_put(void *ctx, struct str address, const struct str *ders,
    size_t n, struct str bundle, bool *is_there, struct err *err) FALLIBLE;

#endif
