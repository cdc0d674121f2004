/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view: which parts of a letter are its body, its images and its attachments.
 *
 * Runs in the gateway. Security: every leaf ends in exactly one place, so what
 * policy looked at and what is sealed are the same parts, and none is lost.
 * Standards: RFC 2046 5.1, RFC 2183, RFC 2387, RFC 2392.
 */
#include "mime/decode.h"
#include "mime/letter.h"

#define CID_MAX_BYTES 998	/* a longer one does not fit on a header line */
#define CIDS_MAX LETTER_MAX_PARTS	/* more images there cannot be */

struct picker {
	struct letter_view *view;
	unsigned in_alternative;	/* depth of multipart/alternative */
	bool is_closed;			/* the body is found */
};

static bool
is_attached(const struct letter_part *part)
{
	return (str_eq(part->disposition, STR_LIT("attachment")));
}

static bool
is_image(const struct letter_part *part)
{
	return (part->content_id.len > 0 && !is_attached(part) &&
	    str_starts_nocase(part->type, STR_LIT("image/")));
}

/* The place of this part in the body, or NULL. */
static const struct letter_part **
body_place(struct picker *p, const struct letter_part *part)
{
	struct letter_view *v = p->view;

	if (p->is_closed || is_attached(part))
		return (NULL);
	if (str_eq(part->type, STR_LIT("text/plain")) && v->text == NULL)
		return (&v->text);
	if (str_eq(part->type, STR_LIT("text/html")) && v->html == NULL)
		return (&v->html);
	return (NULL);
}

static void
pick_leaf(struct picker *p, const struct letter_part *part)
{
	const struct letter_part **place = body_place(p, part);

	if (place != NULL) {
		*place = part;
		p->is_closed = p->in_alternative == 0;
	} else if (is_image(part)) {
		p->view->inlines[p->view->n_inlines++] = part;
	} else {
		p->view->attachments[p->view->n_attachments++] = part;
	}
}

static void
pick(struct picker *p, const struct letter_part *part)
{
	bool is_alternative = str_eq(part->type,
	    STR_LIT("multipart/alternative"));

	if (!part->is_multipart) {
		pick_leaf(p, part);
		return;
	}
	p->in_alternative += is_alternative;
	for (part = part->child; part != NULL; part = part->next)
		pick(p, part);
	p->in_alternative -= is_alternative;
	if (is_alternative && p->in_alternative == 0 &&
	    (p->view->text != NULL || p->view->html != NULL))
		p->is_closed = true;
}

/* The Content-IDs that the HTML shows, sorted. */
struct cids {
	struct str *ids;
	size_t n;
};

static int
compare_ids(const void *a, const void *b)
{
	return (str_cmp(*(const struct str *)a, *(const struct str *)b));
}

/* A "cid:" URL at s[at] with its percent signs resolved (RFC 2392). */
static struct str
take_cid(struct str s, size_t at, struct arena *a)
{
	size_t end = at, n = 0;
	char *p;

	while (end < s.len && end - at < CID_MAX_BYTES &&
	    (uint8_t)s.p[end] > ' ' &&
	    strchr("\"'<>)", s.p[end]) == NULL)
		end++;
	p = arena_alloc(a, end - at + 1);
	while (at < end) {
		int v = s.p[at] == '%' ? decode_hex_pair(s, at + 1) : -1;

		p[n++] = (char)(v >= 0 ? v : s.p[at]);
		at += v >= 0 ? 3 : 1;
	}
	return (str_make(p, n));
}

/* Offset behind the next "cid:", or 0. */
static size_t
next_cid(struct str s, size_t at)
{
	while (at + 4 <= s.len) {
		const char *hit = memchr(s.p + at, ':', s.len - at);

		if (hit == NULL)
			return (0);
		at = (size_t)(hit - s.p) + 1;
		if (at >= 4 && str_eq_nocase(str_sub(s, at - 4, 4),
		    STR_LIT("cid:")))
			return (at);
	}
	return (0);
}

static void
find_cids(const struct letter_part *html, struct arena *a, struct cids *out)
{
	AUTO_BUF struct buf b = BUF_INIT(SIZE_MAX / 2);
	struct str s;
	struct err err;
	size_t at = 0, n = 0;

	must(letter_decode(html, &b, &err) == 0);
	s = buf_view(&b);
	while (n < CIDS_MAX && (at = next_cid(s, at)) != 0)
		n++;
	at = 0;
	out->ids = arena_array(a, n, sizeof(*out->ids));
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		at = next_cid(s, at);
		out->ids[i] = take_cid(s, at, a);
	}
	qsort(out->ids, n, sizeof(*out->ids), compare_ids);
}

/* An image that the HTML does not show would be seen by nobody. */
static void
attach_unshown(struct letter_view *v, struct arena *a)
{
	struct cids cids = { NULL, 0 };
	size_t n = 0;

	if (v->n_inlines == 0)
		return;
	if (v->html != NULL)
		find_cids(v->html, a, &cids);
	for (size_t i = 0; i < v->n_inlines; i++) {
		const struct letter_part *part = v->inlines[i];

		if (cids.n > 0 && bsearch(&part->content_id, cids.ids, cids.n,
		    sizeof(*cids.ids), compare_ids) != NULL)
			v->inlines[n++] = part;
		else
			v->attachments[v->n_attachments++] = part;
	}
	v->n_inlines = n;
}

void
letter_view(const struct letter *letter, struct arena *a,
    struct letter_view *out)
{
	struct picker p = { .view = out };

	*out = (struct letter_view){ 0 };
	out->inlines = arena_array(a, letter->n_parts, sizeof(*out->inlines));
	out->attachments = arena_array(a, letter->n_parts,
	    sizeof(*out->attachments));
	pick(&p, letter->root);
	attach_unshown(out, a);
}
