/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outheaders: which header fields of a message stay outside when it is
 * protected, and which go inside (RFC 9788).
 */
#ifndef CMS_OUTHEADERS_H
#define CMS_OUTHEADERS_H

#include "cms/smimeout.h"

/*
 * outer: what stays outside, without the content fields, Bcc and signatures
 * over the old body. head: the content fields; with them, where headers says
 * so, copies of the fields that people see, and of an encrypted message what
 * stands outside of them (HP-Outer).
 * Memory in the arena. Fails ERR_LIMIT.
 */
int outheaders_split(const struct letter_part *root,
    enum smimeout_headers headers, bool is_encrypted, struct arena *a,
    struct str *outer, struct str *head, struct err *err) FALLIBLE;

#endif
