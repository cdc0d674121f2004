/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edit: header fields of the copy; bodies are disclaimer.c's and wrap.c's.
 *
 * Runs in the gateway. Security: names and values come from the policy, and
 * subjects from anybody; none can end a line or a field, as they are encoded
 * where they are written (compose.h). Fields that repeat are all changed, so
 * that no reader shows the one that was left.
 * Standards: RFC 5322 2.2 and 3.6, RFC 2047.
 */
#include "mime/edit.h"

#include "base/enc.h"
#include "mime/addressees.h"
#include "mime/compose.h"
#include "mime/disclaimer.h"
#include "mime/fold.h"
#include "mime/patch.h"
#include "mime/words.h"
#include "mime/wrap.h"

#define MARKS_MAX 32		/* "Re: AW: …" in front of a subject */
#define MARK_MAX_BYTES 24	/* "Re[12]", or as much in any script */

static const char *const open_fields[] = { "To", "Cc" };

struct job {
	const struct letter *letter;
	const struct edit *e;
	struct arena *a;
	struct patches *p;
	bool is_wrapping;	/* these are the fields outside */
	/* Whom To and Cc are still to name. */
	struct addressees missing[COUNT_OF(open_fields)];
};

static bool
is_subject(struct str name)
{
	return (str_eq_nocase(name, STR_LIT("Subject")));
}

static int
check_name(struct str name, struct err *err)
{
	static const char *const framing[] = { "Content-Type",
		"Content-Transfer-Encoding", "MIME-Version" };

	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] >= 0x7f || name.p[i] == ':')
			return (err_set(err, ERR_INPUT, "a header field's name"
			    " has characters that no name has"));
	if (name.len == 0)
		return (err_set(err, ERR_INPUT, "a header field has no name"));
	for (size_t i = 0; i < COUNT_OF(framing); i++)
		if (str_eq_nocase(name, str_of(framing[i])))
			return (err_set(err, ERR_INPUT, "%s says how the"
			    " message is read and is not changed alone",
			    framing[i]));
	return (0);
}

static int
check_line(struct str s, const char *what, struct err *err)
{
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.p[i] < ' ')
			return (err_set(err, ERR_INPUT, "%s has control"
			    " characters", what));
	if (!disclaimer_is_text(s))
		return (err_set(err, ERR_INPUT, "%s is not text", what));
	return (0);
}

static int
check_edit(const struct edit *e, struct err *err)
{
	for (size_t i = 0; i < e->n_set; i++)
		if (check_name(e->set[i].name, err) != 0 ||
		    check_line(e->set[i].value, "a header field's value",
		    err) != 0)
			return (-1);
	for (size_t i = 0; i < e->n_remove; i++)
		if (check_name(e->remove[i], err) != 0)
			return (-1);
	if (!disclaimer_is_text(e->disclaimer_text) ||
	    !disclaimer_is_text(e->disclaimer_html))
		return (err_set(err, ERR_INPUT, "the disclaimer is not text"));
	return (check_line(e->subject_prefix, "the subject's prefix", err));
}

/* Does the subject begin with the prefix, behind any "Re:"? Both folded. */
static bool
has_prefix(struct str subject, struct str prefix)
{
	for (unsigned i = 0; i < MARKS_MAX; i++) {
		struct str mark = str_sub(subject, 0, MARK_MAX_BYTES);
		ptrdiff_t colon = str_index(mark, ':');

		if (fold_starts_with(subject, prefix))
			return (true);
		if (colon <= 0 || memchr(mark.p, ' ', (size_t)colon) != NULL)
			return (false);
		subject = str_trim(str_sub(subject, (size_t)colon + 1,
		    subject.len));
	}
	return (false);
}

/* Strip words from a subject, then put the prefix in front; false: it stays
 * as it is. */
static bool
change_subject(struct job *job, struct str *subject)
{
	const struct edit *e = job->e;
	struct str folded, prefix;
	bool is_changed = fold_cut_words(*subject, e->subject_strip,
	    e->n_strip, job->a, subject);
	char *joined;

	if (!fold_text(e->subject_prefix, job->a, &prefix) ||
	    prefix.len == 0 || (fold_text(*subject, job->a, &folded) &&
	    has_prefix(folded, prefix)))
		return (is_changed);
	prefix = e->subject_prefix;
	joined = arena_alloc(job->a, prefix.len + subject->len + 1);
	memcpy(joined, prefix.p, prefix.len);
	if (subject->len > 0)
		memcpy(joined + prefix.len, subject->p, subject->len);
	*subject = str_make(joined, prefix.len + subject->len);
	return (true);
}

