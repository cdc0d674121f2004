/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailstyle: how our own mails look, as pieces of HTML to put texts between.
 *
 * For old mail programs too: tables, inline styles, no image but a brand's
 * logo, and nothing remote; colours change in dark mode where a program can.
 * Only files that hold the words of mails include it.
 */
#ifndef MIME_MAILSTYLE_H
#define MIME_MAILSTYLE_H

#define FONT "font-family:'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
#define MONO "font-family:Consolas,Menlo,monospace;"
#define TABLE "<table role=\"presentation\" cellpadding=\"0\"" \
    " cellspacing=\"0\" border=\"0\""

#define HEAD(title) HEAD_BEGIN title HEAD_END
#define HEAD_BEGIN \
"<!DOCTYPE html>\n" \
"<html lang=\"en\"><head><meta charset=\"utf-8\">\n" \
"<meta name=\"viewport\" content=\"width=device-width\">\n" \
"<meta name=\"color-scheme\" content=\"light dark\">\n" \
"<meta name=\"supported-color-schemes\" content=\"light dark\">\n" \
"<title>"
#define HEAD_END "</title>\n" \
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

#define TOP(organisation) TOP_BEGIN organisation TOP_END
#define TOP_BEGIN \
"<tr><td align=\"left\" style=\"padding:28px 28px 12px\">\n" \
"<p class=\"soft\" style=\"margin:0 0 12px;" FONT \
"font-size:14px;line-height:1.4;color:#56606d\">"
#define TOP_END "</p>\n"
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
#define ABOUT(portal) \
SMALL LINK "\"" portal "/about\">About this mail</a></p>\n"

#endif
