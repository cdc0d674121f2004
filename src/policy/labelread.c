/* SPDX-License-Identifier: Apache-2.0 */
/*
 * labelread: sensitivity labels taken apart.
 *
 * Runs in the gateway. Security: what anybody wrote into a header or a
 * document. Numbers and lengths have limits, and what is beyond them is said
 * to be cut; a value that is kept is one line of UTF-8, so that it can be
 * written again. Of a property given twice the first counts, but a label that
 * is once enabled is enabled: nobody hides one behind a second pair.
 * Standards: Microsoft Information Protection SDK, label metadata;
 * [MS-OFFCRYPTO] 2.6.4 (LabelInfo).
 */
#include "policy/labelread.h"

#include "base/buf.h"
#include "base/enc.h"

static const char prefix[] = "msip_label_";

#define PREFIX_LEN (sizeof(prefix) - 1)
#define KEY_MAX (PREFIX_LEN + LABELREAD_GUID_LEN + 1 + LABELREAD_MAX_PROPERTY)

void
labelread_init(struct labelread *r, struct arena *a)
{
	*r = (struct labelread){ .arena = a };
	r->labels = arena_array(a, LABELREAD_MAX_LABELS, sizeof(*r->labels));
	r->pairs = arena_array(a, LABELREAD_MAX_PAIRS, sizeof(*r->pairs));
}

bool
labelread_is_on(const struct labelread_label *l)
{
	return (l->is_enabled && !l->is_removed);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Without blanks, which folding leaves behind. False: longer than max. */
static bool
squeeze(struct str s, size_t max, char *out, size_t *len)
{
	*len = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (is_blank(s.p[i]))
			continue;
		if (*len == max)
			return (false);
		out[(*len)++] = s.p[i];
	}
	return (true);
}

static bool
is_hex(char c)
{
	c = ascii_lower(c);
	return (ascii_is_digit(c) || (c >= 'a' && c <= 'f'));
}

static bool
is_guid(const char *p)
{
	for (size_t i = 0; i < LABELREAD_GUID_LEN; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? p[i] != '-' : !is_hex(p[i]))
			return (false);
	}
	return (true);
}

bool
labelread_guid(struct str text, struct arena *a, struct str *out)
{
	char s[LABELREAD_GUID_LEN + 2];
	const char *p = s;
	size_t len;

	if (!squeeze(text, sizeof(s), s, &len))
		return (false);
	if (len == sizeof(s) && s[0] == '{' && s[len - 1] == '}') {
		p++;
		len -= 2;
	}
	if (len != LABELREAD_GUID_LEN || !is_guid(p))
		return (false);
	*out = arena_lower(a, str_make(p, len));
	return (true);
}

/* ---- one pair --------------------------------------------------------- */

/* One line of UTF-8 with single blanks. False: no text, or too long. */
static bool
clean(struct str value, struct arena *a, struct str *out)
{
	AUTO_BUF struct buf b = BUF_INIT(LABELREAD_MAX_VALUE);
	bool is_apart = false;

	for (size_t i = 0; i < value.len; i++) {
		if (is_blank(value.p[i])) {
			is_apart = b.len > 0;
			continue;
		}
		if ((uint8_t)value.p[i] < ' ' || value.p[i] == 0x7f)
			continue;
		if (is_apart)
			buf_char(&b, ' ');
		is_apart = false;
		buf_char(&b, value.p[i]);
	}
	if (b.over || !enc_is_utf8(buf_view(&b)))
		return (false);
	*out = arena_str(a, buf_view(&b));
	return (true);
}

static struct labelread_label *
label_of(struct labelread *r, struct str id, size_t *index)
{
	for (*index = 0; *index < r->n; (*index)++)
		if (str_eq(r->labels[*index].id, id))
			return (&r->labels[*index]);
	if (r->n == LABELREAD_MAX_LABELS) {
		r->is_cut = true;
		return (NULL);
	}
	r->labels[r->n].id = id;
	return (&r->labels[r->n++]);
}

static bool
is_true(struct str value)
{
	return (str_eq_nocase(value, STR_LIT("true")) ||
	    str_eq(value, STR_LIT("1")));
}

static void
take(struct labelread *r, struct labelread_label *l, struct str property,
    struct str value)
{
	const struct {
		const char *name;
		struct str *to;
	} texts[] = {
		{ "Name", &l->name }, { "Method", &l->method },
		{ "SetDate", &l->set_date }, { "ActionId", &l->action_id },
	};

	if (str_eq_nocase(property, STR_LIT("Enabled")))
		l->is_enabled = l->is_enabled || is_true(value);
	if (str_eq_nocase(property, STR_LIT("Removed")))
		l->is_removed = l->is_removed || is_true(value);
	if (str_eq_nocase(property, STR_LIT("SiteId")) && l->site.len == 0)
		(void)labelread_guid(value, r->arena, &l->site);
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (str_eq_nocase(property, str_of(texts[i].name)) &&
		    texts[i].to->len == 0)
			*texts[i].to = value;
}

static bool
is_property(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) &&
		    s.p[i] != '_')
			return (false);
	return (s.len > 0);
}

bool
labelread_key(struct str key, struct arena *a, struct str *id,
    struct str *property)
{
	const size_t end = PREFIX_LEN + LABELREAD_GUID_LEN;
	char k[KEY_MAX];
	struct str rest;
	size_t len;

	if (!squeeze(key, sizeof(k), k, &len) || len < end + 2 ||
	    !str_starts_nocase(str_make(k, len), str_of(prefix)) ||
	    !is_guid(k + PREFIX_LEN) || k[end] != '_')
		return (false);
	rest = str_sub(str_make(k, len), end + 1, len);
	if (!is_property(rest))
		return (false);
	*id = arena_lower(a, str_make(k + PREFIX_LEN, LABELREAD_GUID_LEN));
	*property = arena_str(a, rest);
	return (true);
}

bool
labelread_pair(struct labelread *r, struct str key, struct str value)
{
	struct labelread_label *l;
	struct str id, property;
	size_t index;

	if (!labelread_key(key, r->arena, &id, &property))
		return (false);
	if (!clean(value, r->arena, &value) || r->n_pairs ==
	    LABELREAD_MAX_PAIRS || value.len > LABELREAD_MAX_BYTES - r->bytes) {
		r->is_cut = true;
		return (true);
	}
	if ((l = label_of(r, id, &index)) == NULL)
		return (true);
	r->bytes += value.len;
	r->pairs[r->n_pairs++] = (struct labelread_pair){ index, property,
	    value };
	take(r, l, property, value);
	return (true);
}

void
labelread_header(struct labelread *r, struct str value)
{
	struct str pair;

	while (str_next(&value, ';', &pair)) {
		ptrdiff_t equals = str_index(pair, '=');

		if (equals > 0)
			(void)labelread_pair(r, str_sub(pair, 0,
			    (size_t)equals), str_sub(pair, (size_t)equals + 1,
			    pair.len));
	}
}
