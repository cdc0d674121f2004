/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailtext: what our mails say. Plain sentences for people who have never
 * heard of us; nothing urgent, nothing remote, the same in text and HTML.
 *
 * Runs in the gateway and the portal. Security: places are filled, and values
 * escaped, by wording.c. The HTML is for old mail programs too: tables, inline
 * styles, no image but a brand's logo; colours change in dark mode where a
 * program can.
 */
#include "seal/wording.h"

/* ---- plain ------------------------------------------------------------ */

#define ABOUT_READING \
"The page will ask for a passcode. It comes in a second mail to\n" \
"~recipient~\n" \
"when you ask for it there.\n" \
"\n" \
"From:            ~from~\n" \
"Sent:            ~sent~\n" \
"Readable until:  ~until~\n" \
"Protection:      ~template~\n" \
"\n" \
"If the page asks for an opening key (some mail programs shorten links),\n" \
"type this one:\n" \
"\n" \
"~key~\n" \
"\n" \
"How to know that this is genuine: the link leads to\n" \
"~portal~\n" \
"and the page never asks for the password of your mailbox. If you are not\n" \
"sure, ask ~who~ in another way, for example by phone.\n" \
"\n" \
"The link is meant for you. Please do not forward this mail.\n"

static const char notice_plain[] =
"~who~ has sent you a protected message.\n"
"\n"
"Read it in any browser, with nothing to install:\n"
"\n"
"~link~\n"
"\n"
ABOUT_READING
"\n"
"-- \n"
"~organisation~\n"
"About this mail: ~portal~/about\n";

static const char passcode_plain[] =
"Your passcode is\n"
"\n"
"~code~\n"
"\n"
"Type it on the page that shows this reference:  ~reference~\n"
"\n"
"It opens a protected message from\n"
"~sender~\n"
"and can be used for ~minutes~ minutes.\n"
"\n"
"Do not give the passcode to anybody, not even by phone. If you did not ask\n"
"for it, you can ignore this mail: nobody can read the message without it.\n"
"\n"
"-- \n"
"~organisation~\n"
"About this mail: ~portal~/about\n";

static const char branded_plain[] =
"~who~ ~introduction~\n"
"\n"
"Read it in any browser, with nothing to install:\n"
"\n"
"~link~\n"
"\n"
"~?below_button~"
"~below_button~\n"
"\n"
"~.~"
ABOUT_READING
"\n"
"-- \n"
"~organisation~\n"
"About this mail: ~portal~/about\n"
"~?privacy_url~"
"Privacy: ~privacy_url~\n"
"~.~"
"~?disclaimer~"
"\n"
"~disclaimer~\n"
"~.~";

const char *const wording_plain[WORDING_MAILS] = {
	[WORDING_NOTICE] = notice_plain,
	[WORDING_BRANDED] = branded_plain,
	[WORDING_PASSCODE] = passcode_plain,
};

/* ---- HTML ------------------------------------------------------------- */

#define FONT "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
#define MONO "font-family:Consolas,Menlo,monospace;"
#define TABLE "<table role=\"presentation\" cellpadding=\"0\"" \
    " cellspacing=\"0\" border=\"0\""

#define HEAD(title) \
"<!DOCTYPE html>\n" \
"<html lang=\"en\"><head><meta charset=\"utf-8\">\n" \
"<meta name=\"viewport\" content=\"width=device-width\">\n" \
"<meta name=\"color-scheme\" content=\"light dark\">\n" \
"<meta name=\"supported-color-schemes\" content=\"light dark\">\n" \
"<title>" title "</title>\n" \
"<style>\n" \
"@media (prefers-color-scheme:dark){\n" \
".page{background:#14171a !important}\n" \
".card{background:#1f2429 !important;border-color:#363d45 !important}\n" \
".ink{color:#e8eaed !important}\n" \
".soft{color:#b0b8c1 !important}\n" \
".box{background:#14171a !important;border-color:#363d45 !important}\n" \
".rule{border-color:#363d45 !important}\n" \
".a{color:#8ab8ff !important}\n" \
".edge{border-color:#8893a0 !important}\n" \
"}\n" \
"</style></head>\n" \
"<body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f6\">\n" \
TABLE " width=\"100%\" class=\"page\" style=\"background:#f3f4f6\"><tr>\n" \
"<td align=\"center\" style=\"padding:24px 12px\">\n" \
"<!--[if mso]>" TABLE " width=\"560\"><tr><td><![endif]-->\n" \
TABLE " width=\"100%\" class=\"card\" style=\"max-width:560px;" \
"background:#ffffff;border:1px solid #dfe3e8;border-radius:10px\">\n"

#define TAIL "</table>\n<!--[if mso]></td></tr></table><![endif]-->\n" \
"</td></tr></table>\n</body></html>\n"

#define TOP "<tr><td align=\"left\" style=\"padding:28px 28px 12px\">\n" \
"<p class=\"soft\" style=\"margin:0 0 12px;" FONT \
"font-size:14px;line-height:1.4;color:#56606d\">~organisation~</p>\n"
#define BOTTOM "<tr><td align=\"left\" class=\"rule\"" \
" style=\"padding:20px 28px 12px;border-top:1px solid #dfe3e8\">\n"
#define H1 "<h1 class=\"ink\" style=\"margin:0 0 16px;" FONT \
    "font-size:22px;line-height:1.3;font-weight:600;color:#1d2530\">"
#define P "<p class=\"ink\" style=\"margin:0 0 20px;" FONT \
    "font-size:16px;line-height:1.5;color:#1d2530\">"
