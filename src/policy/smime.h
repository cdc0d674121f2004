/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smime: `smime:` of policy.yaml: what is signed, how it is encrypted, where
 * certificates are looked for, whom we trust, and what becomes of S/MIME that
 * comes in. Threads: any, once loaded.
 */
#ifndef POLICY_SMIME_H
#define POLICY_SMIME_H

#include "policy/policy.h"

enum policy_smime_sign {
	POLICY_SMIME_WHEN_DEMANDED,
	POLICY_SMIME_WHEN_ENCRYPTING,
	POLICY_SMIME_ALWAYS,	/* all that leaves, where it can be */
};

enum policy_smime_form {
	POLICY_SMIME_CLEAR,	/* multipart/signed */
	POLICY_SMIME_OPAQUE,
};

/* Of the header fields (RFC 9788), in what is encrypted. */
enum policy_smime_headers {
	POLICY_SMIME_HIDDEN,	/* the subject is inside only */
	POLICY_SMIME_COPIED,
	POLICY_SMIME_NONE,
};

enum policy_smime_place {
	POLICY_SMIME_STORE,
	POLICY_SMIME_HARVESTED,
	POLICY_SMIME_LDAP,
	POLICY_SMIME_SMIMEA,
	POLICY_SMIME_PLACES,
};

enum policy_smime_revocation {
	POLICY_SMIME_REVOCATION_OFF,
	POLICY_SMIME_REVOCATION_SOFT,
	POLICY_SMIME_REVOCATION_HARD,
};

enum policy_smime_encryption {
	POLICY_SMIME_AUTO,	/* as the recipient's program says it reads */
	POLICY_SMIME_AES256_CBC,
	POLICY_SMIME_AES256_GCM,
	POLICY_SMIME_AES128_CBC,
	POLICY_SMIME_AES128_GCM,
};

enum policy_smime_harvest {
	POLICY_SMIME_HARVEST_OFF,
	POLICY_SMIME_HARVEST_APPROVE,	/* a person agrees first */
	POLICY_SMIME_HARVEST_TRUST,
};

/* What partners' programs read, by domain. */
struct policy_smime_profile {
	struct str *domains;
	size_t n_domains;
	enum policy_smime_encryption encryption;
	bool uses_oaep;		/* for RSA keys; else PKCS #1 1.5 */
	bool uses_pss;
	bool wraps_thrice;	/* signed, encrypted and signed again */
	bool takes_domain_certificates;
};

struct policy_smime {
	bool is_set;		/* false: there is no S/MIME at all */
	enum policy_smime_sign sign;
	enum policy_smime_form form;
	enum policy_smime_headers headers;
	enum policy_smime_place find[POLICY_SMIME_PLACES];
	size_t n_find;
	const char *directories;	/* file of LDAP servers; or NULL */
	struct str anchors;	/* PEM, or empty */
	bool has_system_roots;
	enum policy_smime_revocation revocation;
	struct policy_smime_profile *profiles;
	size_t n_profiles;
	/* What stays unsigned where no rule demands a signature. */
	bool excepts_calendar, excepts_receipts;
	struct policy_smime_inbound {
		bool decrypts;
		bool strips;	/* valid signatures are taken off */
		bool has_banner;
		enum policy_smime_harvest harvest;
		unsigned harvest_after;	/* mails until it is used */
	} inbound;
};

/* Never NULL. */
const struct policy_smime *policy_smime_of(const struct policy *p);

/* The first profile with that domain; the usual one where none has it. */
const struct policy_smime_profile *policy_smime_profile_of(
    const struct policy *p, struct str domain);

/* Does a sender's mail of this kind stay unsigned, unless a rule demands it? */
bool policy_smime_excepts(const struct policy *p,
    const struct letter *letter, struct arena *a);

#endif
