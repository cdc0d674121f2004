/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_mime: parse a message, view it, decode everything in it.
 *
 * Besides crashes it looks for broken promises: reading in small steps gives
 * what letter_decode() gives, every leaf has one place in the view, bodies lie
 * within the message; and the same message in 7 bits reads the same.
 */
#include "base/enc.h"
#include "mime/address.h"
#include "mime/letter.h"
#include "mime/sevenbit.h"

#define MAX_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_reader(const struct letter_part *part, struct str whole, size_t step)
{
	AUTO_BUF struct buf b = BUF_INIT(MAX_BYTES);
	struct letter_reader r;
	uint8_t piece[61];
	size_t n;

	letter_reader_init(&r, part);
	while ((n = letter_read(&r, piece, step)) > 0) {
		must(n <= step);
		buf_append(&b, piece, n);
	}
	must(letter_read(&r, piece, step) == 0);
	must(str_eq(buf_view(&b), whole));
}

static size_t
check_part(const struct letter *letter, const struct letter_part *part,
    struct arena *a, bool is_inner)
{
	AUTO_BUF struct buf raw = BUF_INIT(MAX_BYTES);
	AUTO_BUF struct buf text = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;
	struct mailbox *list;
	size_t n = !is_inner && !part->is_multipart;

	must(part->body.p >= letter->bytes.p && part->body.p +
	    part->body.len <= letter->bytes.p + letter->bytes.len);
	must(enc_is_utf8(part->filename));
	must(letter_decode(part, &raw, &err) == 0);
	for (size_t step = 1; step <= 61; step += 12)
		check_reader(part, buf_view(&raw), step);
	must(letter_text(part, &text, &err) == 0);
	must(enc_is_utf8(buf_view(&text)));
	for (size_t i = 0; i < part->n_fields; i++) {
		struct str v = letter_header(part, part->fields[i].name, a);

		must(enc_is_utf8(v));
		must(v.len == 0 || memchr(v.p, '\n', v.len) == NULL);
		(void)address_list(part->fields[i].raw, a, &list);
	}
	for (const struct letter_part *c = part->child; c != NULL; c = c->next)
		n += check_part(letter, c, a, is_inner || part->is_message);
	return (n);
}

/* Without the line ends at the end, which base64 may add. */
static struct str
trim_end(struct str s)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == '\r'))
		s.len--;
	return (s);
}

static void
check_same(const struct letter_part *x, const struct letter_part *y)
{
	AUTO_BUF struct buf a = BUF_INIT(MAX_BYTES), b = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;

	must(str_eq(x->type, y->type));
	must(x->is_multipart == y->is_multipart);
	if (x->child == NULL) {
		must(letter_decode(x, &a, &err) == 0);
		must(letter_decode(y, &b, &err) == 0);
		must(str_eq(trim_end(buf_view(&a)), trim_end(buf_view(&b))));
	}
	x = x->child;
	y = y->child;
	for (; x != NULL && y != NULL; x = x->next, y = y->next)
		check_same(x, y);
	must(x == NULL && y == NULL);
}

/* Mail as SMTP brings it: every line ends in CRLF, no NUL. */
static bool
is_canonical(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '\0' || (s.p[i] == '\n' &&
		    (i == 0 || s.p[i - 1] != '\r')) || (s.p[i] == '\r' &&
		    (i + 1 == s.len || s.p[i + 1] != '\n')))
			return (false);
	return (true);
}

static void
check_sevenbit(const struct letter *letter, struct arena *a)
{
	AUTO_BUF struct buf out = BUF_INIT(MAX_BYTES);
	struct err err = ERR_INIT;
	struct letter *again;

	if (sevenbit_convert(letter->bytes, a, &out, &err) == -1)
		return;
	must(sevenbit_is(buf_view(&out)));
	/* What message/global holds is one body then. */
	if (!is_canonical(letter->bytes) || str_find_nocase(letter->bytes,
	    STR_LIT("message/global")) >= 0)
		return;
	if (letter_parse(buf_view(&out), a, &again, &err) == 0)
		check_same(letter->root, again->root);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct err err = ERR_INIT;
	struct letter_view view;
	struct letter *letter;
	size_t n;

	if (letter_parse(str_make(data, size), a, &letter, &err) != 0) {
		must(err.kind == ERR_LIMIT);
		return (0);
	}
	n = check_part(letter, letter->root, a, false);
	letter_view(letter, a, &view);
	must(n == (size_t)(view.text != NULL) + (view.html != NULL) +
	    view.n_inlines + view.n_attachments);
	check_sevenbit(letter, a);
	(void)letter_ambiguity_text(letter->ambiguous, a);
	return (0);
}
