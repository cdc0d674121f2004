/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disclaimer: a sentence added to the bodies of a message.
 */
#ifndef MIME_DISCLAIMER_H
#define MIME_DISCLAIMER_H

#include "mime/edit.h"
#include "mime/patch.h"

/* Well-formed UTF-8 without control characters but tabs and line ends. */
bool disclaimer_is_text(struct str s);

/* The text and the page of the edit; what is missing is made from the other.
 * Memory in the arena. */
void disclaimer_read(const struct edit *e, struct arena *a, struct str *text,
    struct str *html);

/* Add patches that put the edit's disclaimer into the bodies that the view
 * shows. False, and no patches: they cannot take it. */
bool disclaimer_add(const struct letter_view *view, const struct edit *e,
    struct patches *p);

#endif