#define SMALL "<p class=\"soft\" style=\"margin:0 0 14px;" FONT \
    "font-size:14px;line-height:1.5;color:#56606d\">"
#define LINK "<a class=\"a\" style=\"color:#0b5cad\" href="
#define FACT(name, value) \
"<tr><td valign=\"top\" class=\"soft\" style=\"padding:0 16px 6px 0;" FONT \
"font-size:14px;line-height:1.5;color:#56606d;white-space:nowrap\">" \
name "</td>\n<td valign=\"top\" class=\"ink\" style=\"padding:0 0 6px;" FONT \
"font-size:14px;line-height:1.5;color:#1d2530;word-break:break-word\">" \
value "</td></tr>\n"
#define BOX(size, value) \
"<p class=\"box ink\" style=\"margin:0 0 20px;padding:12px 16px;" MONO \
"font-size:" size ";line-height:1.4;color:#1d2530;background:#f3f4f6;" \
"border:1px solid #dfe3e8;border-radius:6px\">" value "</p>\n"
#define ABOUT SMALL LINK "\"~portal~/about\">About this mail</a></p>\n"

#define BUTTON(back, ink, edge, words) \
TABLE " style=\"margin:0 0 24px\"><tr><td align=\"center\"" \
" bgcolor=\"" back "\" style=\"border-radius:8px;" \
"mso-padding-alt:14px 28px\">\n" \
"<a href=\"~link~\" " edge "display:inline-block;padding:14px 28px;" FONT \
"font-size:16px;line-height:1.25;font-weight:600;color:" ink ";" \
"text-decoration:none;border-radius:8px;background:" back "\">" \
words "</a></td></tr></table>\n"

#define PASSCODE_COMES \
SMALL "The page will ask for a passcode. It comes in a second mail to" \
" ~recipient~ when you ask for it there.</p>\n"

#define ABOUT_MESSAGE \
TABLE " style=\"margin:0 0 16px\">\n" \
FACT("From", "~from~") \
FACT("Sent", "~sent~") \
FACT("Readable until", "~until~") \
FACT("Protection", "~template~") \
"</table>\n</td></tr>\n" \
BOTTOM \
SMALL "If the button does not work, copy this address into your browser:" \
"</p>\n" \
"<p style=\"margin:0 0 20px;" MONO "font-size:13px;line-height:1.5;" \
"word-break:break-all\">\n" \
LINK "\"~link~\">~link~</a></p>\n" \
SMALL "If the page asks for an opening key (some mail programs shorten" \
" links), type this one:</p>\n" \
BOX("15px", "~key~") \
SMALL "<strong>How to know that this is genuine:</strong> the link leads to" \
" ~portal~ and the page never asks for the password of your mailbox. If you" \
" are not sure, ask ~who~ in another way, for example by phone.</p>\n" \
SMALL "The link is meant for you. Please do not forward this mail.</p>\n"

static const char notice_html[] =
HEAD("Protected message") TOP
H1 "~who~ has sent you a protected message</h1>\n"
P "Read it in any browser, with nothing to install.</p>\n"
BUTTON("#0b5cad", "#ffffff", "style=\"", "Read the message")
PASSCODE_COMES
ABOUT_MESSAGE
ABOUT "</td></tr>\n" TAIL;

#define BAND "<tr><td align=\"left\" bgcolor=\"~background~\"" \
" style=\"padding:18px 28px;background:~background~;color:~ink~;" \
"border-radius:10px 10px 0 0;" FONT "font-size:16px;line-height:1.4;" \
"font-weight:600\">\n" \
"~?logo~" \
"<img src=\"cid:~logo~\" alt=\"~organisation~\" height=\"40\"" \
" style=\"display:block;height:40px;max-width:100%;border:0\">\n" \
"~.~" \
"~?name~" \
"<span style=\"color:~ink~\">~name~</span>\n" \
"~.~" \
"</td></tr>\n<tr><td align=\"left\" style=\"padding:28px 28px 12px\">\n"

static const char branded_html[] =
HEAD("Protected message") BAND
H1 "~who~ ~introduction~</h1>\n"
P "Read it in any browser, with nothing to install.</p>\n"
BUTTON("~button_back~", "~button_ink~", "class=\"edge\" style=\""
"border:1px solid ~button_edge~;", "~button~")
"~?below_button~"
P "~below_button~</p>\n"
"~.~"
PASSCODE_COMES
ABOUT_MESSAGE
ABOUT
"~?privacy_url~"
SMALL LINK "\"~privacy_url~\">Privacy</a></p>\n"
"~.~"
"~?disclaimer~"
SMALL "~disclaimer~</p>\n"
"~.~"
"</td></tr>\n" TAIL;

static const char passcode_html[] =
HEAD("Your passcode") TOP
H1 "Your passcode</h1>\n"
BOX("30px;letter-spacing:2px", "~code~")
P "Type it on the page that shows the reference"
" <strong>~reference~</strong>.</p>\n"
SMALL "It opens a protected message from ~sender~ and can be used for"
" ~minutes~ minutes.</p>\n"
"</td></tr>\n"
BOTTOM
SMALL "Do not give the passcode to anybody, not even by phone. If you did not"
" ask for it, you can ignore this mail: nobody can read the message without"
" it.</p>\n"
ABOUT "</td></tr>\n" TAIL;

const char *const wording_html[WORDING_MAILS] = {
	[WORDING_NOTICE] = notice_html,
	[WORDING_BRANDED] = branded_html,
	[WORDING_PASSCODE] = passcode_html,
};
