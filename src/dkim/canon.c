/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canon: canonicalization into a hash.
 *
 * Runs in the gateway and the command line. Security: passes over plaintext,
 * keeps at most CANON_STAGE_BYTES of it and wipes them. Standards: RFC 6376
 * 3.4, RFC 8301 (SHA-256 only).
 */
#include "dkim/canon.h"

#include <pthread.h>

#define CRLF STR_LIT("\r\n")

/* OpenSSL looks algorithms up by name; once is enough. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;

static void
fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	must(sha256 != NULL);
}

void
canon_begin(struct canon_hash *h, uint64_t limit)
{
	must(pthread_once(&once, fetch) == 0);
	h->ctx = EVP_MD_CTX_new();
	must(h->ctx != NULL);
	must(EVP_DigestInit_ex2(h->ctx, sha256, NULL) == 1);
	h->n = 0;
	h->left = limit;
	h->total = 0;
}

static void
flush(struct canon_hash *h)
{
	if (h->n > 0)
		must(EVP_DigestUpdate(h->ctx, h->stage, h->n) == 1);
	h->n = 0;
}

void
canon_digest(struct canon_hash *h, struct canon_digest *out)
{
	EVP_MD_CTX *end = EVP_MD_CTX_new();

	flush(h);
	must(end != NULL && EVP_MD_CTX_copy_ex(end, h->ctx) == 1);
	must(EVP_DigestFinal_ex(end, out->b, NULL) == 1);
	EVP_MD_CTX_free(end);
}

void
canon_copy(struct canon_hash *h, struct canon_hash *from)
{
	flush(from);
	h->ctx = EVP_MD_CTX_new();
	must(h->ctx != NULL && EVP_MD_CTX_copy_ex(h->ctx, from->ctx) == 1);
	h->n = 0;
	h->left = from->left;
	h->total = from->total;
}

void
canon_done(struct canon_hash *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
	explicit_bzero(h->stage, sizeof(h->stage));
}

static void
put(struct canon_hash *h, struct str s)
{
	h->total += s.len;
	if (s.len > h->left)
		s.len = (size_t)h->left;
	h->left -= s.len;
	if (h->n + s.len > sizeof(h->stage))
		flush(h);
	if (s.len > sizeof(h->stage)) {
		must(EVP_DigestUpdate(h->ctx, s.p, s.len) == 1);
	} else if (s.len > 0) {
		memcpy(h->stage + h->n, s.p, s.len);
		h->n += s.len;
	}
}

static bool
is_wsp(char c)
{
	return (c == ' ' || c == '\t');
}

/* Where a run of blanks, or of all else, that begins at i ends. Line ends are
 * blanks where the text is folded. */
static size_t
run_end(struct str s, size_t i, bool of_blanks, bool is_folded)
{
	for (; i < s.len; i++) {
		char c = s.p[i];
		bool is_blank = is_wsp(c) || (is_folded && (c == '\r' ||
		    c == '\n'));

		if (is_blank != of_blanks)
			break;
	}
	return (i);
}

/* Runs of blanks to one, none at the end. */
static void
put_even(struct canon_hash *h, struct str s, bool is_folded)
{
	size_t from = 0;

	while (from < s.len) {
		size_t end = run_end(s, from, false, is_folded);
		size_t next = run_end(s, end, true, is_folded);

		put(h, str_sub(s, from, end - from));
		if (next > end && next < s.len)
			put(h, STR_LIT(" "));
		from = next;
	}
}

/* RFC 6376 3.4.2 */
static void
put_relaxed(struct canon_hash *h, struct str whole)
{
	ptrdiff_t colon = str_index(whole, ':');
	struct str name = str_trim(str_sub(whole, 0, (size_t)colon));

	for (size_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.p[i]);

		put(h, str_make(&c, 1));
	}
	put(h, STR_LIT(":"));
	put_even(h, str_trim(str_sub(whole, (size_t)colon + 1, whole.len)),
	    true);
}

void
canon_field(struct canon_hash *h, struct str whole, bool is_relaxed,
    bool is_last)
{
	must(str_index(whole, ':') >= 0);
	if (is_relaxed)
		put_relaxed(h, whole);
	else
		put(h, whole);
	if (!is_last)
		put(h, CRLF);
}

static bool
ends_in_crlf(struct str s)
{
	return (s.len >= 2 && s.p[s.len - 2] == '\r' &&
	    s.p[s.len - 1] == '\n');
}

/* RFC 6376 3.4.3: an empty body is a line end. */
static void
body_simple(struct canon_hash *h, struct str body)
{
	while (ends_in_crlf(body))
		body.len -= 2;
	put(h, body);
	put(h, CRLF);
}

/* The line up to its CRLF, which is cut off too. */
static struct str
take_line(struct str *rest)
{
	size_t at = 0, end = rest->len, next = rest->len;

	while (at < rest->len) {
		const char *nl = memchr(rest->p + at, '\n', rest->len - at);

		if (nl == NULL)
			break;
		at = (size_t)(nl - rest->p) + 1;
		if (at >= 2 && nl[-1] == '\r') {
			end = at - 2;
			next = at;
			break;
		}
	}
	*rest = str_sub(*rest, next, rest->len);
	return (str_make(rest->p - next, end));
}

/* RFC 6376 3.4.4: an empty body is nothing. */
static void
body_relaxed(struct canon_hash *h, struct str body)
{
	size_t empty = 0;

	while (body.len > 0) {
		struct str line = take_line(&body);

		while (line.len > 0 && is_wsp(line.p[line.len - 1]))
			line.len--;
		if (line.len == 0) {
			empty++;
			continue;
		}
		for (; empty > 0; empty--)
			put(h, CRLF);
		put_even(h, line, false);
		put(h, CRLF);
	}
}

void
canon_body(struct canon_hash *h, struct str body, bool is_relaxed)
{
	if (is_relaxed)
		body_relaxed(h, body);
	else
		body_simple(h, body);
}
