/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package: the documents that are a zip of XML. Threads: one at a time.
 */
#ifndef EXTRACT_PACKAGE_H
#define EXTRACT_PACKAGE_H

#include "extract/zipdir.h"

#define PACKAGE_MAX_PART_BYTES ((size_t)64 << 20)

/* Read one entry within the source's limits into out, which is emptied;
 * notes what is wrong with it. False: there is nothing to read. */
bool package_part(const struct source *s, const struct zip *z,
    const struct zip_entry *e, struct buf *out);

/* Open Packaging: Word, Excel, PowerPoint, Visio, XPS. */
void package_read_ooxml(struct source *s, const struct zip *z);

/* OpenDocument. */
void package_read_odf(struct source *s, const struct zip *z);

/* True for bytes that begin like XML. */
bool package_is_xml(struct str bytes);

/* Pictures and fonts of a document are part of how it looks: no items. */
bool package_is_decoration(struct str bytes, struct str name);

/* Document properties in docProps/ or meta.xml, labels in docMetadata/. */
void package_core_properties(const struct source *s, struct str xml);
void package_custom_properties(const struct source *s, struct str xml);
void package_labels(const struct source *s, struct str xml);
void package_odf_meta(const struct source *s, struct str xml);

/* The words of one part of an OOXML document. False: not well-formed, and
 * its text was taken without regard to the elements. */
bool package_words(struct str xml, struct buf *text);

/* A workbook's shared strings; the cells of its sheets. */
struct sheet_strings {
	struct buf text;
	size_t *ends;		/* of each string in text */
	size_t n, cap;
};
bool sheet_read_strings(struct str xml, struct sheet_strings *out);
void sheet_strings_done(struct sheet_strings *strings);
bool sheet_read(struct str xml, const struct sheet_strings *strings,
    struct buf *text);

#endif
