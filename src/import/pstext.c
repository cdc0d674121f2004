/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pstext: the characters of a PowerShell line, and the texts they make.
 *
 * Runs in the CLI. Security: the line comes from an export file. What is not
 * a literal is refused, so nothing is guessed about what it would have been.
 */
#include "import/psread.h"

#include "import/powershell.h"

/* The characters outside ASCII that PowerShell takes as quotes, dashes and
 * blanks. */
static const struct {
	const char *utf8;
	enum sign sign;
} signs[] = {
	{ "\xe2\x80\x98", SIGN_SINGLE }, { "\xe2\x80\x99", SIGN_SINGLE },
	{ "\xe2\x80\x9a", SIGN_SINGLE }, { "\xe2\x80\x9b", SIGN_SINGLE },
	{ "\xe2\x80\x9c", SIGN_DOUBLE }, { "\xe2\x80\x9d", SIGN_DOUBLE },
	{ "\xe2\x80\x9e", SIGN_DOUBLE },
	{ "\xe2\x80\x93", SIGN_DASH }, { "\xe2\x80\x94", SIGN_DASH },
	{ "\xe2\x80\x95", SIGN_DASH },
	{ "\xc2\xa0", SIGN_BLANK },
};

int
psread_refuse(struct psread *r, const char *what)
{
	return (err_set(r->err, ERR_INPUT, "character %zu: %s", r->at + 1,
	    what));
}

char
psread_peek(const struct psread *r, size_t ahead)
{
	return (r->at + ahead < r->s.len ? r->s.p[r->at + ahead] : '\0');
}

bool
psread_is_end(const struct psread *r)
{
	return (r->at >= r->s.len);
}

/* What stands at `at`, and how many bytes it is. */
enum sign
psread_sign_at(struct str s, size_t at, size_t *len)
{
	char c = at < s.len ? s.p[at] : '\0';

	*len = 1;
	switch (c) {
	case '\'':
		return (SIGN_SINGLE);
	case '"':
		return (SIGN_DOUBLE);
	case '-':
		return (SIGN_DASH);
	case ' ':
	case '\t':
		return (SIGN_BLANK);
	default:
		break;
	}
	if ((uint8_t)c < 0x80)
		return (SIGN_NONE);
	for (size_t i = 0; i < COUNT_OF(signs); i++) {
		*len = strlen(signs[i].utf8);
		if (str_eq(str_sub(s, at, *len), str_of(signs[i].utf8)))
			return (signs[i].sign);
	}
	*len = 1;
	return (SIGN_NONE);
}

enum sign
psread_sign_here(const struct psread *r, size_t *len)
{
	return (psread_sign_at(r->s, r->at, len));
}

/* Bytes of a line end at `at`, or 0. */
size_t
psread_line_end(struct str s, size_t at)
{
	if (at < s.len && s.p[at] == '\n')
		return (1);
	if (at < s.len && s.p[at] == '\r')
		return (at + 1 < s.len && s.p[at + 1] == '\n' ? 2 : 1);
	return (0);
}

/* Blanks, continued lines and, where they mean nothing, line ends. */
bool
psread_skip_blanks(struct psread *r, bool with_lines)
{
	bool crossed = false;

	while (!psread_is_end(r)) {
		size_t len, end = psread_line_end(r->s, r->at);

		if (psread_sign_here(r, &len) == SIGN_BLANK) {
			r->at += len;
		} else if (psread_peek(r, 0) == '`' &&
		    psread_line_end(r->s, r->at + 1) > 0) {
			r->at += 1 + psread_line_end(r->s, r->at + 1);
		} else if (with_lines && end > 0) {
			r->at += end;
			crossed = true;
		} else {
			break;
		}
	}
	return (crossed);
}

/* ---- texts ------------------------------------------------------------ */

static int
end_text(struct psread *r, struct buf *b, struct str *out)
{
	if (buf_check(b, "a text", r->err) != 0)
		return (-1);
	*out = arena_str(r->arena, buf_view(b));
	return (0);
}

/* Any quote of its kind ends it; two in a row are the first one. */
int
psread_single(struct psread *r, struct str *out)
{
	AUTO_BUF struct buf b = BUF_INIT(POWERSHELL_MAX_BYTES);
	size_t len, next;

	(void)psread_sign_here(r, &len);
	for (r->at += len; !psread_is_end(r); r->at += len) {
		if (psread_sign_here(r, &len) == SIGN_SINGLE) {
			if (psread_sign_at(r->s, r->at + len, &next) !=
			    SIGN_SINGLE) {
				r->at += len;
				return (end_text(r, &b, out));
			}
			buf_append(&b, r->s.p + r->at, len);
			r->at += next;
			continue;
		}
		buf_append(&b, r->s.p + r->at, len);
	}
	return (psread_refuse(r, "the text in single quotes has no end"));
}

