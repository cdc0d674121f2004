/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings: letterlock.conf, read once, checked whole, read-only afterwards.
 *
 * One typed table (conf/catalog.c) is the schema, the defaults, the comments of
 * the file that `letterlock init` writes and the list of letterlock.conf(5).
 * Texts are NUL-terminated and live as long as the settings. Relative paths
 * are taken from the folder of the configuration file and are absolute here.
 * Threads: any, once loaded.
 */
#ifndef CONF_SETTINGS_H
#define CONF_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"

struct settings_list {
	const char **values;
	size_t n;
};

/* Mail for `domain` (or ".domain" with all below it) goes to `next_hop`. */
struct settings_route {
	const char *domain;
	const char *next_hop;
};

/* How one next hop is reached. */
struct settings_hop {
	const char *next_hop;	/* as next_hop or a route writes it */
	const char *user, *password_file;	/* both, or NULL */
	const char *tls_name;	/* in its certificate; NULL: its host's */
	struct settings_list source;	/* empty: delivery.source */
};

enum settings_starttls {
	SETTINGS_STARTTLS_MAY,	/* when offered */
	SETTINGS_STARTTLS_NEVER,
};

enum settings_private {
	SETTINGS_PRIVATE_REFUSE,
	SETTINGS_PRIVATE_ALLOW,
};

enum settings_sts_mode {	/* as enum stspolicy_mode */
	SETTINGS_STS_NONE,
	SETTINGS_STS_TESTING,
	SETTINGS_STS_ENFORCE,
};

struct settings_smtp {
	struct settings_list listen;	/* "127.0.0.1:2525", … */
	struct settings_list outside_listen;	/* for anybody, to us */
	const char *tls_cert, *tls_key;	/* NULL: no STARTTLS */
	const char *client_ca;		/* NULL: fingerprints only */
	int64_t max_message_bytes;
	int64_t max_recipients, max_line_bytes;
	int64_t max_connections, max_connections_per_address;
	int64_t max_bad_commands, max_messages, max_received;
	int64_t memory_bytes;		/* all messages in work together */
	int64_t idle_ms, session_ms;
	struct settings_list networks;	/* CIDR, may relay */
	struct settings_list certificates; /* SHA-256 in hex, may relay */
	const char *users_file;		/* NULL: no AUTH */
	const char *tls_reports;	/* NULL: none are read */
};

struct settings_delivery {
	const char *next_hop;		/* "host:port"; NULL: the domain's MX */
	struct settings_route *routes;
	size_t n_routes;
	struct settings_hop *hops;
	size_t n_hops;
	struct settings_list source;	/* of ours; at most one per family */
	enum settings_starttls starttls;
	const char *helo;		/* NULL: hostname */
	int64_t concurrency;		/* connections per destination */
	int64_t max_messages_per_connection;
	int64_t threads;
	int64_t retry_first_ms, retry_max_ms, expire_ms;
	int64_t tell_delay_ms;
	const char *postmaster;		/* NULL: postmaster@hostname */
	const char *resolver;	/* "127.0.0.1:5300"; NULL: the system's */
	const char *trust_anchor;	/* NULL: the root's */
	const char *tls_ca;		/* NULL: the system's */
	const char *tls_cert, *tls_key;	/* NULL: we show none */
	int64_t port;			/* of MX hosts */
	enum settings_private private_networks;
	const char *tls_reports;	/* who sends them; NULL: nobody */
};

struct settings_portal {
	struct settings_list listen;
	const char *url;		/* "https://mail.example", no slash */
	const char *tls_cert, *tls_key;
	const char *organisation;	/* the name recipients see */
	int64_t max_connections;
	int64_t passcode_ms, session_ms;
};

struct settings_mta_sts {
	struct settings_list domains;	/* whose policy the portal serves */
	enum settings_sts_mode mode;
	struct settings_list mx;	/* "mail.example", "*.example" */
	int64_t max_age_ms;
};

struct settings_review {
	int64_t expires_ms;		/* of moderation and overrides */
};

enum settings_leavers {
	SETTINGS_LEAVERS_PLAN,		/* only say what would be done */
	SETTINGS_LEAVERS_APPLY,
};

