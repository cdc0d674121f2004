/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certcarry: what the commands that carry certificates in and out share.
 * Inside cli/ only.
 */
#ifndef CLI_CERTCARRY_H
#define CLI_CERTCARRY_H

#include "cli/command.h"
#include "keepc/mailkey.h"
#include "pki/pkcs12.h"
#include "store/certs.h"

#define CERTCARRY_PASSPHRASE_MAX 1024
#define CERTCARRY_OF_FILE "Passphrase of the file: "

/* --passphrase-file's first line, else asked for with these words; is_new:
 * twice. */
int certcarry_passphrase(const struct invocation *in, const char *prompt,
    bool is_new, struct buf *out, struct err *err) FALLIBLE;

/* A key as PKCS#12 has it and as the keeper takes it, both ways; what they
 * point to is borrowed. Fails ERR_INPUT: a kind that the keeper has not. */
int certcarry_to_parts(const struct pkcs12_key *key,
    struct mailkey_parts *out, struct err *err) FALLIBLE;
void certcarry_from_parts(const struct mailkey_parts *parts,
    struct pkcs12_key *out);

#endif
