/* SPDX-License-Identifier: Apache-2.0 */
/*
 * features: what is known of a message as lines of text: a word, blanks,
 * values.
 *
 * Runs in the gateway, before the message is committed. Security: features.h
 * says what a record may hold; all that comes from a message as text goes
 * through put_address() or put_word() here, which let through nothing else.
 */
#include "policy/features.h"

#include "policy/contents.h"
#include "policy/record.h"

#define DECODED_MAX_BYTES (1u << 20)	/* larger ones: only a bound */

/* ---- texts ------------------------------------------------------------- */

/* Letters and digits, few; else "?". */
static void
put_word(struct str s, size_t max, struct buf *out)
{
	bool ok = s.len <= max;

	for (size_t i = 0; ok && i < s.len; i++)
		ok = ascii_is_alpha(s.p[i]) || ascii_is_digit(s.p[i]);
	if (s.len == 0)
		buf_char(out, '-');
	for (size_t i = 0; ok && i < s.len; i++)
		buf_char(out, ascii_lower(s.p[i]));
	if (!ok)
		buf_char(out, '?');
}

static void
put_address(const char *word, struct str text, struct buf *out)
{
	if (str_index(text, '\n') >= 0 || str_index(text, '\r') >= 0)
		return;
	buf_printf(out, "%s %.*s\n", word, STR_FMT(text));
}

static void
put_envelope(const struct policy_question *q, struct buf *out)
{
	put_address("from", q->sender->text, out);
	for (size_t i = 0; i < q->n_recipients; i++)
		put_address("to", q->recipients[i].text, out);
	put_address("client", q->client, out);
	if (q->is_from_outside)
		buf_z(out, "outside\n");
	buf_printf(out, "size %zu\n", q->letter->bytes.len);
}

static void
put_header(const struct policy_question *q, struct buf *out)
{
	struct message_facts m;
	uint32_t sensitivity;
	bool ok = words_sensitivity(q, &sensitivity);

	message_facts(q, &m);
	buf_printf(out, "is %u %u %d %u %d %d\n", m.types, m.importance,
	    q->letter->ambiguous != 0, sensitivity, ok ? 0 : 1,
	    m.spam_level + 1);
}

/* ---- attachments ------------------------------------------------------- */

/* What is behind the last dot, as message_has_extension() finds it. */
static struct str
extension_of(struct str name)
{
	ptrdiff_t dot;

	while (name.len > 0 && (name.p[name.len - 1] == '.' ||
	    name.p[name.len - 1] == ' '))
		name.len--;
	dot = str_rindex(name, '.');
	return (dot < 0 ? STR_NULL : str_sub(name, (size_t)dot + 1,
	    name.len));
}

/* Saved, how large? No encoding makes less of what it encodes. */
static void
put_size(const struct letter_part *part, struct buf *out)
{
	uint8_t bytes[4096];
	struct letter_reader r;
	size_t size = 0, n;

	if (part->encoding == LETTER_7BIT || part->body.len == 0) {
		buf_printf(out, "%zu", part->body.len);
		return;
	}
	if (part->body.len > DECODED_MAX_BYTES) {
		buf_printf(out, "<%zu", part->body.len);
		return;
	}
	letter_reader_init(&r, part);
	while ((n = letter_read(&r, bytes, sizeof(bytes))) > 0)
		size += n;
	explicit_bzero(bytes, sizeof(bytes));
	buf_printf(out, "%zu", size);
}

static void
put_files(const struct letter_view *v, struct buf *out)
{
	for (size_t i = 0; i < v->n_attachments; i++) {
		buf_z(out, "file ");
		put_size(v->attachments[i], out);
		buf_char(out, ' ');
		put_word(extension_of(v->attachments[i]->filename),
		    FEATURES_MAX_EXTENSION, out);
		buf_char(out, '\n');
	}
}

/* ---- contents ---------------------------------------------------------- */

static void
put_found(const struct contents_item *item, struct buf *out)
{
	for (size_t i = 0; i < item->found.n_types; i++) {
		const struct scan_found *f = &item->found.types[i];

		buf_printf(out, "found %zu", f->type);
		for (size_t k = 0; k < f->n_tallies; k++)
			buf_printf(out, " %u:%u", f->tallies[k].confidence,
			    f->tallies[k].count);
		buf_char(out, '\n');
	}
}

static bool
is_part(const struct contents_item *item)
{
	return (item->found.is_cut || (item->file != NULL &&
	    (item->file->facts & EXTRACT_INCOMPLETE) != 0));
}

static void
put_contents(const char *word, const struct contents *all, struct buf *out)
{
	const char *state = "whole";

	if (all == NULL)
		return;
	for (size_t i = 0; i < all->n; i++) {
		if (is_part(&all->items[i]))
			state = "part";
		if (all->items[i].kind == CONTENTS_ATTACHMENT) {
			buf_printf(out, "item %u ", all->items[i].file->facts);
			put_word(all->items[i].file->type,
			    EXTRACT_MAX_TYPE_BYTES, out);
			buf_char(out, '\n');
		}
		put_found(&all->items[i], out);
	}
	buf_printf(out, "%s %s\n", word, all->has_failed ? "failed" : state);
}

/* ---- answers ----------------------------------------------------------- */

/* Has been looked at for others, so that to ask costs nothing. */
static bool
is_free(const struct condition *c, const struct policy_facts *f)
{
	const struct content_kind *kind = content_kind_find(c);

	if (strcmp(c->kind->key, "subject_contains_words") == 0)
		return (f->subject_read != MATCH_NO);
	if (kind == NULL || kind->items == 0)
		return (false);
	return ((kind->items & CONTENTS_ATTACHMENT) != 0 ? f->files != NULL :
	    f->texts != NULL);
}

static char
answer_of(const struct condition *c, const struct policy *p,
    struct policy_question *q)
{
	const struct policy_facts *f = facts_of(p, q);

	if (!c->kind->is_of_letter)
		return ('-');
	if (f->asked[c->index])
		return (RECORD_ANSWERS[f->known[c->index]]);
	if (!is_free(c, f))
		return ('-');
	return (RECORD_ANSWERS[c->kind->match(c, p, q)]);
}

static void
put_answers(const struct policy *p, struct policy_question *q,
    struct buf *out)
{
	char *answers = arena_array(q->arena, p->n_conditions + 1, 1);

	for (const struct condition *c = p->last; c != NULL; c = c->before)
		answers[c->index] = answer_of(c, p, q);
	buf_printf(out, "answers %s\n", answers);
}

struct str
features_questions(const struct policy *p,
    uint8_t hash[static POLICY_HASH_BYTES])
{
	memcpy(hash, p->questions_hash, POLICY_HASH_BYTES);
	return (p->questions);
}

bool
features_write(const struct policy *p, struct policy_question *q,
    struct buf *out)
{
	const struct letter_view *v = facts_view(p, q);
	const struct policy_facts *f = facts_of(p, q);
	static const struct contents nothing;
	AUTO_BUF struct buf b = BUF_INIT(FEATURES_MAX_BYTES);

	put_envelope(q, &b);
	put_header(q, &b);
	put_files(v, &b);
	put_answers(p, q, &b);
	put_contents("texts", f->texts, &b);
	put_contents("contents", f->files == NULL &&
	    v->n_attachments + v->n_inlines == 0 ? &nothing : f->files, &b);
	if (!b.over)
		buf_str(out, buf_view(&b));
	return (!b.over);
}
