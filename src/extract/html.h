/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: the text of HTML, shown or hidden.
 *
 * Text that no reader sees is text here. Comments, scripts, the attributes that
 * hold words and the quoted words of style sheets are text too. What is not
 * shown where it stands comes behind all the rest, so that it does not part
 * what is read as one. Threads: any.
 */
#ifndef EXTRACT_HTML_H
#define EXTRACT_HTML_H

#include "base/buf.h"
#include "base/str.h"

/*
 * Append the text of UTF-8 HTML: inline elements join, blocks and rows end
 * lines, cells end in tabs, runs of blanks are one. Anything is HTML; time is
 * linear. As much as out's maximum allows.
 */
void html_text(struct str html, struct buf *out);

/* The charset that a meta element of the first KiB declares, or empty. */
struct str html_declared_charset(struct str bytes);

/* Does this attribute hide its element? */
bool html_hides(struct str attribute, struct str value);

/* Append what a style sheet has in quotes, a line each: `content` shows it. */
void html_style_words(struct str css, struct buf *out);

/* The character of a name as in "&eacute;", or 0. */
uint32_t html_named_char(struct str name);

#endif
