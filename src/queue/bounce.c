/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounce: multipart/report of three parts: sentences, fields, a header.
 *
 * Runs in the gateway's relay. Security: the remote server's words are
 * hostile: control bytes are taken out and the length is limited. Standards:
 * RFC 3464, RFC 6522, RFC 3461 6, RFC 6533, RFC 3834 (no answer to it).
 */
#include "queue/bounce.h"

#include "base/clock.h"
#include "base/enc.h"
#include "mime/compose.h"
#include "smtp/service.h"

#define REPLY_SHOWN 400

bool
bounce_is_wanted(const struct store_item *item, enum bounce_action what)
{
	static const struct {
		uint32_t bit;
		bool by_default;
	} wishes[] = {
		[BOUNCE_FAILED] = { SMTP_NOTIFY_FAILURE, true },
		[BOUNCE_DELAYED] = { SMTP_NOTIFY_DELAY, true },
		[BOUNCE_RELAYED] = { SMTP_NOTIFY_SUCCESS, false },
	};

	if (item->sender.len == 0 || (item->notify & SMTP_NOTIFY_NEVER) != 0)
		return (false);
	if (item->notify == 0)
		return (wishes[what].by_default);
	return ((item->notify & wishes[what].bit) != 0);
}

static void
clean_line(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len && i < REPLY_SHOWN; i++)
		buf_char(out, (unsigned char)s.p[i] < ' ' ||
		    (unsigned char)s.p[i] >= 127 ? ' ' : s.p[i]);
}

/* An address as it is, if it is UTF-8; it cannot end its line. */
static void
clean_address(struct str s, struct buf *out)
{
	struct str shown = str_sub(s, 0, REPLY_SHOWN);

	if (!enc_is_utf8(shown)) {
		clean_line(s, out);
		return;
	}
	for (size_t i = 0; i < shown.len; i++)
		buf_char(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 127 ?
		    ' ' : s.p[i]);
}

bool
bounce_is_global(const struct bounce *b)
{
	return (!enc_is_ascii(b->sender) || !enc_is_ascii(b->recipient) ||
	    !enc_is_ascii(b->orcpt));
}

bool
bounce_needs_smtputf8(const struct bounce *b)
{
	return (!enc_is_ascii(b->sender) || !enc_is_ascii(b->postmaster));
}

/* "5.1.1" out of "550 5.1.1 no such user", or the class of the action. */
static struct str
status_of(const struct bounce *b)
{
	struct str rest = b->reply, word;

	for (int i = 0; i < 2 && str_next(&rest, ' ', &word); i++)
		if (word.len >= 5 && word.len <= 9 && word.p[1] == '.' &&
		    (word.p[0] == '2' || word.p[0] == '4' || word.p[0] == '5'))
			return (word);
	switch (b->action) {
	case BOUNCE_FAILED:
		return (STR_LIT("5.0.0"));
	case BOUNCE_DELAYED:
		return (STR_LIT("4.0.0"));
	default:
		return (STR_LIT("2.0.0"));
	}
}

static void
sentences(const struct bounce *b, struct buf *out)
{
	char date[CLOCK_RFC5322_SIZE];

	clock_rfc5322(b->received_ms, date);
	buf_printf(out, "Your message of %s to\n\n    ", date);
	buf_str(out, b->recipient);
	switch (b->action) {
	case BOUNCE_FAILED:
		buf_z(out, "\n\ncould not be delivered. It will not be tried "
		    "again.\n");
		break;
	case BOUNCE_DELAYED:
		clock_rfc5322(b->until_ms, date);
		buf_printf(out, "\n\nhas not been delivered yet. We keep "
		    "trying until %s;\nyou need not do anything.\n", date);
		break;
	case BOUNCE_RELAYED:
		buf_z(out, "\n\nwas handed to a mail server that does not "
		    "report delivery itself.\n");
		break;
	}
	if (b->remote.len > 0) {
		buf_z(out, "\nThe server ");
		buf_str(out, b->remote);
		buf_z(out, " said:\n\n    ");
	} else
		buf_z(out, "\nThe reason:\n\n    ");
	clean_line(b->reply, out);
	buf_z(out, "\n\nIf you need help, write to ");
	buf_str(out, b->postmaster);
	buf_z(out, " and give the message's identifier:\n\n    ");
	clean_line(b->message_id, out);
	buf_z(out, "\n");
}

static void
field(struct buf *out, const char *name, const char *kind, struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, "%s: %s", name, kind);
	clean_line(value, out);
	buf_z(out, "\r\n");
}

