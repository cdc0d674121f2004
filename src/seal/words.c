/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the texts. Plain sentences for people who have never heard of us;
 * HTML that old mail programs show too: one table, inline styles, no image,
 * colours that hold in dark mode.
 *
 * Runs in the gateway and the portal. Security: values are escaped here and
 * nowhere else.
 */
#include "seal/words.h"

#include "base/enc.h"

static const struct str names[] = {
	[WORDS_WHO] = STR_LIT("who"),
	[WORDS_SENDER] = STR_LIT("sender"),
	[WORDS_RECIPIENT] = STR_LIT("recipient"),
	[WORDS_ORGANISATION] = STR_LIT("organisation"),
	[WORDS_TEMPLATE] = STR_LIT("template"),
	[WORDS_SENT] = STR_LIT("sent"),
	[WORDS_UNTIL] = STR_LIT("until"),
	[WORDS_LINK] = STR_LIT("link"),
	[WORDS_KEY] = STR_LIT("key"),
	[WORDS_PORTAL] = STR_LIT("portal"),
	[WORDS_CODE] = STR_LIT("code"),
	[WORDS_REFERENCE] = STR_LIT("reference"),
	[WORDS_MINUTES] = STR_LIT("minutes"),
};

static void
fill_place(struct str name, const struct words_value *values, size_t n,
    bool is_html, struct buf *out)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!str_eq(names[i], name))
			continue;
		must(i < n);
		if (is_html)
			enc_html(values[i].text, out);
		else
			buf_str(out, values[i].text);
		return;
	}
	must(!"a text names a place that does not exist");
}

void
words_fill(const struct words *w, const struct words_value *values, size_t n,
    bool is_html, struct buf *out)
{
	struct str rest = w->text, piece, name;

	while (str_next(&rest, '~', &piece)) {
		buf_str(out, piece);
		if (rest.p == NULL)
			break;
		must(str_next(&rest, '~', &name));
		fill_place(name, values, n, is_html, out);
	}
}

const struct words words_notice_text = { STR_LIT(
"~who~ (~sender~) has sent you a protected message.\n"
"\n"
"Read it here, in any browser:\n"
"\n"
"~link~\n"
"\n"
"You will be asked for a passcode, which we send to ~recipient~.\n"
"\n"
"Sent:            ~sent~\n"
"Can be read until: ~until~\n"
"Protection:      ~template~\n"
"\n"
"If the link does not open the message, go to ~portal~\n"
"with the first part of the link and type this opening key:\n"
"\n"
"    ~key~\n"
"\n"
"Is this genuine? The link begins with ~portal~\n"
"and nobody will ask you for a password of your mailbox. If you are not sure,\n"
"ask ~who~ in another way, for example by phone.\n"
"\n"
"Only you can open the message with this link. Please do not forward it.\n"
"\n"
"-- \n"
"~organisation~\n"
"About this mail: ~portal~/about\n") };

#define FONT "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial," \
    "sans-serif;"
#define HTML_HEAD(title) \
"<!DOCTYPE html>\n" \
"<html lang=\"en\"><head><meta charset=\"utf-8\">" \
"<meta name=\"viewport\" content=\"width=device-width\">" \
"<meta name=\"color-scheme\" content=\"light dark\">" \
"<meta name=\"supported-color-schemes\" content=\"light dark\">" \
"<title>" title "</title>\n" \
"<style>@media (prefers-color-scheme:dark){" \
".page{background:#15181c !important}" \
".card{background:#1f242a !important;border-color:#343b44 !important}" \
".ink{color:#e8eaed !important}.soft{color:#aab2bd !important}" \
".box{background:#15181c !important;border-color:#343b44 !important}" \
".line{border-color:#343b44 !important}" \
"a.plain{color:#8ab8ff !important}}</style></head>\n" \
"<body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f6\">\n" \
"<table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\"" \
" cellspacing=\"0\" border=\"0\" style=\"background:#f3f4f6\"><tr>" \
"<td align=\"center\" style=\"padding:24px 12px\">\n" \
"<table role=\"presentation\" class=\"card\" width=\"100%\"" \
" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"" \
" style=\"max-width:560px;background:#ffffff;" \
"border:1px solid #dfe3e8;border-radius:10px\">\n"
#define HTML_TAIL "</table>\n</td></tr></table>\n</body></html>\n"
#define P(css) "<p class=\"ink\" style=\"margin:0 0 16px;" FONT \
    "font-size:16px;line-height:1.5;color:#1d2530;" css "\">"
#define SMALL "<p class=\"soft\" style=\"margin:0 0 12px;" FONT \
    "font-size:14px;line-height:1.5;color:#56606d\">"

