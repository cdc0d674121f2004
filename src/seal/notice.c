/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notice: rendering our own mails. The words are in seal/words.c.
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
#include "seal/words.h"

#define PACKED_VERSION 1
#define MAIL_MAX (64u << 10)
#define DATE_CHARS 16	/* "23 November 2026" at most */

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
	uint8_t version = 0;

	if (!take(&packed, &version, 1) || version != PACKED_VERSION ||
	    !take(&packed, n.grant.b, ID_BYTES) ||
	    !take(&packed, n.l, GRANT_L_BYTES) ||
	    !take_number(&packed, &n.received_ms) ||
	    !take_number(&packed, &n.expires_ms) ||
	    !take_text(&packed, &n.sender) ||
	    !take_text(&packed, &n.sender_name) ||
	    !take_text(&packed, &n.recipient) ||
	    !take_text(&packed, &n.template) ||
	    !take_text(&packed, &n.fields) || packed.len != 0)
		return (err_set(err, ERR_PERM, "the notice's facts are "
		    "damaged"));
	*out = n;
	return (0);
}

/* ---- mails ------------------------------------------------------------ */

/* "23 November 2026", from "Mon, 23 Nov 2026 …". */
static struct str
day(int64_t wall_ms, char out[static 2 * DATE_CHARS])
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	char text[CLOCK_RFC3339_SIZE];
	unsigned month;

	clock_rfc3339(wall_ms, text);	/* 2026-11-23T… */
	month = (unsigned)((text[5] - '0') * 10 + (text[6] - '0'));
	must(month >= 1 && month <= COUNT_OF(months));
	(void)snprintf(out, 2 * DATE_CHARS, "%.*s %s %.4s",
	    text[8] == '0' ? 1 : 2, text + (text[8] == '0' ? 9 : 8),
	    months[month - 1], text);
	return (str_of(out));
}

static void
common_headers(struct buf *out, const struct mailbox *from, struct str to,
    struct str subject, int64_t now_ms)
{
	char date[CLOCK_RFC5322_SIZE];
	struct mailbox box = { .address = { .text = to } };

	clock_rfc5322(now_ms, date);
	compose_header(out, "Date", str_of(date));
	compose_mailboxes(out, "From", from, 1);
	compose_mailboxes(out, "To", &box, 1);
	compose_header(out, "Subject", subject);
}

static void
message_id(struct buf *out, const struct id *id, const char *kind,
    struct str hostname)
{
	char text[ID_TEXT_SIZE];

	buf_printf(out, "Message-ID: <%s.%s@%.*s>\r\n", id_text(id, text), kind,
	    STR_FMT(hostname));
}

static void
body(struct buf *out, const struct words *text, const struct words *html,
    const struct words_value *values, size_t n)
{
	AUTO_BUF struct buf t = BUF_INIT(MAIL_MAX), h = BUF_INIT(MAIL_MAX);
	uint8_t seed[16];

	words_fill(text, values, n, false, &t);
	words_fill(html, values, n, true, &h);
	id_random(seed, sizeof(seed));
	compose_alternative(out, buf_view(&t), buf_view(&h), seed);
}

void
notice_render(const struct notice *n, const struct notice_house *house,
    struct buf *out)
{
	AUTO_BUF struct buf link = BUF_INIT(MAIL_MAX);
	AUTO_BUF struct buf subject = BUF_INIT(MAIL_MAX);
	char key[GRANT_KEY_TEXT_SIZE], sent[2 * DATE_CHARS];
	char until[2 * DATE_CHARS];
	struct mailbox from = { n->sender_name, { .text = n->sender } };
	struct str who = n->sender_name.len > 0 ? n->sender_name : n->sender;
	struct words_value values[] = {
		[WORDS_WHO] = { who },
		[WORDS_SENDER] = { n->sender },
		[WORDS_RECIPIENT] = { n->recipient },
		[WORDS_ORGANISATION] = { house->organisation },
		[WORDS_TEMPLATE] = { n->template },
		[WORDS_SENT] = { day(n->received_ms, sent) },
		[WORDS_UNTIL] = { n->expires_ms == 0 ? STR_LIT("no end date") :
		    day(n->expires_ms, until) },
		[WORDS_PORTAL] = { house->portal_url },
	};

	grant_link(house->portal_url, &n->grant, n->l, &link);
	grant_opening_key(n->l, key);
	values[WORDS_LINK].text = buf_view(&link);
	values[WORDS_KEY].text = str_of(key);
	buf_z(&subject, "Protected message from ");
	buf_str(&subject, who);
	common_headers(out, &from, n->recipient, buf_view(&subject),
	    n->received_ms);
	message_id(out, &n->grant, "notice", house->hostname);
	buf_str(out, n->fields);
	body(out, &words_notice_text, &words_notice_html, values,
	    COUNT_OF(values));
	explicit_bzero(key, sizeof(key));
}

void
passcode_render(const struct passcode_mail *p,
    const struct notice_house *house, struct buf *out)
{
	AUTO_BUF struct buf from_address = BUF_INIT(MAIL_MAX);
	char code[10], minutes[24];
	struct id id = id_new();
	struct mailbox from = { house->organisation, { .text = STR_NULL } };
	struct words_value values[] = {
		[WORDS_SENDER] = { p->sender },
		[WORDS_RECIPIENT] = { p->recipient },
		[WORDS_ORGANISATION] = { house->organisation },
		[WORDS_PORTAL] = { house->portal_url },
		[WORDS_REFERENCE] = { p->reference },
		[WORDS_CODE] = { STR_NULL },
		[WORDS_MINUTES] = { STR_NULL },
	};

	must(p->code.len == 8);
	(void)snprintf(code, sizeof(code), "%.4s %.4s", p->code.p,
	    p->code.p + 4);
	(void)snprintf(minutes, sizeof(minutes), "%lld",
	    (long long)(p->valid_ms / CLOCK_MINUTE_MS));
	values[WORDS_CODE].text = str_of(code);
	values[WORDS_MINUTES].text = str_of(minutes);
	buf_z(&from_address, "no-reply@");
	buf_str(&from_address, house->hostname);
	from.address.text = buf_view(&from_address);
	common_headers(out, &from, p->recipient,
	    STR_LIT("Your passcode"), p->now_ms);
	message_id(out, &id, "passcode", house->hostname);
	buf_z(out, "Auto-Submitted: auto-generated\r\n");
	body(out, &words_passcode_text, &words_passcode_html, values,
	    COUNT_OF(values));
	explicit_bzero(code, sizeof(code));
}
