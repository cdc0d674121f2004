/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what each type of setting may look like.
 *
 * Runs where settings are read. Security: texts end up in mail headers, SMTP
 * commands and web pages, so none has a control byte.
 * Standards: RFC 1123 2.1, RFC 3986 3.2, RFC 4632.
 */
#include "conf/value.h"

#include <stdio.h>

#include "base/enc.h"
#include "base/id.h"
#include "conf/network.h"
#include "conf/number.h"

#define VALUE_TEXT_MAX 1024
#define DAYS_MAX 3650
#define SHA256_DIGITS 64

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = (uint8_t)s.p[i];

		if (c < ' ' || c == 0x7f)
			return (true);
		/* U+0080 to U+009F */
		if (c == 0xc2 && i + 1 < s.len && (uint8_t)s.p[i + 1] < 0xa0)
			return (true);
	}
	return (false);
}

static const char *
take_path(struct str text, const char *path, struct arena *a)
{
	ptrdiff_t slash = str_rindex(str_of(path), '/');
	size_t dir_len = slash < 0 ? 0 : (size_t)slash;

	if (text.p[0] == '/')
		return (arena_str(a, text).p);
	while (text.len > 2 && text.p[0] == '.' && text.p[1] == '/')
		text = str_sub(text, 2, text.len);
	if (str_eq(text, STR_LIT(".")))
		return (arena_printf(a, "%.*s", (int)MAX_OF(dir_len,
		    (size_t)1), dir_len > 0 ? path : "/"));
	return (arena_printf(a, "%.*s/%.*s", (int)dir_len, path,
	    STR_FMT(text)));
}

static bool
is_localhost(struct str host)
{
	return (str_eq_nocase(host, STR_LIT("localhost")) ||
	    str_eq(host, STR_LIT("127.0.0.1")) || str_eq(host, STR_LIT("::1")));
}

/* "name", "name:port" or "[v6]:port" of a URL. */
static bool
parse_authority(struct str text, struct str *host)
{
	uint16_t port;

	if (network_is_hostname(text)) {
		*host = text;
		return (true);
	}
	return (network_split(text, host, &port) && host->len > 0 &&
	    port != 0);
}

static const char *
take_url(struct str text, struct arena *a, const char **why)
{
	bool is_https = str_starts_nocase(text, STR_LIT("https://"));
	bool is_http = str_starts_nocase(text, STR_LIT("http://"));
	struct str host;

	*why = "needs a URL such as https://mail.example, "
	    "with nothing behind the name and port";
	if (!is_https && !is_http)
		return (NULL);
	if (text.p[text.len - 1] == '/')
		text.len--;
	if (!parse_authority(str_sub(text, is_https ? 8 : 7, text.len),
	    &host))
		return (NULL);
	*why = "needs https://; http:// is for localhost only";
	if (is_http && !is_localhost(host))
		return (NULL);
	return (arena_str(a, text).p);
}

static const char *
take_fingerprint(struct str text, struct arena *a, const char **why)
{
	uint8_t sum[SHA256_DIGITS / 2];
	char *out = arena_alloc(a, SHA256_DIGITS + 1);
	size_t n = 0;

	*why = "needs SHA-256 fingerprints of 64 hexadecimal digits";
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == ':')
			continue;
		if (n == SHA256_DIGITS)
			return (NULL);
		out[n++] = ascii_lower(text.p[i]);
	}
	return (enc_hex_parse(str_make(out, n), sum, sizeof(sum)) ? out :
	    NULL);
}

static const char *
take_mailbox(struct str text, struct arena *a, const char **why)
{
	ptrdiff_t at = str_rindex(text, '@');

	*why = "needs an address such as postmaster@mail.example";
	if (at < 1 || at > 64 ||
	    !network_is_hostname(str_sub(text, (size_t)at + 1, text.len)))
		return (NULL);
	for (size_t i = 0; i < (size_t)at; i++)
		if (strchr(" <>()[]\\,;:\"@", text.p[i]) != NULL)
			return (NULL);
	return (arena_str(a, text).p);
}

static const char *
take_endpoint(enum setting_type type, struct str text, struct arena *a,
    const char **why)
{
	struct str host;
	uint16_t port;
	bool is_listen = type == SETTING_LISTEN_LIST;

	*why = type == SETTING_RESOLVER ?
	    "needs an IP address and a port such as 127.0.0.1:53" :
	    is_listen ? "needs addresses such as 192.0.2.1:25 or :25" :
	    "needs a host and a port such as mail.example:25";
	if (!network_split(text, &host, &port))
		return (NULL);
	if (!is_listen && (host.len == 0 || port == 0))
		return (NULL);
	if (type == SETTING_RESOLVER && !network_is_ip(host))
		return (NULL);
	return (arena_str(a, text).p);
}

