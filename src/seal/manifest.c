/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest: headers, body and inline images of a letter for the reader's page.
 *
 * Runs in the gateway. Security: everything is hostile mail; JSON strings are
 * escaped by one function, offsets are counted here and checked again by the
 * page. Bcc is never written. Standards: RFC 8259.
 */
#include "seal/manifest.h"

#include "base/enc.h"
#include "mime/address.h"
#include "seal/parcel.h"

#define LENGTH_BYTES 4
#define NAME_MAX_BYTES 80	/* of a name we make from a subject */

const char *const parcel_rights[PARCEL_RIGHTS] = { "view", "reply", "replyall",
	"forward", "print", "extract", "export" };

static void
member(struct buf *out, const char *name)
{
	buf_z(out, ",\"");
	buf_z(out, name);
	buf_z(out, "\":");
}

static void
text_member(struct buf *out, const char *name, struct str value)
{
	member(out, name);
	enc_json(value, out);
}

static void
mailboxes(struct buf *out, const char *name, const struct letter_part *root,
    const char *field_name, struct arena *a)
{
	const struct letter_field *field =
	    letter_find(root, str_of(field_name));
	struct mailbox *list = NULL;
	size_t n = field != NULL ? address_list(field->raw, a, &list) : 0;

	member(out, name);
	buf_char(out, '[');
	for (size_t i = 0; i < n; i++) {
		buf_z(out, i > 0 ? ",{\"name\":" : "{\"name\":");
		enc_json(list[i].name, out);
		buf_z(out, ",\"address\":");
		enc_json(list[i].address.text, out);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void
span(struct buf *out, size_t at, size_t len)
{
	buf_printf(out, "\"at\":%zu,\"len\":%zu", at, len);
}

static int
text_blob(struct buf *json, const char *name, const struct letter_part *part,
    struct buf *blobs, struct err *err)
{
	size_t at = blobs->len;

	member(json, name);
	if (part == NULL) {
		buf_z(json, "null");
		return (0);
	}
	if (letter_text(part, blobs, err) == -1)
		return (-1);
	buf_char(json, '{');
	span(json, at, blobs->len - at);
	buf_char(json, '}');
	return (0);
}

static int
inlines(struct buf *json, const struct letter_view *view, struct buf *blobs,
    struct err *err)
{
	member(json, "inline");
	buf_char(json, '[');
	for (size_t i = 0; i < view->n_inlines; i++) {
		const struct letter_part *p = view->inlines[i];
		size_t at = blobs->len;

		if (letter_decode(p, blobs, err) == -1)
			return (-1);
		buf_z(json, i > 0 ? ",{\"cid\":" : "{\"cid\":");
		enc_json(p->content_id, json);
		text_member(json, "type", p->type);
		text_member(json, "name", p->filename);
		buf_char(json, ',');
		span(json, at, blobs->len - at);
		buf_char(json, '}');
	}
	buf_char(json, ']');
	return (0);
}

/* An attached message is named by its subject, as far as a file may be. */
static struct str
name_of_message(const struct letter_part *p, struct arena *a)
{
	struct str s = STR_NULL;
	char *name;
	size_t n;

	if (p->child != NULL)
		s = letter_header(p->child, STR_LIT("Subject"), a);
	for (n = MIN_OF(s.len, (size_t)NAME_MAX_BYTES);
	    n < s.len && n > 0 && ((uint8_t)s.p[n] & 0xc0) == 0x80;)
		n--;	/* whole characters of UTF-8 */
	s = str_trim(str_sub(s, 0, n));
	if (s.len == 0)
		return (STR_NULL);
	name = arena_printf(a, "%.*s.eml", STR_FMT(s));
	for (char *c = name; *c != '\0'; c++)
		if ((uint8_t)*c < ' ' || *c == 0x7f ||
		    strchr("/\\:*?\"<>|", *c) != NULL)
			*c = '_';
	return (str_of(name));
}

static const char *
ending_of(struct str type)
{
	static const struct {
		const char *type, *ending;
	} endings[] = {
		{ "message/rfc822", "eml" }, { "message/global", "eml" },
		{ "text/plain", "txt" }, { "text/html", "html" },
		{ "text/csv", "csv" }, { "text/vcard", "vcf" },
		{ "application/pdf", "pdf" }, { "application/zip", "zip" },
		{ "application/msword", "doc" },
		{ "application/vnd.ms-excel", "xls" },
		{ "image/png", "png" }, { "image/jpeg", "jpg" },
		{ "image/gif", "gif" }, { "image/svg+xml", "svg" },
		{ "audio/mpeg", "mp3" }, { "video/mp4", "mp4" },
		{ "message/delivery-status", "txt" },
		{ "text/rfc822-headers", "txt" },
		{ "application/pkcs7-signature", "p7s" },
		{ "application/pgp-signature", "asc" },
	};

	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (str_eq(type, str_of(endings[i].type)))
			return (endings[i].ending);
	return ("bin");
}

/* A name also for attachments that have none. */
static struct str
name_of(const struct letter_part *p, size_t number, struct arena *a)
{
	struct str name = p->filename;

	if (name.len == 0 && p->is_message)
		name = name_of_message(p, a);
	if (name.len == 0 && str_eq(p->type, STR_LIT("text/calendar")))
		name = STR_LIT("invite.ics");
	if (name.len == 0)
		name = str_of(arena_printf(a, "attachment-%zu.%s", number,
		    ending_of(p->type)));
	return (name);
}

static void
attachments(struct buf *json, const struct letter_view *view,
    const struct manifest_attachment *list, struct arena *a)
{
	member(json, "attachments");
	buf_char(json, '[');
	for (size_t i = 0; i < view->n_attachments; i++) {
		char hex[2 * MANIFEST_HASH_BYTES + 1];

		enc_hex(list[i].sha256, MANIFEST_HASH_BYTES, hex);
		buf_printf(json, "%s{\"part\":%zu", i > 0 ? "," : "", i + 1);
		text_member(json, "name", name_of(list[i].part, i + 1, a));
		text_member(json, "type", list[i].part->type);
		buf_printf(json, ",\"size\":%llu,\"sha256\":\"%s\"}",
		    (unsigned long long)list[i].size_bytes, hex);
	}
	buf_char(json, ']');
}

static void
rights_and_notes(struct buf *json, uint32_t rights, uint32_t ambiguous,
    struct arena *a)
{
	const char *comma = "";

	member(json, "rights");
	buf_char(json, '[');
	for (size_t i = 0; i < PARCEL_RIGHTS; i++)
		if ((rights & (1u << i)) != 0) {
			buf_printf(json, "%s\"%s\"", comma, parcel_rights[i]);
			comma = ",";
		}
	buf_char(json, ']');
	member(json, "notes");
	buf_char(json, '[');
	if (ambiguous != 0)
		enc_json(str_of(arena_printf(a, "ambiguous: %s",
		    letter_ambiguity_text(ambiguous, a))), json);
	buf_char(json, ']');
}

static void
headers(struct buf *json, const struct letter_part *root, struct arena *a)
{
	text_member(json, "subject",
	    letter_header(root, STR_LIT("Subject"), a));
	mailboxes(json, "from", root, "From", a);
	mailboxes(json, "to", root, "To", a);
	mailboxes(json, "cc", root, "Cc", a);
	mailboxes(json, "reply_to", root, "Reply-To", a);
	text_member(json, "date", letter_header(root, STR_LIT("Date"), a));
	text_member(json, "message_id",
	    letter_header(root, STR_LIT("Message-ID"), a));
}

int
manifest_write(const struct letter *letter, const struct letter_view *view,
    const struct manifest_attachment *list, uint32_t rights, struct arena *a,
    struct buf *head, struct buf *blobs, struct err *err)
{
	size_t len;

	buf_u32be(head, 0);	/* the length, when it is known */
	buf_z(head, "{\"v\":1");
	headers(head, letter->root, a);
	if (text_blob(head, "text", view->text, blobs, err) == -1 ||
	    text_blob(head, "html", view->html, blobs, err) == -1 ||
	    inlines(head, view, blobs, err) == -1)
		return (-1);
	attachments(head, view, list, a);
	rights_and_notes(head, rights, letter->ambiguous, a);
	buf_char(head, '}');
	if (buf_check(head, "the manifest", err) == -1)
		return (-1);
	len = head->len - LENGTH_BYTES;
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		head->p[i] = (uint8_t)(len >> (24 - 8 * i));
	return (0);
}
