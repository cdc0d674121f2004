/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outheaders: header fields outside and inside.
 *
 * Runs in the gateway. Security: fields are anybody's and are copied as they
 * stand, without the lines between them that are none; whom a blind copy goes
 * to is in neither. Fields that claim to be header protection are the sender's
 * invention and go. Standards: RFC 9788 2.2, 3.2 (hcp_baseline), 5; RFC 5322.
 */
#include "cms/outheaders.h"

#include "base/enc.h"
#include "mime/params.h"
#include "mime/wrap.h"

#define HEAD_MAX_BYTES (4 * (size_t)LETTER_MAX_HEADER_BYTES)

/* Written on the way, by servers: nobody's statement to the reader. */
static const char *const trace[] = { "Received", "Return-Path",
	"Delivered-To", "Received-SPF", "Authentication-Results",
	"ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results" };

struct split {
	const struct letter_part *root;
	enum smimeout_headers headers;
	bool is_encrypted;
	struct arena *a;
	struct buf *outer, *head;
};

static bool
is_named(struct str name, const char *z)
{
	return (str_eq_nocase(name, str_of(z)));
}

static bool
is_content(struct str name)
{
	return (str_starts_nocase(name, STR_LIT("Content-")));
}

/* In the message at all, inside or outside. */
static bool
is_kept(struct str name)
{
	return (wrap_is_outside(name) && !is_named(name, "Bcc") &&
	    !is_named(name, "Resent-Bcc") && !is_named(name, "HP-Outer"));
}

static bool
is_trace(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(trace); i++)
		if (is_named(name, trace[i]))
			return (true);
	return (false);
}

/* The value that stands outside. False: none. */
static bool
outside_value(const struct split *s, const struct letter_field *f,
    struct str *value)
{
	*value = f->raw;
	if (s->headers != SMIMEOUT_HEADERS_HIDDEN || is_trace(f->name))
		return (true);
	if (is_named(f->name, "Subject"))
		*value = STR_LIT(" [...]");
	return (!is_named(f->name, "Keywords") &&
	    !is_named(f->name, "Comments"));
}

static void
put_field(struct buf *out, struct str name, struct str value)
{
	buf_str(out, name);
	buf_char(out, ':');
	/* As received: with the blank in front, and its folds. */
	buf_str(out, value);
	buf_z(out, "\r\n");
}

static void
put_content_type(struct split *s, struct str raw)
{
	if (s->headers == SMIMEOUT_HEADERS_NONE) {
		put_field(s->head, STR_LIT("Content-Type"), raw);
		return;
	}
	buf_z(s->head, "Content-Type:");
	must(params_set(raw, "hp", s->is_encrypted ? "cipher" : "clear", s->a,
	    s->head) || s->head->over);
	buf_z(s->head, "\r\n");
}

static void
put_content(struct split *s)
{
	bool has_type = false;

	for (size_t i = 0; i < s->root->n_fields; i++) {
		const struct letter_field *f = &s->root->fields[i];

		if (is_named(f->name, "Content-Type")) {
			put_content_type(s, f->raw);
			has_type = true;
		} else if (is_content(f->name)) {
			put_field(s->head, f->name, f->raw);
		}
	}
	if (!has_type && s->headers != SMIMEOUT_HEADERS_NONE)
		put_content_type(s, STR_LIT(" text/plain; charset=us-ascii"));
}

static void
put_others(struct split *s)
{
	for (size_t i = 0; i < s->root->n_fields; i++) {
		const struct letter_field *f = &s->root->fields[i];
		struct str value;
		bool is_inside, is_outside;

		if (!is_kept(f->name))
			continue;
		is_outside = outside_value(s, f, &value);
		is_inside = s->headers != SMIMEOUT_HEADERS_NONE &&
		    !is_trace(f->name);
		if (is_outside)
			put_field(s->outer, f->name, value);
		if (is_inside)
			put_field(s->head, f->name, f->raw);
		if (is_inside && is_outside && s->is_encrypted) {
			buf_z(s->head, "HP-Outer: ");
			put_field(s->head, f->name, value);
		}
	}
}

/* Every Content-Type takes the parameter, so that all readers see it. */
static bool
can_say_hp(const struct letter_part *root, struct arena *a)
{
	for (size_t i = 0; i < root->n_fields; i++) {
		AUTO_BUF struct buf b = BUF_INIT(HEAD_MAX_BYTES);

		if (is_named(root->fields[i].name, "Content-Type") &&
		    !params_set(root->fields[i].raw, "hp", "clear", a, &b))
			return (false);
	}
	return (true);
}

int
outheaders_split(const struct letter_part *root,
    enum smimeout_headers headers, bool is_encrypted, struct arena *a,
    struct str *outer, struct str *head, struct err *err)
{
	AUTO_BUF struct buf outside = BUF_INIT(HEAD_MAX_BYTES);
	AUTO_BUF struct buf inside = BUF_INIT(HEAD_MAX_BYTES);
	struct split s = { .root = root, .headers = headers,
		.is_encrypted = is_encrypted, .a = a, .outer = &outside,
		.head = &inside };

	/* What all can read has nothing to hide outside. */
	if (headers == SMIMEOUT_HEADERS_HIDDEN && !is_encrypted)
		s.headers = SMIMEOUT_HEADERS_COPIED;
	if (s.headers != SMIMEOUT_HEADERS_NONE && !can_say_hp(root, a))
		s.headers = SMIMEOUT_HEADERS_NONE;
	put_content(&s);
	put_others(&s);
	if (buf_check(&outside, "the header", err) == -1 ||
	    buf_check(&inside, "the header", err) == -1)
		return (-1);
	*outer = arena_str(a, buf_view(&outside));
	*head = arena_str(a, buf_view(&inside));
	return (0);
}
