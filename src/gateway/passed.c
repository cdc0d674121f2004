/* SPDX-License-Identifier: Apache-2.0 */
/*
 * passed: marks on what leaves by a next hop.
 *
 * Runs in the gateway, writing in a worker of the relay. Security: whoever
 * reads a mark can send the same content to the same recipient again, and
 * nothing else; a changed message, another recipient or a mark of another
 * installation is judged like any other mail. Messages whose structure is
 * ambiguous get none and are believed none. Standards: RFC 2104.
 */
#include "gateway/passed.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/enc.h"
#include "base/id.h"

#define VERSION "1"
#define TOKEN_BYTES 10
#define TOKEN_CHARS 16
#define TOKENS_MIN 4
#define TOKENS_MAX 1024		/* read; more are not written */
#define AHEAD_MS (10 * CLOCK_MINUTE_MS)	/* clocks of two gateways */
#define TEXT_MAX ((size_t)256 << 20)
#define CHUNK_BYTES 16384

struct token {
	char text[TOKEN_CHARS + 1];
};

/* ---- what a message says ----------------------------------------------- */

static void
add(EVP_MD_CTX *md, struct str s)
{
	uint8_t len[8];

	for (size_t i = 0; i < sizeof(len); i++)
		len[i] = (uint8_t)((uint64_t)s.len >> (56 - 8 * i));
	must(EVP_DigestUpdate(md, len, sizeof(len)) == 1);
	must(EVP_DigestUpdate(md, s.p, s.len) == 1);
}

static void
add_fields(EVP_MD_CTX *md, const struct letter_part *part, struct arena *a)
{
	static const char *const names[] = { "Message-ID", "From",
		"Subject" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		add(md, str_trim(letter_header(part, str_of(names[i]), a)));
}

/* Line ends, blanks at them and the charset are a server's own business. */
static bool
add_text(EVP_MD_CTX *md, const struct letter_part *part)
{
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX);
	struct err err = ERR_INIT;
	size_t n = 0;

	if (letter_text(part, &text, &err) == -1)
		return (false);
	for (size_t i = 0; i < text.len; i++)
		if (strchr(" \t\r\n", text.p[i]) == NULL || text.p[i] == '\0')
			text.p[n++] = text.p[i];
	add(md, str_make(text.p, n));
	return (true);
}

static void
add_bytes(EVP_MD_CTX *md, const struct letter_part *part)
{
	uint8_t chunk[CHUNK_BYTES];
	struct letter_reader r;
	uint64_t total = 0;
	char end[32];
	size_t n;

	letter_reader_init(&r, part);
	while ((n = letter_read(&r, chunk, sizeof(chunk))) > 0) {
		must(EVP_DigestUpdate(md, chunk, n) == 1);
		total += n;
	}
	explicit_bzero(chunk, sizeof(chunk));
	(void)snprintf(end, sizeof(end), "%llu", (unsigned long long)total);
	add(md, str_of(end));
}

static const struct letter_part *
next_part(const struct letter_part *part)
{
	if (part->child != NULL)
		return (part->child);
	while (part != NULL && part->next == NULL)
		part = part->parent;
	return (part != NULL ? part->next : NULL);
}

static bool
add_parts(EVP_MD_CTX *md, const struct letter_part *root, struct arena *a)
{
	for (const struct letter_part *p = root; p != NULL; p = next_part(p)) {
		if (p == root || (p->parent != NULL && p->parent->is_message))
			add_fields(md, p, a);
		if (p->child != NULL)
			continue;
		add(md, p->type);
		add(md, p->filename);
		if (!str_starts_nocase(p->type, STR_LIT("text/")))
			add_bytes(md, p);
		else if (!add_text(md, p))
			return (false);
	}
	return (true);
}

