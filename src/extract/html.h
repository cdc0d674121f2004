/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html: the text of HTML, shown or hidden.
 *
 * Styles are not obeyed, so text that no reader sees is text here. Comments,
 * scripts and the attributes that hold words are text too; style sheets are
 * not. Threads: any.
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

/* The character of a name as in "&eacute;", or 0. */
uint32_t html_named_char(struct str name);

#endif