/* "needs a network ..., this one ..." */
static const char *
take_network(struct str text, struct arena *a, const char **why)
{
	char shown[YAML_SHOWN_SIZE];
	const char *fault;

	if (network_is_valid(text, &fault))
		return (arena_str(a, text).p);
	*why = arena_printf(a, "has a bad network: '%s' %s",
	    yaml_shown(text, shown), fault);
	return (NULL);
}

static const char *
take_hostname(enum setting_type type, struct str text, struct arena *a,
    const char **why)
{
	bool is_pattern = type == SETTING_MX_LIST && text.len > 2 &&
	    text.p[0] == '*' && text.p[1] == '.';

	*why = type == SETTING_MX_LIST ?
	    "needs host names such as mail.example or *.example" :
	    "needs a host name such as mail.example";
	return (network_is_hostname(str_sub(text, is_pattern ? 2 : 0,
	    text.len)) ? arena_str(a, text).p : NULL);
}

const char *
value_text(enum setting_type type, struct str text, const char *path,
    struct arena *a, const char **why)
{
	uint64_t days;

	*why = "is empty; give it a value or remove the line";
	if (text.len == 0)
		return (NULL);
	*why = "has a control character or is too long";
	if (has_control(text) || text.len > VALUE_TEXT_MAX)
		return (NULL);
	switch (type) {
	case SETTING_PATH:
		return (take_path(text, path, a));
	case SETTING_HOSTNAME:
	case SETTING_HOSTNAME_LIST:
	case SETTING_MX_LIST:
		return (take_hostname(type, text, a, why));
	case SETTING_URL:
		return (take_url(text, a, why));
	case SETTING_MAILBOX:
		return (take_mailbox(text, a, why));
	case SETTING_ENDPOINT:
	case SETTING_RESOLVER:
	case SETTING_LISTEN_LIST:
	case SETTING_ROUTES:
		return (take_endpoint(type, text, a, why));
	case SETTING_DAYS_LIST:
		*why = "needs numbers of days from 1 to 3650";
		return (str_to_u64(text, DAYS_MAX, &days) && days > 0 ?
		    arena_str(a, text).p : NULL);
	case SETTING_IP_LIST:
		*why = "needs IP addresses such as 192.0.2.25";
		return (network_is_ip(text) ? arena_str(a, text).p : NULL);
	case SETTING_CIDR_LIST:
		return (take_network(text, a, why));
	case SETTING_SHA256_LIST:
		return (take_fingerprint(text, a, why));
	default:
		return (arena_str(a, text).p);
	}
}

static const char *
explain_limits(const struct setting *def, struct arena *a)
{
	AUTO_BUF struct buf least = BUF_INIT(64), most = BUF_INIT(64);
	const char *what = def->type == SETTING_COUNT ? "a number" :
	    def->type == SETTING_BYTES ? "a size" :
	    "a time with its unit (ms, s, min, h or d)";

	setting_format_number(def->type, def->min, &least);
	setting_format_number(def->type, def->max, &most);
	return (arena_printf(a, "needs %s from %s to %s", what,
	    buf_cstr(&least), buf_cstr(&most)));
}

bool
value_number(const struct setting *def, struct str text, int64_t *out,
    struct arena *a, const char **why)
{
	int64_t value;
	uint64_t count;
	bool ok;

	if (def->type == SETTING_COUNT) {
		ok = str_to_u64(text, INT64_MAX, &count);
		value = ok ? (int64_t)count : 0;
	} else if (def->type == SETTING_BYTES)
		ok = number_parse_bytes(text, &value);
	else
		ok = number_parse_duration(text, &value);
	if (!ok || value < def->min || value > def->max) {
		*why = explain_limits(def, a);
		return (false);
	}
	*out = value;
	return (true);
}

static bool
is_word_byte(char c)
{
	return (ascii_is_alpha(c) || ascii_is_digit(c) || (uint8_t)c >= 0x80);
}

static bool
is_one_of(char c, const char *set)
{
	return (c != '\0' && strchr(set, c) != NULL);
}

static bool
is_bare(struct str s)
{
	if (s.len == 0 || str_eq(s, STR_LIT("null")) ||
	    is_one_of(s.p[s.len - 1], " :"))
		return (false);
	if (!is_word_byte(s.p[0]) && !is_one_of(s.p[0], "/."))
		return (false);
	for (size_t i = 0; i < s.len; i++) {
		if (!is_word_byte(s.p[i]) && !is_one_of(s.p[i], " ._/@:+-"))
			return (false);
		if (s.p[i] == ':' && s.p[i + 1] == ' ')
			return (false);
	}
	return (true);
}

void
value_quote(struct str text, struct buf *out)
{
	if (is_bare(text)) {
		buf_str(out, text);
		return;
	}
	buf_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			buf_char(out, '\\');
		buf_char(out, text.p[i]);
	}
	buf_char(out, '"');
}
