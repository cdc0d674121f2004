/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: rendering our own mails. The words are in seal/mailtext.c.
 *
 * Runs in the gateway, for passcodes in the portal. Security: names and
 * addresses come from hostile mail: headers go through mime/compose, HTML
 * through enc_html. Nothing of the message itself is in a notice. Standards:
 * RFC 5322, RFC 2046.
 */
#include "seal/notice.h"

#include "base/clock.h"
#include "base/enc.h"
#include "mime/compose.h"
#include "seal/branded.h"
#include "seal/wording.h"

#define PACKED_VERSION 2
#define UNBRANDED_VERSION 1	/* may still wait in a queue */
#define LINE_BYTES 320		/* an address is at most 64 + 1 + 255 */
#define TEXTS_BYTES (16 * LINE_BYTES)	/* each text of a mail, and the link */
#define NUMBER_SIZE 24
#define CODE_DIGITS 8

/* ---- facts ------------------------------------------------------------ */

static void
pack_text(struct buf *out, struct str s)
{
	buf_u32be(out, (uint32_t)s.len);
	buf_str(out, s);
}

void
notice_pack(const struct notice *n, struct buf *out)
{
	buf_char(out, PACKED_VERSION);
	buf_append(out, n->grant.b, ID_BYTES);
	buf_append(out, n->l, GRANT_L_BYTES);
	buf_u64be(out, (uint64_t)n->received_ms);
	buf_u64be(out, (uint64_t)n->expires_ms);
	pack_text(out, n->sender);
	pack_text(out, n->sender_name);
	pack_text(out, n->recipient);
	pack_text(out, n->template);
	pack_text(out, n->fields);
	pack_text(out, n->brand);
}

static bool
take(struct str *rest, void *out, size_t len)
{
	if (rest->len < len)
		return (false);
	memcpy(out, rest->p, len);
	*rest = str_sub(*rest, len, rest->len);
	return (true);
}

static bool
take_number(struct str *rest, int64_t *out)
{
	uint8_t b[8];
	uint64_t v = 0;

	if (!take(rest, b, sizeof(b)))
		return (false);
	for (size_t i = 0; i < sizeof(b); i++)
		v = v << 8 | b[i];
	*out = (int64_t)v;
	return (true);
}

static bool
take_text(struct str *rest, struct str *out)
{
	uint8_t b[4];
	size_t len;

	if (!take(rest, b, sizeof(b)))
		return (false);
	len = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 |
	    b[3];
	if (rest->len < len)
		return (false);
	*out = str_sub(*rest, 0, len);
	*rest = str_sub(*rest, len, rest->len);
	return (true);
}

int
notice_unpack(struct str packed, struct notice *out, struct err *err)
{
	struct notice n = { .expires_ms = 0 };
	struct str *const texts[] = { &n.sender, &n.sender_name, &n.recipient,
		&n.template, &n.fields, &n.brand };
	uint8_t version = 0;
	size_t n_texts;
	bool is_good;

	is_good = take(&packed, &version, 1) &&
	    (version == PACKED_VERSION || version == UNBRANDED_VERSION) &&
	    take(&packed, n.grant.b, ID_BYTES) &&
	    take(&packed, n.l, GRANT_L_BYTES) &&
	    take_number(&packed, &n.received_ms) &&
	    take_number(&packed, &n.expires_ms);
	n_texts = COUNT_OF(texts) - (version == UNBRANDED_VERSION);
	for (size_t i = 0; is_good && i < n_texts; i++)
		is_good = take_text(&packed, texts[i]);
	if (!is_good || packed.len != 0)
		return (err_set(err, ERR_PERM, "the notice's facts are "
		    "damaged"));
	*out = n;
	return (0);
}

/* ---- mails ------------------------------------------------------------ */

/* One line of UTF-8, not too long: a name must not write our sentences. */
static struct str
line(struct str s, struct buf *out)
{
	size_t from = out->len, n = MIN_OF(s.len, (size_t)LINE_BYTES);
	bool is_text;

	while (n < s.len && n > 0 && ((uint8_t)s.p[n] & 0xc0) == 0x80)
		n--;
	s = str_sub(s, 0, n);
	is_text = enc_is_utf8(s);
	buf_str(out, s);
	for (size_t i = from; i < out->len; i++) {
		uint8_t c = out->p[i];

		if (c < ' ' || c == 0x7f || (c >= 0x80 && !is_text))
			out->p[i] = ' ';
	}
	return (str_trim(str_make(out->p + from, out->len - from)));
}

static void
headers(struct buf *out, struct str name, struct str from, struct str to,
    struct str subject, int64_t now_ms)
{
	char date[CLOCK_RFC5322_SIZE];
	struct mailbox sender = { name, { .text = from } };
	struct mailbox recipient = { .address = { .text = to } };

	clock_rfc5322(now_ms, date);
	compose_header(out, "Date", str_of(date));
	compose_mailboxes(out, "From", &sender, 1);
	compose_mailboxes(out, "To", &recipient, 1);
	compose_header(out, "Subject", subject);
}

