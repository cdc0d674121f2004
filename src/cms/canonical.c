/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canonical: a message in the form in which it is signed: lines that end in
 * CRLF and, where it can be, seven bits.
 *
 * Runs in the gateway. Security: reads what anybody sent. Almost every message
 * is in this form already: one look, and no copy. Otherwise servers on the way
 * could change what is signed, or a reader open it with other line ends.
 * Standards: RFC 8551 3.1.1 to 3.1.3, RFC 1847 2.1.
 */
#include "cms/outgoing.h"
#include "cms/outheaders.h"
#include "mime/sevenbit.h"

/* A line end is at most twice as long afterwards; an 8-bit byte is three
 * characters of quoted-printable and a part of a line end. */
#define CRLF_GROWTH 2
#define SEVENBIT_GROWTH 4

/* Sixteen bytes at once, in whatever vectors the machine has. */
typedef int8_t lanes __attribute__((vector_size(16)));

static lanes
load(const char *p)
{
	lanes v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

static bool
is_zero(lanes v)
{
	uint64_t halves[2];

	memcpy(halves, &v, sizeof(halves));
	return ((halves[0] | halves[1]) == 0);
}

/* No CR or LF stands alone, and no byte is above 127. */
static bool
is_canonical(struct str s)
{
	lanes odd = { 0 };
	size_t i = 1;

	if (s.len == 0)
		return (true);
	/* Each LF has a CR in front of it, and each CR an LF behind it. */
	for (; i + sizeof(lanes) <= s.len; i += sizeof(lanes)) {
		lanes here = load(s.p + i), front = load(s.p + i - 1);

		odd |= ((here == '\n') ^ (front == '\r')) | (here < 0);
	}
	for (; i < s.len; i++)
		odd[0] |= (s.p[i] == '\n') != (s.p[i - 1] == '\r') ||
		    s.p[i] < 0;
	return (is_zero(odd) && s.p[0] != '\n' && s.p[0] >= 0 &&
	    s.p[s.len - 1] != '\r');
}

static void
put_lines(struct str s, struct buf *out)
{
	size_t done = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_pair = s.p[i] == '\r' && i + 1 < s.len &&
		    s.p[i + 1] == '\n';

		if (s.p[i] != '\r' && s.p[i] != '\n')
			continue;
		buf_append(out, s.p + done, i - done);
		buf_z(out, "\r\n");
		i += is_pair;
		done = i + 1;
	}
	buf_append(out, s.p + done, s.len - done);
}

/* The message in canonical form, in the arena. What sevenbit cannot convert
 * stays as it is: it is signed like that by others, too. */
static int
make_canonical(struct str bytes, struct arena *a, struct str *out,
    struct err *err)
{
	AUTO_BUF struct buf lines = BUF_INIT(CRLF_GROWTH * bytes.len + 1);

	put_lines(bytes, &lines);
	if (!sevenbit_is(buf_view(&lines))) {
		AUTO_BUF struct buf seven = BUF_INIT(SEVENBIT_GROWTH *
		    lines.len + LETTER_MAX_HEADER_BYTES);
		AUTO_ARENA struct arena *own = arena_new();
		struct err why = ERR_INIT;

		if (sevenbit_convert(buf_view(&lines), own, &seven, &why) ==
		    0) {
			*out = arena_str(a, buf_view(&seven));
			return (0);
		}
		if (why.kind == ERR_LIMIT)
			return (err_set(err, ERR_LIMIT, "%s", why.msg));
	}
	*out = arena_str(a, buf_view(&lines));
	return (0);
}

int
smimeout_entity(const struct letter *letter, enum smimeout_headers headers,
    bool is_encrypted, struct arena *a, struct smimeout_entity **out,
    struct err *err)
{
	struct smimeout_entity *e = arena_alloc(a, sizeof(*e));
	struct letter *own;
	struct str bytes;

	if (!is_canonical(letter->bytes)) {
		if (make_canonical(letter->bytes, a, &bytes, err) == -1 ||
		    letter_parse(bytes, a, &own, err) == -1)
			return (-1);
		letter = own;
	}
	if (outheaders_split(letter->root, headers, is_encrypted, a, &e->outer,
	    &e->head, err) == -1)
		return (-1);
	e->kind = OUTGOING_PLAIN;
	e->before = letter->root->body;
	e->body_bytes = e->before.len;
	*out = e;
	return (0);
}
