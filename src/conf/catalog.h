/* SPDX-License-Identifier: Apache-2.0 */
/*
 * catalog: every setting there is, once: where it lives in struct settings,
 * what it may be, what it is when nobody says, and a sentence for the reader.
 * Threads: any; constant.
 */
#ifndef CONF_CATALOG_H
#define CONF_CATALOG_H

#include "conf/settings.h"
#include "conf/yaml.h"

enum setting_type {
	SETTING_TEXT,
	SETTING_PATH,		/* relative to the file's folder */
	SETTING_HOSTNAME,
	SETTING_URL,		/* https://host[:port] */
	SETTING_MAILBOX,	/* local@domain */
	SETTING_ID,		/* struct id */
	SETTING_BYTES,		/* "50 MiB" */
	SETTING_DURATION,	/* "15 min", kept in ms */
	SETTING_COUNT,
	SETTING_ENUM,		/* index into words, kept as an int */
	SETTING_ENDPOINT,	/* host:port */
	SETTING_RESOLVER,	/* IP:port */
	/* from here to SHA256: lists */
	SETTING_LISTEN_LIST,	/* host:port, an empty host is any */
	SETTING_HOSTNAME_LIST,
	SETTING_MX_LIST,	/* host names, or "*." and one */
	SETTING_CIDR_LIST,
	SETTING_SHA256_LIST,	/* 64 hex digits, colons allowed */
	SETTING_DAYS_LIST,	/* numbers of days */
	SETTING_IP_LIST,	/* addresses of this host */
	SETTING_ROUTES,		/* domain: host:port */
	SETTING_HOPS,		/* conf/hops.h */
};

struct setting {
	const char *key;	/* "smtp.listen" */
	enum setting_type type;
	size_t offset;		/* in struct settings */
	const char *fallback;	/* as written; lists with commas; NULL: unset */
	int64_t min, max;	/* of numbers */
	const char *const *words;	/* SETTING_ENUM, NULL at the end */
	bool is_required;
	const char *example;	/* for the sample, where there is no default */
	const char *help;
};

struct setting_group {
	const char *name;	/* "smtp"; "" for the top level */
	const char *help;
};

extern const struct setting setting_table[];
extern const size_t setting_table_n;
extern const struct setting_group setting_groups[];
extern const size_t setting_groups_n;

/* The group's part and the last part of a key: "smtp", "listen". */
struct str setting_group_of(const struct setting *def);
const char *setting_name_of(const struct setting *def);

/* Read one value of the file into s. Fails ERR_INPUT at its place. */
int setting_read(const struct setting *def, const struct yaml_node *value,
    struct settings *s, struct err *err) FALLIBLE;

/* Set the default; the table's own defaults are always valid. */
void setting_default(const struct setting *def, struct settings *s);

/* The value as it would be written in the file, appended; nothing when it is
 * unset. */
void setting_format(const struct setting *def, const struct settings *s,
    struct buf *out);

/* A number of that type as it would be written: "50 MiB", "15 min". */
void setting_format_number(enum setting_type type, int64_t value,
    struct buf *out);

/* The check across settings, with the tree for its places. */
int settings_check(const struct settings *s, const struct yaml_node *root,
    struct err *err) FALLIBLE;

#endif
