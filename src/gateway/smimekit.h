/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smimekit: what S/MIME needs beside the message: whom we trust, where
 * recipients' certificates are looked for, and our own people's certificates.
 *
 * Runs in the gateway and, to explain, in the CLI. Security: whom we trust is
 * the policy's anchors, our own authority, and partners' certificates that
 * were imported; it is made anew when these change. Threads: any.
 * Source  doc/decisions/0024
 */
#ifndef GATEWAY_SMIMEKIT_H
#define GATEWAY_SMIMEKIT_H

#include "cert/find.h"
#include "cms/smimeout.h"
#include "conf/settings.h"
#include "keepc/provider.h"
#include "policy/smime.h"

#define SMIMEKIT_FRESH_MS 10000	/* an import counts after that */

/* Why not, where the policy has no `smime:`. */
#define SMIMEKIT_NO_CERTIFICATE "no certificate of this recipient is known: " \
	"S/MIME is not switched on in the policy"
#define SMIMEKIT_NO_SIGNER "there is no certificate to sign with for this " \
	"sender: S/MIME is not switched on in the policy"

struct smimekit;

/* All borrowed. */
struct smimekit_config {
	const struct settings *settings;
	const struct policy *policy;
	struct store *store;
	struct dns *dns;	/* NULL: DNS and the web are not asked */
	struct provider *provider;	/* NULL: only what there is, not used */
};

/* *out NULL: the policy has no `smime:`. Fails ERR_INPUT naming what of the
 * anchors or directories is malformed, ERR_TEMP. */
int smimekit_new(const struct smimekit_config *config, struct smimekit **out,
    struct err *err) FALLIBLE;
void smimekit_free(struct smimekit **k);

/* Trust and finder as they are now, until they are given back. */
struct smimekit_view {
	struct path_trust *trust;
	struct find *find;
	unsigned holders;	/* smimekit's own */
};
int smimekit_hold(struct smimekit *k, struct smimekit_view **out,
    struct err *err) FALLIBLE;
void smimekit_release(struct smimekit *k, struct smimekit_view **v);

/* What it was made with. */
const struct smimekit_config *smimekit_config(const struct smimekit *k);

/* A recipient's certificate: find_recipient(), and one of a whole domain only
 * where the policy takes it there. */
void smimekit_find(struct smimekit *k, const struct smimekit_view *v,
    struct str address, int64_t now_ms, struct arena *a,
    struct find_result *out);

/* Does the policy take a domain's certificate for everybody in it? What
 * smimein_open() asks, with the policy. */
bool smimekit_takes_domain(const void *policy, struct str domain);

/* ---- our own people's (signer.c) --------------------------------------- */

/* Who signs a letter of that sender: *out, and NULL; else why nobody does, a
 * clause. */
const char *signer_address(const struct letter *letter,
    const struct address *sender, struct arena *a, struct str *out);

/* Is the sender who it says? NULL, or why it is not signed, a clause. user: who
 * signed in, or NULL; passes: how often it was here before (gateway/loop.h). */
const char *signer_doubt(const char *user, const struct address *sender,
    unsigned passes);
#define SIGNER_WAS_DOUBTED "when it came it was not certain who sent it"

/* May a certificate be issued, or ordered, for that address since mail of it is
 * to be signed? *why NULL: yes; else a clause (signermay.c). Not for whom the
 * table of people does not have, and not where a person took one back. */
int signer_may(const struct smimekit_config *c, struct str address,
    const char **why, struct err *err) FALLIBLE;

/* So many in a minute: a program that sends as everybody fills no inventory. */
#define SIGNER_RATE 60
struct signer_rate {
	int64_t minute;
	unsigned n;
};
bool signer_rate_take(struct signer_rate *r, int64_t now_ms);

/* Can mail of that address be signed? Its own certificate, its domain's, or
 * one that our own authority issues when it is needed. *why: a clause. */
int signer_can(struct smimekit *k, struct str address, int64_t now_ms,
    bool *can, const char **why, struct err *err) FALLIBLE;

/* It is needed, and there is none: order it, where another authority makes them
 * (enrol.way) and nothing is ordered. Nobody waits for it. */
int signer_order(struct smimekit *k, struct str address, int64_t now_ms,
    bool *is_placed, struct err *err) FALLIBLE;

/*
 * What is needed to sign as that address, now; a certificate is issued where
 * there is none. signer_done() it.
 * Fails ERR_TEMP the keeper or the store does not answer; ERR_PERM none
 */
struct signer {
	struct smimeout_signer as;
	struct cert cert;
	struct path_verdict path;	/* its chain */
};
int signer_open(struct smimekit *k, const struct smimekit_view *v,
    struct str address, int64_t now_ms, struct arena *a, struct signer *out,
    struct err *err) FALLIBLE;
void signer_done(struct signer *s);

#endif
