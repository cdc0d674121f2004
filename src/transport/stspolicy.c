/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stspolicy: reading and writing MTA-STS records and policies.
 *
 * Runs in the gateway's relay and the portal. Security: records and policies
 * come from whoever owns a domain somebody writes to; everything is bounded
 * and what is not well-formed is no policy. Standards: RFC 8461 3.1, 3.2, 4.1.
 */
#include "transport/stspolicy.h"

#include <openssl/evp.h>

#include "base/enc.h"

#define HOST_MAX 253	/* RFC 1035 2.3.4, as text */
#define LABEL_MAX 63
#define KEY_MAX 32
#define ID_BYTES_OF_HASH 10	/* 20 digits */
#define HASH_BYTES 32

static const char *const mode_names[] = {
	[STSPOLICY_NONE] = "none",
	[STSPOLICY_TESTING] = "testing",
	[STSPOLICY_ENFORCE] = "enforce",
};

const char *
stspolicy_mode_name(enum stspolicy_mode mode)
{
	return (mode_names[mode]);
}

/* ---- names ------------------------------------------------------------- */

static bool
is_label(struct str s)
{
	if (s.len == 0 || s.len > LABEL_MAX || s.p[0] == '-' ||
	    s.p[s.len - 1] == '-')
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '-')
			return (false);
	return (true);
}

static bool
is_host(struct str s)
{
	struct str rest = s, label;

	if (s.len == 0 || s.len > HOST_MAX)
		return (false);
	while (str_next(&rest, '.', &label))
		if (!is_label(label))
			return (false);
	return (true);
}

static bool
is_wildcard(struct str s)
{
	return (s.len > 2 && s.p[0] == '*' && s.p[1] == '.');
}

bool
stspolicy_is_pattern(struct str text)
{
	if (is_wildcard(text))
		text = str_sub(text, 2, text.len);
	return (is_host(text));
}

static bool
does_match(struct str pattern, struct str host)
{
	ptrdiff_t dot;

	if (!is_wildcard(pattern))
		return (str_eq_nocase(pattern, host));
	dot = str_index(host, '.');
	if (dot <= 0)
		return (false);
	return (str_eq_nocase(str_sub(pattern, 1, pattern.len),
	    str_sub(host, (size_t)dot, host.len)));
}

bool
stspolicy_matches(const struct stspolicy *p, struct str host)
{
	if (host.len > 0 && host.p[host.len - 1] == '.')
		host.len--;
	for (size_t i = 0; i < p->n_mx; i++)
		if (does_match(p->mx[i], host))
			return (true);
	return (false);
}

/* ---- the policy -------------------------------------------------------- */

enum key {
	KEY_VERSION,
	KEY_MODE,
	KEY_MAX_AGE,
	KEY_MX,
	KEY_OTHER,
};

static const char *const keys[] = {
	[KEY_VERSION] = "version",
	[KEY_MODE] = "mode",
	[KEY_MAX_AGE] = "max_age",
	[KEY_MX] = "mx",
};

struct reading {
	struct stspolicy *out;
	struct arena *a;
	bool has[KEY_OTHER];
	size_t line;
};

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

static struct str
trim_blanks(struct str s)
{
	while (s.len > 0 && is_blank(s.p[0]))
		s = str_sub(s, 1, s.len);
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	return (s);
}

static enum key
key_of(struct str name)
{
	for (unsigned i = 0; i < COUNT_OF(keys); i++)
		if (str_eq(name, str_of(keys[i])))
			return ((enum key)i);
	return (KEY_OTHER);
}

/* (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".") */
static bool
is_key(struct str s)
{
	if (s.len == 0 || s.len > KEY_MAX || (!ascii_is_alpha(s.p[0]) &&
	    !ascii_is_digit(s.p[0])))
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '_' && s.p[i] != '-' && s.p[i] != '.')
			return (false);
	return (true);
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return (true);
	return (false);
}

static int
bad(const struct reading *r, struct err *err, const char *what)
{
	return (err_set(err, ERR_INPUT, "line %zu of the policy: %s", r->line,
	    what));
}

static int
take_mode(struct reading *r, struct str value, struct err *err)
{
	for (unsigned i = 0; i < COUNT_OF(mode_names); i++)
		if (str_eq(value, str_of(mode_names[i]))) {
			r->out->mode = (enum stspolicy_mode)i;
			return (0);
		}
	return (bad(r, err, "mode is none of enforce, testing and none"));
}

/* Ten digits at most; they need not fit our year. */
static int
take_age(struct reading *r, struct str value, struct err *err)
{
	uint64_t seconds;

	if (value.len > 10 ||
	    !str_to_u64(value, UINT64_C(9999999999), &seconds))
		return (bad(r, err, "max_age is no number of seconds"));
	r->out->max_age_s = (int64_t)MIN_OF(seconds,
	    (uint64_t)STSPOLICY_AGE_MAX_S);
	return (0);
}

static int
take_mx(struct reading *r, struct str value, struct err *err)
{
	if (!stspolicy_is_pattern(value))
		return (bad(r, err, "mx is no host name"));
	if (r->out->n_mx == STSPOLICY_MX_MAX)
		return (err_set(err, ERR_LIMIT,
		    "the policy has more than %d mx", STSPOLICY_MX_MAX));
	r->out->mx[r->out->n_mx++] = arena_lower(r->a, value);
	return (0);
}