static char
escaped(char c)
{
	static const char from[] = "0abefnrtv", to[] = "\0\a\b\x1b\f\n\r\t\v";
	const char *p = c != '\0' ? strchr(from, c) : NULL;

	return (p != NULL ? to[p - from] : c);
}

/* A variable or $( … ): PowerShell would put something else in its place. */
static bool
is_expansion(const struct psread *r)
{
	char c = psread_peek(r, 1);

	return (psread_peek(r, 0) == '$' && (ascii_is_alpha(c) ||
	    ascii_is_digit(c) || (uint8_t)c >= 0x80 ||
	    (c != '\0' && strchr("_({?^$:", c))));
}

/* Behind a backtick. */
static int
read_escape(struct psread *r, struct buf *b)
{
	char c = psread_peek(r, 1);

	if (r->at + 1 >= r->s.len)
		return (psread_refuse(r, "a backtick with nothing behind it"));
	if (c == 'u' && psread_peek(r, 2) == '{')
		return (psread_refuse(r, "`u{ } is not read"));
	if (c == '0')
		return (psread_refuse(r, "a NUL character is not read"));
	buf_char(b, escaped(c));
	r->at += 2;
	return (0);
}

int
psread_double(struct psread *r, struct str *out)
{
	AUTO_BUF struct buf b = BUF_INIT(POWERSHELL_MAX_BYTES);
	size_t len, next;

	(void)psread_sign_here(r, &len);
	r->at += len;
	while (!psread_is_end(r)) {
		if (is_expansion(r))
			return (psread_refuse(r, "a variable or $( ) inside "
			    "a text is not evaluated"));
		if (psread_peek(r, 0) == '`') {
			if (read_escape(r, &b) != 0)
				return (-1);
			continue;
		}
		if (psread_sign_here(r, &len) == SIGN_DOUBLE) {
			if (psread_sign_at(r->s, r->at + len, &next) !=
			    SIGN_DOUBLE) {
				r->at += len;
				return (end_text(r, &b, out));
			}
			buf_append(&b, r->s.p + r->at, len);
			r->at += len + next;
			continue;
		}
		buf_append(&b, r->s.p + r->at, len);
		r->at += len;
	}
	return (psread_refuse(r, "the text in double quotes has no end"));
}

/* Behind what a bare word cannot hold. */
bool
psread_ends_word(const struct psread *r)
{
	size_t len;
	char c = psread_peek(r, 0);

	return (psread_is_end(r) || psread_line_end(r->s, r->at) > 0 ||
	    psread_sign_here(r, &len) == SIGN_BLANK || c == ',' || c == ')' ||
	    c == '}' || c == ';');
}

/* What would make a bare word something to evaluate. */
static const char *
why_not_bare(const struct psread *r)
{
	size_t len;
	enum sign sign = psread_sign_here(r, &len);

	if (sign == SIGN_SINGLE || sign == SIGN_DOUBLE)
		return ("a quote inside a word is not read");
	if (is_expansion(r))
		return ("a variable is not evaluated");
	switch (psread_peek(r, 0)) {
	case '|':
		return ("a pipe is not run");
	case '&':
		return ("& is not run");
	case '<':
	case '>':
		return ("a redirection is not run");
	case '(':
	case '{':
		return ("an expression is not evaluated");
	default:
		return (NULL);
	}
}

int
psread_bare(struct psread *r, bool ends_at_equal, struct str *out)
{
	AUTO_BUF struct buf b = BUF_INIT(POWERSHELL_MAX_BYTES);

	while (!psread_ends_word(r) &&
	    !(ends_at_equal && psread_peek(r, 0) == '=')) {
		const char *why = why_not_bare(r);

		if (why != NULL)
			return (psread_refuse(r, why));
		if (psread_peek(r, 0) == '`') {
			if (read_escape(r, &b) != 0)
				return (-1);
			continue;
		}
		buf_char(&b, psread_peek(r, 0));
		r->at++;
	}
	if (b.len == 0)
		return (psread_refuse(r, "a value is missing"));
	return (end_text(r, &b, out));
}
