/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workbook: the shared strings of an Excel 97 to 2003 workbook.
 */
#ifndef EXTRACT_WORKBOOK_H
#define EXTRACT_WORKBOOK_H

#include "extract/reading.h"

struct workbook_strings {
	struct buf text;
	size_t *ends;
	size_t n, cap;
};

/* Read the SST record that `rest` begins with and the CONTINUE records behind
 * it; returns the bytes of all of them. */
size_t workbook_read_strings(struct workbook_strings *strings,
    struct str rest);

/* The i-th, empty when there is none. */
struct str workbook_string(const struct workbook_strings *strings, size_t i);

/* Free. */
void workbook_strings_done(struct workbook_strings *strings);

#endif
