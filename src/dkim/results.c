/* SPDX-License-Identifier: Apache-2.0 */
/*
 * results: Authentication-Results.
 *
 * Runs in the gateway and the command line. Security: what stands in the
 * field we write comes from names that were checked and from our own words;
 * who reads it trusts it, so those with our name that came from outside go.
 * Standards: RFC 8601 2.2, 2.3, 5; RFC 6008 (header.b).
 */
#include "dkim/results.h"

#define FIELD STR_LIT("Authentication-Results")

/* ---- reading ---------------------------------------------------------- */

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

/* Behind a comment that begins at i, which may have others inside. */
static size_t
skip_comment(struct str s, size_t i)
{
	size_t depth = 0;

	for (; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && --depth == 0)
			return (i + 1);
	}
	return (s.len);
}

static size_t
skip_blanks(struct str s, size_t i)
{
	while (i < s.len) {
		if (is_blank(s.p[i]))
			i++;
		else if (s.p[i] == '(')
			i = skip_comment(s, i);
		else
			break;
	}
	return (i);
}

/* The text of a quoted string or of a bare word that begins at i, compared
 * with id; what a backslash quotes is that character. */
static bool
word_is(struct str s, size_t i, struct str id)
{
	bool is_quoted = i < s.len && s.p[i] == '"';
	size_t n = 0;

	for (i += is_quoted; i < s.len; i++) {
		char c = s.p[i];

		if (is_quoted ? c == '"' : is_blank(c) || c == ';' ||
		    c == '(')
			break;
		if (is_quoted && c == '\\' && i + 1 < s.len)
			c = s.p[++i];
		if (n == id.len || ascii_lower(c) != ascii_lower(id.p[n]))
			return (false);
		n++;
	}
	return (n == id.len);
}

bool
results_is_of(struct str value, struct str id)
{
	return (word_is(value, skip_blanks(value, 0), id));
}

/* ---- writing ---------------------------------------------------------- */

static void
put_verdict(const struct verify_verdict *v, struct buf *out)
{
	buf_printf(out, "dkim=%s", dkim_result_name(v->result));
	if (v->reason != NULL)
		buf_printf(out, "\r\n\treason=\"%s\"", v->reason);
	if (v->domain.len > 0)
		buf_printf(out, "\r\n\theader.d=%.*s", STR_FMT(v->domain));
	if (v->selector.len > 0)
		buf_printf(out, " header.s=%.*s", STR_FMT(v->selector));
	if (v->has_algorithm)
		buf_printf(out, " header.a=%s",
		    dkim_algorithm_name(v->algorithm));
	if (v->b.len > 0)
		buf_printf(out, "\r\n\theader.b=\"%.*s\"", STR_FMT(v->b));
}

void
results_text(const struct verify_verdict *v, size_t n,
    const struct arc_chain *chain, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		put_verdict(&v[i], out);
		buf_z(out, ";\r\n\t");
	}
	if (n == 0)
		buf_z(out, "dkim=none;\r\n\t");
	buf_printf(out, "arc=%s", dkim_result_name(chain->cv));
	if (chain->reason != NULL)
		buf_printf(out, " reason=\"%s\"", chain->reason);
	if (chain->domain.len > 0)
		buf_printf(out, "\r\n\theader.d=%.*s",
		    STR_FMT(chain->domain));
}

void
results_field(struct str id, const struct verify_verdict *v, size_t n,
    const struct arc_chain *chain, struct buf *out)
{
	buf_printf(out, "Authentication-Results: %.*s;\r\n\t", STR_FMT(id));
	results_text(v, n, chain, out);
	buf_z(out, "\r\n");
}

int
results_judge(const struct fields *f, struct str id,
    const struct verify_resolver *resolver, int64_t now_ms, struct arena *a,
    struct arc_chain *chain, struct str *field, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(RESULTS_MAX);
	struct verify_verdict *v;
	struct arc_chain own;
	size_t n;

	verify_message(f, resolver, now_ms, a, &v, &n);
	arc_verify(f, resolver, now_ms, a, &own);
	results_field(id, v, n, &own, &text);
	if (buf_check(&text, "Authentication-Results", err) == -1)
		return (-1);
	if (chain != NULL)
		*chain = own;
	*field = arena_str(a, buf_view(&text));
	return (0);
}

/* ---- taking up again -------------------------------------------------- */

/* The word behind "arc=" in a text of ours. */
static enum dkim_result
arc_word(struct str text)
{
	static const enum dkim_result known[] = { DKIM_NONE, DKIM_PASS,
		DKIM_FAIL };
	ptrdiff_t at = str_find_nocase(text, STR_LIT(";\r\n\tarc="));
	struct str word = at < 0 ? STR_NULL :
	    str_sub(text, (size_t)at + strlen(";\r\n\tarc="), text.len);

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (str_starts_nocase(word, str_of(dkim_result_name(
		    known[i]))))
			return (known[i]);
	return (DKIM_TEMPERROR);
}

bool
results_recall(const struct fields *f, struct str id, struct arena *a,
    struct arc_chain *chain, struct str *text)
{
	const struct field *field = fields_find(f, FIELD);
	ptrdiff_t semicolon;

	if (field == NULL || !results_is_of(field->value, id) ||
	    (semicolon = str_index(field->value, ';')) < 0)
		return (false);
	*text = str_trim(str_sub(field->value, (size_t)semicolon + 1,
	    field->value.len));
	arc_collect(f, a, chain);
	if (chain->cv != DKIM_FAIL)
		chain->cv = arc_word(field->value);
	return (true);
}
