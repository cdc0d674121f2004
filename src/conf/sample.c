/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample: the table written out as a letterlock.conf that explains itself.
 *
 * Runs in `letterlock init` and the demo. Security: every value is written as
 * the parser would read it back, quoted where needed.
 */
#include "conf/catalog.h"
#include "conf/value.h"

#define SAMPLE_COLUMNS 78

static const struct {
	const char *key;
	size_t offset;	/* of a const char * in struct settings_sample */
} given[] = {
	{ "hostname", offsetof(struct settings_sample, hostname) },
	{ "state_dir", offsetof(struct settings_sample, state_dir) },
	{ "log.level", offsetof(struct settings_sample, log_level) },
	{ "users.gateway", offsetof(struct settings_sample, gateway_user) },
	{ "users.portal", offsetof(struct settings_sample, portal_user) },
	{ "users.keeper", offsetof(struct settings_sample, keeper_user) },
	{ "users.group", offsetof(struct settings_sample, group) },
	{ "smtp.listen", offsetof(struct settings_sample, smtp_listen) },
	{ "smtp.tls_cert", offsetof(struct settings_sample, tls_cert) },
	{ "smtp.tls_key", offsetof(struct settings_sample, tls_key) },
	{ "delivery.next_hop", offsetof(struct settings_sample, next_hop) },
	{ "portal.listen", offsetof(struct settings_sample, portal_listen) },
	{ "portal.url", offsetof(struct settings_sample, portal_url) },
	{ "portal.tls_cert", offsetof(struct settings_sample, tls_cert) },
	{ "portal.tls_key", offsetof(struct settings_sample, tls_key) },
	{ "portal.organisation",
	    offsetof(struct settings_sample, organisation) },
	{ "keeper.socket", offsetof(struct settings_sample, socket) },
	{ "keeper.keys_dir", offsetof(struct settings_sample, keys_dir) },
};

/* What the required ones are when the caller does not say. */
static const struct {
	const char *key, *value;
} required[] = {
	{ "hostname", "localhost" },
	{ "portal.url", "https://localhost:8443" },
};

static const char *
given_value(const struct setting *def, const struct settings_sample *sample)
{
	const char *value = NULL;

	for (size_t i = 0; i < COUNT_OF(given); i++)
		if (strcmp(given[i].key, def->key) == 0)
			value = *(const char *const *)((const char *)sample +
			    given[i].offset);
	for (size_t i = 0; value == NULL && i < COUNT_OF(required); i++)
		if (strcmp(required[i].key, def->key) == 0)
			value = required[i].value;
	return (value);
}

/* A comment, broken between words. */
static void
write_comment(const char *indent, const char *text, struct buf *out)
{
	struct str rest = str_of(text), word;
	size_t column = 0;

	while (str_next(&rest, ' ', &word)) {
		if (column == 0 ||
		    column + 1 + word.len > SAMPLE_COLUMNS) {
			buf_printf(out, "%s%s#", column > 0 ? "\n" : "",
			    indent);
			column = strlen(indent) + 1;
		}
		buf_printf(out, " %.*s", STR_FMT(word));
		column += 1 + word.len;
	}
	buf_char(out, '\n');
}

static void
write_help(const struct setting *def, const char *indent, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(1024);

	buf_z(&text, def->help);
	if (def->max > 0) {
		buf_z(&text, " From ");
		setting_format_number(def->type, def->min, &text);
		buf_z(&text, " to ");
		setting_format_number(def->type, def->max, &text);
		buf_char(&text, '.');
	}
	if (def->words != NULL) {
		buf_z(&text, " One of");
		for (size_t i = 0; def->words[i] != NULL; i++)
			buf_printf(&text, "%s %s", i > 0 ? "," : "",
			    def->words[i]);
		buf_char(&text, '.');
	}
	write_comment(indent, buf_cstr(&text), out);
}

static void
write_default(const struct setting *def, struct buf *out)
{
	const char *text = def->fallback != NULL ? def->fallback :
	    def->example;
	bool is_list = def->fallback != NULL &&
	    (def->type == SETTING_CIDR_LIST ||
	    def->type == SETTING_DAYS_LIST ||
	    def->type == SETTING_LISTEN_LIST);
	struct str rest = str_of(text), item;

	if (!is_list) {
		buf_z(out, text);
		return;
	}
	buf_char(out, '[');
	for (size_t i = 0; str_next(&rest, ',', &item); i++) {
		buf_z(out, i > 0 ? ", " : "");
		value_quote(str_trim(item), out);
	}
	buf_char(out, ']');
}

static void
write_setting(const struct setting *def, const struct settings_sample *sample,
    struct buf *out)
{
	const char *indent = strchr(def->key, '.') != NULL ? "  " : "";
	const char *value = given_value(def, sample);
	char id[ID_TEXT_SIZE];

	if (def->type == SETTING_ID)
		value = id_text(&sample->workspace, id);
	buf_char(out, '\n');
	write_help(def, indent, out);
	buf_printf(out, "%s%s%s: ", indent, value == NULL ? "# " : "",
	    setting_name_of(def));
	if (value == NULL)
		write_default(def, out);
	else if (def->type == SETTING_LISTEN_LIST) {
		buf_char(out, '[');
		value_quote(str_of(value), out);
		buf_char(out, ']');
	} else
		value_quote(str_of(value), out);
	buf_char(out, '\n');
}

void
settings_write_sample(const struct settings_sample *sample, struct buf *out)
{
	buf_z(out,
	    "# The settings of Letterlock. letterlock.conf(5) tells more, and\n"
	    "# `letterlock config check` finds mistakes.\n"
	    "#\n"
	    "# A line behind # shows the default, or an example where there\n"
	    "# is none.\n"
	    "# Relative paths start at the folder of this file.\n"
	    "# Sizes: 512 KiB, 50 MiB, 1 GiB.\n"
	    "# Times: 30 s, 5 min, 12 h, 5 d.\n");
	for (size_t g = 0; g < setting_groups_n; g++) {
		const struct setting_group *group = &setting_groups[g];

		buf_printf(out, "\n#\n# %s\n#\n", group->help);
		if (group->name[0] != '\0')
			buf_printf(out, "%s:\n", group->name);
		for (size_t i = 0; i < setting_table_n; i++)
			if (str_eq(setting_group_of(&setting_table[i]),
			    str_of(group->name)))
				write_setting(&setting_table[i], sample, out);
	}
}