static int
take_value(struct reading *r, enum key key, struct str value, struct err *err)
{
	switch (key) {
	case KEY_VERSION:
		return (str_eq(value, STR_LIT("STSv1")) ? 0 :
		    bad(r, err, "version is not STSv1"));
	case KEY_MODE:
		return (take_mode(r, value, err));
	case KEY_MAX_AGE:
		return (take_age(r, value, err));
	case KEY_MX:
		return (take_mx(r, value, err));
	default:
		return (0);
	}
}

static int
take_line(struct reading *r, struct str line, struct err *err)
{
	ptrdiff_t colon;
	enum key key;

	r->line++;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (has_control(line))
		return (bad(r, err, "a control character"));
	/* Not in the grammar, but in files people write. */
	if (trim_blanks(line).len == 0)
		return (0);
	colon = str_index(line, ':');
	if (colon < 0 || !is_key(str_sub(line, 0, (size_t)colon)))
		return (bad(r, err, "not a key, a colon and a value"));
	key = key_of(str_sub(line, 0, (size_t)colon));
	if (key < KEY_MX && r->has[key])
		return (0);
	if (key != KEY_OTHER)
		r->has[key] = true;
	return (take_value(r, key, trim_blanks(str_sub(line,
	    (size_t)colon + 1, line.len)), err));
}

static int
check(const struct reading *r, struct err *err)
{
	for (unsigned i = 0; i < KEY_MX; i++)
		if (!r->has[i])
			return (err_set(err, ERR_INPUT,
			    "the policy has no %s", keys[i]));
	if (!r->has[KEY_MX] && r->out->mode != STSPOLICY_NONE)
		return (err_set(err, ERR_INPUT, "the policy has no mx"));
	return (0);
}

int
stspolicy_parse(struct str text, struct arena *a, struct stspolicy *out,
    struct err *err)
{
	struct stspolicy policy = { .mode = STSPOLICY_NONE };
	struct reading r = { .out = &policy, .a = a };
	struct str line;

	if (text.len > STSPOLICY_BYTES_MAX)
		return (err_set(err, ERR_LIMIT,
		    "the policy is larger than %d bytes",
		    STSPOLICY_BYTES_MAX));
	policy.mx = arena_array(a, STSPOLICY_MX_MAX, sizeof(*policy.mx));
	while (str_next(&text, '\n', &line))
		if (take_line(&r, line, err) == -1)
			return (-1);
	if (check(&r, err) == -1)
		return (-1);
	*out = policy;
	return (0);
}

void
stspolicy_format(const struct stspolicy *p, struct buf *out)
{
	buf_printf(out, "version: STSv1\r\nmode: %s\r\n",
	    stspolicy_mode_name(p->mode));
	for (size_t i = 0; i < p->n_mx; i++)
		buf_printf(out, "mx: %.*s\r\n", STR_FMT(p->mx[i]));
	buf_printf(out, "max_age: %lld\r\n", (long long)p->max_age_s);
}

void
stspolicy_make_id(struct str text, char out[static STSPOLICY_ID_SIZE])
{
	uint8_t hash[HASH_BYTES];

	must(EVP_Digest(text.p, text.len, hash, NULL, EVP_sha256(),
	    NULL) == 1);
	enc_hex(hash, ID_BYTES_OF_HASH, out);
}

/* ---- the record -------------------------------------------------------- */

#define RECORD_BEGIN "v=STSv1;"

static bool
is_id(struct str s)
{
	if (s.len == 0 || s.len > STSPOLICY_ID_MAX)
		return (false);
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]))
			return (false);
	return (true);
}

/* 1*(%x21-3A / %x3C / %x3E-7E): visible, without ; and = */
static bool
is_extension_value(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '!' || s.p[i] > '~' || s.p[i] == '=')
			return (false);
	return (s.len > 0);
}

static bool
read_field(struct str field, struct str *id)
{
	ptrdiff_t eq = str_index(field, '=');
	struct str name, value;

	if (eq < 0)
		return (false);
	name = str_sub(field, 0, (size_t)eq);
	value = str_sub(field, (size_t)eq + 1, field.len);
	if (!str_eq(name, STR_LIT("id")))
		return (is_key(name) && is_extension_value(value));
	if (!is_id(value))
		return (false);
	if (id->p == NULL)
		*id = value;
	return (true);
}

/* What follows the version: fields with ; and blanks between them, and
 * perhaps one ; at the end. */
static bool
read_fields(struct str rest, struct str *id)
{
	struct str field;

	while (str_next(&rest, ';', &field)) {
		field = trim_blanks(field);
		if (field.len == 0 && rest.p == NULL)
			break;
		if (!read_field(field, id))
			return (false);
	}
	return (id->p != NULL);
}

int
stspolicy_id(const struct str *texts, size_t n, struct str *id,
    struct err *err)
{
	const struct str begin = STR_LIT(RECORD_BEGIN);
	struct str found = STR_NULL, record = STR_NULL;

	for (size_t i = 0; i < n; i++) {
		if (!str_eq(str_sub(texts[i], 0, begin.len), begin))
			continue;
		if (record.p != NULL)
			return (err_set(err, ERR_INPUT,
			    "there is more than one record v=STSv1"));
		record = texts[i];
	}
	if (record.p != NULL && !read_fields(str_sub(record, begin.len,
	    record.len), &found))
		return (err_set(err, ERR_INPUT,
		    "the record v=STSv1 is malformed"));
	*id = found;
	return (0);
}
