/* SPDX-License-Identifier: Apache-2.0 */
/*
 * desk: a store in a temporary folder, and a keeper that is none: its keys are
 * ordinary ones of OpenSSL, sealed by their position in a list.
 */
#ifndef UNIT_ISSUE_DESK_H
#define UNIT_ISSUE_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/sys.h"
#include "issue/authority.h"
#include "issue/rootfile.h"

#define DESK_KEYS_MAX 64
#define DESK_NOW INT64_C(1795600000000)	/* November 2026 */

struct desk {
	char dir[64], db[96];
	struct store *store;
	struct id workspace;
	struct arena *a;
};

static EVP_PKEY *desk_keys[DESK_KEYS_MAX];
static uint8_t desk_keys_n;
static bool desk_keeper_is_away;

static inline void
desk_ok(int rc, const struct err *err)
{
	if (rc != 0)
		fail_msg("%s: %s", err_kind_name(err->kind), err->msg);
}

int
keepc_key_make(struct keepc *k UNUSED, const struct id *workspace,
    enum mailkey_kind kind, enum mailkey_use use, bool in_token,
    struct mailkey *out, struct err *err)
{
	uint8_t *p = out->public_der;
	EVP_PKEY *key;

	if (desk_keeper_is_away)
		return (err_set(err, ERR_TEMP, "the keeper does not answer"));
	must(desk_keys_n < DESK_KEYS_MAX);
	if (rootfile_make(kind, &key, err) == -1)
		return (-1);
	*out = (struct mailkey){ .id = id_new(), .workspace = *workspace,
		.kind = kind, .use = use, .is_in_token = in_token,
		.sealed_len = 1, .sealed = { desk_keys_n } };
	out->public_len = (size_t)i2d_PUBKEY(key, &p);
	desk_keys[desk_keys_n++] = key;
	return (0);
}

int
provider_open(struct provider *p UNUSED, const struct mailkey *key,
    EVP_PKEY **out, struct err *err UNUSED)
{
	must(key->sealed_len == 1 && key->sealed[0] < desk_keys_n);
	*out = desk_keys[key->sealed[0]];
	must(EVP_PKEY_up_ref(*out) == 1);
	return (0);
}

bool
provider_failure(struct err *err UNUSED)
{
	return (false);
}

const char *
mailkey_kind_name(enum mailkey_kind kind)
{
	return (kind == MAILKEY_P256 ? "p256" : "rsa-2048");
}

int
mailkey_kind_of(struct str name)
{
	return (str_eq(name, STR_LIT("p256")) ? (int)MAILKEY_P256 :
	    (int)MAILKEY_RSA_2048);
}

static inline void
desk_open(struct desk *d)
{
	struct err err = ERR_INIT;

	memset(d, 0, sizeof(*d));
	d->a = arena_new();
	(void)snprintf(d->dir, sizeof(d->dir), "/tmp/issue-test-XXXXXX");
	must(mkdtemp(d->dir) != NULL);
	(void)snprintf(d->db, sizeof(d->db), "%s/db", d->dir);
	d->workspace = id_new();
	desk_ok(store_open(d->db, "test", &d->store, &err), &err);
}

static inline void
desk_close(struct desk *d)
{
	char command[160];

	store_close(&d->store);
	arena_free(&d->a);
	while (desk_keys_n > 0)
		EVP_PKEY_free(desk_keys[--desk_keys_n]);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", d->dir);
	assert_int_equal(system(command), 0);
}

/* Write a file into the folder; its path is in the arena. */
static inline const char *
desk_write(struct desk *d, const char *name, struct str bytes)
{
	const char *path = arena_printf(d->a, "%s/%s", d->dir, name);
	struct err err = ERR_INIT;

	desk_ok(sys_write_file(path, bytes, 0600, &err), &err);
	return (path);
}

/* Run openssl in the folder; true where it ends well and says this. */
static inline bool
desk_openssl(struct desk *d, const char *words, const char *want)
{
	char command[1000], out[8192] = "";
	FILE *f;
	size_t n;

	(void)snprintf(command, sizeof(command), "cd '%s' && openssl %s 2>&1",
	    d->dir, words);
	f = popen(command, "r");
	must(f != NULL);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = '\0';
	n = (size_t)pclose(f);
	if (strstr(out, want) != NULL)
		return (true);
	print_error("openssl %s (%zu): %s\n", words, n, out);
	return (false);
}

#endif
