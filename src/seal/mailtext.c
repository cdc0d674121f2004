/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailtext: what our mails say. Plain sentences for people who have never
 * heard of us; nothing urgent, nothing remote, the same in text and HTML.
 *
 * Runs in the gateway and the portal. Security: places are filled, and values
 * escaped, by wording.c.
 */
#include "mime/mailstyle.h"
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
HEAD("Protected message") TOP("~organisation~")
H1 "~who~ has sent you a protected message</h1>\n"
P "Read it in any browser, with nothing to install.</p>\n"
BUTTON("#0b5cad", "#ffffff", "style=\"", "Read the message")
PASSCODE_COMES
ABOUT_MESSAGE
ABOUT("~portal~") "</td></tr>\n" TAIL;

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
ABOUT("~portal~")
"~?privacy_url~"
SMALL LINK "\"~privacy_url~\">Privacy</a></p>\n"
"~.~"
"~?disclaimer~"
SMALL "~disclaimer~</p>\n"
"~.~"
"</td></tr>\n" TAIL;

static const char passcode_html[] =
HEAD("Your passcode") TOP("~organisation~")
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
ABOUT("~portal~") "</td></tr>\n" TAIL;

const char *const wording_html[WORDING_MAILS] = {
	[WORDING_NOTICE] = notice_html,
	[WORDING_BRANDED] = branded_html,
	[WORDING_PASSCODE] = passcode_html,
};
