/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readers: one function for each kind of file. All take hostile bytes, never
 * fail, and say what is wrong in the facts of the item.
 */
#ifndef EXTRACT_READERS_H
#define EXTRACT_READERS_H

#include "extract/reading.h"

/* Text in any charset; HTML; any XML, by its text and attributes. */
void read_plain(struct source *s);
void read_html(struct source *s);
void read_xml(struct source *s);

/* RTF, with what is embedded in it. */
void read_rtf(struct source *s);

/* A mail message, and a web archive, which is made like one. */
void read_mail(struct source *s);

/* Transport Neutral Encapsulation (winmail.dat). */
void read_tnef(struct source *s);

/* Zip, and what is built on it: OOXML, ODF. */
void read_zip(struct source *s);

/* Archives and compressed files that libarchive knows. */
void read_archive(struct source *s);
void read_compressed(struct source *s);

/* Compound files: old Office, Outlook messages, encrypted documents. */
void read_compound(struct source *s);
/* A workbook from before compound files. */
void read_workbook(struct source *s);

/* PDF, by the tools. */
void read_pdf(struct source *s);
/* Sensitivity labels in metadata that stands in these bytes. False: there is
 * no metadata. */
bool xmp_labels(const struct source *s, struct str bytes);

/* CMS in DER (smime.p7m) and OpenPGP: encrypted or signed. */
void read_cms(struct source *s);
void read_pgp(struct source *s);

#endif