/* Fields whose value is addresses: encoded words stand for names only. */
static bool
is_address_field(struct str name)
{
	static const char *const names[] = { "From", "Sender", "Reply-To",
		"To", "Cc", "Bcc" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return (true);
	return (false);
}

/* "Name: value CRLF" in the arena. */
static struct str
write_field(struct job *job, struct str name, struct str value)
{
	AUTO_BUF struct buf b = BUF_INIT(name.len + value.len * 8 + 256);
	const char *z = arena_str(job->a, name).p;
	struct mailbox *list;
	size_t n = 0;

	if (is_address_field(name) && !enc_is_ascii(value))
		n = address_list(value, job->a, &list);
	if (n > 0)
		compose_mailboxes(&b, z, list, n);
	else
		compose_header(&b, z, value);
	must(!b.over);
	return (arena_str(job->a, buf_view(&b)));
}

/* The value that the edit sets for this name, or NULL. */
static const struct edit_header *
find_set(const struct edit *e, struct str name)
{
	for (size_t i = e->n_set; i-- > 0;)
		if (str_eq_nocase(e->set[i].name, name))
			return (&e->set[i]);
	return (NULL);
}

static bool
is_removed(const struct edit *e, struct str name)
{
	for (size_t i = 0; i < e->n_remove; i++)
		if (str_eq_nocase(e->remove[i], name))
			return (true);
	return (false);
}

static struct str
set_field(struct job *job, const struct edit_header *set)
{
	struct str value = set->value;

	if (is_subject(set->name))
		(void)change_subject(job, &value);
	return (write_field(job, set->name, value));
}

/* Does the field say just this already, in plain ASCII? */
static bool
says(const struct letter_field *f, struct str value, struct arena *a)
{
	struct str raw = words_unfold(f->raw, a);

	return (str_eq(raw, str_trim(value)) && enc_is_ascii(raw) &&
	    (raw.len < 2 || memmem(raw.p, raw.len, "=?", 2) == NULL));
}

static void
find_missing(struct job *job)
{
	const struct edit *e = job->e;
	const struct addressees all[] = { { e->add_to, e->n_to, e->is_utf8 },
		{ e->add_cc, e->n_cc, e->is_utf8 } };

	for (size_t i = 0; i < COUNT_OF(all); i++)
		job->missing[i] = addressees_missing(job->letter->root,
		    &all[i], job->a);
}

/* The first To or Cc field with those whom it is to name too. */
static bool
add_people(struct job *job, const struct letter_field *f, struct str *text)
{
	for (size_t i = 0; i < COUNT_OF(open_fields); i++) {
		struct addressees *who = &job->missing[i];

		if (who->n == 0 ||
		    !str_eq_nocase(f->name, str_of(open_fields[i])))
			continue;
		*text = addressees_write(open_fields[i], f, who, job->a);
		who->n = 0;
		return (true);
	}
	return (false);
}

/* What becomes of one received field; is_first: no other of its name is in
 * front of it. False: it stays. An empty text: it goes. */
static bool
edit_field(struct job *job, const struct letter_field *f, bool is_first,
    struct str *text)
{
	const struct edit_header *set = find_set(job->e, f->name);
	struct str subject;

	*text = STR_NULL;
	if (job->is_wrapping && !wrap_is_outside(f->name))
		return (true);
	if (set != NULL && !is_first)
		return (true);
	if (set != NULL) {
		if (!is_subject(f->name) && says(f, set->value, job->a))
			return (false);
		*text = set_field(job, set);
		return (true);
	}
	if (is_removed(job->e, f->name))
		return (true);
	if (!is_subject(f->name))
		return (add_people(job, f, text));
	subject = words_decode(f->raw, job->a);
	if (!change_subject(job, &subject))
		return (false);
	*text = write_field(job, f->name, subject);
	return (true);
}

/* Fields that the message has not: those set, a subject for a prefix, people
 * to be named. */
static void
add_fields(struct job *job, const bool *is_there, bool has_subject)
{
	const struct edit *e = job->e;
	struct str subject = STR_LIT("");

	for (size_t i = 0; i < e->n_set; i++)
		if (find_set(e, e->set[i].name) == &e->set[i] && !is_there[i])
			patch_new_field(job->p, job->letter->root,
			    set_field(job, &e->set[i]));
	if (!has_subject && find_set(e, STR_LIT("Subject")) == NULL &&
	    change_subject(job, &subject))
		patch_new_field(job->p, job->letter->root, write_field(job,
		    STR_LIT("Subject"), subject));
	for (size_t i = 0; i < COUNT_OF(open_fields); i++)
		if (job->missing[i].n > 0 &&
		    find_set(e, str_of(open_fields[i])) == NULL &&
		    !is_removed(e, str_of(open_fields[i])))
			patch_new_field(job->p, job->letter->root,
			    addressees_write(open_fields[i], NULL,
			    &job->missing[i], job->a));
}

static void
edit_fields(struct job *job)
{
	const struct letter_part *root = job->letter->root;
	bool *is_there = arena_array(job->a, job->e->n_set + 1,
	    sizeof(*is_there));
	bool has_subject = false;

	find_missing(job);
	for (size_t i = 0; i < root->n_fields; i++) {
		struct str name = root->fields[i].name, text;
		const struct edit_header *set = find_set(job->e, name);
		bool *seen = set != NULL ? &is_there[set - job->e->set] : NULL;

		if (job->is_wrapping && !wrap_is_outside(name))
			seen = NULL;
		if (edit_field(job, &root->fields[i], seen == NULL || !*seen,
		    &text))
			patch_field(job->p, root, i, text);
		else
			text = name;
		if (job->is_wrapping && text.len > 0)
			patch_damage(job->p, root, i);
		if (seen != NULL)
			*seen = true;
		has_subject = has_subject || (is_subject(name) &&
		    !is_removed(job->e, name));
	}
	add_fields(job, is_there, has_subject);
}

/* The fields outside, without damaged lines. */
static void
write_outside(struct job *job, struct buf *out)
{
	const struct letter_part *root = job->letter->root;
	struct patches p = { .a = job->a, .bytes = job->letter->bytes };
	size_t from, to;

	job->p = &p;
	job->is_wrapping = true;
	edit_fields(job);
	if (root->n_fields == 0) {
		for (size_t i = 0; i < p.n; i++)
			buf_str(out, p.list[i].text);
		return;
	}
	from = patch_field_start(&p, &root->fields[0]);
	to = patch_field_end(&p, &root->fields[root->n_fields - 1]);
	/* A removed first field takes what is in front of it along. */
	for (size_t i = 0; i < p.n; i++)
		from = MIN_OF(from, p.list[i].from);
	patch_apply(&p, from, to, out);
	if (out->len > 0 && out->p[out->len - 1] != '\n')
		buf_z(out, "\r\n");
}

/* The whole original, but for what is to be removed. */
static void
write_inside(struct job *job, struct buf *out)
{
	const struct letter_part *root = job->letter->root;
	struct patches p = { .a = job->a, .bytes = job->letter->bytes };

	for (size_t i = 0; i < root->n_fields; i++)
		if (is_removed(job->e, root->fields[i].name))
			patch_field(&p, root, i, STR_NULL);
	if (p.n > 0)
		patch_close_header(&p, root);
	patch_apply(&p, 0, p.bytes.len, out);
}

static void
write_wrapped(struct job *job, struct buf *out)
{
	write_outside(job, out);
	wrap_begin(job->e, job->letter->bytes, job->a, out);
	write_inside(job, out);
	wrap_end(job->e, out);
}

static int
write_edited(struct job *job, struct buf *out, struct err *err)
{
	const struct letter *letter = job->letter;
	bool has_disclaimer = job->e->disclaimer_text.len > 0 ||
	    job->e->disclaimer_html.len > 0;
	struct letter_view view;

	edit_fields(job);
	if (job->p->n > 0)
		patch_close_header(job->p, letter->root);
	letter_view(letter, job->a, &view);
	if (has_disclaimer && !disclaimer_add(&view, job->e, job->p)) {
		if (job->e->fallback == EDIT_REFUSE)
			return (err_set(err, ERR_DENIED, "the body is signed,"
			    " encrypted or unreadable and takes no"
			    " disclaimer"));
		if (job->e->fallback == EDIT_WRAP) {
			write_wrapped(job, out);
			return (0);
		}
	}
	patch_apply(job->p, 0, letter->bytes.len, out);
	return (0);
}

int
edit_letter(const struct letter *letter, const struct edit *e, struct buf *out,
    struct err *err)
{
	AUTO_ARENA struct arena *a = arena_new();
	struct patches p = { .a = a, .bytes = letter->bytes };
	struct job job = { .letter = letter, .e = e, .a = a, .p = &p };
	size_t before = out->len;

	if (check_edit(e, err) != 0)
		return (-1);
	if (write_edited(&job, out, err) == 0 &&
	    buf_check(out, "the changed message", err) == 0)
		return (0);
	if (out->len > before)
		explicit_bzero(out->p + before, out->len - before);
	out->len = before;
	return (-1);
}