static void
message_id(struct buf *out, const struct id *id, const char *kind,
    struct str hostname)
{
	char text[ID_TEXT_SIZE];

	buf_z(out, "Message-ID: <");
	buf_z(out, id_text(id, text));
	buf_char(out, '.');
	buf_z(out, kind);
	buf_char(out, '@');
	buf_str(out, hostname);
	buf_z(out, ">\r\n");
}

/* Cleaned texts stand one behind the other in one buf that never moves. */
static void
texts_init(struct buf *texts)
{
	buf_init(texts, TEXTS_BYTES);
	buf_expect(texts, TEXTS_BYTES);
}

/* "Name <address>", or the address alone. */
static struct str
from_text(struct str name, struct str address, struct buf *out)
{
	size_t at = out->len;

	if (name.len == 0)
		return (address);
	buf_str(out, name);
	buf_z(out, " <");
	buf_str(out, address);
	buf_char(out, '>');
	return (str_make(out->p + at, out->len - at));
}

static struct str
link_text(const struct notice *n, struct str portal_url, struct buf *out)
{
	size_t at = out->len;

	grant_link(portal_url, &n->grant, n->l, out);
	return (str_make(out->p + at, out->len - at));
}

static struct str
subject_text(struct str who, struct buf *out)
{
	size_t at = out->len;

	buf_z(out, "Protected message from ");
	buf_str(out, who);
	return (str_make(out->p + at, out->len - at));
}

void
notice_render(const struct notice *n, const struct notice_house *house,
    struct buf *out)
{
	AUTO_BUF struct buf texts;
	char key[GRANT_KEY_TEXT_SIZE], sent[CLOCK_MOMENT_SIZE];
	char until[CLOCK_MOMENT_SIZE];
	struct str v[WORDING_PLACES] = { STR_NULL }, name;
	struct branded brand;

	texts_init(&texts);
	grant_opening_key(n->l, key);
	name = line(n->sender_name, &texts);
	v[WORDING_SENDER] = line(n->sender, &texts);
	v[WORDING_WHO] = name.len > 0 ? name : v[WORDING_SENDER];
	v[WORDING_FROM] = from_text(name, v[WORDING_SENDER], &texts);
	v[WORDING_RECIPIENT] = line(n->recipient, &texts);
	v[WORDING_ORGANISATION] = line(house->organisation, &texts);
	v[WORDING_TEMPLATE] = line(n->template, &texts);
	clock_moment(n->received_ms, sent);
	clock_moment(n->expires_ms, until);
	v[WORDING_SENT] = str_of(sent);
	v[WORDING_UNTIL] = n->expires_ms == 0 ? STR_LIT("no end date") :
	    str_of(until);
	v[WORDING_PORTAL] = line(house->portal_url, &texts);
	v[WORDING_LINK] = link_text(n, v[WORDING_PORTAL], &texts);
	v[WORDING_KEY] = str_of(key);
	headers(out, name, n->sender, n->recipient,
	    subject_text(v[WORDING_WHO], &texts), n->received_ms);
	message_id(out, &n->grant, "notice", house->hostname);
	buf_str(out, n->fields);
	if (branded_read(n->brand, &n->grant, house->hostname, &brand)) {
		branded_fill(&brand, v);
		branded_write(&brand, v, out);
	} else {
		wording_write(WORDING_NOTICE, v, out);
	}
	explicit_bzero(key, sizeof(key));
}

void
passcode_render(const struct passcode_mail *p,
    const struct notice_house *house, struct buf *out)
{
	AUTO_BUF struct buf texts, from = BUF_INIT(LINE_BYTES);
	char code[CODE_DIGITS + 2], minutes[NUMBER_SIZE];
	struct str v[WORDING_PLACES] = { STR_NULL };
	struct id id = id_new();

	must(p->code.len == CODE_DIGITS);
	texts_init(&texts);
	(void)snprintf(code, sizeof(code), "%.4s %.4s", p->code.p,
	    p->code.p + CODE_DIGITS / 2);
	(void)snprintf(minutes, sizeof(minutes), "%lld",
	    (long long)(p->valid_ms / CLOCK_MINUTE_MS));
	v[WORDING_SENDER] = line(p->sender, &texts);
	v[WORDING_RECIPIENT] = line(p->recipient, &texts);
	v[WORDING_ORGANISATION] = line(house->organisation, &texts);
	v[WORDING_PORTAL] = line(house->portal_url, &texts);
	v[WORDING_REFERENCE] = line(p->reference, &texts);
	v[WORDING_CODE] = str_of(code);
	v[WORDING_MINUTES] = str_of(minutes);
	buf_z(&from, "postmaster@");
	buf_str(&from, house->hostname);
	headers(out, v[WORDING_ORGANISATION], buf_view(&from), p->recipient,
	    STR_LIT("Your passcode"), p->now_ms);
	message_id(out, &id, "passcode", house->hostname);
	buf_z(out, "Auto-Submitted: auto-generated\r\n");
	wording_write(WORDING_PASSCODE, v, out);
	explicit_bzero(code, sizeof(code));
}