static void
address_field(struct buf *out, const char *name, const char *kind,
    struct str value)
{
	if (value.len == 0)
		return;
	buf_printf(out, "%s: %s", name, kind);
	clean_address(value, out);
	buf_z(out, "\r\n");
}

static void
report(const struct bounce *b, struct buf *out)
{
	static const char *const actions[] = { [BOUNCE_FAILED] = "failed",
		[BOUNCE_DELAYED] = "delayed", [BOUNCE_RELAYED] = "relayed" };
	char date[CLOCK_RFC5322_SIZE];

	field(out, "Reporting-MTA", "dns; ", b->hostname);
	field(out, "Original-Envelope-Id", "", b->envid);
	clock_rfc5322(b->received_ms, date);
	field(out, "Arrival-Date", "", str_of(date));
	buf_z(out, "\r\n");
	address_field(out, "Original-Recipient", "", b->orcpt);
	address_field(out, "Final-Recipient",
	    enc_is_ascii(b->recipient) ? "rfc822; " : "utf-8; ", b->recipient);
	field(out, "Action", "", str_of(actions[b->action]));
	field(out, "Status", "", status_of(b));
	field(out, "Remote-MTA", "dns; ", b->remote);
	field(out, "Diagnostic-Code", b->remote.len > 0 ? "smtp; " :
	    "X-Letterlock; ", b->reply);
	clock_rfc5322(b->now_ms, date);
	field(out, "Last-Attempt-Date", "", str_of(date));
	if (b->action == BOUNCE_DELAYED) {
		clock_rfc5322(b->until_ms, date);
		field(out, "Will-Retry-Until", "", str_of(date));
	}
}

static void
headers(const struct bounce *b, const char *boundary, struct buf *out)
{
	static const char *const subjects[] = {
		[BOUNCE_FAILED] = "Your message could not be delivered",
		[BOUNCE_DELAYED] = "Your message has not been delivered yet",
		[BOUNCE_RELAYED] = "Your message was handed on" };
	struct mailbox from = { STR_LIT("Mail Delivery"),
	    { .text = b->postmaster } };
	struct mailbox to = { STR_NULL, { .text = b->sender } };
	char date[CLOCK_RFC5322_SIZE], id_chars[ID_TEXT_SIZE];
	struct id id = id_new();

	clock_rfc5322(b->now_ms, date);
	compose_header(out, "Date", str_of(date));
	compose_mailboxes(out, "From", &from, 1);
	compose_mailboxes(out, "To", &to, 1);
	compose_header(out, "Subject", str_of(subjects[b->action]));
	buf_printf(out, "Message-ID: <%s.report@%.*s>\r\n",
	    id_text(&id, id_chars), STR_FMT(b->hostname));
	buf_printf(out, "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report;\r\n report-type=%s;\r\n"
	    " boundary=\"%s\"\r\n\r\n", bounce_is_global(b) ?
	    "global-delivery-status" : "delivery-status", boundary);
}

/* The head of a part for programs. RFC 6533 3 wants 8 bits wherever the next
 * server takes them; where it does not, the relay encodes. */
static void
part_head(const struct bounce *b, const char *boundary, const char *type,
    const char *global_type, struct buf *out)
{
	buf_printf(out, "\r\n--%s\r\nContent-Type: %s\r\n%s\r\n", boundary,
	    bounce_is_global(b) ? global_type : type, bounce_is_global(b) ?
	    "Content-Transfer-Encoding: 8bit\r\n" : "");
}

void
bounce_render(const struct bounce *b, struct buf *out)
{
	AUTO_BUF struct buf text = BUF_INIT(64u << 10);
	char boundary[ID_TEXT_SIZE];
	struct id seed;

	id_random(&seed, sizeof(seed));
	(void)id_text(&seed, boundary);
	headers(b, boundary, out);
	sentences(b, &text);
	buf_printf(out, "--%s\r\n", boundary);
	compose_text_part(out, "text/plain", buf_view(&text));
	part_head(b, boundary, "message/delivery-status",
	    "message/global-delivery-status", out);
	report(b, out);
	part_head(b, boundary, "text/rfc822-headers", "message/global-headers",
	    out);
	address_field(out, "From", "", b->sender);
	address_field(out, "To", "", b->recipient);
	field(out, "Message-ID", "", b->message_id);
	buf_printf(out, "\r\n--%s--\r\n", boundary);
}
