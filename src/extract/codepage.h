/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codepage: Windows' numbers of charsets. Threads: any.
 */
#ifndef EXTRACT_CODEPAGE_H
#define EXTRACT_CODEPAGE_H

#include "base/buf.h"
#include "base/str.h"

/* The label of mime/charset for a code page; windows-1252 for unknown ones. */
struct str codepage_label(uint32_t page);

/* Append text in a code page as UTF-8, as much as fits. */
void codepage_append(struct buf *out, struct str text, uint32_t page);

#endif