const struct words words_notice_html = { STR_LIT(
HTML_HEAD("Protected message")
"<tr><td style=\"padding:28px 28px 8px\">\n"
"<p class=\"soft\" style=\"margin:0 0 10px;" FONT "font-size:14px;"
"line-height:1.4;color:#56606d\">~organisation~</p>\n"
"<h1 class=\"ink\" style=\"margin:0 0 16px;" FONT "font-size:22px;"
"line-height:1.3;font-weight:600;color:#1d2530\">"
"~who~ has sent you a protected message</h1>\n"
P("") "Read it in any browser. You will be asked for a passcode, which we"
" send to ~recipient~.</p>\n"
"<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\""
" border=\"0\" style=\"margin:8px 0 24px\"><tr>"
"<td bgcolor=\"#0b5cad\" style=\"border-radius:8px\">"
"<a href=\"~link~\" style=\"display:inline-block;padding:14px 28px;" FONT
"font-size:16px;font-weight:600;color:#ffffff;text-decoration:none;"
"border-radius:8px\">Read the message</a></td></tr></table>\n"
"<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\""
" border=\"0\" style=\"margin:0 0 20px;" FONT "font-size:14px;"
"line-height:1.6\">"
"<tr><td class=\"soft\" style=\"padding-right:16px;color:#56606d\">From</td>"
"<td class=\"ink\" style=\"color:#1d2530\">~sender~</td></tr>"
"<tr><td class=\"soft\" style=\"padding-right:16px;color:#56606d\">Sent</td>"
"<td class=\"ink\" style=\"color:#1d2530\">~sent~</td></tr>"
"<tr><td class=\"soft\" style=\"padding-right:16px;color:#56606d\">"
"Readable until</td>"
"<td class=\"ink\" style=\"color:#1d2530\">~until~</td></tr>"
"<tr><td class=\"soft\" style=\"padding-right:16px;color:#56606d\">"
"Protection</td>"
"<td class=\"ink\" style=\"color:#1d2530\">~template~</td></tr></table>\n"
"</td></tr>\n"
"<tr><td class=\"line\" style=\"padding:20px 28px 8px;"
"border-top:1px solid #dfe3e8\">\n"
SMALL "If the button does not work, copy this address into your browser:"
"</p>\n"
"<p style=\"margin:0 0 16px;font-family:Consolas,Menlo,monospace;"
"font-size:13px;line-height:1.5;word-break:break-all\">"
"<a class=\"plain\" href=\"~link~\" style=\"color:#0b5cad\">~link~</a></p>\n"
SMALL "Some mail programs shorten links. If the page asks for it, type this"
" opening key:</p>\n"
"<p class=\"box ink\" style=\"margin:0 0 20px;padding:10px 14px;"
"background:#f3f4f6;border:1px solid #dfe3e8;border-radius:6px;"
"font-family:Consolas,Menlo,monospace;font-size:15px;color:#1d2530\">"
"~key~</p>\n"
SMALL "<strong>Is this genuine?</strong> The link begins with ~portal~ and"
" nobody will ask you for the password of your mailbox. If you are not sure,"
" ask ~who~ in another way, for example by phone. Only you can open the"
" message with this link; please do not forward it.</p>\n"
SMALL "<a class=\"plain\" href=\"~portal~/about\" style=\"color:#0b5cad\">"
"About this mail</a></p>\n"
"</td></tr>\n" HTML_TAIL) };

const struct words words_passcode_text = { STR_LIT(
"Your passcode is\n"
"\n"
"    ~code~\n"
"\n"
"Type it on the page that shows the reference ~reference~.\n"
"It opens a protected message from ~sender~ and is valid for ~minutes~ "
"minutes.\n"
"\n"
"If you did not ask for it, ignore this mail: without it nobody can read\n"
"the message. Never tell the passcode to anybody, not even by phone.\n"
"\n"
"-- \n"
"~organisation~\n"
"About this mail: ~portal~/about\n") };

const struct words words_passcode_html = { STR_LIT(
HTML_HEAD("Your passcode")
"<tr><td style=\"padding:28px\">\n"
"<p class=\"soft\" style=\"margin:0 0 10px;" FONT "font-size:14px;"
"line-height:1.4;color:#56606d\">~organisation~</p>\n"
"<h1 class=\"ink\" style=\"margin:0 0 16px;" FONT "font-size:22px;"
"line-height:1.3;font-weight:600;color:#1d2530\">Your passcode</h1>\n"
"<p class=\"box ink\" style=\"margin:0 0 20px;padding:14px 18px;"
"background:#f3f4f6;border:1px solid #dfe3e8;border-radius:6px;"
"font-family:Consolas,Menlo,monospace;font-size:28px;letter-spacing:2px;"
"color:#1d2530\">~code~</p>\n"
P("") "Type it on the page that shows the reference"
" <strong>~reference~</strong>. It opens a protected message from ~sender~"
" and is valid for ~minutes~ minutes.</p>\n"
SMALL "If you did not ask for it, ignore this mail: without it nobody can read"
" the message. Never tell the passcode to anybody, not even by phone.</p>\n"
SMALL "<a class=\"plain\" href=\"~portal~/about\" style=\"color:#0b5cad\">"
"About this mail</a></p>\n"
"</td></tr>\n" HTML_TAIL) };