bool
passed_digest(const struct letter *letter, struct arena *a,
    uint8_t out[static PASSED_DIGEST_BYTES])
{
	EVP_MD_CTX *md;
	bool ok;

	if (letter->ambiguous != 0)
		return (false);
	md = EVP_MD_CTX_new();
	must(md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	ok = add_parts(md, letter->root, a);
	must(EVP_DigestFinal_ex(md, out, NULL) == 1);
	EVP_MD_CTX_free(md);
	return (ok);
}

/* ---- tokens ------------------------------------------------------------ */

static void
token_of(const uint8_t *key, uint64_t seconds, const uint8_t digest[32],
    struct str recipient, struct token *out)
{
	AUTO_BUF struct buf said = BUF_INIT(4096);
	uint8_t full[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	/* Longer than what loop.c signs with the same key, and named. */
	buf_printf(&said, "letterlock passed " VERSION " %llu ",
	    (unsigned long long)seconds);
	buf_append(&said, digest, 32);
	for (size_t i = 0; i < recipient.len; i++)
		buf_char(&said, ascii_lower(recipient.p[i]));
	must(HMAC(EVP_sha256(), key, LOOP_KEY_BYTES, said.p, said.len, full,
	    &len) != NULL && len >= TOKEN_BYTES);
	enc_base32(full, TOKEN_BYTES, out->text);
}

static int
compare(const void *a, const void *b)
{
	return (memcmp(a, b, TOKEN_CHARS));
}

void
passed_write(const uint8_t key[static LOOP_KEY_BYTES], struct str mail,
    const struct str *recipients, size_t n, int64_t now_ms, struct arena *a,
    struct buf *out)
{
	uint64_t seconds = (uint64_t)(now_ms / CLOCK_SECOND_MS);
	struct letter *letter;
	struct err err = ERR_INIT;
	struct token *tokens;
	uint8_t digest[32], noise[TOKEN_BYTES];
	size_t all = TOKENS_MIN;

	if (n > TOKENS_MAX || letter_parse(mail, a, &letter, &err) == -1 ||
	    !passed_digest(letter, a, digest))
		return;
	while (all < n)
		all *= 2;
	tokens = arena_array(a, all, sizeof(*tokens));
	for (size_t i = 0; i < all; i++) {
		id_random(noise, sizeof(noise));
		enc_base32(noise, sizeof(noise), tokens[i].text);
		if (i < n)
			token_of(key, seconds, digest, recipients[i],
			    &tokens[i]);
	}
	qsort(tokens, all, sizeof(*tokens), compare);
	buf_printf(out, PASSED_FIELD ": " VERSION " %llu",
	    (unsigned long long)seconds);
	for (size_t i = 0; i < all; i++)
		buf_printf(out, "%s%s", i % 4 == 0 ? "\r\n\t" : " ",
		    tokens[i].text);
	buf_z(out, "\r\n");
}

/* ---- reading ----------------------------------------------------------- */

/* The next word of a folded value. */
static bool
next_word(struct str *rest, struct str *word)
{
	size_t n = 0;

	*rest = str_trim(*rest);
	while (n < rest->len && strchr(" \t\r\n", rest->p[n]) == NULL)
		n++;
	*word = str_sub(*rest, 0, n);
	*rest = str_sub(*rest, n, rest->len);
	return (n > 0);
}

static bool
is_fresh(uint64_t seconds, int64_t now_ms)
{
	int64_t then_ms = (int64_t)seconds * CLOCK_SECOND_MS;

	return (then_ms <= now_ms + AHEAD_MS &&
	    then_ms >= now_ms - PASSED_FRESH_MS);
}

static bool
field_has(const struct passed *p, struct str value, struct str recipient)
{
	struct token ours;
	struct str word;
	uint64_t seconds;
	bool found = false;

	if (!next_word(&value, &word) || !str_eq(word, STR_LIT(VERSION)) ||
	    !next_word(&value, &word) ||
	    !str_to_u64(word, INT64_MAX / CLOCK_SECOND_MS, &seconds) ||
	    !is_fresh(seconds, p->now_ms))
		return (false);
	token_of(p->key, seconds, p->digest, recipient, &ours);
	for (size_t i = 0; i < TOKENS_MAX && next_word(&value, &word); i++)
		found = found || (word.len == TOKEN_CHARS &&
		    enc_const_eq(word.p, ours.text, TOKEN_CHARS));
	return (found);
}

bool
passed_has(struct passed *p, struct str recipient)
{
	const struct letter_part *root = p->letter->root;

	if (letter_find(root, STR_LIT(PASSED_FIELD)) == NULL)
		return (false);
	if (!p->is_read)
		p->has_digest = passed_digest(p->letter, p->arena, p->digest);
	p->is_read = true;
	for (size_t i = 0; p->has_digest && i < root->n_fields; i++)
		if (str_eq_nocase(root->fields[i].name,
		    STR_LIT(PASSED_FIELD)) &&
		    field_has(p, root->fields[i].raw, recipient))
			return (true);
	return (false);
}
