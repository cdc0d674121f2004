/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charsetguess: the likely charset of a text that does not say. Threads: any.
 */
#ifndef EXTRACT_CHARSETGUESS_H
#define EXTRACT_CHARSETGUESS_H

#include "base/str.h"

/* A label of mime/charset; windows-1252 when nothing fits better. */
struct str charset_guess(struct str head);

#endif