enum settings_leaver_mail {
	SETTINGS_LEAVER_MAIL_KEEP,
	SETTINGS_LEAVER_MAIL_REDIRECT,	/* to the manager; the new address */
};

enum settings_remind {
	SETTINGS_REMIND_OWNERS,		/* and the administrator */
	SETTINGS_REMIND_ADMINISTRATOR,
};

enum settings_web {
	SETTINGS_WEB_OFF,
	SETTINGS_WEB_ON,
};

struct settings_smime {
	struct settings_list remind_days;	/* "90", "60", … */
	enum settings_remind remind;
	int64_t renew_days;
	enum settings_leavers leavers;
	int64_t leaver_days;	/* between missing and leaving */
	int64_t leaver_max_percent;
	enum settings_leaver_mail leaver_mail;
	enum settings_web web_directory;
};

enum settings_enrol_way {
	SETTINGS_ENROL_NONE,
	SETTINGS_ENROL_AUTHORITY,	/* the built-in one */
	SETTINGS_ENROL_CMP,
	SETTINGS_ENROL_ACME,
	SETTINGS_ENROL_EST,
	SETTINGS_ENROL_COMMAND,
};

/* How people inside get their certificates. */
struct settings_enrol {
	enum settings_enrol_way way;
	const char *url;		/* of the server; NULL: none */
	const char *ca;			/* of its TLS; NULL: the system's */
	const char *trust;		/* CMP: who signs; NULL: the secret */
	const char *user, *password_file;	/* or NULL */
	const char *command;		/* a program, or NULL */
	int kind;			/* of keys: enum mailkey_kind */
};

struct settings_keeper {
	const char *socket, *keys_dir;
	const char *passphrase_file;	/* NULL: none, or the credential */
	const char *pkcs11_module;	/* NULL: no token */
	const char *pkcs11_token;	/* its label */
	const char *pkcs11_pin_file;
	const char *pkcs11_dir;		/* the module's; NULL: none */
};

struct settings_scanner {
	const char *socket;
	int64_t workers;
};

struct settings_audit {
	int64_t features_days;		/* 0: none are kept */
};

struct settings {
	const char *path;		/* of the file itself */
	const char *hostname;
	const char *state_dir;	/* the store is state_dir/letterlock.db */
	const char *policy_file;
	struct id workspace;
	enum log_format log_format;
	enum log_level log_level;
	/* names or numbers; NULL: stay who we are */
	const char *gateway_user, *portal_user, *keeper_user, *scanner_user;
	const char *group;
	struct settings_smtp smtp;
	struct settings_delivery delivery;
	struct settings_portal portal;
	struct settings_mta_sts mta_sts;
	struct settings_review review;
	struct settings_smime smime;
	struct settings_enrol enrol;
	struct settings_keeper keeper;
	struct settings_scanner scanner;
	struct settings_audit audit;
	struct arena *arena;
};

/* Load and check. Fails ERR_INPUT with "file:line:column: what, and the
 * nearest valid name"; ERR_PERM when it cannot be read. */
int settings_load(const char *path, struct settings **out, struct err *err)
    FALLIBLE;

/* The same from memory; path stands for the file. */
int settings_parse(struct str yaml, const char *path, struct settings **out,
    struct err *err) FALLIBLE;

/* NULL is accepted; *s becomes NULL. */
void settings_free(struct settings **s);

/* Whom people may ask about mail: delivery.postmaster, or postmaster@ this
 * host. */
struct str settings_postmaster(const struct settings *s, struct arena *a);

/* One "key = value" per setting with its current value, for config show: the
 * callback gets "smtp.max_message_bytes", the value as it would be written,
 * and whether it is the default. */
void settings_each(const struct settings *s,
    void (*row)(void *ctx, const char *key, struct str value, bool is_default),
    void *ctx);

/* What differs in a new installation's file. NULL: the default. */
struct settings_sample {
	const char *hostname, *smtp_listen, *portal_listen, *portal_url;
	const char *organisation, *next_hop;
	const char *tls_cert, *tls_key;
	const char *gateway_user, *portal_user, *keeper_user, *group;
	const char *log_level, *state_dir, *keys_dir, *socket;
	struct id workspace;
};

/* A commented letterlock.conf. */
void settings_write_sample(const struct settings_sample *sample,
    struct buf *out);

#endif
