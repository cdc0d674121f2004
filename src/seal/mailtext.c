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

static const char notice_plain[] =
"~who~ has sent you a protected message.\n"
"\n"
"Read it in any browser, with nothing to install:\n"
"\n"
"~link~\n"
"\n"
"The page will ask for a passcode. It comes in a second mail to\n"
"~recipient~\n"
"when you ask for it there.\n"
"\n"
"From:            ~from~\n"
"Sent:            ~sent~\n"
"Readable until:  ~until~\n"
"Protection:      ~template~\n"
"\n"
"If the page asks for an opening key (some mail programs shorten links),\n"
"type this one:\n"
"\n"
"~key~\n"
"\n"
"How to know that this is genuine: the link leads to\n"
"~portal~\n"
"and the page never asks for the password of your mailbox. If you are not\n"
"sure, ask ~who~ in another way, for example by phone.\n"
"\n"
"The link is meant for you. Please do not forward this mail.\n"
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

const char *const wording_plain[WORDING_MAILS] = {
	[WORDING_NOTICE] = notice_plain,
	[WORDING_PASSCODE] = passcode_plain,
};

/* ---- HTML ------------------------------------------------------------- */

static const char notice_html[] =
HEAD("Protected message") TOP("~organisation~")
H1 "~who~ has sent you a protected message</h1>\n"
P "Read it in any browser, with nothing to install.</p>\n"
TABLE " style=\"margin:0 0 24px\"><tr><td align=\"center\""
" bgcolor=\"#0b5cad\" style=\"border-radius:8px;"
"mso-padding-alt:14px 28px\">\n"
"<a href=\"~link~\" style=\"display:inline-block;padding:14px 28px;" FONT
"font-size:16px;line-height:1.25;font-weight:600;color:#ffffff;"
"text-decoration:none;border-radius:8px;background:#0b5cad\">"
"Read the message</a></td></tr></table>\n"
SMALL "The page will ask for a passcode. It comes in a second mail to"
" ~recipient~ when you ask for it there.</p>\n"
TABLE " style=\"margin:0 0 16px\">\n"
FACT("From", "~from~")
FACT("Sent", "~sent~")
FACT("Readable until", "~until~")
FACT("Protection", "~template~")
"</table>\n</td></tr>\n"
BOTTOM
SMALL "If the button does not work, copy this address into your browser:"
"</p>\n"
"<p style=\"margin:0 0 20px;" MONO "font-size:13px;line-height:1.5;"
"word-break:break-all\">\n"
LINK "\"~link~\">~link~</a></p>\n"
SMALL "If the page asks for an opening key (some mail programs shorten"
" links), type this one:</p>\n"
BOX("15px", "~key~")
SMALL "<strong>How to know that this is genuine:</strong> the link leads to"
" ~portal~ and the page never asks for the password of your mailbox. If you"
" are not sure, ask ~who~ in another way, for example by phone.</p>\n"
SMALL "The link is meant for you. Please do not forward this mail.</p>\n"
ABOUT("~portal~") "</td></tr>\n" TAIL;

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
	[WORDING_PASSCODE] = passcode_html,
};
