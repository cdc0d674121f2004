/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plainkind: HTML, XML, mail, scripts and cards are texts; their first lines
 * tell them apart.
 *
 * Runs in the scanner's workers. Security: a text taken for the wrong kind is
 * still read as text. Standards: WHATWG MIME Sniffing, RFC 5322 2.2.
 */
#include "extract/plain.h"

#define HEAD_BYTES ((size_t)4 << 10)

static const char *const html_tags[] = { "<!doctype html", "<html", "<head",
	"<body", "<table", "<div", "<script", "<p>", "<p ", "<meta", "<br",
	"<a ", "<style", "<title", "<span", "<font", "<h1", "<center" };

static const char *const mail_fields[] = { "received:", "from:", "to:",
	"subject:", "date:", "message-id:", "mime-version:", "return-path:",
	"delivered-to:", "content-type:", "reply-to:", "sender:" };

static const struct {
	struct str start;
	const char *kind;
} starts[] = {
	{ STR_LIT("<?xml"), "xml" },
	{ STR_LIT("<svg"), "svg" },
	{ STR_LIT("{\\rt"), "rtf" },
	{ STR_LIT("BEGIN:VCALENDAR"), "ics" },
	{ STR_LIT("BEGIN:VCARD"), "vcf" },
	{ STR_LIT("-----BEGIN PGP"), "pgp" },
	{ STR_LIT("Windows Registry Editor"), "reg" },
	{ STR_LIT("REGEDIT4"), "reg" },
	{ STR_LIT("[InternetShortcut]"), "url" },
	{ STR_LIT("@echo off"), "bat" },
};

/* The interpreter behind "#!". */
static const char *
script_kind(struct str head)
{
	ptrdiff_t end = str_index(head, '\n');
	struct str line = str_sub(head, 0, end < 0 ? head.len : (size_t)end);

	if (!str_starts_nocase(line, STR_LIT("#!")))
		return (NULL);
	if (str_find_nocase(line, STR_LIT("python")) > 0)
		return ("py");
	return (str_find_nocase(line, STR_LIT("perl")) > 0 ? "pl" : "sh");
}

static bool
has_html_tag(struct str head)
{
	for (size_t i = 0; i < COUNT_OF(html_tags); i++)
		if (str_find_nocase(head, str_of(html_tags[i])) >= 0)
			return (true);
	return (false);
}

/* "Name:" at the start of a line, as header fields have it. */
static bool
is_field(struct str line)
{
	size_t n = 0;

	while (n < line.len && line.p[n] > ' ' && line.p[n] < 0x7f &&
	    line.p[n] != ':')
		n++;
	return (n > 0 && n < line.len && line.p[n] == ':');
}

static bool
is_mail_field(struct str line)
{
	for (size_t i = 0; i < COUNT_OF(mail_fields); i++)
		if (str_starts_nocase(line, str_of(mail_fields[i])))
			return (true);
	return (false);
}

/* At least two fields that mail has before the first line that is none. */
static bool
is_mail(struct str head, bool is_declared)
{
	struct str line;
	unsigned n = 0;

	while (str_next(&head, '\n', &line)) {
		if (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
			continue;
		if (!is_field(line))
			break;
		n += is_mail_field(line);
	}
	return (n >= 2 || (is_declared && n == 1));
}

/* A web archive is a related set that went to nobody. */
static const char *
mail_kind(struct str head)
{
	return (str_find_nocase(head, STR_LIT("multipart/related")) >= 0 &&
	    str_find_nocase(head, STR_LIT("\nreceived:")) < 0 &&
	    str_find_nocase(head, STR_LIT("\nto:")) < 0 ? "mht" : "eml");
}

static const char *
kind_of_head(struct str head, struct str declared)
{
	const char *script = script_kind(head);
	bool is_html = str_starts_nocase(declared, STR_LIT("text/html"));

	if (script != NULL)
		return (script);
	for (size_t i = 0; i < COUNT_OF(starts); i++)
		if (str_starts_nocase(head, starts[i].start))
			/* XHTML is for browsers what HTML is. */
			return (i == 0 && str_find_nocase(head,
			    STR_LIT("<html")) >= 0 ? "html" :
			    starts[i].kind);
	if (is_mail(head, str_starts_nocase(declared,
	    STR_LIT("message/rfc822"))))
		return (mail_kind(head));
	if ((is_html || str_index(head, '<') == 0) && has_html_tag(head))
		return ("html");
	return (str_starts_nocase(declared, STR_LIT("text/csv")) ? "csv" :
	    NULL);
}

const char *
plain_kind(struct str bytes, struct str declared)
{
	AUTO_BUF struct buf head = BUF_INIT(HEAD_BYTES * 4);

	bytes = str_sub(bytes, 0, HEAD_BYTES);
	plain_to_utf8(bytes, plain_charset(bytes, STR_NULL), &head);
	return (kind_of_head(str_trim(buf_view(&head)), declared));
}
