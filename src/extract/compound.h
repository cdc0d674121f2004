/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compound: what is kept in compound files. Threads: one at a time.
 */
#ifndef EXTRACT_COMPOUND_H
#define EXTRACT_COMPOUND_H

#include "extract/cfb.h"

/* Read a stream within the source's limits into out, which is emptied; notes
 * damage. False: there is none, or nothing in it. */
bool compound_stream(const struct source *s, const struct cfb *c,
    size_t storage, const char *name, struct buf *out);

/* The text of a document whose storage is given. */
void compound_word(const struct source *s, const struct cfb *c,
    size_t storage);
void compound_slides(const struct source *s, const struct cfb *c,
    size_t storage);
/* A workbook's stream, of any version of the format. */
void compound_workbook(const struct source *s, struct str stream);

/* An Outlook item in a storage; attached items are items. */
void compound_message(const struct source *s, const struct cfb *c,
    size_t storage, unsigned nesting);

/* A property set stream. */
void compound_properties(const struct source *s, struct str stream);

/* A file that was dragged into a document (\1Ole10Native). */
void compound_native(const struct source *s, struct str stream);

/* MAPI's compressed RTF, appended. False: damaged. Source: MS-OXRTFCP. */
bool lzfu_expand(struct str in, struct buf *out);

/* RTF to text, appended; embedded files become items. */
void rtf_text(const struct source *s, struct str rtf);

#endif
